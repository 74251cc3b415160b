"""Which runs, tags and rows a table takes."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native

__all__ = ["Choice", "Patterns", "Steps", "as_choice", "as_patterns", "matches", "rows_of"]

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


def as_patterns(patterns: Patterns) -> list[str | re.Pattern[str]] | None:
    """Return the patterns as a list, which can be gone through more than once."""
    if patterns is None:
        return None
    return [patterns] if isinstance(patterns, str | re.Pattern) else list(patterns)


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


def as_choice(wanted: Steps, every: int | None, last: int | None) -> Choice:
    """Return the choice of rows by step, of these each n-th, of these the last.

    Raises:
        ValueError: `every` or the step of a slice is less than 1, `last` less than 0, or a bound is
            NaN.
    """
    if every is not None and every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    if last is not None and last < 0:
        raise ValueError(f"last must be at least 0, got {last}")
    start, stop, stride = None, None, None
    if isinstance(wanted, slice):
        start, stop, stride = wanted.start, wanted.stop, wanted.step
    elif wanted is not None:
        start, stop = wanted
    if stride is not None and stride < 1:
        raise ValueError(f"the step of slice({start}, {stop}, {stride}) must be at least 1")
    first = _LEAST if start is None else _from(start)
    behind = _MOST + 1 if stop is None else _from(stop)
    return Choice(
        least_step=max(first, _LEAST) if first <= _MOST else _MOST,
        most_step=min(behind - 1, _MOST) if first <= _MOST and behind > _LEAST else _LEAST,
        stride=min(stride or 1, _MOST),
        origin=0 if start is None else max(min(first, _MOST), _LEAST),
        every=min(every or 1, _MOST),
        last=_MOST if last is None else min(last, _MOST),
    )


def _from(bound: float) -> int:
    """Return the first step at or above a bound, which need not be whole."""
    try:
        return operator.index(bound)  # type: ignore[arg-type]
    except TypeError:
        if math.isnan(bound):
            raise ValueError("a bound of steps must be a number, got nan") from None
        return math.ceil(max(min(bound, 2.0**64), -(2.0**64)))


def rows_of(
    steps: NDArray[np.int64], wanted: Steps, every: int | None, last: int | None
) -> NDArray[np.int64]:
    """Return which rows of a series are selected.

    Raises:
        ValueError: see as_choice().
    """
    return _native.chosen_rows(steps, as_choice(wanted, every, last))
