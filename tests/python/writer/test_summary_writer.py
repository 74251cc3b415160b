"""SummaryWriter: what reaches the file, parsed by protobuf classes that TensorBoard ships."""

from __future__ import annotations

import inspect
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub.errors import OutOfRangeError
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New

import eventcodec
from eventcodec import SummaryWriter

# tensorboard's stub asks NumPy for a deprecated alias when its reader is made.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")


def read_events(path: str | Path) -> list[Event]:
    """All events of a file, checksums verified, by TensorBoard's own reader."""
    reader = PyRecordReader_New(str(path), 0, b"", None)
    events = []
    while True:
        try:
            reader.GetNext()
        except OutOfRangeError:
            return events
        events.append(Event.FromString(reader.record()))


def event_files(directory: str | Path) -> list[Path]:
    return sorted(Path(directory).glob("*tfevents*"))


def values_of(directory: Path) -> list[tuple[str, int, float]]:
    """(tag, step, value) of every simple value in the only file of a directory."""
    (path,) = event_files(directory)
    return [
        (value.tag, event.step, value.simple_value)
        for event in read_events(path)
        for value in event.summary.value
    ]


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


VALUES: list[tuple[str, Any, float]] = [
    ("float", 0.1, np.float32(0.1)),
    ("int", 3, 3.0),
    ("bool", True, 1.0),
    ("np.float64", np.float64(0.1), np.float32(0.1)),
    ("np.float32", np.float32(0.1), np.float32(0.1)),
    ("np.float16", np.float16(0.5), 0.5),
    ("np.int64", np.int64(-3), -3.0),
    ("np.uint8", np.uint8(200), 200.0),
    ("np.bool", np.bool_(True), 1.0),
    ("0-d array", np.array(0.25), 0.25),
    ("1-element array", np.array([[0.25]]), 0.25),
    ("torch", torch.tensor(0.5), 0.5),
    ("torch 1-element", torch.tensor([0.5]), 0.5),
    ("torch bfloat16", torch.tensor(0.5, dtype=torch.bfloat16), 0.5),
    ("torch int", torch.tensor(7), 7.0),
    ("torch grad", torch.nn.Parameter(torch.tensor(0.5)), 0.5),
    ("inf", float("-inf"), float("-inf")),
    ("float32 overflow", 1e300, float("inf")),
    ("denormal", 1e-45, np.float32(1e-45)),
    ("minus zero", -0.0, -0.0),
]


@pytest.mark.parametrize(("name", "value", "want"), VALUES, ids=[name for name, _, _ in VALUES])
def test_values(tmp_path: Path, name: str, value: Any, want: float) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar(name, value, 1)
        writer.add_metrics({name: value}, 2)
    got = values_of(tmp_path)
    assert got == [(name, 1, want), (name, 2, want)]
    assert np.signbit(got[0][2]) == np.signbit(want)


def test_nan_is_kept(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("nan", float("nan"))
    ((_, _, value),) = values_of(tmp_path)
    assert np.isnan(value)


class Countable:
    """Something of another library: only __float__ and __index__."""

    def __float__(self) -> float:
        return 0.75

    def __index__(self) -> int:
        return 5


STEPS: list[tuple[Any, int]] = [
    (None, 0),
    (0, 0),
    (127, 127),
    (128, 128),
    (16384, 16384),
    (2**63 - 1, 2**63 - 1),
    (-1, -1),
    (-(2**63), -(2**63)),
    (3.9, 3),
    (np.int32(9), 9),
    (np.uint8(9), 9),
    (np.float64(2.0), 2),
    (torch.tensor(11), 11),
    (np.array(12), 12),
    (True, 1),
]


@pytest.mark.parametrize(("step", "want"), STEPS, ids=[repr(step) for step, _ in STEPS])
def test_steps(tmp_path: Path, step: Any, want: int) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("positional", Countable(), step)
        writer.add_scalar(tag="keyword", scalar_value=Countable(), global_step=step)
        writer.add_metrics({"metrics": 0.75}, step)
        writer.add_text("text", "x", step)
    steps = [event.step for event in read_events(event_files(tmp_path)[0])[1:]]
    assert steps == [want] * 4


def test_wall_times(tmp_path: Path) -> None:
    before = time.time()
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("now", 1)
        writer.add_scalar("given", 1, None, 123.25)
        writer.add_scalar("keyword", 1, walltime=0)
        writer.add_metrics({"given": 1}, walltime=np.float32(0.5))
    after = time.time()
    times = [event.wall_time for event in read_events(event_files(tmp_path)[0])[1:]]
    assert before <= times[0] <= after
    assert times[1:] == [123.25, 0.0, 0.5]


BAD_SCALARS: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ((), {}, TypeError, "missing its argument 'tag'"),
    (("loss",), {}, TypeError, "missing its argument 'scalar_value'"),
    (("loss", 1, 2, 3, False, False, 7), {}, TypeError, "at most 6 arguments, got 7"),
    (("loss", 1), {"stepp": 1}, TypeError, "unexpected keyword argument 'stepp'"),
    (("loss", 1), {"tag": "x"}, TypeError, "multiple values for argument 'tag'"),
    ((3, 1), {}, TypeError, "tag must be a str, got 3"),
    (("", 1), {}, ValueError, "tag must have 1 to 65535 bytes of UTF-8, got 0"),
    (("x" * 65536, 1), {}, ValueError, "got 65536"),
    (("\ud800", 1), {}, ValueError, "surrogates not allowed"),
    (("loss", "1.0"), {}, TypeError, "scalar_value must be a real number, got '1.0'"),
    (("loss", None), {}, TypeError, "scalar_value must be a real number, got None"),
    (("loss", 1j), {}, TypeError, "real number, got 1j"),
    (("loss", np.complex64(1j)), {}, TypeError, "real number"),
    (("loss", np.array(1j)), {}, TypeError, "real number"),
    (("loss", np.array("1.5")), {}, TypeError, "real number"),
    (("loss", np.zeros(2)), {}, ValueError, r"exactly one number, got shape \(2,\)"),
    (("loss", torch.zeros(2, 3)), {}, ValueError, r"exactly one number, got shape \(2, 3\)"),
    (("loss", 10**400), {}, ValueError, "does not fit a float"),
    (("loss", 1, "7"), {}, TypeError, "global_step must be a real number, got '7'"),
    (("loss", 1, 2**63), {}, ValueError, "signed 64-bit integer, got 9223372036854775808"),
    (("loss", 1, float("nan")), {}, ValueError, "global_step must be a finite number, got nan"),
    (("loss", 1, 1, float("inf")), {}, ValueError, "walltime must be finite .* got inf"),
    (("loss", 1, 1, "x"), {}, TypeError, "walltime must be a real number, got 'x'"),
]


@pytest.mark.parametrize(("args", "kwargs", "error", "message"), BAD_SCALARS)
def test_bad_arguments_raise_at_the_call_and_write_nothing(
    tmp_path: Path,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(error, match=message):
            writer.add_scalar(*args, **kwargs)
        assert writer.stats().accepted == 0
    assert len(read_events(event_files(tmp_path)[0])) == 1


@pytest.mark.parametrize(
    ("metrics", "error"),
    [
        ({"a": 1, "b": "x"}, TypeError),
        ({"a": 1, 2: 1}, TypeError),
        ({"a": 1, "": 1}, ValueError),
        ([("a", 1)], TypeError),
        (None, TypeError),
        ({"a": torch.zeros(2)}, ValueError),
    ],
)
def test_bad_metrics_write_none_of_them(
    tmp_path: Path, metrics: Any, error: type[Exception]
) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(error):
            writer.add_metrics(metrics)
        assert writer.stats().accepted == 0


def test_metrics_are_one_event(tmp_path: Path) -> None:
    metrics = {f"tag{i}": i / 7 for i in range(1000)}
    with SummaryWriter(tmp_path) as writer:
        writer.add_metrics(metrics, 5)
        writer.add_metrics({}, 6)
        writer.add_metrics({"tensor": torch.tensor(1.5), "plain": 2}, global_step=7)
    _, first, second = read_events(event_files(tmp_path)[0])
    assert {v.tag: v.simple_value for v in first.summary.value} == {
        tag: np.float32(value) for tag, value in metrics.items()
    }
    assert (first.step, second.step) == (5, 7)
    assert [(v.tag, v.simple_value) for v in second.summary.value] == [
        ("tensor", 1.5),
        ("plain", 2),
    ]


def test_ten_thousand_metrics(tmp_path: Path) -> None:
    metrics = {f"a/rather/long/tag/for/metric/{i}": float(i) for i in range(10_000)}
    with SummaryWriter(tmp_path) as writer:
        writer.add_metrics(metrics, 5)
    assert values_of(tmp_path) == [(tag, 5, value) for tag, value in metrics.items()]


class Mutating:
    """A value whose conversion changes the dict it stands in and logs to the same writer."""

    def __init__(self, metrics: dict[str, Any], writer: SummaryWriter) -> None:
        self.metrics = metrics
        self.writer = writer

    def __float__(self) -> float:
        self.metrics.clear()
        self.writer.add_metrics({"inner": 1.0})
        return 2.0


def test_metrics_survive_values_that_change_the_dict(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        metrics: dict[str, Any] = {}
        metrics |= {"a": 1.0, "b": Mutating(metrics, writer), "c": 3.0}
        writer.add_metrics(metrics)
    assert values_of(tmp_path) == [("inner", 0, 1.0), ("a", 0, 1.0), ("b", 0, 2.0), ("c", 0, 3.0)]


def test_series(tmp_path: Path) -> None:
    steps = np.arange(100_000)
    values = np.random.default_rng(0).normal(size=100_000)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("column", values, steps, walltimes=steps / 8)
        writer.add_scalar_series("list", [1, 2], [3, 4])
        writer.add_scalar_series("tensor", torch.tensor([1.0, 2.0]), torch.tensor([3, 4]))
        writer.add_scalar_series("empty", [], np.zeros(0, np.int64))
    events = read_events(event_files(tmp_path)[0])[1:]
    column = [(e.step, e.wall_time, e.summary.value[0].simple_value) for e in events[:100_000]]
    assert column == list(
        zip(steps.tolist(), (steps / 8).tolist(), values.astype(np.float32).tolist(), strict=True)
    )
    rest = [(e.summary.value[0].tag, e.step) for e in events[100_000:]]
    assert rest == [("list", 3), ("list", 4), ("tensor", 3), ("tensor", 4)]


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (("t", [1, 2], [1]), ValueError, "steps must be as long as values, got 1 for 2"),
        (("t", [[1]], [1]), ValueError, r"one dimension, got shape \(1, 1\)"),
        (("t", [1], [1.5]), TypeError, "steps must be integers, got float64"),
        (("t", [1], np.array([2**63], np.uint64)), ValueError, "signed 64-bit"),
        (("t", [1], [1], [float("nan")]), ValueError, "finite"),
        (("", [1], [1]), ValueError, "tag"),
    ],
)
def test_bad_series(
    tmp_path: Path, args: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(error, match=message):
            writer.add_scalar_series(*args)
        assert writer.stats().accepted == 0


def test_text_is_stored_as_torch_stores_it(tmp_path: Path) -> None:
    from torch.utils.tensorboard.summary import text

    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "# Größe\n" + "x" * 300, 3)
    event = read_events(event_files(tmp_path)[0])[1]
    assert event.summary == text("note", "# Größe\n" + "x" * 300)
    assert event.step == 3


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


def test_new_style_scalars_are_stored_as_torch_stores_them(tmp_path: Path) -> None:
    from torch.utils.tensorboard.summary import scalar

    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 0.1, 1, None, True)
        writer.add_scalar("a", 0.1, 1, new_style=True, double_precision=True)
        writer.add_scalar("a", 0.1, 1, double_precision=True)
    got = [event.summary for event in read_events(event_files(tmp_path)[0])[1:]]
    assert got == [
        scalar("a", 0.1, new_style=True),
        scalar("a", 0.1, new_style=True, double_precision=True),
        scalar("a", 0.1, double_precision=True),
    ]


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


def test_signature_is_torchs() -> None:
    from torch.utils.tensorboard import SummaryWriter as Torch

    for name in ("add_scalar", "add_histogram", "add_image", "add_images", "add_text"):
        theirs = inspect.signature(getattr(Torch, name))
        ours = inspect.signature(getattr(SummaryWriter, name))
        assert [(p.name, p.default) for p in theirs.parameters.values()] == [
            (p.name, p.default) for p in ours.parameters.values()
        ], name


def test_threads(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:

        def log(thread: int) -> None:
            for step in range(2000):
                writer.add_scalar(f"thread{thread}", step, step)
                if step % 500 == 0:
                    writer.flush()

        threads = [threading.Thread(target=log, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    got = values_of(tmp_path)
    for i in range(8):
        series = [step for tag, step, _ in got if tag == f"thread{i}"]
        assert series == list(range(2000))


def run_python(code: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


PREAMBLE = """
import atexit, os, signal, sys, threading, time
from eventcodec import SummaryWriter
writer = SummaryWriter(sys.argv[1])
for step in range(1000): writer.add_scalar("a", step, step)
"""

ENDINGS = {
    "falls off the end": "",
    "sys.exit": "sys.exit(0)",
    "exception": "raise RuntimeError('boom')",
    "del": "del writer",
    "signal with a handler": (
        "signal.signal(15, lambda *_: sys.exit(0)); os.kill(os.getpid(), 15); time.sleep(5)"
    ),
    "logs from atexit": "atexit.register(lambda: writer.add_scalar('a', 0, 1000))",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_lost_when_the_process_ends(tmp_path: Path, ending: str) -> None:
    run_python(PREAMBLE + ENDINGS[ending], tmp_path)
    steps = [step for _, step, _ in values_of(tmp_path)]
    assert steps == list(range(1001 if "atexit" in ending else 1000))


def test_kill_loses_nothing_of_the_process_level(tmp_path: Path) -> None:
    code = """
    import os, sys
    from eventcodec import SummaryWriter
    writer = SummaryWriter(sys.argv[1], durability="process")
    for step in range(1000): writer.add_scalar("a", step, step)
    os.kill(os.getpid(), 9)
    """
    assert run_python(code, tmp_path).returncode == -signal.SIGKILL
    assert [step for _, step, _ in values_of(tmp_path)] == list(range(1000))


def test_kill_after_flush_loses_nothing(tmp_path: Path) -> None:
    result = run_python(PREAMBLE + "writer.flush(); os.kill(os.getpid(), 9)", tmp_path)
    assert result.returncode == -signal.SIGKILL
    assert [step for _, step, _ in values_of(tmp_path)] == list(range(1000))


def test_kill_leaves_whole_records(tmp_path: Path) -> None:
    code = PREAMBLE + textwrap.dedent("""
        threading.Timer(0.005, lambda: os.kill(os.getpid(), 9)).start()
        while True: writer.add_scalar("a", 0, 0)
    """)
    assert run_python(code, tmp_path).returncode == -signal.SIGKILL
    # The kernel may have been in the middle of a record: an unfinished tail, never damage.
    log = eventcodec.open(tmp_path)
    assert log.damage == []
    assert len(log["."].scalars["a"]) >= 1000


def test_forked_child_writes_its_own_file(tmp_path: Path) -> None:
    code = PREAMBLE + textwrap.dedent("""
        child = os.fork()
        writer.add_scalar("who", 1 if child else 2, 5)
        writer.flush()
        if child: os.waitpid(child, 0)
    """)
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    values = sorted(
        [
            [(v.tag, v.simple_value) for e in read_events(path) for v in e.summary.value]
            for path in event_files(tmp_path)
        ],
        key=len,
    )
    assert values[0] == [("who", 2.0)]
    assert values[1][-1] == ("who", 1.0)
    assert len(values[1]) == 1001


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_lose_nothing(tmp_path: Path, method: str) -> None:
    code = """
    import multiprocessing, sys
    from eventcodec import SummaryWriter
    def log(writer, step): writer.add_scalar("child", step, step)
    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[2])
        writer = SummaryWriter(sys.argv[1])
        writer.add_scalar("parent", 0, 0)
        children = [context.Process(target=log, args=(writer, i)) for i in range(4)]
        for child in children: child.start()
        for child in children: child.join()
        assert all(child.exitcode == 0 for child in children)
    """
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    run = tmp_path / "run"
    command = [sys.executable, script, run, method]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    got = sorted(
        (v.tag, e.step)
        for path in event_files(run)
        for e in read_events(path)
        for v in e.summary.value
    )
    assert got == [("child", 0), ("child", 1), ("child", 2), ("child", 3), ("parent", 0)]


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


def test_pickles_as_configuration(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, filename_suffix=".x", durability="process") as writer:
        writer.add_scalar("a", 1, 1)
        with pickle.loads(pickle.dumps(writer)) as other:
            other.add_scalar("b", 2, 2)
            assert other.stats().path.endswith(".x")
            assert other.stats().path != writer.stats().path
            assert other.stats().written == 1


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


def test_log_from_a_signal_handler(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        previous = signal.signal(
            signal.SIGALRM, lambda *_: writer.add_metrics({"handler": 1.0, "b": 2})
        )
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        try:
            count = 20_000
            for step in range(count):
                writer.add_scalar("loop", step, step)
                if step % 100 == 0:
                    time.sleep(0.0002)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
    got = values_of(tmp_path)
    assert [step for tag, step, _ in got if tag == "loop"] == list(range(count))
    assert sum(tag == "handler" for tag, _, _ in got) > 10


def test_no_warning_of_ours_in_ordinary_use(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with SummaryWriter(tmp_path) as writer:
            writer.add_scalar("a", torch.nn.Parameter(torch.ones(())), 1)
