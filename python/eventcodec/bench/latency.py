"""How long single calls of add_scalar take: not the mean of many, but the distribution.

A training loop waits for its slowest calls. Each call is timed on its own, with Python's clock,
which adds some 50 ns to every figure. Contenders take turns in rounds, as in measure.py.
"""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.bench import baselines
from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.compiled import compile_shared
from eventcodec.bench.measure import quiet_peers
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import expect
from eventcodec.bench.writer_case import event_files, openers

__all__ = ["SCENARIOS", "LatencyRow", "Scenario", "measure_latency"]

TAG = "train/loss"
# What one write takes on a stalled disk.
STALL_NANOSECONDS = 100_000_000


@dataclass(frozen=True)
class Scenario:
    """What goes on while calls are timed.

    Attributes:
        writers: how many are open and log in turn.
        interval: seconds from one call to the next, slept away; 0 for back to back.
        stalled: whether every write to a log takes 100 ms.
    """

    writers: int = 1
    interval: float = 0.0
    stalled: bool = False


SCENARIOS = {
    "latency/hot": Scenario(),
    "latency/hot-8": Scenario(writers=8),
    "latency/hot-64": Scenario(writers=64),
    "latency/paced": Scenario(interval=1e-3),
    "latency/paced-8": Scenario(writers=8, interval=1e-3),
    "latency/paced-64": Scenario(writers=64, interval=1e-3),
    "latency/stalled-hot": Scenario(stalled=True),
    "latency/stalled-paced": Scenario(interval=1e-3, stalled=True),
}


@dataclass(frozen=True)
class LatencyRow:
    """The distribution of one contender's calls in one scenario, in seconds.

    Attributes:
        scenario, contender: the names.
        calls: how many were timed, over all rounds.
        p50, p99, p999: what 50 %, 99 % and 99.9 % of them stayed within.
        worst: the slowest.
    """

    scenario: str
    contender: str
    calls: int
    p50: float
    p99: float
    p999: float
    worst: float


def time_calls(
    calls: list[Callable[..., object]], *, count: int, interval: float, seconds: float
) -> NDArray[np.int64]:
    """Time up to `count` calls, made in turn, until time is up; give nanoseconds."""
    took = array("q", bytes(8 * count))
    clock = time.perf_counter_ns
    pause = int(interval * 1e9)
    due = clock()
    deadline = due + int(seconds * 1e9)
    done = 0
    for call in itertools.cycle(calls):
        if pause:
            due = max(due + pause, clock())
            time.sleep((due - clock()) * 1e-9 if due > clock() else 0)
        start = clock()
        call(TAG, 0.5, done)
        end = clock()
        took[done] = end - start
        done += 1
        if done == count or end > deadline:
            break
    return np.frombuffer(took, dtype=np.int64)[:done]


@contextmanager
def stalled_disk() -> Iterator[None]:
    """Stall writes to logs; only in a process that slow_disk.c was preloaded into."""
    nanoseconds = ctypes.c_long.in_dll(ctypes.CDLL(None), "slow_disk_nanoseconds")
    nanoseconds.value = STALL_NANOSECONDS
    try:
        yield
    finally:
        nanoseconds.value = 0


def run_trial(
    open_writer: Callable[[Path], Any], scenario: Scenario, sizes: Sizes, directory: Path
) -> NDArray[np.int64]:
    """Open the writers, log, time each call, and close; check that nothing was lost."""
    directories = [directory / f"{i:02d}" for i in range(scenario.writers)]
    for place in directories:
        place.mkdir(parents=True)
    writers = [open_writer(place) for place in directories]
    # A writer's first call may import and allocate: not what a training loop waits for.
    for writer in writers:
        writer.add_scalar(TAG, 0.5, 0)
    gc.collect()
    with stalled_disk() if scenario.stalled else nullcontext():
        took = time_calls(
            [writer.add_scalar for writer in writers],
            count=sizes.latency_calls,
            interval=scenario.interval,
            seconds=sizes.latency_seconds,
        )
    for writer in writers:
        writer.close()
    check_count(directories, len(took) + len(writers))
    return took


def check_count(directories: list[Path], want: int) -> None:
    """Compare how many scalars are in the event files with how many were logged."""
    files = [path for directory in directories for path in event_files(directory)]
    if any(path.name.startswith("vdlrecords") for path in files):
        return  # other records than scalars are among them
    # One record of each file is its version.
    found = sum(baselines.count_records(path) - 1 for path in files)
    expect(found == want, f"{directories[0].parent}: {found} of {want} scalars are in the files")


def measure_here(
    name: str, sizes: Sizes, rounds: int, advance: Callable[[int], None] = lambda _: None
) -> list[LatencyRow]:
    """Measure one scenario in this process, whose disk is as slow as it is."""
    scenario = SCENARIOS[name]
    took: dict[str, list[NDArray[np.int64]]] = {}
    with tempfile.TemporaryDirectory(prefix="eventcodec-bench-") as root, quiet_peers():
        contenders = list(openers().items())
        if scenario.writers > 1 or scenario.stalled:
            # The floor has one buffer for all, and no file.
            contenders = [item for item in contenders if item[0] != FLOOR]
        for turn in range(rounds):
            shift = turn % len(contenders)
            for label, open_writer in contenders[shift:] + contenders[:shift]:
                place = Path(root) / f"{label.replace(' ', '-')}-{turn}"
                took.setdefault(label, []).append(run_trial(open_writer, scenario, sizes, place))
                advance(sum(map(len, took.values())))
        return [summarise(name, label, np.concatenate(took[label])) for label, _ in contenders]


def summarise(name: str, label: str, took: NDArray[np.int64]) -> LatencyRow:
    """Take the percentiles of the nanoseconds of all rounds."""
    p50, p99, p999, worst = (float(q) * 1e-9 for q in np.percentile(took, [50, 99, 99.9, 100]))
    return LatencyRow(name, label, len(took), p50, p99, p999, worst)


def measure_latency(
    name: str, sizes: Sizes, rounds: int, advance: Callable[[int], None] = lambda _: None
) -> list[LatencyRow]:
    """Measure one scenario: a stalled one in a process of its own, whose disk is made slow.

    Args:
        name: one of SCENARIOS.
        sizes: how many calls a trial times, and for how long.
        rounds: how many trials each contender runs.
        advance: called after each trial with how many calls have been timed.

    Returns:
        A row for each contender, eventcodec first.

    Raises:
        NotCompiledError: a slow disk cannot be made here.
        subprocess.CalledProcessError: the process with the slow disk failed.
    """
    if not SCENARIOS[name].stalled:
        return measure_here(name, sizes, rounds, advance)
    with tempfile.TemporaryDirectory(prefix="eventcodec-bench-") as root:
        library, result = Path(root) / "slow_disk.so", Path(root) / "rows.json"
        compile_shared("slow_disk.c", library, ["-ldl"])
        task = json.dumps([name, dataclasses.asdict(sizes), rounds, str(result)])
        command = [sys.executable, "-W", "ignore", "-m", "eventcodec.bench.latency", task]
        # Peers print: only the file counts.
        subprocess.run(
            command,
            env={**os.environ, "LD_PRELOAD": str(library)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return [LatencyRow(**row) for row in json.loads(result.read_text())]


def main(task: str) -> None:
    """Do the part of measure_latency that runs in a process of its own."""
    name, sizes, rounds, result = json.loads(task)
    rows = [dataclasses.asdict(row) for row in measure_here(name, Sizes(**sizes), rounds)]
    Path(result).write_text(json.dumps(rows))


if __name__ == "__main__":
    main(sys.argv[1])
