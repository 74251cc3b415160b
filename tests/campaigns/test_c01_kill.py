"""C1 (P1, P2, P5, P8): SIGKILL at random moments, at every durability."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.acks import AckBoard
from harness.event_records import read_run
from harness.fork_server import ForkServer

WORKLOADS = "workloads.kill"

TRIALS = {"fast": 60, "long": 20_000}
PACES = [(0.0, 0.008), (20e-6, 0.05), (1e-3, 0.1)]  # seconds between calls; longest life
BUFFERED_BYTES = 64 * 1024
# The promise is 50 ms; a machine with more to run than it has cores adds what it likes.
BUFFERED_SECONDS = 1.0


def check_lost(acks: AckBoard, directory: Path, durability: str, killed_at: int) -> float:
    """Compare the files with what was acknowledged; returns the age of the oldest lost record."""
    contents = read_run(directory)
    steps = [step for content in contents for step in content.steps]
    assert steps == list(range(len(steps)))
    assert acks.flushed <= len(steps), "flush() returned before its records were written"
    if len(steps) >= acks.acked:
        return 0.0
    assert durability == "buffered", f"{acks.acked - len(steps)} acknowledged records lost"
    if acks.acked - len(steps) > 60_000:
        return float("inf")
    return (killed_at - acks.acked_at(len(steps))) / 1e9


@pytest.mark.parametrize("durability", ["buffered", "process", "sync"])
def test_c01_random_kill(
    campaign: Any,
    fork_server: ForkServer,
    acks: AckBoard,
    new_directory: Callable[[], Path],
    durability: str,
) -> None:
    trials = round(TRIALS[campaign.scale] * campaign.share)
    hits = 0
    ages: list[float] = []
    lost = 0
    for _ in range(trials):
        acks.reset()
        directory = new_directory()
        pace, longest = campaign.random.choice(PACES)
        trial = fork_server.start(
            "workloads.kill:log_until_killed",
            directory=directory,
            acks=acks.path,
            durability=durability,
            pace=pace,
            flush_every=campaign.random.choice([0, 0, 7, 100]),
            seed=campaign.random.randrange(1 << 32),
        )
        acks.wait_until_ready()
        time.sleep(campaign.random.uniform(0, longest))
        killed_at = time.monotonic_ns()
        trial.kill()
        assert trial.wait() == -signal.SIGKILL, trial.output
        hits += acks.acked > 0
        age = check_lost(acks, directory, durability, killed_at)
        ages.append(age)
        if age > 0:
            contents = read_run(directory)
            missing = acks.acked - sum(len(content.steps) for content in contents)
            if missing * 42 > BUFFERED_BYTES:
                lost += age > BUFFERED_SECONDS
        for path in directory.iterdir():
            path.unlink()
    ages.sort()
    late = sum(age > 0.05 for age in ages)
    campaign.report(
        f"C1 random SIGKILL, {durability}",
        "P1 P2 P5 P8",
        trials=trials,
        hits=hits,
        lost=lost,
        figures=f"age of the oldest lost record: median {ages[len(ages) // 2] * 1e3:.1f} ms, "
        f"max {ages[-1] * 1e3:.1f} ms, older than 50 ms {late}",
    )
    assert lost == 0, f"oldest lost records: {ages[-5:]} s"
    assert hits > trials // 2
