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
import os
import platform
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np

from logs import write_blobs, write_runs, write_scalars
from programs import LIMIT, Cost, run_child, run_data_server

HERE = Path(__file__).parent

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


def measure(what: str, place: Path, scratch: Path) -> Cost | None:
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
    write_runs(thousand, 1000 // part, points=100)
    write_runs(ten, 10_000 // part, points=10)
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
        results: dict[str, list[Cost]] = {program: [] for program in programs}
        slow: set[str] = set()
        for _ in range(rounds):
            for program in programs:
                if program in slow:
                    continue
                found = measure(program, place, scratch)
                if found is None or found.seconds > LIMIT:
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
            if any(each.unread for each in found):
                lines.append(f"| {program} | {found[0].unread:,} files not opened | | |")
                continue
            seconds = statistics.median(each.seconds for each in found)
            memory = statistics.median(each.memory for each in found)
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
                write_runs(place, value, points=100)
            repeated = rounds if value < values[-1] else 1  # the largest take seconds
            found: dict[str, list[Cost | None]] = {program: [] for program in OURS}
            for _ in range(repeated):
                for program in OURS:
                    found[program].append(measure(program, place, scratch))
            for program, each in found.items():
                costs[program].append(statistics.median(one.seconds for one in each if one))
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
