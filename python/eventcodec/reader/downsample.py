"""Fewer points of a curve that look like all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native

__all__ = ["largest_triangles"]


def largest_triangles(
    steps: NDArray[np.int64], values: NDArray[np.float64], points: int
) -> NDArray[np.int64]:
    """Return the rows of at most `points` points: first, last, and of each bucket between the one
    that spans the largest triangle with the point chosen before and the mean of the bucket after.

    NaN and the infinities count in no mean and span no triangle: they are chosen where a bucket
    holds nothing else.

    Args:
        steps: int64[n].
        values: float64[n].
        points: at least 2.

    Returns:
        int64[min(n, points)], ascending.

    Raises:
        ValueError: `points` is less than 2.

    Source: S. Steinarsson, "Downsampling Time Series for Visual Representation" (2013), LTTB.

    Example:
        >>> import numpy as np
        >>> largest_triangles(np.arange(7), np.array([0.0, 0, 0, 9, 0, 0, 0]), 3)
        array([0, 3, 6])
    """
    if points < 2:
        raise ValueError(f"points must be at least 2, got {points}")
    if len(steps) <= points:
        return np.arange(len(steps))
    return _native.largest_triangles(steps, values, points)
