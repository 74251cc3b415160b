"""What restarts of a run leave of the points that stand before them.

A SessionLog START at step T says that the run was started again from T: points from T on that were
logged before are void. eventcodec's writer says so with resume= and purge_step=, torch's and
tensorboardX's with purge_step=, and TensorFlow's whenever a session begins.

Source: tensorboard/backend/event_processing/event_accumulator.py, _CheckForRestartAndMaybePurge.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.series import Part

__all__ = ["valid_parts"]


def valid_parts(files: list[_native.EventFile], *, purge: bool) -> Iterator[list[Part]]:
    """Yield, for each file of a run, its series without the rows that a later restart voids.

    Args:
        files: in the order in which they are read.
        purge: False to keep every row.
    """
    starts = [_Starts(file.session_starts() if purge else []) for file in files]
    # For each file, the step from which later files void everything; None for nothing.
    first_void: list[int | None] = [None]
    for each in reversed(starts[1:]):
        steps = each.steps.tolist()
        if first_void[-1] is not None:
            steps.append(first_void[-1])
        first_void.append(min(steps, default=None))
    for file, own_starts, void in zip(files, starts, reversed(first_void), strict=True):
        yield [
            Part(file, series, _valid_rows(file, series, own_starts, void))
            for series in range(len(file.series()))
        ]


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


def _valid_rows(
    file: _native.EventFile, series: int, starts: _Starts, first_void: int | None
) -> NDArray[np.intp] | None:
    """Return the rows of one series that count, in ascending order; None for all."""
    if first_void is None and not len(starts.steps):
        return None
    steps = file.columns(series)[0]
    valid = np.ones(len(steps), dtype=bool)
    if first_void is not None:
        valid &= steps < first_void
    start_steps, rows_before = starts.of(series)
    if len(start_steps):
        # Of each row, the least step of all restarts behind it.
        least = np.minimum.accumulate(start_steps[::-1])[::-1]
        behind = np.searchsorted(rows_before, np.arange(len(steps)), side="right")
        some = behind < len(least)
        valid[some] &= steps[some] < least[behind[some]]
    return None if valid.all() else np.flatnonzero(valid)
