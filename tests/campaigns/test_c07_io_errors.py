"""C7 (P6, P8, P11, P12): storage that refuses, writes a little, is full, is slow, or hangs."""

from __future__ import annotations

import errno
import itertools
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from harness.event_records import read_run
from harness.fault_shim import ALL_BUT_ONE, FOREVER, HALF, Action, FaultControl, Operation
from harness.fork_server import ForkServer, Trial

WORKLOADS = "workloads.io_errors"

# What is promised, and what a machine with more to run than it has cores may add.
ADD_SECONDS = 1.0
RESUME_SECONDS = 1.0
EXIT_SECONDS = 5.0
SLACK_SECONDS = 4.0
WIDTH = 16  # trials at a time: most of their life they wait for the next attempt to write


def fault(action: Action, argument: int, operations: Operation, times: int) -> dict[str, int]:
    """One way of failing, as arguments of the workload."""
    return {"action": action, "argument": argument, "operations": operations, "times": times}


# A call that is interrupted again and again has to be let through once.
FAULTS = [
    *(
        fault(Action.FAIL, getattr(errno, name), Operation.ANY ^ Operation.CLOSE, times)
        for name in ("EIO", "ENOSPC", "EDQUOT", "EFBIG", "ESTALE", "EAGAIN")
        for times in (1, FOREVER)
    ),
    *(fault(Action.FAIL, errno.EINTR, Operation.ANY, times) for times in (1, 50)),
    *(
        fault(Action.SHORT, size, Operation.WRITE, times)
        for size in (1, HALF, ALL_BUT_ONE)
        for times in (1, FOREVER)
    ),
    *(
        fault(Action.FAIL, errno.EIO, Operation.DATA_SYNC | Operation.SYNC, times)
        for times in (1, FOREVER)
    ),
    # A write that fails half way, and a file that cannot be cut back then.
    fault(Action.FAIL, errno.EIO, Operation.TRUNCATE | Operation.WRITE, 2),
    fault(Action.FAIL, errno.EIO, Operation.CLOSE, FOREVER),
]


def run_side_by_side(
    fork_server: ForkServer, workload: str, jobs: Iterable[dict[str, Any]], timeout: float = 60
) -> Iterable[tuple[dict[str, Any], Trial, int]]:
    """Run all jobs, WIDTH at a time; yields job, trial and exit status."""
    for batch in _batches(list(jobs)):
        trials = [(job, fork_server.start(workload, **job)) for job in batch]
        for job, trial in trials:
            yield job, trial, trial.wait(timeout)


def _batches(jobs: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    for at in range(0, len(jobs), WIDTH):
        yield jobs[at : at + WIDTH]


def steps_in(directory: Path, *, torn_segments: bool = False) -> list[int]:
    """Steps of all files; only the last file may end in the middle of a record."""
    contents = read_run(directory)
    assert all(content.events for content in contents), "a file without its version record"
    if not torn_segments:
        assert all(content.tail == b"" for content in contents)
    return [step for content in contents for step in content.steps]


def test_c07_errors_at_every_call(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    ways = itertools.product(
        FAULTS,
        ["buffered", "process", "sync"],
        ["warn", "drop"],
        range(40 if campaign.long else 24),
    )
    jobs = [
        {
            "directory": new_directory(),
            "control": tmp_path / f"control{number}",
            "result": tmp_path / f"result{number}",
            "durability": durability,
            "on_error": on_error,
            "first": first,
            **fault,
        }
        for number, (fault, durability, on_error, first) in enumerate(ways)
    ]
    jobs = campaign.choose(jobs, fast=200)
    hits = lost = late = 0
    longest = resumed = 0.0
    for job, trial, status in run_side_by_side(
        fork_server, "workloads.io_errors:log_through_faults", jobs
    ):
        assert status == 0, f"{job}: {trial.output}"
        figures = json.loads(job["result"].read_text())
        hits += figures["hits"] > 0
        longest = max(longest, figures["longest"])
        resumed = max(resumed, figures["resumed"])
        late += figures["resumed"] > RESUME_SECONDS
        assert figures["longest"] < ADD_SECONDS + SLACK_SECONDS, (job, figures)
        assert figures["resumed"] < RESUME_SECONDS + SLACK_SECONDS, (job, figures)
        # Memory was never full, so nothing may be dropped.
        assert (figures["written"], figures["dropped"], figures["pending"]) == (49, 0, 0), job
        torn = bool(job["operations"] & Operation.TRUNCATE)
        steps = steps_in(job["directory"], torn_segments=torn)
        lost += 49 - len(set(steps))
        assert steps == list(range(49)), (job, steps)
        shutil.rmtree(job["directory"])
    campaign.report(
        "C7 I/O errors",
        "P6 P8 P11 P12",
        trials=len(jobs),
        hits=hits,
        lost=lost,
        figures=f"longest add {longest * 1e3:.0f} ms, resumed within {resumed * 1e3:.0f} ms, "
        f"{late} times after more than 1 s",
    )
    assert hits > len(jobs) // 3


def test_c07_a_writer_that_cannot_begin_leaves_no_file(
    campaign: Any, fork_server: ForkServer, control: FaultControl, new_directory: Callable[[], Path]
) -> None:
    trials = hits = 0
    for action, argument in [
        *((Action.FAIL, code) for code in (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EINTR)),
        *((Action.SHORT, size) for size in (1, HALF, ALL_BUT_ONE)),
    ]:
        for first in range(4):
            control.reset()
            directory = new_directory()
            fork_server.run(
                "workloads.io_errors:fail_to_begin",
                directory=directory,
                control=control.path,
                action=action,
                argument=argument,
                first=first,
            )
            trials += 1
            hits += control.hits > 0
            assert steps_in(directory) in ([], [0])
    campaign.report("C7 I/O errors at the start", "P7", trials=trials, hits=hits, lost=0)


def test_c07_a_file_size_limit(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    limits = campaign.choose(list(range(1, 4097)), fast=67)
    jobs = [
        {
            "directory": new_directory(),
            "result": tmp_path / f"result{limit}_{before}",
            "limit": limit,
            "before": before,
        }
        for limit in limits
        for before in (False, True)
    ]
    hits = lost = 0
    longest = resumed = 0.0
    for job, trial, status in run_side_by_side(
        fork_server, "workloads.io_errors:outgrow_the_limit", jobs
    ):
        assert status == 0, f"{job}: {trial.output}"
        figures = json.loads(job["result"].read_text())
        if figures["refused"]:
            hits += 1
            assert figures["left"] == 0, "a file without its version record is left"
            continue
        hits += figures["pending"] > 0
        longest = max(longest, figures["longest"])
        resumed = max(resumed, figures["resumed"])
        assert (figures["written"], figures["dropped"]) == (120, 0), (job, figures)
        steps = steps_in(job["directory"])
        lost += 120 - len(set(steps))
        assert steps == list(range(120)), job
    assert longest < ADD_SECONDS + SLACK_SECONDS
    assert resumed < RESUME_SECONDS + SLACK_SECONDS
    campaign.report(
        "C7 file size limit",
        "P8 P11 P12",
        trials=len(jobs),
        hits=hits,
        lost=lost,
        figures=f"longest add {longest * 1e3:.0f} ms, resumed within {resumed * 1e3:.0f} ms",
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterable[Callable[[int], Path]]:
    """small_disk(pages) -> an empty file system of that size."""
    mount = shutil.which("mount")
    mounted: list[Path] = []

    def make(pages: int) -> Path:
        directory = tmp_path / f"disk{pages}"
        directory.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={pages * 4096}", "tmpfs", str(directory)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            pytest.skip(f"a tmpfs cannot be mounted here: {result.stderr.strip()}")
        mounted.append(directory)
        return directory

    if mount is None:
        pytest.skip("there is no mount command")
    yield make
    for directory in mounted:
        subprocess.run(["umount", str(directory)], check=True)


def test_c07_a_full_disk(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, small_disk: Callable[[int], Path]
) -> None:
    sizes = range(4, 65, 1 if campaign.long else 10)
    longest = resumed = 0.0
    hits = lost = 0
    for pages in sizes:
        run = small_disk(pages) / "run"
        result = tmp_path / f"result{pages}"
        fork_server.run("workloads.io_errors:fill_the_disk", directory=run, result=result)
        figures = json.loads(result.read_text())
        hits += figures["pending"] > 0
        longest = max(longest, figures["longest"])
        resumed = max(resumed, figures["resumed"])
        assert figures["dropped"] == 0
        steps = steps_in(run)
        lost += figures["logged"] - len(set(steps))
        assert steps == list(range(figures["logged"]))
    assert longest < ADD_SECONDS + SLACK_SECONDS
    assert resumed < RESUME_SECONDS + SLACK_SECONDS
    campaign.report(
        "C7 full disk",
        "P8 P11 P12",
        trials=len(sizes),
        hits=hits,
        lost=lost,
        figures=f"longest add {longest * 1e3:.0f} ms, resumed within {resumed * 1e3:.0f} ms",
    )


def test_c07_a_slow_disk(
    campaign: Any,
    fork_server: ForkServer,
    control: FaultControl,
    tmp_path: Path,
    new_directory: Callable[[], Path],
) -> None:
    directory = new_directory()
    result = tmp_path / "result"
    fork_server.run(
        "workloads.io_errors:stall",
        directory=directory,
        control=control.path,
        result=result,
        milliseconds=100,
        seconds=20 if campaign.long else 2,
    )
    figures = json.loads(result.read_text())
    assert steps_in(directory) == list(range(figures["logged"]))
    campaign.report(
        "C7 slow disk",
        "P11",
        trials=figures["logged"],
        hits=figures["hits"],
        lost=figures["logged"] - figures["written"],
        figures="add: p50 {p50:.2f} us, p99 {p99:.2f} us, p99.9 {p999:.2f} us, "
        "longest {longest:.0f} us".format(**figures),
    )
    assert figures["hits"] > 3
    assert figures["p99"] < 20


def test_c07_a_hung_disk_and_full_memory(
    campaign: Any,
    fork_server: ForkServer,
    control: FaultControl,
    tmp_path: Path,
    new_directory: Callable[[], Path],
) -> None:
    directory = new_directory()
    result = tmp_path / "result"
    fork_server.run(
        "workloads.io_errors:hang_when_full",
        directory=directory,
        control=control.path,
        result=result,
    )
    figures = json.loads(result.read_text())
    steps = steps_in(directory)
    assert len(steps) == figures["written"] == figures["logged"] - figures["dropped"]
    assert steps == sorted(set(steps))
    campaign.report(
        "C7 hung disk, full memory",
        "P11 P12",
        trials=figures["logged"],
        hits=figures["dropped"],
        lost=0,
        figures="longest add {longest:.3f} s, resumed within {resumed:.3f} s".format(**figures),
    )
    assert figures["longest"] < ADD_SECONDS + SLACK_SECONDS
    assert figures["resumed"] < RESUME_SECONDS + SLACK_SECONDS


def test_c07_a_hung_disk_holds_up_one_durable_call(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    jobs = [
        {
            "directory": new_directory(),
            "control": tmp_path / f"control_{durability}_{operations}",
            "result": tmp_path / f"result_{durability}_{operations}",
            "durability": durability,
            "operations": operations,
        }
        for durability, operations in (
            ("process", Operation.WRITE),
            ("sync", Operation.WRITE),
            ("sync", Operation.DATA_SYNC),
        )
    ]
    longest = 0.0
    for job, trial, status in run_side_by_side(
        fork_server, "workloads.io_errors:hang_while_durable", jobs, timeout=30
    ):
        assert status == 0, f"{job}: {trial.output}"
        figures = json.loads(Path(job["result"]).read_text())
        assert figures["hits"] > 0, job
        assert (figures["written"], figures["dropped"]) == (101, 0), job
        assert steps_in(Path(job["directory"])) == list(range(101)), job
        assert 0.5 < figures["first"] < ADD_SECONDS + SLACK_SECONDS, job
        assert figures["others"] < 0.5, job
        assert figures["resumed"] < RESUME_SECONDS + SLACK_SECONDS, job
        longest = max(longest, figures["first"])
    campaign.report(
        "C7 hung disk, durable calls",
        "P1 P11 P12",
        trials=100 * len(jobs),
        hits=len(jobs),
        lost=0,
        figures=f"longest add {longest:.3f} s",
    )


def test_c07_a_hung_disk_does_not_keep_the_process(
    campaign: Any, fork_server: ForkServer, tmp_path: Path, new_directory: Callable[[], Path]
) -> None:
    jobs = [
        {
            "directory": new_directory(),
            "control": tmp_path / f"control_{how}_{delay}_{operations}",
            "operations": operations,
            "delay": delay,
            "how": how,
        }
        for how in ("close", "del", "exit")
        for delay in (0.0, 0.1)  # whether the I/O thread is the first to be caught
        for operations in (Operation.WRITE, Operation.ANY)
    ]
    longest = 0.0
    for job, trial, status in run_side_by_side(
        fork_server, "workloads.io_errors:hang_and_exit", jobs, timeout=30
    ):
        assert status == 0, f"{job}: {trial.output}"
        longest = max(longest, trial.seconds)
    campaign.report(
        "C7 hung disk at exit",
        "P16",
        trials=len(jobs),
        hits=len(jobs),
        lost=0,
        figures=f"longest life {longest:.2f} s",
    )
    assert longest < EXIT_SECONDS + SLACK_SECONDS
