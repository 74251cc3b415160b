"""Which runs, tags and steps a table takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from eventcodec.reader.downsample import largest_triangles

__all__ = ["Patterns", "Steps", "as_patterns", "chosen_rows", "matches", "rows_of"]

# A glob, a compiled regular expression, or several of those; None for all.
Patterns = str | re.Pattern[str] | Iterable[str | re.Pattern[str]] | None
Steps = slice | tuple[int | None, int | None] | None


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


def rows_of(
    steps: NDArray[np.int64], wanted: Steps, every: int | None, last: int | None
) -> NDArray[np.intp]:
    """Return which rows of a series are selected: by step, of these each n-th, of these the last.

    Raises:
        ValueError: `every` is less than 1 or `last` less than 0.
    """
    if every is not None and every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    if last is not None and last < 0:
        raise ValueError(f"last must be at least 0, got {last}")
    keep = np.ones(len(steps), dtype=bool)
    if wanted is not None:
        start, stop = (wanted.start, wanted.stop) if isinstance(wanted, slice) else wanted
        if start is not None:
            keep &= steps >= start
        if stop is not None:
            keep &= steps < stop
        if isinstance(wanted, slice) and wanted.step is not None:
            keep &= (steps - (start or 0)) % wanted.step == 0
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
        ValueError: see rows_of() and largest_triangles().
    """
    rows = rows_of(steps, wanted, every, last)
    if points is None:
        return rows
    return rows[largest_triangles(steps[rows], values[rows], points)]
