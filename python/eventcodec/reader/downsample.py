"""Fewer points of a curve that look like all of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["largest_triangles"]


def largest_triangles(
    steps: NDArray[np.int64], values: NDArray[np.float64], points: int
) -> NDArray[np.intp]:
    """Return the rows of at most `points` points: first, last, and of each bucket between the one
    that spans the largest triangle with the point chosen before and the mean of the bucket after.

    NaN and the infinities span none: they are chosen where a bucket holds nothing else.

    Raises:
        ValueError: `points` is less than 3.

    Source: S. Steinarsson, "Downsampling Time Series for Visual Representation" (2013), LTTB.
    """
    if points < 3:
        raise ValueError(f"points must be at least 3, got {points}")
    count = len(steps)
    if count <= points:
        return np.arange(count)
    x = (steps - steps[0]).astype(np.float64)
    y: NDArray[Any] = np.asarray(values)
    edges = (np.arange(points - 1) * ((count - 2) / (points - 2))).astype(np.intp) + 1
    # The mean of each bucket, and the last point as the bucket behind the last.
    sizes = np.diff(edges)
    with np.errstate(invalid="ignore", over="ignore"):
        mean_x = np.append(np.add.reduceat(x[: edges[-1]], edges[:-1]) / sizes, x[-1])
        mean_y = np.append(np.add.reduceat(y[: edges[-1]], edges[:-1]) / sizes, y[-1])
        rows = np.zeros(points, dtype=np.intp)
        rows[-1] = count - 1
        for bucket, (start, stop) in enumerate(pairwise(edges)):
            at = rows[bucket]
            to_x, to_y = mean_x[bucket + 1] - x[at], mean_y[bucket + 1] - y[at]
            area = np.abs((x[start:stop] - x[at]) * to_y - (y[start:stop] - y[at]) * to_x)
            rows[bucket + 1] = start + int(np.argmax(np.nan_to_num(area, nan=-1.0)))
    return rows
