"""Logarithmic axes: what they cannot show, and where their ticks stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eventcodec.plots.curves import Curve, Floats, Panel, nice_ticks

__all__ = ["above_zero", "log_ticks", "on_log_axes", "to_exponents"]


def on_log_axes(
    panels: Sequence[Panel], *, log_x: bool, log_y: bool
) -> tuple[list[Panel], int, list[str]]:
    """Give panels logarithmic axes.

    Args:
        panels: what is to be drawn.
        log_x, log_y: which axes.

    Returns:
        The panels of which something is left, the number of finite points (of all panels) that
        are left out because they lie at or below 0, and the titles of panels without any other.
    """
    kept, left_out, emptied = [], 0, []
    for panel in panels:
        changed = replace(panel, log_x=log_x, log_y=log_y)
        before = sum(drawable(curve.x, curve.y) for curve in panel.curves)
        after = sum(drawable(*above_zero(changed, c.x, c.y)) for c in panel.curves)
        left_out += before - after
        if after:
            kept.append(changed)
        else:
            emptied.append(panel.title)
    return kept, left_out, emptied


def drawable(x: Floats, y: Floats) -> int:
    """Count the points that can be drawn."""
    return int((np.isfinite(x) & np.isfinite(y)).sum())


def above_zero(panel: Panel, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Make a gap of every point that the panel's logarithmic axes cannot show."""
    shown = np.ones(x.size, dtype=bool)
    if panel.log_x:
        shown &= ~(x <= 0)
    if panel.log_y:
        shown &= ~(y <= 0)
    return np.where(shown, x, np.nan), np.where(shown, y, np.nan)


def to_exponents(panel: Panel, curve: Curve) -> Curve:
    """Take the decimal logarithm of what lies on logarithmic axes."""
    x, y = above_zero(panel, curve.x, curve.y)
    return Curve(curve.label, np.log10(x) if panel.log_x else x, np.log10(y) if panel.log_y else y)


def log_ticks(low: float, high: float, count: int) -> list[tuple[float, float]]:
    """Choose about `count` round numbers between two powers of ten.

    Args:
        low, high: exponents: the axis goes from 10**low to 10**high.
        count: how many.

    Returns:
        (exponent, number): decades, or on a short axis 1, 2 and 5 times a power of ten, or on a
        very short one equal steps.

    Example:
        >>> [number for _, number in log_ticks(-3, 2, 6)]
        [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]
        >>> [number for _, number in log_ticks(0, 1, 4)]
        [1.0, 2.0, 5.0, 10.0]
    """
    first, last = math.floor(low), math.ceil(high)
    every = max(1, math.ceil((last - first) / max(1, count)))
    factors = (1, 2, 5) if high - low < 2 else (1,)
    decades = [power for power in range(first, last + 1) if power % every == 0]
    numbers = [float(f"{factor}e{power}") for power in decades for factor in factors]
    if high - low < 0.5 and abs(low) < 300:
        numbers = nice_ticks(10**low, 10**high, count)
    placed = [(math.log10(n), n) for n in numbers if 0 < n < math.inf]
    return [tick for tick in placed if low - 1e-9 <= tick[0] <= high + 1e-9]
