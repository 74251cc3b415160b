"""Grids of small images: the digits that were misclassified, the weights of the first layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["misclassified_grid", "weight_grid"]

Pixels = NDArray[np.uint8]
# How many times each 8 x 8 image is enlarged, and the gap between two of them.
SCALE = 6
GAP = 4
BACKGROUND = 255


def grid_of(tiles: Pixels, columns: int) -> Pixels:
    """Lay (n, h, w, 3) tiles out in rows on a white background, enlarged."""
    large = tiles.repeat(SCALE, axis=1).repeat(SCALE, axis=2)
    count, height, width, _ = large.shape
    rows = -(-count // columns)
    shape = (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3)
    grid = np.full(shape, BACKGROUND, dtype=np.uint8)
    for index, tile in enumerate(large):
        top = GAP + index // columns * (height + GAP)
        left = GAP + index % columns * (width + GAP)
        grid[top : top + height, left : left + width] = tile
    return grid


def misclassified_grid(images: NDArray[np.float64], *, side: int, limit: int = 32) -> Pixels:
    """Show up to `limit` images that were misclassified, dark ink on light paper.

    Args:
        images: float64 (n, side * side), 0 to 1; n may be 0.
        side: pixels along a side.
        limit: how many are shown.

    Returns:
        uint8 (h, w, 3), of the same size whatever n is.
    """
    tiles = np.full((limit, side, side, 3), BACKGROUND - 15, dtype=np.uint8)
    shown = images[:limit].reshape(-1, side, side, 1)
    tiles[: len(shown)] = np.rint((1 - shown) * (BACKGROUND - 15))
    return grid_of(tiles, columns=8)


def weight_grid(weights: NDArray[np.float64], *, side: int) -> Pixels:
    """Show what each hidden unit looks for: red where ink speaks for it, blue where against.

    Args:
        weights: float64 (side * side, hidden).
        side: pixels along a side.

    Returns:
        uint8 (h, w, 3), one tile for a hidden unit.
    """
    tiles = weights.T.reshape(-1, side, side)
    strength = np.abs(tiles)
    peak = strength.max(axis=(1, 2), keepdims=True)
    share = (strength / np.maximum(peak, 1e-12))[..., None]
    red, blue = np.array([178, 24, 43]), np.array([33, 102, 172])
    ink = np.where(tiles[..., None] > 0, red, blue)
    return grid_of(np.rint(255 + (ink - 255) * share).astype(np.uint8), columns=8)
