"""Wrong calls: each error quotes the value and says what is expected."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventcodec
from eventcodec.compat.tensorboard import EventAccumulator

OPEN = [
    ((None,), {}, TypeError, "path must be a str, a path or a list of those, got None"),
    ((3,), {}, TypeError, "got 3"),
    ((b"runs",), {}, TypeError, r"got b'runs'; os.fsdecode\(\) makes a str"),
    (([None],), {}, TypeError, "got None"),
    (("",), {}, FileNotFoundError, "must not be empty .* this directory.*: ''"),
    (([],), {}, ValueError, "got an empty list"),
    ((), {"mode": "salvag"}, ValueError, "mode must be .*, got 'salvag'"),
    ((), {"mode": None}, ValueError, "mode must be .*, got None"),
    ((), {"threads": 0}, ValueError, "threads must be at least 1, got 0"),
    ((), {"threads": "2"}, TypeError, "threads must be a whole number, got '2'"),
    ((), {"threads": 1.5}, TypeError, "threads must be a whole number, got 1.5"),
    ((), {"verify": "no"}, TypeError, "verify must be True or False, got 'no'"),
    ((), {"purge": 1}, TypeError, "purge must be True or False, got 1"),
    ((), {"runs": 3}, TypeError, "runs must be a glob, .*, got 3"),
    ((), {"runs": [3]}, TypeError, "runs must be a glob, .*, got 3"),
    ((), {"runs": re.compile(b"x")}, TypeError, "regular expression of str, .* got re.compile"),
]


@pytest.fixture
def path(write_records: Callable[..., Path], event: Any) -> Path:
    image = event(3)
    image.summary.value.add(tag="picture").image.encoded_image_string = b"png"
    return write_records(event(1, loss=0.5), event(2, loss=0.25), image)


@pytest.mark.parametrize(("args", "options", "error", "said"), OPEN)
def test_open(path: Path, args: Any, options: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        eventcodec.open(*(args or (path,)), **options)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"runs": 3}, TypeError, "runs must be a glob, .*, got 3"),
        ({"tags": [b"x"]}, TypeError, "tags must be a glob, .*, got b'x'"),
        ({"steps": 5}, TypeError, r"steps must be \(start, stop\) or slice.*, got 5"),
        ({"steps": (1,)}, TypeError, r"got \(1,\)"),
        ({"steps": "12"}, TypeError, "got '12'"),
        ({"steps": ("a", "b")}, TypeError, r"got \('a', 'b'\)"),
        ({"steps": (float("nan"), None)}, TypeError, r"got \(nan, None\)"),
        ({"steps": slice(0, 9, 0)}, ValueError, r"at least 1, got slice\(0, 9, 0\)"),
        ({"steps": slice(0, 9, -1)}, ValueError, r"at least 1, got slice\(0, 9, -1\)"),
        ({"every": "2"}, TypeError, "every must be a whole number, got '2'"),
        ({"every": 1.5}, TypeError, "every must be a whole number, got 1.5"),
        ({"last": 1.5}, TypeError, "last must be a whole number, got 1.5"),
        ({"points": 2}, ValueError, "points must be at least 3, got 2"),
        ({"points": "x"}, TypeError, "points must be a whole number, got 'x'"),
    ],
)
def test_tables(path: Path, options: Any, error: type[Exception], said: str) -> None:
    log = eventcodec.open(path)
    with pytest.raises(error, match=said):
        log.scalars(**options)


def test_steps_may_be_any_numbers(path: Path) -> None:
    log = eventcodec.open(path)
    assert log.scalars(steps=(0.5, 2.0))["step"].tolist() == [1]
    assert log.scalars(steps=(np.int64(2), 1e9), every=np.int32(1))["step"].tolist() == [2]


@pytest.mark.parametrize("kind", ["scalars", "images"])
def test_indices(path: Path, kind: str) -> None:
    (series,) = getattr(eventcodec.open(path)["."], kind).values()
    with pytest.raises(IndexError, match=f"index 99 is out of range: '{series.tag}' has"):
        series[99]
    for wrong in ("a", 1.5, None):
        with pytest.raises(TypeError, match=f"whole number or a slice, got {wrong!r}"):
            series[wrong]


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tfevents")
    for path in (tmp_path / "tfevents", "/dev/null"):
        with pytest.raises(OSError, match="Neither a file nor a directory"):
            eventcodec.open(path)
    assert dict(eventcodec.open(tmp_path).runs) == {}  # beside others it is passed over


def test_others(path: Path) -> None:
    table = eventcodec.open(path).scalars()
    with pytest.raises(TypeError, match=r"requested_schema must be a PyCapsule .*, got 5"):
        table.__arrow_c_stream__(5)
    with pytest.raises(TypeError, match="timeout must be a number of seconds, got 'x'"):
        eventcodec.follow(path, timeout="x")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="path must be a str or a path, got 3"):
        EventAccumulator(3)  # type: ignore[arg-type]
