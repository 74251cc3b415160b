"""C25: what other writers do wrong under faults, one test each; ours does it right.

What each of them does is said at the test: tensorboardX 2.6.5, and torch's writer, which is
TensorBoard's EventFileWriter.
"""

from __future__ import annotations

import errno
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from harness.event_records import event_files, read_run
from harness.fault_shim import FaultControl
from harness.fork_server import ForkServer
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

import eventcodec
from eventcodec import SummaryWriter

WORKLOADS = "workloads.faults_of_peers"
BUFFERED_BYTES = 64 * 1024
SCALAR_BYTES = 41  # at least, of a scalar's record


def steps_by_tag(directory: Path) -> dict[str, list[int]]:
    """Steps of each tag over all files, which are undamaged."""
    steps: dict[str, list[int]] = {}
    for content in read_run(directory):
        for event in content.events:
            for value in event.summary.value:
                steps.setdefault(value.tag, []).append(event.step)
    return steps


@pytest.fixture
def run(fork_server: ForkServer, new_directory: Callable[[], Path]) -> Callable[..., Path]:
    """run(program, **arguments) -> the directory it logged to; its exit status is checked."""

    def run(program: str, status: int = 0, **arguments: Any) -> Path:
        directory = new_directory()
        trial = fork_server.start(
            f"workloads.faults_of_peers:{program}", directory=directory, **arguments
        )
        assert trial.wait(60) == status, trial.output
        return directory

    return run


@pytest.mark.parametrize(("durability", "lost"), [("buffered", 1000), ("process", 0)])
def test_sigkill_in_a_tight_loop(run: Callable[..., Path], durability: str, lost: int) -> None:
    """tensorboardX loses 79 of 1,000 and tears the file; torch loses 11."""
    arguments = {"end": "SIGKILL", "records": 1000, "pace": 0.0, "durability": durability}
    directory = run("add_then", -signal.SIGKILL, **arguments)
    written = steps_by_tag(directory).get("loss", [])
    assert 1000 - len(written) <= lost
    assert 1000 * SCALAR_BYTES < BUFFERED_BYTES  # so "buffered" may lose them all, and no more
    assert written == list(range(len(written)))


@pytest.mark.parametrize("durability", ["buffered", "process"])
def test_sigkill_of_a_slow_loop(run: Callable[..., Path], durability: str) -> None:
    """tensorboardX loses 9 to 88 records of such a run; torch none."""
    arguments = {"end": "SIGKILL", "records": 100, "pace": 0.002, "durability": durability}
    for _ in range(3):
        directory = run("add_then", -signal.SIGKILL, **arguments)
        written = len(steps_by_tag(directory)["loss"])
        # Records of the last 50 ms, or of half the run on a machine that has more to do.
        assert written >= (100 if durability == "process" else 50)


def test_sigkill_after_flush(run: Callable[..., Path]) -> None:
    """tensorboardX: flush() returns with up to 10 records still queued."""
    for _ in range(5):
        arguments = {"end": "flush and SIGKILL", "records": 1000, "pace": 0.0}
        directory = run("add_then", -signal.SIGKILL, durability="buffered", **arguments)
        assert steps_by_tag(directory)["loss"] == list(range(1000))


@pytest.mark.parametrize(("end", "status"), [("return", 0), ("exception", 1), ("sys.exit", 0)])
def test_exit_without_close(run: Callable[..., Path], end: str, status: int) -> None:
    """torch silently loses 11 of 1,001."""
    directory = run("add_then", status, end=end, records=1001, pace=0.0, durability="buffered")
    assert steps_by_tag(directory)["loss"] == list(range(1001))


@pytest.mark.parametrize(("end", "status"), [("os._exit", 0), ("SIGTERM", -signal.SIGTERM)])
def test_os_exit_and_sigterm(run: Callable[..., Path], end: str, status: int) -> None:
    """tensorboardX loses 79 and tears the file; torch loses 11."""
    directory = run("add_then", status, end=end, records=1000, pace=0.0, durability="process")
    assert steps_by_tag(directory)["loss"] == list(range(1000))
    directory = run("add_then", status, end=end, records=100, pace=0.002, durability="buffered")
    assert len(steps_by_tag(directory)["loss"]) >= 50


def test_eight_threads(run: Callable[..., Path]) -> None:
    directory = run("thousand_in_each_thread")
    expected = {f"thread{number}": list(range(1000)) for number in range(8)}
    assert steps_by_tag(directory) == expected


@pytest.mark.parametrize("end", ["os._exit", "exit"])
def test_forked_child_logs(run: Callable[..., Path], end: str) -> None:
    """tensorboardX and torch hang, or write the parent's buffer twice and damage the file."""
    directory = run("fork_and_log", end=end)
    steps = steps_by_tag(directory)
    assert steps["parent"] == [*range(100), *range(100)]
    assert steps.get("child", []) == list(range(100))[: len(steps.get("child", []))]
    if end == "exit":
        assert steps["child"] == list(range(100))
    for content in read_run(directory):
        assert content.tail == b""
        tags = {value.tag for event in content.events for value in event.summary.value}
        assert len(tags) <= 1, "records of two processes in one file"


def test_child_killed_while_it_logs(run: Callable[..., Path]) -> None:
    """tensorboardX and torch: the parent hangs at its next add, or the child before that."""
    assert steps_by_tag(run("kill_a_child_that_logs"))["parent"] == list(range(100))


def test_disk_full(run: Callable[..., Path], tmp_path: Path) -> None:
    """tensorboardX hangs for ever; torch raises into the loop for ever; both leave a torn tail."""
    result = tmp_path / "result"
    directory = run("add_until_full", result=result)
    figures = json.loads(result.read_text())
    assert figures["dropped"] == 0
    assert figures["added"] < 10
    assert steps_by_tag(directory)["loss"] == list(range(3000))
    assert all(content.tail == b"" for content in read_run(directory))


@pytest.mark.parametrize("code", [errno.EIO, errno.EINTR])
def test_one_failed_write(run: Callable[..., Path], control: FaultControl, code: int) -> None:
    """EIO: tensorboardX silently loses a record, torch the rest of the run."""
    directory = run("fail_one_write", control=control.path, code=code)
    assert steps_by_tag(directory)["loss"] == list(range(100))


def test_two_writers_in_one_second(tmp_path: Path) -> None:
    """tensorboardX gives both one name and truncates: 99 of 1,002 records are readable."""
    first, second = SummaryWriter(tmp_path), SummaryWriter(tmp_path)
    for step in range(500):
        first.add_scalar("first", step, step)
        second.add_scalar("second", step, step)
    first.close()
    second.close()
    assert len(event_files(tmp_path)) == 2
    assert steps_by_tag(tmp_path) == {"first": [*range(500)], "second": [*range(500)]}


def test_add_after_close(tmp_path: Path) -> None:
    """tensorboardX truncates the finished file within its second; torch begins a new one."""
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1, 1)
    writer.close()
    before = [path.read_bytes() for path in event_files(tmp_path)]
    with pytest.raises(eventcodec.WriterClosedError):
        writer.add_scalar("loss", 2, 2)
    assert [path.read_bytes() for path in event_files(tmp_path)] == before


@pytest.mark.parametrize("what", ["file", "directory"])
def test_log_file_deleted(run: Callable[..., Path], what: str) -> None:
    """tensorboardX writes to the deleted file without an error; torch makes a headerless one."""
    directory = run("lose_the_file", what=what)
    (content,) = read_run(directory)
    assert content.events[0].file_version == "brain.Event:2"
    assert steps_by_tag(directory) == {"after": list(range(10))}


def test_tags_that_others_rewrite(tmp_path: Path) -> None:
    """tensorboardX turns what it does not like into "_", so that distinct tags become one."""
    tags = ["a b", "a_b", "a:b", "/a", "a%b", "größe", "損失", "\x1b[31m", "a\r\nb"]
    with SummaryWriter(tmp_path) as writer:
        for step, tag in enumerate(tags):
            writer.add_scalar(tag, 1, step)
        with pytest.raises(ValueError, match="surrogates"):
            writer.add_scalar("\ud800", 1)
    assert steps_by_tag(tmp_path) == {tag: [step] for step, tag in enumerate(tags)}


def test_numbers_out_of_range(tmp_path: Path) -> None:
    """NaN as a wall time is accepted by the others, and the data server gives up on such a file."""
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(ValueError, match="64-bit"):
            writer.add_scalar("loss", 1, 1 << 63)
        for walltime in (float("nan"), float("inf")):
            with pytest.raises(ValueError, match="finite"):
                writer.add_scalar("loss", 1, 1, walltime)
        writer.add_scalar("nan", float("nan"), 1)
        writer.add_scalar("inf", float("-inf"), 2)
    (content,) = read_run(tmp_path)
    nan, infinity = (event.summary.value[0].simple_value for event in content.events[1:])
    assert np.isnan(nan)
    assert infinity == float("-inf")


def test_very_large_record(run: Callable[..., Path]) -> None:
    (content,) = read_run(run("big_record"))
    assert content.steps == [0, 1, 2]
    assert len(content.events[2].summary.value[0].tensor.string_val[0]) == 100_000_000


@pytest.mark.parametrize("name", ["/abs", "../../up", "a/../../b"])
def test_names_that_leave_the_directory(tmp_path: Path, name: str) -> None:
    """tensorboardX and torch make files outside the log directory from such names."""
    run = tmp_path / "logs" / "run"
    with SummaryWriter(run) as writer:
        writer.add_scalar(name, 1, 1)
        writer.add_metrics({name: 1.0}, 2)
        writer.add_text(name, "x", 3)
    with pytest.raises(ValueError, match="part of a file name"):
        SummaryWriter(run, filename_suffix=f"/{name}")
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {path.relative_to(tmp_path) for path in event_files(run)}


@pytest.mark.parametrize("name", ["/abs", "../../up", "a/../../b"])
def test_names_of_runs_that_leave_the_directory(tmp_path: Path, name: str) -> None:
    """tensorboardX and torch put runs, and tensorboardX embeddings, wherever such a name leads."""
    run = tmp_path / "logs" / "run"
    with SummaryWriter(run) as writer:
        writer.add_scalars(name, {name: 1.0}, 1)
        writer.add_hparams({"lr": 0.1}, {"loss": 1.0}, run_name=name)
        writer.add_embedding(np.eye(2), tag=name)
        with pytest.raises(TypeError, match="global_step must be a real number"):
            writer.add_embedding(np.eye(2), global_step=name)
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(made) >= 4
    assert [path for path in made if run not in path.parents] == []
    assert not Path("/abs").exists()


def test_tags_that_forge_a_projector_configuration(tmp_path: Path) -> None:
    """tensorboardX writes them as they are, and TensorBoard then reads the file that they name."""
    tag = 'x"\n  metadata_path: "/etc/hostname'
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.eye(2), tag=tag)
    text = (tmp_path / "projector_config.pbtxt").read_text()
    (embedding,) = text_format.Parse(text, ProjectorConfig()).embeddings
    assert embedding.tensor_name == f"{tag}:00000"
    assert embedding.metadata_path == ""
    assert (tmp_path / embedding.tensor_path).is_file()


def test_memory_of_a_long_run(run: Callable[..., Path], tmp_path: Path) -> None:
    """tensorboardX keeps every value of add_scalars, and whole files when it writes to a bucket."""
    result = tmp_path / "result"
    run("keep_nothing", result=result)
    assert json.loads(result.read_text())["grown"] < 16 << 20
