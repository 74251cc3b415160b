"""Image summaries: pixels become a Summary with one PNG."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.arrays import as_array
from eventcodec.png import pixel_view

__all__ = ["as_bytes", "image_summary", "images_summary", "images_view"]

_GRID_COLUMNS = 8


def image_summary(tag: str, image: object, *, dataformats: str = "CHW") -> bytes:
    """Encode one image as a serialized Summary.

    uint8 is stored as it is. Every other dtype, integers too, is scaled by 255 as float32, clipped
    to 0..255 and truncated; NaN becomes 0. One channel is repeated to three.

    Args:
        tag: the name of the image, not empty.
        image: real numbers or bools with 1 to 4 channels, in the dimensions of `dataformats`; any
            memory layout, on any device.
        dataformats: a permutation of "CHW", "HW" or "NCHW" in any case; with N the images are
            laid out as images_summary does.

    Returns:
        A serialized Summary with one Value, whose image holds height, width, colorspace (the
        number of channels after the repetition) and a PNG file.

    Raises:
        TypeError: `image` is not an array of real numbers, or `tag` no str.
        ValueError: shape and `dataformats` do not fit, or there are other than 1 to 4 channels.

    Source: torch.utils.tensorboard.summary.image and _utils.convert_to_HWC.

    Example:
        >>> len(image_summary("x", [[0.0, 1.0]], dataformats="HW")) > 60
        True
    """
    return _summary(tag, image, dataformats, "image")


def images_summary(tag: str, images: object, *, dataformats: str = "NCHW") -> bytes:
    """Encode a batch of images as a serialized Summary with one image: a grid of them.

    Rows of up to eight images, without space between them; what is left of the last row is black.

    Args:
        tag: the name of the grid, not empty.
        images: as the image of image_summary, in the dimensions of `dataformats`; at least one.
        dataformats: a permutation of "NCHW" in any case; without N as image_summary does.

    Returns:
        A serialized Summary as of image_summary.

    Raises:
        TypeError: `images` is not an array of real numbers, or `tag` no str.
        ValueError: shape and `dataformats` do not fit, or there are other than 1 to 4 channels.

    Source: torch.utils.tensorboard._utils.make_grid.

    Example:
        >>> len(images_summary("x", np.zeros((9, 1, 2, 2)))) > 60
        True
    """
    return _summary(tag, images, dataformats, "images")


def _summary(tag: str, image: object, dataformats: str, argument: str) -> bytes:
    view = images_view(as_array(image, argument=argument), dataformats, argument)
    return _native.image_summary(tag, view, min(len(view), _GRID_COLUMNS))


def images_view(array: NDArray[Any], dataformats: str, argument: str) -> NDArray[Any]:
    """View pixels as images (N, H, W, C) with one channel repeated to three.

    Raises:
        ValueError: as image_summary.
    """
    view = pixel_view(array, dataformats)
    if view is None:
        raise ValueError(
            f"{argument} must have the {len(dataformats)} dimensions of dataformats="
            f"{dataformats!r}, got {array.shape} {array.dtype.name}"
        )
    count, height, width, channels = view.shape
    if 0 in view.shape or channels not in (1, 2, 3, 4):
        raise ValueError(
            f"{argument} must have 1 to 4 channels and no side of 0, got {array.shape} "
            f"{array.dtype.name} with dataformats={dataformats!r}{_hint(array, dataformats)}"
        )
    if channels == 1:  # TensorBoard's writers store grey as RGB
        view = np.broadcast_to(view, (count, height, width, 3))
    return view


def as_bytes(view: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale pixels to uint8 as image_summary does: uint8 as it is, anything else times 255."""
    if view.dtype == np.uint8:
        return view
    scaled = np.nan_to_num(view.astype(np.float32) * np.float32(255), nan=0.0)
    bytes_: NDArray[np.uint8] = scaled.clip(0, 255).astype(np.uint8)
    return bytes_


def _hint(array: NDArray[Any], dataformats: str) -> str:
    """Name the other usual order of dimensions where it would fit."""
    other = {"CHW": "HWC", "HWC": "CHW", "NCHW": "NHWC", "NHWC": "NCHW"}.get(dataformats.upper())
    if other is None or 0 in array.shape or array.shape[other.index("C")] not in (1, 2, 3, 4):
        return ""
    return f'; pass dataformats="{other}"?'
