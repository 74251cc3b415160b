"""What restarts of a run leave of the points that stand before them.

A SessionLog START at step T says that the run was started again from T: points from T on that were
logged before are void. eventcodec's writer says so with resume= and purge_step=, torch's and
tensorboardX's with purge_step=, and TensorFlow's whenever a session begins.

Source: tensorboard/backend/event_processing/event_accumulator.py, _CheckForRestartAndMaybePurge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.series import Part

__all__ = ["Voids", "valid_parts", "voids_of_files"]


def valid_parts(files: list[_native.EventFile], *, purge: bool) -> Iterator[list[Part]]:
    """Yield, for each file of a run, its series without the rows that a later restart voids.

    Args:
        files: in the order in which they are read.
        purge: False to keep every row.
    """
    every = voids_of_files(files) if purge else [Voids(_Starts([]), None)] * len(files)
    for file, voids in zip(files, every, strict=True):
        yield [
            Part(file, series, _valid_rows(file, series, voids))
            for series in range(len(file.series()))
        ]


def voids_of_files(files: Sequence[_native.EventFile]) -> Iterator[Voids]:
    """Yield what later restarts void, for each file of a run in the order of reading."""
    starts = [_Starts(file.session_starts()) for file in files]
    # For each file, the step from which later files void everything; None for nothing.
    first_void: list[int | None] = [None]
    for each in reversed(starts[1:]):
        steps = each.steps.tolist()
        if first_void[-1] is not None:
            steps.append(first_void[-1])
        first_void.append(min(steps, default=None))
    yield from map(Voids, starts, reversed(first_void))


# More than any series has.
_MOST_ROWS = 1 << 62


class _Starts:
    """The restarts in one file: their steps, and how many rows of each series stand before them."""

    def __init__(self, starts: list[tuple[int, list[int]]]) -> None:
        self.steps = np.array([step for step, _ in starts], np.int64)
        self._counts = np.array([len(rows) for _, rows in starts], np.int64)
        self._offsets = np.cumsum(self._counts) - self._counts
        self._rows = np.array([row for _, rows in starts for row in rows], np.int64)

    def of(self, series: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return steps and rows before, of the restarts that know the series; rows ascend."""
        known = np.flatnonzero(self._counts > series)
        return self.steps[known], self._rows[self._offsets[known] + series]


class Voids(NamedTuple):
    """What restarts void of one file: those in it, and those in later files."""

    starts: _Starts
    first_void: int | None  # the step from which later files void everything

    def __bool__(self) -> bool:
        return self.first_void is not None or len(self.starts.steps) != 0

    def of(self, series: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs of until and step: rows before row `until` are void from `step` on.

        Both ascend, so that of each row the first pair that is not before it counts.
        """
        steps, until = self.starts.of(series)
        if self.first_void is not None:
            steps = np.append(steps, self.first_void)
            until = np.append(until, _MOST_ROWS)
        # Of each restart, the least step of it and all behind it.
        return until, np.minimum.accumulate(steps[::-1])[::-1]


def _valid_rows(file: _native.EventFile, series: int, voids: Voids) -> NDArray[np.intp] | None:
    """Return the rows of one series that count, in ascending order; None for all."""
    if not voids:
        return None
    steps = file.columns(series)[0]
    valid = np.ones(len(steps), dtype=bool)
    until, least = voids.of(series)
    behind = np.searchsorted(until, np.arange(len(steps)), side="right")
    some = behind < len(least)
    valid[some] = steps[some] < least[behind[some]]
    return None if valid.all() else np.flatnonzero(valid)
