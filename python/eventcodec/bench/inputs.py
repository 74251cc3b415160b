"""What the cases work on: made from seeds, the same for everyone in every run."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

__all__ = ["PICTURES", "SEED", "loss_curve", "normal", "random_bytes", "smooth_image"]

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


def _noise() -> Pixels:
    return np.random.default_rng(SEED).integers(0, 256, (512, 512, 3), dtype=np.uint8)


def _photograph(name: str) -> Pixels:
    """One of scikit-learn's pictures, 427 by 640."""
    from sklearn.datasets import load_sample_image

    pixels: Pixels = load_sample_image(name)
    return pixels


def _portrait() -> Pixels:
    """Scikit-image's astronaut, 512 by 512."""
    from skimage.data import astronaut

    pixels: Pixels = astronaut()  # type: ignore[no-untyped-call,unused-ignore]
    return pixels


def _digits() -> Pixels:
    """A grid of 64 handwritten digits, 28 by 28 each."""
    from sklearn.datasets import load_digits

    digits = (load_digits().images[:64] * 15.9).astype(np.uint8)
    large = np.pad(digits.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return _grid(large)


def _grid(images: NDArray[np.uint8]) -> Pixels:
    """Lay 64 images of one size out as one."""
    _, height, width = images.shape
    rows = images.reshape(8, 8, height, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(rows.reshape(8 * height, 8 * width))


def _plot() -> Pixels:
    """A line plot by matplotlib, RGBA."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8))
    axis = figure.subplots()
    x = np.linspace(0, 10, 500)
    for i in range(4):
        axis.plot(x, np.sin(x * (i + 1) / 2) * np.exp(-x / 8), label=f"run {i}")
    axis.set_title("loss")
    axis.legend()
    axis.grid()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)


def _feature_maps() -> Pixels:
    """A grid of 64 rectified feature maps, as of a convolution's first layer."""
    rng = np.random.default_rng(SEED)
    picture = smooth_image(68)[0]
    windows = np.lib.stride_tricks.sliding_window_view(picture, (5, 5))
    maps = np.maximum(np.einsum("yxij,nij->nyx", windows, rng.normal(size=(64, 5, 5))), 0)
    maps = (maps / maps.max(axis=(1, 2), keepdims=True).clip(1e-9) * 255).astype(np.uint8)
    return _grid(maps)


def _mask() -> Pixels:
    """A segmentation mask: twelve discs, each of its class."""
    rng = np.random.default_rng(SEED)
    y, x = np.mgrid[:480, :640]
    mask = np.zeros((480, 640), np.uint8)
    for label in range(1, 13):
        cy, cx, radius = rng.integers(0, 480), rng.integers(0, 640), rng.integers(20, 120)
        mask[(y - cy) ** 2 + (x - cx) ** 2 < radius**2] = label
    return mask


def _depth() -> Pixels:
    """A depth map of 16 bits with a sensor's noise."""
    y, x = np.mgrid[:480, :640]
    noise = np.random.default_rng(SEED).normal(0, 30, (480, 640))
    depth = 20000 + 8000 * np.sin(x / 90) + 5000 * np.cos(y / 70) + noise
    return np.asarray(depth, dtype=np.uint16)


def _one_pixel() -> Pixels:
    return np.array([[[1, 2, 3]]], np.uint8)


def _20_megapixels() -> Pixels:
    """A large photograph-like picture, 3648 by 5472."""
    tile = (smooth_image(1024).transpose(1, 2, 0) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.tile(tile, (4, 6, 1))[:3648, :5472])


def _pictures() -> dict[str, Callable[[], Pixels]]:
    """Name every picture whose source is installed."""
    pictures: dict[str, Callable[[], Pixels]] = {"noise": _noise}
    if importlib.util.find_spec("sklearn") is not None:
        pictures["china"] = lambda: _photograph("china.jpg")
        pictures["flower"] = lambda: _photograph("flower.jpg")
        pictures["digits"] = _digits
    if importlib.util.find_spec("skimage") is not None:
        pictures["astronaut"] = _portrait
    if importlib.util.find_spec("matplotlib") is not None:
        pictures["plot"] = _plot
    return {
        **pictures,
        "feature maps": _feature_maps,
        "mask": _mask,
        "depth 16 bit": _depth,
        "1x1": _one_pixel,
        "20 MP": _20_megapixels,
    }


PICTURES = _pictures()
