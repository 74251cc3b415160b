"""Which runs, tags and steps a log reads, and a table takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.arguments import checked_count, checked_range
from eventcodec.reader.downsample import largest_triangles
from eventcodec.reader.tag import name_apart

__all__ = ["Patterns", "Selection", "Steps", "as_patterns", "chosen_rows", "matches", "rows_of"]

# A glob, a compiled regular expression, or several of those; None for all.
Patterns = str | re.Pattern[str] | Iterable[str | re.Pattern[str]] | None
Steps = slice | tuple[int | None, int | None] | None


def as_patterns(patterns: Patterns, name: str = "patterns") -> list[str | re.Pattern[str]] | None:
    """Return the patterns as a list, which can be gone through more than once.

    Raises:
        TypeError: they are none; it calls them `name`.
    """
    if patterns is None:
        return None
    if isinstance(patterns, str | re.Pattern):
        patterns = [patterns]
    elif not isinstance(patterns, Iterable):
        raise _no_pattern(name, patterns)
    chosen = list(patterns)
    for each in chosen:
        text = each.pattern if isinstance(each, re.Pattern) else each
        if not isinstance(text, str):
            raise _no_pattern(name, each)
    return chosen


def _no_pattern(name: str, got: object) -> TypeError:
    return TypeError(
        f"{name} must be a glob, a compiled regular expression of str, or a list of those, "
        f"got {got!r}"
    )


def matches(name: str, patterns: list[str | re.Pattern[str]] | None) -> bool:
    """Say whether a name is one of those that the patterns select.

    A glob covers the whole name, and a name matches itself whatever it contains. A regular
    expression may match anywhere.
    """
    if patterns is None:
        return True
    return any(
        name == pattern or fnmatchcase(name, pattern)
        if isinstance(pattern, str)
        else pattern.search(name) is not None
        for pattern in patterns
    )


# Kinds that say what a run is, and not how it went.
_TIMELESS = frozenset({"hparams", "custom_scalars", "graphs"})
_LEAST_STEP, _MOST_STEP = -(1 << 63), (1 << 63) - 1


class Selection:
    """What is read of a log: some tags, some steps. What describes a run is read whatever its tag.

    Attributes:
        native: the same for the native core; None when everything is read.
    """

    def __init__(self, tags: Patterns, steps: Steps) -> None:
        self._tags = as_patterns(tags, "tags")
        first, last = _step_range(steps)
        if first > last:  # none: to say it of the tags spares the core a notion of it
            self._tags, first, last = [], _LEAST_STEP, _MOST_STEP
        self._some_steps = (first, last) != (_LEAST_STEP, _MOST_STEP)
        self.native: _native.Selection | None = None
        if self._tags is not None or self._some_steps:
            tags_wanted = None if self._tags is None else _Wanted(self._tags)
            self.native = _native.Selection(first, last, tags_wanted)

    def keeps(self, name: str, kind: str, plugin: str, count: int) -> bool:
        """Say whether a series that has so many rows is there."""
        if kind in _TIMELESS or plugin == "meta_data":
            return True
        return matches(name, self._tags) and (count != 0 or not self._some_steps)


class _Wanted:
    """Says which tags are wanted, to the native core."""

    def __init__(self, patterns: list[str | re.Pattern[str]]) -> None:
        self._patterns = patterns

    def __call__(self, tag: str, curve: str | None) -> bool:
        # A curve may get another name: see Run.
        return matches(tag, self._patterns) or (
            curve is not None and matches(name_apart(tag, curve, None), self._patterns)
        )


def _step_range(steps: Steps) -> tuple[int, int]:
    """Return the first and the last step that are wanted.

    Raises:
        TypeError: it is no range.
        ValueError: it has a stride.
    """
    start, stop, every = checked_range(steps)
    if every is not None:
        raise ValueError(
            f"open() takes steps as (start, stop) or slice(start, stop), got {steps!r}; "
            "log.scalars(steps=...) takes a stride, or each n-th row with every=n"
        )
    first = _LEAST_STEP if start is None else max(start, _LEAST_STEP)
    last = _MOST_STEP if stop is None else min(stop - 1, _MOST_STEP)
    return first, last


def rows_of(
    steps: NDArray[np.int64], wanted: Steps, every: int | None, last: int | None
) -> NDArray[np.intp]:
    """Return which rows of a series are selected: by step, of these each n-th, of these the last.

    Raises:
        TypeError: `wanted` is no range, `every` or `last` no whole number.
        ValueError: `every` is less than 1 or `last` less than 0.
    """
    every = None if every is None else checked_count("every", every, 1)
    last = None if last is None else checked_count("last", last, 0)
    start, stop, stride = checked_range(wanted)
    keep = np.ones(len(steps), dtype=bool)
    if start is not None:
        keep &= steps >= start
    if stop is not None:
        keep &= steps < stop
    if stride is not None:
        keep &= (steps - (start or 0)) % stride == 0
    rows = np.flatnonzero(keep)[::every]
    return rows if last is None else rows[max(len(rows) - last, 0) :]


def chosen_rows(
    steps: NDArray[np.int64],
    values: NDArray[np.float64],
    wanted: Steps,
    every: int | None,
    last: int | None,
    points: int | None,
) -> NDArray[np.intp]:
    """Return the rows that rows_of() selects, and of these at most `points` that look like all.

    Raises:
        TypeError, ValueError: see rows_of(); `points` is no whole number of at least 3.
    """
    points = None if points is None else checked_count("points", points, 3)
    rows = rows_of(steps, wanted, every, last)
    if points is None:
        return rows
    return rows[largest_triangles(steps[rows], values[rows], points)]
