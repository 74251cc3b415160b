"""tensorboardX.utils: orders of dimensions, and grids of images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.summary.figure import figure_pixels
from eventcodec.summary.video import tile

__all__ = ["convert_to_HWC", "convert_to_NTCHW", "figure_to_image", "make_grid"]


def figure_to_image(figures: Any, close: bool = True) -> NDArray[np.uint8]:
    """Draw matplotlib figures.

    Returns:
        uint8 (3, height, width); of a list (n, 3, height, width).
    """
    return np.moveaxis(figure_pixels(figures, close=close), -1, -3)


def make_grid(I: Any, ncols: int = 8) -> NDArray[Any]:  # noqa: E741, N803
    """Lay images (n, channels, height, width) out as one (channels, rows, columns).

    Example:
        >>> make_grid(np.zeros((9, 1, 4, 5))).shape
        (3, 8, 40)
    """
    if not isinstance(I, np.ndarray) or I.ndim != 4 or I.shape[1] not in (1, 3, 4):
        raise AssertionError(f"images must be a NumPy array (n, 1|3|4, h, w), got {np.shape(I)}")
    images = np.repeat(I, 3, axis=1) if I.shape[1] == 1 else I
    count, channels, height, width = images.shape
    columns = min(count, ncols)
    rows = -(-count // columns)
    grid = np.zeros((channels, rows * height, columns * width), images.dtype)
    for index, image in enumerate(images):
        top, left = index // columns * height, index % columns * width
        grid[:, top : top + height, left : left + width] = image
    return grid


def convert_to_HWC(tensor: NDArray[Any], input_format: str) -> NDArray[Any]:  # noqa: N802
    """Return one image (height, width, channels); of a batch the grid of it.

    Example:
        >>> convert_to_HWC(np.zeros((3, 4, 5)), "chw").shape
        (4, 5, 3)
    """
    letters = _check(tensor, input_format)
    if len(letters) == 4:
        return np.moveaxis(make_grid(_ordered(tensor, letters, "NCHW")), 0, -1)
    image = _ordered(tensor, letters, "HWC"[: len(letters)])
    if image.ndim == 2:
        image = image[:, :, np.newaxis]
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def convert_to_NTCHW(tensor: NDArray[Any], input_format: str) -> NDArray[Any]:  # noqa: N802
    """Return videos (batch, time, channels, height, width)."""
    letters = _check(tensor, input_format)
    if len(letters) != 5:
        raise AssertionError(f"a video has five dimensions, got {input_format!r}")
    return _ordered(tensor, letters, "NTCHW")


def _prepare_video(V: NDArray[Any]) -> NDArray[Any]:  # noqa: N803
    """Lay videos (batch, time, channels, height, width) out side by side; bytes become 0 to 1."""
    videos = V.astype(np.float32) / 255 if V.dtype == np.uint8 else V
    return tile(videos.transpose(0, 1, 3, 4, 2))


def _check(tensor: NDArray[Any], input_format: str) -> str:
    letters = input_format.upper()
    if len(set(letters)) != len(letters) or tensor.ndim != len(letters):
        raise AssertionError(
            f"the format must have a letter for each dimension, none of them twice, got "
            f"{input_format!r} for {tensor.shape}"
        )
    return letters


def _ordered(tensor: NDArray[Any], letters: str, order: str) -> NDArray[Any]:
    if set(letters) != set(order):
        raise AssertionError(f"the format must be an order of {order!r}, got {letters!r}")
    ordered: NDArray[Any] = tensor.transpose([letters.index(letter) for letter in order])
    return ordered
