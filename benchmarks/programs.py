"""The programs that are measured, each in a process of its own.

A process starts with what it needs imported, and is charged the processor time of its work (user
and system, all threads) and its largest memory, interpreter and imports included. Commands are
charged all of their processor time.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

__all__ = ["LIMIT", "Cost", "run_child", "run_command", "run_data_server"]

LIMIT = 20  # processor seconds; a peer that takes more has no figure

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
    "open, nothing asked": lambda: eventcodec.open(place, threads=1, index=False),
    "open, one series": lambda: one_series(eventcodec.open(place, threads=1, index=False)),
    "open, one tag": lambda: eventcodec.open(
        place, tags="train/metric3", threads=1, index=False).scalars(),
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
    result = work()
done = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([done.ru_utime + done.ru_stime - used.ru_utime - used.ru_stime,
                  done.ru_maxrss / 1024]), flush=True)
os._exit(0)  # taking the result apart is not the work
"""

# A process's largest memory counts from before it became the command: a small one starts it.
PARENT = """
import json, os, resource, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
sys.exit(status)
"""


class Cost(NamedTuple):
    """What a piece of work took.

    Attributes:
        seconds: of processors.
        memory: MiB at the most.
        unread: files that it could not open: its seconds are those of other work.
    """

    seconds: float
    memory: float
    unread: int = 0


def run_child(what: str, place: Path, out: Path, *, limit: int = LIMIT) -> Cost | None:
    """Measure one piece of work of CHILD; None when it takes more than `limit` seconds."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, what, str(place), str(out)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
    )
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None
    if done.returncode != 0:
        raise RuntimeError(f"{what} on {place}: {done.stderr[-2000:]}")
    return Cost(*json.loads(done.stdout.splitlines()[-1]))


def run_command(*arguments: str) -> Cost:
    """Measure a command of eventcodec whose output nobody reads."""
    program = Path(sys.executable).with_name("eventcodec")
    done = subprocess.run(
        [sys.executable, "-S", "-c", PARENT, program, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"eventcodec {arguments}: {done.stderr[-2000:]}")
    return Cost(*json.loads(done.stdout))


def run_data_server(place: Path) -> Cost | None:
    """Measure the Rust data server, until it has loaded everything.

    It keeps a descriptor for each file, and goes on without the files beyond the limit: it gets
    the hard limit.
    """
    import tensorboard_data_server

    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))  # it inherits this

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
        unread = log.read_text().count("Failed to open event file")
        return Cost(usage.ru_utime + usage.ru_stime, peak / 1024, unread)
