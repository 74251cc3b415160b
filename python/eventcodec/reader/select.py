"""Which runs, tags and steps a log reads, and which rows a table takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.arguments import checked_count, checked_range
from eventcodec.reader.tag import name_apart

__all__ = [
    "Choice",
    "Patterns",
    "Selection",
    "Steps",
    "as_choice",
    "as_patterns",
    "matches",
    "rows_of",
]

# A glob, a compiled regular expression, or several of those; None for all.
Patterns = str | re.Pattern[str] | Iterable[str | re.Pattern[str]] | None
Steps = slice | tuple[int | None, int | None] | None
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1  # steps


class Choice(NamedTuple):
    """Which rows of a series are taken, as the native core wants it: cpp/scan/choice.h."""

    least_step: int
    most_step: int
    stride: int  # between steps, from `origin`
    origin: int
    every: int
    last: int


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


class Selection:
    """What is read of a log: some tags, some steps. What describes a run is read whatever its tag.

    Attributes:
        native: the same for the native core; None when everything is read.
    """

    def __init__(self, tags: Patterns, steps: Steps) -> None:
        self._tags = as_patterns(tags, "tags")
        first, last = _step_range(steps)
        if first > last:  # none: to say it of the tags spares the core a notion of it
            self._tags, first, last = [], _LEAST, _MOST
        self._some_steps = (first, last) != (_LEAST, _MOST)
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
    first = _LEAST if start is None else max(start, _LEAST)
    last = _MOST if stop is None else min(stop - 1, _MOST)
    return first, last


def as_choice(wanted: Steps, every: int | None, last: int | None) -> Choice:
    """Return the choice of rows by step, of these each n-th, of these the last.

    Raises:
        TypeError: `wanted` is no range, `every` or `last` no whole number.
        ValueError: `every` is less than 1 or `last` less than 0.
    """
    every = 1 if every is None else checked_count("every", every, 1)
    last = _MOST if last is None else checked_count("last", last, 0)
    start, stop, stride = checked_range(wanted)
    first = _LEAST if start is None else start
    behind = _MOST + 1 if stop is None else stop
    some = first <= _MOST and behind > _LEAST
    return Choice(
        least_step=max(first, _LEAST) if some else _MOST,
        most_step=min(behind - 1, _MOST) if some else _LEAST,
        stride=min(stride or 1, _MOST),
        origin=0 if start is None else max(min(start, _MOST), _LEAST),
        every=min(every, _MOST),
        last=min(last, _MOST),
    )


def rows_of(
    steps: NDArray[np.int64], wanted: Steps, every: int | None, last: int | None
) -> NDArray[np.int64]:
    """Return which rows of a series are selected.

    Raises:
        TypeError, ValueError: see as_choice().
    """
    return _native.chosen_rows(steps, as_choice(wanted, every, last))
