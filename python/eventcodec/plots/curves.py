"""What a scalar plot is made of, TensorBoard's smoothing, and the reduction to what can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "Panel", "break_where_x_falls", "nice_ticks", "reduce_to_columns", "smooth"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One line of a panel.

    Attributes:
        label: what the legend calls it.
        x: float64 (n,), in the order in which it was logged.
        y: float64 (n,); NaN and infinities leave a gap.
    """

    label: str
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Attributes:
        title: the name of what is drawn, usually a tag.
        x_label: the name of the horizontal axis.
        curves: the lines; a curve's place among the runs gives its colour.
        clock: whether x is a wall time in seconds since 1970.
        log_x, log_y: whether an axis is logarithmic; points at or below 0 are then gaps.
    """

    title: str
    x_label: str
    curves: tuple[Curve, ...]
    clock: bool = False
    log_x: bool = False
    log_y: bool = False

    def has_points(self) -> bool:
        """Say whether there is anything to see."""
        return any(bool(np.isfinite(curve.y).any()) for curve in self.curves)


def smooth(values: Floats, weight: float) -> Floats:
    """Smooth values by TensorBoard's debiased exponential moving average.

    Args:
        values: float64 (n,); NaN and infinities pass through and do not count.
        weight: 0 (no smoothing) to 1 exclusive, the slider in TensorBoard.

    Returns:
        float64 (n,). A constant series stays exactly as it is.

    Raises:
        ValueError: `weight` is not in [0, 1).

    Source: tensorboard/components/vz_line_chart2/line-chart.ts, resmoothDataset.

    Example:
        >>> smooth(np.array([1.0, 2.0, 3.0]), 0.5).round(3).tolist()
        [1.0, 1.667, 2.429]
    """
    if not 0 <= weight < 1:
        message = f"smoothing must be at least 0 and less than 1, got {weight!r}"
        raise ValueError(message)
    finite = values[np.isfinite(values)]
    if weight == 0 or finite.size == 0 or bool((finite == finite[0]).all()):
        return np.array(values)
    smoothed = np.array(values)
    average, bias = 0.0, 1.0
    for index in np.flatnonzero(np.isfinite(values)).tolist():
        average = average * weight + (1 - weight) * float(values[index])
        bias *= weight
        smoothed[index] = average / (1 - bias)
    return smoothed


def break_where_x_falls(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Put a gap wherever x goes back, so that a restarted run draws no line across the plot."""
    falls = np.flatnonzero(np.diff(x) < 0) + 1
    if falls.size == 0:
        return x, y
    return np.insert(x, falls, np.nan), np.insert(y, falls, np.nan)


def reduce_to_columns(
    x: Floats, y: Floats, columns: int, *, log_x: bool = False
) -> tuple[Floats, Floats]:
    """Keep of each pixel column only the first, lowest, highest and last point.

    That draws the same picture as all points do. Short series are returned as they are.

    Args:
        x, y: float64 (n,), finite or NaN (a gap).
        columns: how many pixel columns the plot has.
        log_x: whether the columns are equally wide on a logarithmic axis; x is then above 0.
    """
    if x.size <= 4 * columns or bool(np.isnan(x).all()):
        return x, y
    across = np.log10(x) if log_x else x
    low, high = np.nanmin(across), np.nanmax(across)
    span = high - low if high > low else 1.0
    place = np.nan_to_num((across - low) / span * columns)
    column = np.where(np.isnan(x), -1, place).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    keep = np.zeros(x.size, dtype=bool)
    keep[starts] = True
    keep[np.append(starts[1:] - 1, x.size - 1)] = True
    # Sorted by column and, within it, by value, a column's extremes stand at its ends.
    group = np.repeat(np.arange(starts.size), np.diff(np.append(starts, x.size)))
    order = np.lexsort((y, group))
    keep[order[starts]] = True
    keep[order[np.append(starts[1:] - 1, x.size - 1)]] = True
    keep |= ~np.isfinite(y)
    return x[keep], y[keep]


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Choose about `count` round numbers (1, 2 or 5 times a power of ten) in [low, high]."""
    span = high - low
    if not np.isfinite(span) or span <= 0 or count < 1:
        return [low]
    rough = span / count
    power = 10.0 ** np.floor(np.log10(rough))
    step = next((m * power for m in (1, 2, 5, 10) if m * power >= rough), 10 * power)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [index * step for index in range(first, last + 1)]
