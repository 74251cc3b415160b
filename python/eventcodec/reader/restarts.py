"""What restarts of a run leave of the points that stand before them: cpp/scan/restarts.h."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native

__all__ = ["ValidRows", "valid_rows"]


class ValidRows(NamedTuple):
    """Which rows of one file count: those that no later restart voids."""

    file: _native.EventFile
    first_void: int | None  # the step from which later files void everything; None for nothing

    def of(self, series: int) -> NDArray[np.int64] | None:
        """Return the rows of one series that count, in ascending order; None for all."""
        return self.file.valid_rows(series, self.first_void)


def valid_rows(files: Sequence[_native.EventFile]) -> list[ValidRows] | None:
    """Return which rows count in each file of a run.

    Args:
        files: in the order in which they are read.

    Returns:
        None when the run was never restarted.
    """
    first_voids = _native.first_voids(files)
    return None if first_voids is None else list(map(ValidRows, files, first_voids))
