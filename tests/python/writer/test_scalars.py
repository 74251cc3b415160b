"""Scalars: every kind of number, step and time; dicts and columns of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from written import event_files, read_events, values_of

from eventcodec import SummaryWriter

# tensorboard's stub asks NumPy for a deprecated alias when its reader is made.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")


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
        writer.add_metrics({"array": np.array(1.5), "plain": 2}, global_step=7)
    _, first, second = read_events(event_files(tmp_path)[0])
    assert {v.tag: v.simple_value for v in first.summary.value} == {
        tag: np.float32(value) for tag, value in metrics.items()
    }
    assert (first.step, second.step) == (5, 7)
    assert [(v.tag, v.simple_value) for v in second.summary.value] == [
        ("array", 1.5),
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
        writer.add_scalar_series("array", np.float32([1.0, 2.0]), np.uint8([3, 4]))
        writer.add_scalar_series("empty", [], np.zeros(0, np.int64))
    events = read_events(event_files(tmp_path)[0])[1:]
    column = [(e.step, e.wall_time, e.summary.value[0].simple_value) for e in events[:100_000]]
    assert column == list(
        zip(steps.tolist(), (steps / 8).tolist(), values.astype(np.float32).tolist(), strict=True)
    )
    rest = [(e.summary.value[0].tag, e.step) for e in events[100_000:]]
    assert rest == [("list", 3), ("list", 4), ("array", 3), ("array", 4)]


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
