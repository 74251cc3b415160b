"""The cases of scalars: every kind of value, tag and call."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from eventcodec.bench import baselines, limits, peers
from eventcodec.bench.inputs import loss_curve
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import Case, expect
from eventcodec.bench.writer_case import check_scalars, event_files, writer_case

__all__ = ["SCALAR_CASES"]

TAG = "train/loss"


def add_scalar_case(name: str, sizes: Sizes, kind: Callable[[float], Any] = float) -> Case:
    """Log scalars one by one, positional, the values of one kind.

    Args:
        name: of the case.
        sizes: how many.
        kind: makes a value of a float.
    """
    values = [kind(value) for value in loss_curve(sizes.scalars)]
    steps = list(range(sizes.scalars))

    def work(writer: Any) -> None:
        add_scalar = writer.add_scalar
        for step, value in zip(steps, values, strict=True):
            add_scalar(TAG, value, step)

    want = {TAG: (steps, [float(value) for value in values])}
    return writer_case(
        name,
        "event",
        sizes.scalars,
        work,
        lambda d: check_scalars(d, want),
        floor=work,
        limit=limits.calls_and_clock(sizes.scalars),
    )


def keyword_case(name: str, sizes: Sizes) -> Case:
    """Log scalars one by one with `global_step=`."""
    values = loss_curve(sizes.scalars)
    steps = list(range(sizes.scalars))

    def call(add_scalar: Callable[..., None]) -> None:
        for step, value in zip(steps, values, strict=True):
            add_scalar(TAG, value, global_step=step)

    want = {TAG: (steps, values)}
    return writer_case(
        name,
        "event",
        sizes.scalars,
        lambda writer: call(writer.add_scalar),
        lambda directory: check_scalars(directory, want),
        floor=lambda writer: call(writer.add_scalar_keyword),
        # tensorboard's own Writer and VisualDL's call the argument `step`.
        only=("torch", "tensorboardX"),
        limit=limits.calls_and_clock(sizes.scalars),
    )


def torch_case(name: str, sizes: Sizes) -> Case:
    """Log 0-d CPU tensors."""
    torch = importlib.import_module("torch")
    return add_scalar_case(name, sizes, torch.tensor)


def tags_case(name: str, sizes: Sizes, count: int, *, fresh: bool) -> Case:
    """Log scalars of many tags in turn.

    Args:
        name: of the case.
        sizes: how many scalars.
        count: how many tags.
        fresh: whether the tag is a new f-string at each call, as in most training loops.
    """
    values = loss_curve(sizes.scalars)
    tags = [f"layer{i:05d}/norm" for i in range(count)]

    def with_same_strings(writer: Any) -> None:
        add_scalar = writer.add_scalar
        for step, (tag, value) in enumerate(zip(itertools.cycle(tags), values, strict=False)):
            add_scalar(tag, value, step)

    def with_new_strings(writer: Any) -> None:
        add_scalar = writer.add_scalar
        for step, value in enumerate(values):
            add_scalar(f"layer{step % count:05d}/norm", value, step)

    want: dict[str, tuple[list[int], list[float]]] = {}
    for step, (tag, value) in enumerate(zip(itertools.cycle(tags), values, strict=False)):
        steps, logged = want.setdefault(tag, ([], []))
        steps.append(step)
        logged.append(value)
    work = with_new_strings if fresh else with_same_strings
    return writer_case(
        name,
        "event",
        sizes.scalars,
        work,
        lambda d: check_scalars(d, want),
        floor=work,
        limit=limits.calls_and_clock(sizes.scalars),
    )


def thousandths(value: float) -> int:
    """Make an int that is not always the same of a value."""
    return round(value * 1000)


def mixed(values: list[float]) -> Iterator[Any]:
    """Give the values as Python and NumPy numbers of four types in turn."""
    kinds: Iterator[Callable[[float], Any]] = itertools.cycle(
        (float, thousandths, np.float32, np.float64)
    )
    for kind, value in zip(kinds, values, strict=False):
        yield kind(value)


def add_metrics_case(name: str, sizes: Sizes, width: int) -> Case:
    """Log a dict of scalars of a step: one call of ours, a call a scalar of everyone else."""
    metrics = dict(
        zip((f"layer{i:05d}/norm" for i in range(width)), mixed(loss_curve(width)), strict=True)
    )
    steps = list(range(max(1, sizes.scalars // width)))

    def one_by_one(writer: Any) -> None:
        add_scalar = writer.add_scalar
        for step in steps:
            for tag, value in metrics.items():
                add_scalar(tag, value, step)

    def at_once(writer: Any) -> None:
        add_metrics = writer.add_metrics
        for step in steps:
            add_metrics(metrics, step)

    want = {tag: (steps, [float(value)] * len(steps)) for tag, value in metrics.items()}
    return writer_case(
        name,
        "event",
        len(steps) * width,
        one_by_one,
        lambda directory: check_scalars(directory, want),
        ours=at_once,
        floor=at_once,
    )


def add_scalar_series_case(name: str, sizes: Sizes) -> Case:
    """Log a whole column: one call of ours, a call a point of everyone else, who log fewer."""
    values = loss_curve(sizes.series)
    value_column, step_column = np.array(values), np.arange(sizes.series, dtype=np.int64)
    fewer = min(sizes.scalars, sizes.series)

    def one_by_one(writer: Any) -> None:
        add_scalar = writer.add_scalar
        for step, value in enumerate(values[:fewer]):
            add_scalar(TAG, value, step)

    def check(directory: Path) -> None:
        (path,) = event_files(directory)
        # Plain Python takes minutes for all of them.
        read = itertools.islice(baselines.read_scalars(path), fewer)
        for step, (tag, got, _, value) in enumerate(read):
            expect((tag, got) == (TAG, step), f"{path}: wrong event {step}")
            expect(value == float(np.float32(values[step])), f"{path}: wrong value {step}")
        if not path.name.startswith("vdlrecords"):
            count = baselines.count_records(path) - 1
            expect(count in (fewer, sizes.series), f"{path}: {count} events")

    return writer_case(
        name,
        "event",
        sizes.series,
        one_by_one,
        check,
        ours=lambda writer: writer.add_scalar_series(TAG, value_column, step_column),
        others=fewer,
    )


SCALAR_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "add_scalar/positional": add_scalar_case,
    "add_scalar/keyword": keyword_case,
    "add_scalar/int": partial(add_scalar_case, kind=thousandths),
    "add_scalar/np.float32": partial(add_scalar_case, kind=np.float32),
    "add_scalar/np.float64": partial(add_scalar_case, kind=np.float64),
    "add_scalar/0-d array": partial(add_scalar_case, kind=np.array),
    **({"add_scalar/torch": torch_case} if peers.has("torch") else {}),
    "add_scalar/f-string": partial(tags_case, count=100, fresh=True),
    "add_scalar/100 tags": partial(tags_case, count=100, fresh=False),
    "add_scalar/10000 tags": partial(tags_case, count=10_000, fresh=False),
    "add_metrics/1": partial(add_metrics_case, width=1),
    "add_metrics/10": partial(add_metrics_case, width=10),
    "add_metrics/1000": partial(add_metrics_case, width=1000),
    "add_metrics/10000": partial(add_metrics_case, width=10_000),
    "add_scalar_series": add_scalar_series_case,
}
