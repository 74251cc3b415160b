"""A line of text for a few numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["sparkline"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_MISSING = "·"  # NaN and the infinities, which have no height


def sparkline(values: Sequence[float]) -> str:
    """Return one block for each number, the lowest for the least and the highest for the greatest.

    Example:
        >>> sparkline([0.0, 1.0, 2.0, float("nan"), 7.0])
        '▁▂▃·█'
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return _MISSING * len(values)
    low, high = min(finite), max(finite)
    # Halves, so that the distance of the greatest doubles does not overflow.
    scale = (len(_BLOCKS) - 1) / (high / 2 - low / 2) if high > low else 0.0
    return "".join(
        _BLOCKS[round((value / 2 - low / 2) * scale)] if math.isfinite(value) else _MISSING
        for value in values
    )
