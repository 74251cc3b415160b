"""Methods of SummaryWriter for numbers: columns, groups of curves, layouts of charts."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from eventcodec import _native
from eventcodec.arrays import as_array
from eventcodec.summary.custom_scalars import Layout, check_layout, custom_scalars_summary
from eventcodec.summary.message import check_names
from eventcodec.writer.device_scalars import check_number

if TYPE_CHECKING:
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = [
    "RunLayout",
    "add_custom_scalars",
    "add_custom_scalars_marginchart",
    "add_custom_scalars_multilinechart",
    "add_scalar_series",
    "add_scalars",
    "check_run_layout",
]


# Where the curves of a group, or the trials of a search, are logged to.
RunLayout = Literal["runs", "single"]
_GROUPS = "groups"  # category of the charts that add_scalars(layout="single") asks for


def add_scalar_series(
    self: SummaryWriter, tag: str, values: Any, steps: Any, walltimes: Any | None = None
) -> None:
    """Log a whole column of numbers of one tag in one native call.

    Args:
        tag: name of the series.
        values: n real numbers, any dtype; stored as float32.
        steps: n integers.
        walltimes: n finite seconds since 1970; None stamps all with now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_scalar_series("loss", np.linspace(1, 0, 1000), np.arange(1000))
    """
    value_column = _column(values, "values", np.float64)
    step_column = _column(steps, "steps", np.int64)
    walltime_column = None if walltimes is None else _column(walltimes, "walltimes", np.float64)
    for name, column in (("steps", step_column), ("walltimes", walltime_column)):
        if column is not None and len(column) != len(value_column):
            raise ValueError(
                f"{name} must be as long as values, got {len(column)} for {len(value_column)}"
            )
    if walltime_column is not None and not np.isfinite(walltime_column).all():
        raise ValueError("walltimes must be finite seconds since 1970, got NaN or infinity")
    if self._device_scalars is not None and tag in self._device_scalars.tags:
        self._device_scalars.deliver(self, wait=True)
    self._add_series(tag, value_column, step_column, walltime_column)


def add_scalars(
    self: SummaryWriter,
    main_tag: str,
    tag_scalar_dict: Mapping[str, Any],
    global_step: Any = None,
    walltime: float | None = None,
    *,
    layout: RunLayout = "runs",
) -> None:
    """Log several numbers that TensorBoard draws in one chart.

    Args:
        main_tag: name of the chart.
        tag_scalar_dict: name of each curve -> its number, as in add_scalar.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.
        layout: "runs" logs each curve as a run of its own under the tag `main_tag`, in the
            directory <log_dir>/<main_tag>_<name>, as torch does: they share a chart of the scalars
            dashboard. "single" logs the tags <main_tag>/<name> to this writer's file, and a chart
            with all of them for the custom scalars dashboard.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_scalars("loss", {"train": 0.25, "test": 0.5}, 7, layout="single")
    """
    _native.check_tag(main_tag)
    check_run_layout(layout)
    if not isinstance(tag_scalar_dict, Mapping):
        raise TypeError(f"tag_scalar_dict must be a dict of numbers, got {tag_scalar_dict!r}")
    for name in tag_scalar_dict:
        if not isinstance(name, str):
            raise TypeError(f"the name of a curve must be a str, got {name!r}")
    if layout == "single":
        tags = {f"{main_tag}/{name}": number for name, number in tag_scalar_dict.items()}
        self.add_metrics(tags, global_step, walltime)
        _extend_group(self, main_tag, tags)
        return
    numbers = {name: check_number(value, name) for name, value in tag_scalar_dict.items()}
    wall_time = time.time() if walltime is None else walltime
    for name, number in numbers.items():
        log = self._sub_log(self._scalars_name(main_tag, name))
        log.add_scalar(main_tag, number, global_step, wall_time)


def add_custom_scalars(self: SummaryWriter, layout: Layout) -> None:
    """Lay out the custom scalars dashboard.

    TensorBoard takes the last layout of a run, so charts of earlier calls on this writer are logged
    again; a chart of the same category and title replaces the earlier one.

    Args:
        layout: category -> {chart -> [kind, tags]}. The tags of a "Multiline" chart are regular
            expressions; those of a "Margin" chart are three names: value, lower and upper bound.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_custom_scalars({"losses": {"all": ["Multiline", ["loss/.*"]]}})
    """
    merged = dict(self._layout)
    for category, charts in check_layout(layout).items():
        merged[category] = merged.get(category, {}) | charts
    self._log_summary(custom_scalars_summary(merged), None, None)
    self._layout.update(merged)


def add_custom_scalars_multilinechart(
    self: SummaryWriter, tags: Iterable[str], category: str = "default", title: str = "untitled"
) -> None:
    """Add a chart with several curves to the custom scalars dashboard.

    Args:
        tags: regular expressions for the tags of scalars.
        category: of charts, which are shown together.
        title: of the chart.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_custom_scalars_multilinechart(["loss/train", "loss/test"], title="loss")
    """
    self.add_custom_scalars({category: {title: ("Multiline", check_names(tags, "tags"))}})


def add_custom_scalars_marginchart(
    self: SummaryWriter, tags: Iterable[str], category: str = "default", title: str = "untitled"
) -> None:
    """Add a chart with a curve and its margin to the custom scalars dashboard.

    Args:
        tags: of three scalars: the value, its lower bound and its upper bound.
        category: of charts, which are shown together.
        title: of the chart.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_custom_scalars_marginchart(["loss", "loss/min", "loss/max"], title="loss")
    """
    self.add_custom_scalars({category: {title: ("Margin", check_names(tags, "tags"))}})


def check_run_layout(layout: object) -> None:
    """Refuse what is no RunLayout.

    Raises:
        ValueError: it is another value.
    """
    if layout not in get_args(RunLayout):
        raise ValueError(f"layout must be one of {get_args(RunLayout)}, got {layout!r}")


def _extend_group(writer: SummaryWriter, main_tag: str, tags: Iterable[str]) -> None:
    """Have a chart show the tags of a group, if it does not yet."""
    known = writer._layout.get(_GROUPS, {}).get(main_tag, ("", []))[1]
    patterns = [f"^{re.escape(tag)}$" for tag in tags]
    if not set(patterns) <= set(known):
        merged = list(dict.fromkeys([*known, *patterns]))
        add_custom_scalars(writer, {_GROUPS: {main_tag: ("Multiline", merged)}})


def _column(values: Any, name: str, dtype: type[np.float64 | np.int64]) -> np.ndarray[Any, Any]:
    """One-dimensional contiguous numbers, with nothing lost on the way to `dtype`."""
    array = as_array(values, argument=name)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    if dtype is np.int64 and not np.can_cast(array.dtype, np.int64, casting="same_kind"):
        raise TypeError(f"{name} must be integers, got {array.dtype}")
    if dtype is np.int64 and array.dtype == np.uint64 and array.size and array.max() >= 1 << 63:
        raise ValueError(f"{name} must fit in a signed 64-bit integer, got {array.max()}")
    return np.ascontiguousarray(array, dtype=dtype)
