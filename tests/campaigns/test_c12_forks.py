"""C12 (P14): a child of any kind never touches the parent's file, and nobody hangs."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.event_records import read_run
from harness.fork_server import ForkServer
from workloads.forks import CHILD_ACTS, CHILD_RECORDS, PARENT_ACTS, STATES

WORKLOADS = "workloads.forks"

HANG_SECONDS = 1.0
SLACK_SECONDS = 4.0
# The last act of the child leaves no time to write: the bound of "buffered" holds.
LOSSY = {"_exit"}


def check_files(directory: Path, pid: int, logged: int, *, expect_child: bool) -> int:
    """The parent's file is the parent's alone; returns the number of files of children."""
    children = 0
    for content in read_run(directory):
        assert content.tail == b""
        if f".{pid}." in content.path.name:
            assert content.tags <= {"parent"}, "foreign bytes in the parent's file"
            assert content.steps == list(range(logged))
        else:
            assert content.tags <= {"child"}, "the parent's records in the child's file"
            children += 1
            expected = list(range(CHILD_RECORDS))
            if expect_child and content.steps:
                assert content.steps == expected
            assert content.steps == expected[: len(content.steps)]
    return children


def _combinations(campaign: Any) -> list[tuple[str, str, str, str]]:
    acts = list(itertools.product(STATES, CHILD_ACTS, PARENT_ACTS))
    cheap = [(way, *act) for way in ("os.fork", "mp fork", "loader") for act in acts]
    costly = [(way, *act) for way in ("mp spawn", "mp forkserver") for act in acts]
    other = list(itertools.product(["subprocess"], STATES, ["nothing"], PARENT_ACTS))
    return [*campaign.choose(cheap, fast=80), *campaign.choose(costly, fast=4), *other]


def test_c12_forks(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    cases = _combinations(campaign)
    own_threads = fork_server.version >= "3.12"
    slowest = (0.0, "")
    children = 0
    for number, (way, state, child_act, parent_act) in enumerate(cases):
        directory = new_directory()
        result = tmp_path / "result"
        case = (way, state, child_act, parent_act)
        trial = fork_server.run(
            "workloads.forks:have_a_child",
            timeout=60,
            directory=directory,
            control=tmp_path / f"control{number % 64}",
            result=result,
            way=way,
            state=state,
            child_act=child_act,
            parent_act=parent_act,
        )
        # With a thread of the program's own, the warning of CPython 3.12 is right.
        if not (own_threads and state == "mid-write"):
            assert trial.output == "", (case, trial.output)
        figures = json.loads(result.read_text())
        if way not in {"mp spawn", "mp forkserver"}:  # these start an interpreter
            wait = max(figures["began"], figures["waited"])
            slowest = max(slowest, (wait, str(case)))
        lossless = child_act not in LOSSY
        written = check_files(directory, trial.pid, figures["logged"], expect_child=lossless)
        logs = way != "subprocess" and child_act not in {"nothing", "collect"} and state != "closed"
        if logs and lossless:
            assert written >= (2 if child_act == "nested" else 1), case
        children += written
        shutil.rmtree(directory)
    campaign.report(
        f"C12 forks, Python {fork_server.version}",
        "P14",
        trials=len(cases),
        hits=len(cases),
        lost=0,
        figures=f"{children} files of children, longest wait {slowest[0] * 1e3:.0f} ms",
    )
    assert slowest[0] < HANG_SECONDS + SLACK_SECONDS, slowest
