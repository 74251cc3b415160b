"""What the cases work on: made from seeds, the same for everyone in every run."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["SEED", "loss_curve", "normal", "random_bytes", "smooth_image"]

SEED = 7


def random_bytes(size: int, seed: int = SEED) -> bytes:
    """Make bytes without any pattern."""
    return np.random.default_rng(seed).bytes(size)


def loss_curve(count: int) -> list[float]:
    """Make values that look like a loss."""
    noise = np.random.default_rng(SEED).normal(0, 0.05, count)
    return [float(v) for v in 2.3 * np.exp(-np.arange(count) / (count / 4)) + noise]


def normal(count: int) -> NDArray[np.float32]:
    """Make values as weights have them: a normal distribution around 0."""
    return np.random.default_rng(SEED).standard_normal(count, dtype=np.float32)


def smooth_image(side: int) -> NDArray[np.float32]:
    """Make a photograph-like (3, side, side) image from 0 to 1: waves and 2 % noise."""
    across = np.linspace(0, 3 * math.pi, side, dtype=np.float32)
    smooth = 0.5 + 0.25 * np.sin(across)[None, :] + 0.25 * np.cos(2 * across)[:, None]
    noise = np.random.default_rng(SEED).normal(0, 0.02, (3, side, side))
    image = (smooth[None] * np.array([1.0, 0.8, 0.6])[:, None, None] + noise).clip(0, 1)
    return np.ascontiguousarray(image, dtype=np.float32)
