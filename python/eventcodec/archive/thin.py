"""Chooses few points that stand for many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["evenly_spaced", "largest_triangles"]


def evenly_spaced(count: int, points: int) -> NDArray[np.intp]:
    """Return `points` rows of `count`, with the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, points).round().astype(np.intp))


def largest_triangles(
    steps: NDArray[np.int64], values: NDArray[np.float64], points: int
) -> NDArray[np.intp]:
    """Return the rows that keep the shape of a curve.

    Of each of points - 2 equal parts of the rows, the point stays that spans the largest triangle
    with the one that stays before it and the mean of the part after it. First and last stay. NaN
    counts as 0, an infinite value as a very large one.

    Args:
        steps: int64[n], n > points.
        values: float64[n].
        points: how many to keep, at least 2.

    Returns:
        intp[points], ascending.

    Source: Sveinn Steinarsson, "Downsampling Time Series for Visual Representation", University of
    Iceland, 2013: the algorithm Largest-Triangle-Three-Buckets.

    Example:
        >>> import numpy as np
        >>> largest_triangles(np.arange(7), np.array([0.0, 0, 0, 9, 0, 0, 0]), 3)
        array([0, 3, 6])
    """
    x = steps.astype(np.float64)
    y = np.nan_to_num(values, nan=0.0, posinf=1e300, neginf=-1e300)
    # Areas of differences up to 1e300 must not overflow; only their order counts.
    largest = np.abs(y).max(initial=0.0)
    if largest > 1e100:
        y = y / largest
    edges = np.linspace(1, len(x) - 1, points - 1).round().astype(np.intp)
    rows = np.empty(points, np.intp)
    rows[0], rows[-1] = 0, len(x) - 1
    for part in range(points - 2):
        begin, end = edges[part], edges[part + 1]
        after = slice(end, edges[part + 2]) if part + 2 < len(edges) else slice(len(x) - 1, None)
        mean_x, mean_y = x[after].mean(), y[after].mean()
        last = rows[part]
        area = np.abs(
            (x[last] - mean_x) * (y[begin:end] - y[last])
            - (x[last] - x[begin:end]) * (mean_y - y[last])
        )
        rows[part + 1] = begin + int(area.argmax())
    return rows
