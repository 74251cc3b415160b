"""SummaryWriter: its options, its files, its life; what a failing device does to it."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from written import event_files, read_events, run_python, values_of

import eventcodec
from eventcodec import SummaryWriter

# tensorboard's stub asks NumPy for a deprecated alias when its reader is made.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")


def test_first_record_and_file_name(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path, filename_suffix=".mine")
    (path,) = event_files(tmp_path)
    assert re.fullmatch(r"events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+\.mine", path.name)
    assert f".{os.getpid()}." in path.name
    (first,) = read_events(path)
    assert first.file_version == "brain.Event:2"
    assert abs(first.wall_time - time.time()) < 60
    writer.close()


def test_purge_step_writes_a_session_start(tmp_path: Path) -> None:
    SummaryWriter(tmp_path, purge_step=7).close()
    (path,) = event_files(tmp_path)
    version, start = read_events(path)
    assert version.file_version == "brain.Event:2"
    assert (start.step, start.session_log.status) == (7, start.session_log.START)


def test_large_text(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "y" * 1_000_000, 3)
        writer.add_scalar("after", 1, 4)
    events = read_events(event_files(tmp_path)[0])
    assert events[1].summary.value[0].tensor.string_val[0] == b"y" * 1_000_000
    assert events[2].step == 4


@pytest.mark.parametrize("text", [3, None, b"bytes", ["list"]])
def test_text_must_be_a_str(tmp_path: Path, text: Any) -> None:
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="must be a str"):
        writer.add_text("note", text)


@pytest.mark.parametrize("durability", ["buffered", "process", "sync"])
def test_durability_levels_write_the_same(tmp_path: Path, durability: Any) -> None:
    with SummaryWriter(tmp_path, durability=durability) as writer:
        for step in range(20):
            writer.add_scalar("a", step, step)
            if durability != "buffered":
                assert writer.stats().written == step + 1
        writer.flush(durable=True)
        assert writer.stats().pending == 0
    assert values_of(tmp_path) == [("a", step, step) for step in range(20)]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"durability": "never"}, ValueError, "durability must be one of .* got 'never'"),
        ({"on_error": "ignore"}, ValueError, "on_error must be one of"),
        ({"max_pending_bytes": 1000}, ValueError, "at least 1 MiB, got 1000"),
        ({"filename_suffix": "/../x"}, ValueError, "filename_suffix must be part of a file name"),
        ({"purge_step": "x"}, TypeError, "purge_step must be a real number, got 'x'"),
        ({"log_dir": "s3://bucket/x"}, ValueError, "log_dir must be a local directory"),
        ({"log_dir": 3}, TypeError, "int"),
        ({"nonsense": 1}, TypeError, "nonsense"),
    ],
)
def test_bad_options(
    tmp_path: Path, kwargs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        SummaryWriter(**({"log_dir": tmp_path / "run"} | kwargs))
    assert not (tmp_path / "run").exists()


def test_a_writer_that_was_never_made_has_a_repr() -> None:
    assert "not made" in repr(SummaryWriter.__new__(SummaryWriter))


def test_default_directory_is_torchs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    writer = SummaryWriter(comment="_mine")
    assert re.fullmatch(r"runs/\w{3}\d\d_\d\d-\d\d-\d\d_.+_mine", writer.get_logdir())
    assert event_files(writer.log_dir)
    writer.close()


def test_unwritable_directory_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        SummaryWriter(tmp_path / "file")


def test_after_close(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("a", 1)
    writer.close()
    writer.close()
    writer.flush()
    assert "closed" in repr(writer)
    for call in (
        lambda: writer.add_scalar("a", 1),
        lambda: writer.add_metrics({"a": 1}),
        lambda: writer.add_text("a", "b"),
        lambda: writer.add_scalar_series("a", [1], [1]),
    ):
        with pytest.raises(eventcodec.WriterClosedError, match="open a new SummaryWriter"):
            call()
    assert writer.stats().written == 1


def test_a_subclass_that_forgets_init_gets_an_error() -> None:
    class Forgetful(SummaryWriter):
        def __init__(self) -> None:
            pass

    with pytest.raises(TypeError, match=r"__init__\(\) must be called"):
        Forgetful()


def test_methods_can_be_patched_on_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    original = SummaryWriter.add_scalar

    def spy(self: SummaryWriter, *args: Any, **kwargs: Any) -> None:
        seen.append(args)
        original(self, *args, **kwargs)

    monkeypatch.setattr(SummaryWriter, "add_scalar", spy)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 2)
    assert seen == [("a", 1, 2)]
    assert values_of(tmp_path) == [("a", 2, 1.0)]


def test_segments(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, max_file_bytes=1 << 16) as writer:
        for step in range(10_000):
            writer.add_scalar("a", step, step)
        writer.flush()
        assert writer.stats().segments == len(event_files(tmp_path)) > 5
    assert all(path.stat().st_size <= 1 << 16 for path in event_files(tmp_path))
    steps = [e.step for path in event_files(tmp_path) for e in read_events(path)[1:]]
    assert steps == list(range(10_000))


def test_only_the_first_file_of_a_writer_purges(tmp_path: Path) -> None:
    def session_starts() -> int:
        events = [event for path in event_files(tmp_path) for event in read_events(path)]
        return sum(event.HasField("session_log") for event in events)

    with SummaryWriter(tmp_path, purge_step=0, max_file_bytes=1 << 16) as writer:
        writer.add_scalar_series("a", np.zeros(5000), np.arange(5000))
        writer.flush()
        assert writer.stats().segments > 1
        child = os.fork()
        if child == 0:
            writer.add_scalar("child", 1, 1)
            writer.flush()
            os._exit(0)
        os.waitpid(child, 0)
    assert session_starts() == 1, "a later file hides what the writer's earlier ones hold"


def test_a_deleted_directory_comes_back(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with SummaryWriter(run, on_error="drop") as writer:
        writer.add_scalar("a", 1, 1)
        writer.flush()
        shutil.rmtree(run)
        writer.add_scalar("a", 2, 2)
        writer.flush()
        assert "deleted" in writer.stats().last_error
    assert values_of(run) == [("a", 2, 2.0)]


def test_a_full_disk_warns_once_and_writing_resumes(tmp_path: Path) -> None:
    code = """
    import resource, signal, sys, warnings
    from eventcodec import SummaryWriter
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    writer = SummaryWriter(sys.argv[1], on_error=sys.argv[2] if len(sys.argv) > 2 else "warn")
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for step in range(2000):
            writer.add_scalar("a", step, step)
            if step % 100 == 0: writer.flush()
    assert len(caught) == 1, caught
    assert "File too large" in str(caught[0].message), caught[0].message
    stats = writer.stats()
    assert stats.pending > 0 and stats.dropped == 0, stats
    assert stats.accepted == stats.written + stats.pending
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    writer.flush()
    assert writer.stats().pending == 0
    """
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    assert [step for _, step, _ in values_of(tmp_path)] == list(range(2000))


def test_on_error_raise(tmp_path: Path) -> None:
    code = """
    import resource, signal, sys, time
    from eventcodec import SummaryWriter
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    writer = SummaryWriter(sys.argv[1], on_error="raise")
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        for step in range(2000):
            writer.add_scalar("a", step, step)
            time.sleep(0.0001)
    except OSError as error:
        print("raised", error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    time.sleep(0.5)
    writer.add_scalar("after", 1, 1)
    """
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "raised" in result.stdout
    assert "File too large" in result.stdout
    assert values_of(tmp_path)[-1] == ("after", 1, 1.0)
