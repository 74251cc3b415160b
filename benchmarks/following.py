"""What follow() costs while nothing happens in many files, and how soon it tells of a flush."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple

import numpy as np

from eventcodec import _native
from logs import NAME, write_runs

__all__ = ["Followed", "follow_at_scale"]

# Tells when each point came, by the clock that all processes share.
CHILD = """
import sys, time, eventcodec
for point in eventcodec.follow(sys.argv[1]):
    if point.tag == "probe":
        print(point.step, time.monotonic_ns(), flush=True)
"""
PATIENCE = 400.0  # seconds in which a flush in an idle file is awaited


class Followed(NamedTuple):
    """How follow() did.

    Attributes:
        files: how many there were, each a run of one tag and two scalars.
        started: seconds of a processor until it had given what was there.
        share: of one processor, while nothing happened.
        busy: milliseconds from a flush until its value came, median and most, in a file that
            has grown lately.
        idle: seconds until the first value of a file came that had not grown.
        memory: MiB.
    """

    files: int
    started: float
    share: float
    busy: tuple[float, float]
    idle: float
    memory: float


def follow_at_scale(scratch: Path, files: int, seconds: float) -> Followed:
    """Measure it over so many idle files, for so long."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        place = Path(name) / "log"
        write_runs(place, files, tags=1, points=2)
        old = time.time() - 86400
        for path in place.rglob(NAME):
            os.utime(path, (old, old))
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(place)], stdout=subprocess.PIPE, text=True
        )
        try:
            return _measure(process, place, files, seconds)
        finally:
            process.kill()
            process.wait()


def _measure(process: subprocess.Popen[str], place: Path, files: int, seconds: float) -> Followed:
    told: Queue[float] = Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            sent, came = map(int, line.split())
            told.put((came - sent) / 1e9)

    threading.Thread(target=listen, daemon=True).start()
    # The last runs are not among the files that it takes for busy at the start.
    first = place / "g0" / "r0" / NAME
    _probe(first)
    told.get(timeout=PATIENCE)
    started = _processor_seconds(process.pid)
    time.sleep(seconds)
    share = (_processor_seconds(process.pid) - started) / seconds
    busy = []
    for _ in range(30):
        _probe(first)
        busy.append(told.get(timeout=PATIENCE) * 1e3)
        time.sleep(0.37)
    _probe(sorted(place.rglob(NAME))[files // 2])
    try:
        idle = told.get(timeout=PATIENCE)
    except Empty:
        idle = float("inf")
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    return Followed(files, started, share, (statistics.median(busy), max(busy)), idle, peak / 1024)


def _probe(path: Path) -> None:
    """Add a value to a file that says when it was written."""
    now = np.array([time.monotonic_ns()])
    record = _native.scalar_records("probe", now, np.array([1.7e9]), np.array([0.0]))
    with path.open("ab", buffering=0) as file:
        file.write(record)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
