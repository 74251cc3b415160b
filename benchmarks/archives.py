"""What bulk work costs: a table beside other readers, and a plot of cost against size.

    python benchmarks/archives.py [--quick] [--rounds N] [--scratch DIR]

Takes about ten minutes on a machine that has nothing else to do, 3 GB of disk, and writes
benchmarks/archives.md and docs/images/archives.png; --quick, a tenth of everything, only prints
the table. Every measurement is a process of its own on files that are in the page cache; it starts
with what it needs imported, and is charged the processor time of its work (user and system, all
threads) and its largest memory. The programs run in turns, and figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
LIMIT = 20  # processor seconds; a peer that takes more has no figure

HEADING = """\
# Bulk work

Written by `python benchmarks/archives.py`: processor time (user and system) of the work alone on
one thread, files in the page cache; memory is that of the whole process, interpreter and imports
included. `rustboard` is TensorBoard's Rust data server with checksums; it and the other programs
load everything into memory. `open` gives all scalars as one table, `open, one series` the steps and
values of one tag of one run; `indexed`: with an index. Of `index, second` nothing has changed.
{machine}, Python {python}; median of {rounds} round(s); load average {load:.1f} at the start, of
which this is 1.

![cost against size](../docs/images/archives.png)
"""

CHILD = """
import contextlib, io, json, os, resource, shutil, sys, time, warnings
warnings.simplefilter("ignore")
what, place, out = sys.argv[1:]
import eventcodec
from eventcodec import archive
if what == "EventAccumulator":
    from tensorboard.backend.event_processing import event_accumulator as ea
if what == "tbparse":
    from tbparse import SummaryReader
if what == "tensorboard-reducer":
    import tensorboard_reducer
def runs():
    return [root for root, _, names in os.walk(place) if any("tfevents" in n for n in names)]
def one_series(log):
    scalars = next(iter(log.runs.values())).scalars
    return [(scalars[tag].steps, scalars[tag].values) for tag in list(scalars)[:1]]
def accumulate():
    for run in runs():
        a = ea.EventAccumulator(run, {name: 0 for name in ea.STORE_EVERYTHING_SIZE_GUIDANCE})
        a.Reload()
work = {
    "verify": lambda: list(archive.verify(place, threads=1)),
    "repair": lambda: list(archive.repair(place, out, workers=1)),
    "index, first": lambda: archive.index(place, location=out, workers=1),
    "index, second": lambda: archive.index(place, location=out, workers=1),
    "open": lambda: eventcodec.open(place, threads=1, index=False).scalars(),
    "open, indexed": lambda: eventcodec.open(place, threads=1, index=out).scalars(),
    "open, one series": lambda: one_series(eventcodec.open(place, threads=1, index=False)),
    "open, one series, indexed": lambda: one_series(eventcodec.open(place, threads=1, index=out)),
    "compact": lambda: list(archive.compact(place, out, workers=1)),
    "reduce mean": lambda: list(archive.reduce_runs([place], out, operations=["mean"])),
    "EventAccumulator": accumulate,
    "tbparse": lambda: SummaryReader(place, event_types={"scalars"}).scalars,
    "tensorboard-reducer": lambda: tensorboard_reducer.reduce_events(
        tensorboard_reducer.load_tb_events(runs(), verbose=False), ["mean"]),
}[what]
used = resource.getrusage(resource.RUSAGE_SELF)
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    work()
done = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([done.ru_utime + done.ru_stime - used.ru_utime - used.ru_stime,
                  done.ru_maxrss / 1024, (done.ru_maxrss - used.ru_maxrss) / 1024]))
"""


def run_child(what: str, place: Path, out: Path) -> tuple[float, float] | None:
    """Processor seconds and MiB of one piece of work."""
    command = [sys.executable, "-c", CHILD, what, str(place), str(out)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT)),
    )
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    if done.returncode != 0:
        raise RuntimeError(f"{what} on {place}: {done.stderr[-2000:]}")
    seconds, memory, _ = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def run_data_server(place: Path) -> tuple[float, float] | None:
    """The Rust data server, until it has loaded everything."""
    import tensorboard_data_server

    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        command = [
            tensorboard_data_server.server_binary(), f"--logdir={place}", "--host=127.0.0.1",
            "--port=0", "--reload=once", "--checksum", "--die-after-stdin",
            "--samples-per-plugin=scalars=all,images=all,histograms=all",
        ]  # fmt: skip
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr,
                env={"RUST_LOG": "info"},
            )  # fmt: skip
        end = time.monotonic() + 10 * LIMIT
        while "Finished load cycle" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.02)
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
        process.kill()
        assert process.stdin is not None
        process.stdin.close()
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        if time.monotonic() >= end:
            return None
        return usage.ru_utime + usage.ru_stime, peak / 1024


def measure(what: str, place: Path, scratch: Path) -> tuple[float, float] | None:
    """One measurement, with what it needs made before and removed after."""
    if what == "rustboard":
        return run_data_server(place)
    # What "index, first" makes is there for those that follow.
    out = scratch / ("index" if "index" in what else "out")
    if what not in INDEXED:
        shutil.rmtree(out, ignore_errors=True)
    found = run_child(what, place, out)
    if what == INDEXED[-1] or "index" not in what:
        shutil.rmtree(out, ignore_errors=True)
    return found


def write_scalars(path: Path, events: int, tags: int = 10) -> None:
    """One file with as many scalar events, its tags in turns as a training loop logs them."""
    from eventcodec import _native

    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    per_tag = max(1, events // tags)
    with path.open("wb") as file:
        file.write(_native.version_record(1.7e9))
        for start in range(0, per_tag, 1000):
            steps = np.arange(start, min(start + 1000, per_tag))
            for tag in range(tags):
                values = rng.random(len(steps)).astype(np.float32).astype(np.float64)
                file.write(
                    _native.scalar_records(f"train/metric{tag}", steps, 1.7e9 + steps, values)
                )


def write_blobs(directory: Path, megabytes: int) -> None:
    """One file, four fifths of images that do not compress, one fifth of histograms."""
    import eventcodec

    rng = np.random.default_rng(0)
    with eventcodec.SummaryWriter(str(directory)) as writer:
        for step in range(megabytes * 4 // 15):
            writer.add_image("x", rng.integers(0, 256, (3, 1000, 1000), np.uint8), step)
        values = rng.normal(size=(16, 2000))
        while writer.stats().bytes_written < megabytes * 10**6:
            for step in range(1000):
                writer.add_histogram("weights", values[step % 16], step)
            writer.flush()


def make_logs(scratch: Path, *, quick: bool) -> dict[str, Path]:
    """Make the logs of the table."""
    part = 10 if quick else 1
    places = {
        "1 file, 1 M scalars": scratch / "one",
        "1,000 files of 1,000 scalars": scratch / "thousand",
        "10,000 files of 100 scalars": scratch / "tenthousand",
        "500 MB of images and histograms": scratch / "images",
    }
    one, thousand, ten, images = places.values()
    write_scalars(one / "events.out.tfevents.1", 1_000_000 // part)
    for place, files, events in ((thousand, 1000, 1000), (ten, 10_000, 100)):
        write_scalars(scratch / "small.tfevents", events)
        for number in range(files // part):
            run = place / f"g{number // 100}" / f"r{number}"
            run.mkdir(parents=True)
            shutil.copyfile(scratch / "small.tfevents", run / "events.out.tfevents.1")
    write_blobs(images, 500 // part)
    return places


INDEXED = ("index, second", "open, indexed", "open, one series, indexed")
OURS = ("verify", "repair", "index, first", *INDEXED, "open", "open, one series", "compact")
PEERS = ("rustboard", "EventAccumulator", "tbparse")


def table(places: dict[str, Path], scratch: Path, rounds: int) -> list[str]:
    """Measure everything, and lay it out."""
    lines = []
    for name, place in places.items():
        size = sum(path.stat().st_size for path in place.rglob("*tfevents*"))
        programs = [*OURS, *PEERS]
        if "files" in name:
            programs += ["reduce mean", "tensorboard-reducer"]
        results: dict[str, list[tuple[float, float]]] = {program: [] for program in programs}
        slow: set[str] = set()
        for _ in range(rounds):
            for program in programs:
                if program in slow:
                    continue
                found = measure(program, place, scratch)
                if found is None or found[0] > 20:
                    slow.add(program)  # once is enough
                if found is not None:
                    results[program].append(found)
        lines += [
            f"\n## {name} ({size / 1e6:.0f} MB)\n",
            "| | processor time | rate | memory |",
            "|---|---:|---:|---:|",
        ]
        for program, found in results.items():
            if not found:
                lines.append(f"| {program} | over {LIMIT} s | | |")
                continue
            seconds = statistics.median(each[0] for each in found)
            memory = statistics.median(each[1] for each in found)
            rate = f"{size / seconds / 1e9:.3g} GB/s" if seconds > 0 else ""
            lines.append(f"| {program} | {seconds:.3g} s | {rate} | {memory:.0f} MiB |")
        print("\n".join(lines[-len(results) - 4 :]), flush=True)
    return lines


def plot(scratch: Path, rounds: int, *, quick: bool) -> None:
    """Cost against the number of events in one file, and against the number of files."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    most = 5 if quick else 7
    sizes = [10**power for power in range(4, most + 1)]
    counts = [10**power for power in range(1, (3 if quick else 4) + 1)]
    for axis, values, label in (
        (axes[0], sizes, "events in one file"),
        (axes[1], counts, "files of 1,000 events"),
    ):
        costs: dict[str, list[float]] = {program: [] for program in OURS}
        for value in values:
            place = scratch / f"plot{label[:3]}{value}"
            if axis is axes[0]:
                write_scalars(place / "events.out.tfevents.1", value)
            else:
                write_scalars(scratch / "small.tfevents", 1000)
                for number in range(value):
                    (place / f"r{number}").mkdir(parents=True)
                    shutil.copyfile(
                        scratch / "small.tfevents", place / f"r{number}" / "events.out.tfevents.1"
                    )
            repeated = rounds if value < values[-1] else 1  # the largest take seconds
            found: dict[str, list[tuple[float, float] | None]] = {program: [] for program in OURS}
            for _ in range(repeated):
                for program in OURS:
                    found[program].append(measure(program, place, scratch))
            for program, each in found.items():
                costs[program].append(statistics.median(one[0] for one in each if one))
            shutil.rmtree(place)
        for program, seconds in costs.items():
            axis.plot(values, np.maximum(seconds, 1e-4), marker="o", label=program)
        axis.set(xscale="log", yscale="log", xlabel=label, xlim=(values[0] / 1.5, values[-1] * 1.5))
        axis.grid(visible=True, which="major", alpha=0.3)
    axes[0].set_ylabel("processor seconds")
    axes[0].legend(loc="upper left", fontsize=8)
    figure.tight_layout()
    figure.savefig(HERE.parent / "docs" / "images" / "archives.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", type=Path, default=None, help="where to make the logs")
    parser.add_argument("--only", choices=["table", "plot"], default=None)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as directory:
        scratch = Path(directory)
        if arguments.only != "plot":
            lines = table(make_logs(scratch, quick=arguments.quick), scratch, arguments.rounds)
            if not arguments.quick:
                machine = f"{platform.machine()}, {os.cpu_count()} processors"
                heading = HEADING.format(
                    machine=machine,
                    python=platform.python_version(),
                    rounds=arguments.rounds,
                    load=load,
                )
                (HERE / "archives.md").write_text(heading + "\n".join(lines) + "\n")
        if arguments.only != "table":
            plot(scratch, arguments.rounds, quick=arguments.quick)


if __name__ == "__main__":
    main()
