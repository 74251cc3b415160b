"""C2 (P8): death before, after and in the middle of every system call of the writer."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.acks import AckBoard
from harness.event_records import read_run
from harness.fault_shim import Action, FaultControl
from harness.fork_server import ForkServer

WORKLOADS = "workloads.kill"

SHAPES = ["small", "segments", "large"]
DEATHS = [Action.KILL_BEFORE, Action.KILL_AFTER, Action.KILL_TORN]


def die_at(
    call: int, death: Action, fork_server: ForkServer, control: FaultControl, **arguments: Any
) -> bool:
    """Run the workload with death at one call; False: it completed before that."""
    control.reset()
    control.arm(death, first=call)
    trial = fork_server.start(
        "workloads.kill:log_a_bit_of_everything", control=control.path, **arguments
    )
    status = trial.wait()
    assert status in (0, -signal.SIGKILL), trial.output
    assert (status == 0) == (control.hits == 0)
    return status != 0


@pytest.mark.parametrize("durability", ["buffered", "process", "sync"])
def test_c02_death_at_every_call(
    campaign: Any,
    fork_server: ForkServer,
    acks: AckBoard,
    control: FaultControl,
    new_directory: Callable[[], Path],
    durability: str,
) -> None:
    trials = hits = torn = 0
    walks = list(itertools.product(SHAPES, DEATHS)) * max(1, round(20 * campaign.share))
    if not campaign.long:
        walks = list(zip(campaign.random.sample(SHAPES, 3), DEATHS, strict=True))
    for shape, death in walks:
        alive = False
        call = 0
        while not alive:
            acks.reset()
            directory = new_directory()
            alive = not die_at(
                call,
                death,
                fork_server,
                control,
                directory=directory,
                acks=acks.path,
                durability=durability,
                shape=shape,
            )
            call += 1
            trials += 1
            hits += not alive
            contents = read_run(directory)
            steps = [step for content in contents for step in content.steps]
            assert steps == list(range(len(steps)))
            promised = acks.flushed if durability == "buffered" else acks.acked
            assert len(steps) >= promised, (shape, death, call)
            # Only the file that was being written may end in the middle of a record.
            assert all(content.tail == b"" for content in contents[:-1])
            torn += bool(contents and contents[-1].tail)
        assert acks.closed
        assert call > 8, "the shim does not see the writer's calls"
    campaign.report(
        f"C2 death at every system call, {durability}",
        "P5 P8",
        trials=trials,
        hits=hits,
        lost=0,
        figures=f"{torn} torn tails",
    )
