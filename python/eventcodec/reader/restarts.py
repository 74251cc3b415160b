"""What restarts of a run leave of the points that stand before them.

A SessionLog START at step T says that the run was started again from T: points from T on that were
logged before are void. eventcodec's writer says so with resume= and purge_step=, torch's and
tensorboardX's with purge_step=, and TensorFlow's whenever a session begins.

Source: tensorboard/backend/event_processing/event_accumulator.py, _CheckForRestartAndMaybePurge.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native

__all__ = ["ValidRows", "valid_rows"]


def valid_rows(files: Sequence[_native.EventFile]) -> list[ValidRows] | None:
    """Return, for each file of a run, which rows of its series no later restart voids.

    Args:
        files: in the order in which they are read.

    Returns:
        None when the run was never restarted.
    """
    found = [file.session_starts() for file in files]
    if not any(found):
        return None
    starts = [_Starts(each) for each in found]
    # For each file, the step from which later files void everything; None for nothing.
    first_void: list[int | None] = [None]
    for each in reversed(starts[1:]):
        steps = each.steps.tolist()
        if first_void[-1] is not None:
            steps.append(first_void[-1])
        first_void.append(min(steps, default=None))
    return list(map(ValidRows, files, starts, reversed(first_void)))


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


class ValidRows:
    """Which rows of one file count."""

    def __init__(self, file: _native.EventFile, starts: _Starts, first_void: int | None) -> None:
        self._file = file
        self._starts = starts
        self._first_void = first_void

    def voids(self, series: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs of until and step: rows before row `until` are void from `step` on.

        Both ascend, so that of each row the first pair that is not before it counts.
        """
        steps, until = self._starts.of(series)
        if self._first_void is not None:
            steps = np.append(steps, self._first_void)
            until = np.append(until, _MOST_ROWS)
        # Of each restart, the least step of it and all behind it.
        return until, np.minimum.accumulate(steps[::-1])[::-1]

    def of(self, series: int) -> NDArray[np.intp] | None:
        """Return the rows of one series that count, in ascending order; None for all."""
        if self._first_void is None and not len(self._starts.steps):
            return None
        steps = self._file.columns(series)[0]
        valid = np.ones(len(steps), dtype=bool)
        until, least = self.voids(series)
        behind = np.searchsorted(until, np.arange(len(steps)), side="right")
        some = behind < len(least)
        valid[some] = steps[some] < least[behind[some]]
        return None if valid.all() else np.flatnonzero(valid)
