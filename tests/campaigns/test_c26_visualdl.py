"""C26 (P1, P2, P5, P8, P11, P12, P14, P16): the faults of C1, C7, C12 and C17 with LogWriter.

The engine is SummaryWriter's; what differs is the bytes, and that VisualDL's own reader fails on
half a record. It is the one that reads here, wherever a file has no torn tail.
"""

from __future__ import annotations

import errno
import itertools
import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.acks import AckBoard
from harness.fault_shim import ALL_BUT_ONE, FOREVER, HALF, Action, FaultControl, Operation
from harness.fork_server import ForkServer
from harness.visualdl_records import read_log_run
from workloads.exits import ABRUPT, GRACEFUL
from workloads.forks import CHILD_ACTS, CHILD_RECORDS, PARENT_ACTS, STATES

WORKLOADS = "workloads.visualdl"
WRITER = "LogWriter"

KILLS = {"fast": 6, "long": 3000}
BUFFERED_BYTES = 64 * 1024
# What is promised, and what a machine with more to run than it has cores may add.
BUFFERED_SECONDS = 1.0
ADD_SECONDS = 1.0 + 4.0
RESUME_SECONDS = 1.0 + 4.0


def steps_in(directory: Path, *, torn: bool = False) -> list[int]:
    """Steps of all logs; half a record at the end is an error unless `torn`."""
    contents = read_log_run(directory)
    assert torn or all(content.tail == b"" for content in contents)
    return [step for content in contents for step in content.steps]


@pytest.mark.parametrize("durability", ["buffered", "process", "sync"])
def test_c26_kill(
    campaign: Any,
    fork_server: ForkServer,
    acks: AckBoard,
    new_directory: Callable[[], Path],
    durability: str,
) -> None:
    trials = round(KILLS[campaign.scale] * campaign.share)
    lost = hits = 0
    oldest = 0.0
    for _ in range(trials):
        acks.reset()
        directory = new_directory()
        trial = fork_server.start(
            "workloads.visualdl:log_until_killed",
            directory=directory,
            acks=acks.path,
            durability=durability,
            pace=campaign.random.choice([0.0, 20e-6, 1e-3]),
            flush_every=campaign.random.choice([0, 7, 100]),
            seed=campaign.random.randrange(1 << 32),
            writer_name=WRITER,
        )
        acks.wait_until_ready()
        time.sleep(campaign.random.uniform(0.002, 0.06))
        killed_at = time.monotonic_ns()
        trial.kill()
        assert trial.wait() == -signal.SIGKILL, trial.output
        hits += acks.acked > 0
        steps = steps_in(directory, torn=True)
        assert steps == list(range(len(steps)))
        assert acks.flushed <= len(steps), "flush() returned before its records were written"
        missing = acks.acked - len(steps)
        if missing > 0:
            assert durability == "buffered", f"{missing} acknowledged records lost"
            age = float("inf")
            if missing < 60_000:
                age = (killed_at - acks.acked_at(len(steps))) / 1e9
            oldest = max(oldest, age)
            if missing * 36 > BUFFERED_BYTES:
                lost += age > BUFFERED_SECONDS
        shutil.rmtree(directory)
    campaign.report(
        f"C26 VisualDL, random SIGKILL, {durability}",
        "P1 P2 P5 P8",
        trials=trials,
        hits=hits,
        lost=lost,
        figures=f"age of the oldest lost record: {oldest * 1e3:.1f} ms",
    )
    assert lost == 0
    assert hits


def _faults(*errors: str) -> list[dict[str, int]]:
    def fault(action: Action, argument: int, operations: Operation, times: int) -> dict[str, int]:
        return {
            "action": action,
            "argument": argument,
            "operations": operations,
            "times": times,
        }

    refused = [
        fault(Action.FAIL, getattr(errno, name), Operation.ANY ^ Operation.CLOSE, times)
        for name in errors
        for times in (1, FOREVER)
    ]
    short = [
        fault(Action.SHORT, size, Operation.WRITE, times)
        for size in (1, HALF, ALL_BUT_ONE)
        for times in (1, FOREVER)
    ]
    # A write that fails half way, and a file that cannot be cut back then.
    torn = [fault(Action.FAIL, errno.EIO, Operation.TRUNCATE | Operation.WRITE, 2)]
    return [*refused, *short, *torn]


def test_c26_errors_at_every_call(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    ways = itertools.product(
        _faults("EIO", "ENOSPC", "EAGAIN"), ["buffered", "process", "sync"], range(24)
    )
    jobs = campaign.choose(list(ways), fast=16)
    hits = lost = 0
    longest = resumed = 0.0
    for at in range(0, len(jobs), 16):
        trials = []
        for number, (fault, durability, first) in enumerate(jobs[at : at + 16]):
            job = {
                "directory": new_directory(),
                "control": tmp_path / f"control{number}",
                "result": tmp_path / f"result{number}",
                "durability": durability,
                "on_error": "warn",
                "first": first,
                "writer_name": WRITER,
                **fault,
            }
            start = fork_server.start("workloads.visualdl:log_through_faults", **job)
            trials.append((job, start))
        for job, trial in trials:
            assert trial.wait(60) == 0, f"{job}: {trial.output}"
            figures = json.loads(job["result"].read_text())
            hits += figures["hits"] > 0
            longest = max(longest, figures["longest"])
            resumed = max(resumed, figures["resumed"])
            assert (figures["written"], figures["dropped"], figures["pending"]) == (49, 0, 0), job
            steps = steps_in(job["directory"])
            lost += 49 - len(set(steps))
            assert steps == list(range(49)), (job, steps)
            shutil.rmtree(job["directory"])
    campaign.report(
        "C26 VisualDL, I/O errors",
        "P6 P8 P11 P12",
        trials=len(jobs),
        hits=hits,
        lost=lost,
        figures=f"longest add {longest * 1e3:.0f} ms, resumed within {resumed * 1e3:.0f} ms",
    )
    assert hits > len(jobs) // 2
    assert longest < ADD_SECONDS
    assert resumed < RESUME_SECONDS


def test_c26_forks(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    acts = list(itertools.product(["os.fork", "mp fork"], STATES, CHILD_ACTS, PARENT_ACTS))
    cases = campaign.choose(acts, fast=24)
    children = 0
    for number, (way, state, child_act, parent_act) in enumerate(cases):
        directory = new_directory()
        result = tmp_path / "result"
        case = (way, state, child_act, parent_act)
        trial = fork_server.run(
            "workloads.visualdl:have_a_child",
            timeout=60,
            directory=directory,
            control=tmp_path / f"control{number % 64}",
            result=result,
            way=way,
            state=state,
            child_act=child_act,
            parent_act=parent_act,
            writer_name=WRITER,
        )
        if not (fork_server.version >= "3.12" and state == "mid-write"):
            assert trial.output == "", (case, trial.output)
        logged = json.loads(result.read_text())["logged"]
        of_parent = []
        expected = list(range(CHILD_RECORDS))
        for content in read_log_run(directory):
            assert content.tail == b"", case
            assert len(content.tags) <= 1, f"{case}: parent and child in one file"
            if content.tags == {"parent"}:
                of_parent += content.steps
            elif content.tags:
                children += 1
                # The last act of some children leaves no time to write.
                assert content.steps == expected[: len(content.steps)], case
                assert child_act == "_exit" or content.steps == expected, case
        assert of_parent == list(range(logged)), case
        shutil.rmtree(directory)
    campaign.report(
        f"C26 VisualDL, forks, Python {fork_server.version}",
        "P14",
        trials=len(cases),
        hits=len(cases),
        lost=0,
        figures=f"{children} files of children",
    )
    assert children


def test_c26_exits(
    campaign: Any,
    fork_server: ForkServer,
    acks: AckBoard,
    control: FaultControl,
    new_directory: Callable[[], Path],
) -> None:
    cases = [(how, close) for how in (*GRACEFUL, *ABRUPT) for close in (False, True)]
    repeats = round(20 * campaign.share) if campaign.long else 1
    lost = unwritten = 0
    for how, close in cases * repeats:
        acks.reset()
        control.reset()
        directory = new_directory()
        trial = fork_server.start(
            "workloads.visualdl:log_and_end",
            directory=directory,
            acks=acks.path,
            control=control.path,
            how=how,
            durability="buffered",
            records=2000,
            close=close,
            pause=0.0,
            hang=False,
            writer_name=WRITER,
        )
        trial.wait(60)
        if "ModuleNotFoundError" in trial.output:
            pytest.skip(f"this Python has no {how} module: {trial.output}")
        graceful = how in GRACEFUL
        steps = steps_in(directory, torn=not graceful)
        assert steps == list(range(len(steps))), (how, close)
        missing = max(0, acks.acked - len(steps))
        if graceful or close:
            assert missing == 0, (how, close)
            lost += missing
        else:
            unwritten += missing  # within the bound that the kills check
        shutil.rmtree(directory)
    campaign.report(
        f"C26 VisualDL, exits, Python {fork_server.version}",
        "P1 P2 P16",
        trials=len(cases) * repeats,
        hits=len(cases) * repeats,
        lost=lost,
        figures=f"{unwritten} records within the bound of buffered",
    )
