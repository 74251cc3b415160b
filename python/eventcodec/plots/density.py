"""Histograms of one tag over its steps, brought onto one grid of values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Density", "density_of"]


class Buckets(Protocol):
    """What is needed of a histogram: buckets of any width with their counts."""

    @property
    def left(self) -> NDArray[np.float64]: ...
    @property
    def right(self) -> NDArray[np.float64]: ...
    @property
    def counts(self) -> NDArray[np.float64]: ...
    @property
    def min(self) -> float: ...
    @property
    def max(self) -> float: ...


@dataclass(frozen=True)
class Density:
    """Where the values of each step lie.

    Attributes:
        steps: int64 (n,).
        edges: float64 (bins + 1,), equally wide bins over all that any step holds.
        mass: float64 (n, bins), the share of a step's values in each bin; a row adds up to 1.
    """

    steps: NDArray[np.int64]
    edges: NDArray[np.float64]
    mass: NDArray[np.float64]

    def quantile(self, q: float) -> NDArray[np.float64]:
        """Estimate the q-quantile of every step, float64 (n,)."""
        total = np.cumsum(self.mass, axis=1)
        padded = np.concatenate([np.zeros((total.shape[0], 1)), total], axis=1)
        return np.array([np.interp(q * row[-1], row, self.edges) for row in padded])


def density_of(
    steps: NDArray[np.int64], histograms: Iterable[Buckets], *, bins: int = 120
) -> Density:
    """Spread the counts of histograms over one grid; within a bucket values count as uniform.

    Args:
        steps: int64 (n,).
        histograms: n histograms; buckets beyond a histogram's own min and max are cut to them.
        bins: how many bins the grid has.

    Returns:
        A Density. Histograms without values have rows of zeros.
    """
    kept = list(histograms)
    lows = [h.min for h in kept if np.isfinite(h.min)]
    highs = [h.max for h in kept if np.isfinite(h.max)]
    low, high = (min(lows), max(highs)) if lows and highs else (0.0, 1.0)
    if not low < high:
        low, high = low - 0.5, low + 0.5
    edges = np.linspace(low, high, bins + 1)
    mass = np.array([spread(h, edges) for h in kept]).reshape(len(kept), bins)
    return Density(steps=np.asarray(steps), edges=edges, mass=mass)


def spread(histogram: Buckets, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the share of a histogram's values between consecutive edges."""
    low = histogram.min if np.isfinite(histogram.min) else edges[0]
    high = histogram.max if np.isfinite(histogram.max) else edges[-1]
    used = histogram.counts > 0
    counts = histogram.counts[used]
    if not counts.size:
        return np.zeros(edges.size - 1)
    left = np.clip(histogram.left[used], low, high)
    right = np.clip(histogram.right[used], low, high)
    # A bucket of no width (all values equal) still needs a place to put its mass.
    right = np.maximum(right, left + (edges[1] - edges[0]) * 1e-6)
    share = (edges[:, None] - left) / (right - left)
    below = (np.clip(share, 0.0, 1.0) * counts).sum(axis=1)
    # What a bucket of no width at the very top puts beyond the last edge belongs to the last bin.
    below[-1] = counts.sum()
    parts: NDArray[np.float64] = np.diff(below) / counts.sum()
    return parts
