"""Images of VisualDL: pixels as the PNG encoder takes them. The caller's arrays are never changed.

Source of the rules: visualdl/component/base_component.py (2.5.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array
from eventcodec.png import pixel_view
from eventcodec.vdl.components import Component

__all__ = ["Picture", "encoded_image", "figure_pixels", "picture", "picture_matrix"]

_GRID_COLUMNS = 8


class Picture(NamedTuple):
    """What is to be encoded: bool, uint8, or float32 in 0..1, which the encoder scales."""

    pixels: NDArray[Any]  # (N, H, W, 3 or 4)
    columns: int  # how many of the N stand in a row


def encoded_image(encoded: bytes) -> Component:
    """Encode a picture that is encoded already."""
    from eventcodec.proto import Record

    return Component(5, Record.Image(encoded_image_string=encoded).SerializeToString())


def picture(img: object, dataformats: str) -> Picture:
    """Take one picture, or several as a grid with eight columns.

    Args:
        img: pixels, shaped as `dataformats` says, with 1, 3 or 4 channels: all in 0..1, then times
            255; else in 0..255. What is beyond is clipped, fractions are cut off. One channel is
            repeated to three.
        dataformats: a permutation of "HWC", "HW" or "NCHW" in any case.

    Raises:
        TypeError, ValueError: no pixels, or shape and `dataformats` do not fit.
    """
    view = _view(as_array(img, argument="img"), dataformats, "img")
    return Picture(_to_bytes(view), min(len(view), _GRID_COLUMNS))


def picture_matrix(imgs: Sequence[object], dataformats: str, rows: int, scale: float) -> Picture:
    """Take pictures as one: a grid of them, each in the middle of a cell.

    Args:
        imgs: pictures as in picture(), of any sizes and one number of channels.
        dataformats: a permutation of "HWC" or "HW".
        rows: of the grid; -1 for as near to a square as can be.
        scale: zoom of the whole; other than 1 needs Pillow.

    Raises:
        ImportError: Pillow is missing.
        TypeError, ValueError: no pictures, too many rows, or a scale that is not positive.
    """
    views = [_view(as_array(each, argument="imgs"), dataformats, "imgs")[0] for each in imgs]
    if not views:
        raise ValueError("imgs must hold at least one picture, got none")
    if rows != -1 and not 1 <= rows <= len(views):
        raise ValueError(
            f"rows must be -1 or 1 to {len(views)}, the number of pictures, got {rows}"
        )
    if not scale > 0:
        raise ValueError(f"scale must be positive, got {scale!r}")
    channels = {each.shape[2] for each in views}
    if len(channels) > 1:
        raise ValueError(f"imgs must all have one number of channels, got {sorted(channels)}")
    pixels = _to_bytes(_grid(views, *_size_of_grid(len(views), rows)))
    if scale != 1:
        pixels = _zoom(pixels, scale)
    return Picture(pixels[np.newaxis], 1)


def figure_pixels(figure: Any) -> NDArray[np.uint8]:
    """Draw a figure of matplotlib, and close it.

    Returns:
        uint8[height, width, 3].

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise ImportError("add_figure needs matplotlib: pip install eventcodec[plot]") from error
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels: NDArray[np.uint8] = np.asarray(canvas.buffer_rgba())[:, :, :3].copy()
    pyplot.close(figure)
    return pixels


def _view(array: NDArray[Any], dataformats: str, argument: str) -> NDArray[Any]:
    """View pixels as (N, H, W, 3 or 4)."""
    view = pixel_view(array, dataformats)
    if view is None or 0 in view.shape or view.shape[-1] not in (1, 3, 4):
        raise ValueError(
            f"{argument} must have 1, 3 or 4 channels in the {len(dataformats)} dimensions of "
            f"dataformats={dataformats!r}, got {array.shape} {array.dtype.name}"
        )
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument} must be real numbers, got {array.dtype}")
    return np.broadcast_to(view, (*view.shape[:3], 3)) if view.shape[-1] == 1 else view


def _to_bytes(view: NDArray[Any]) -> NDArray[Any]:
    """Bring pixels to 0..255: as uint8, or as float32 in 0..1, which the encoder scales."""
    if view.dtype.kind == "b":
        return view
    if _is_share(view[:, 0]) and _is_share(view):  # the first row often tells
        return view if view.dtype == np.float32 else (view * 255).astype(np.uint8)
    return view if view.dtype == np.uint8 else np.nan_to_num(view.clip(0, 255)).astype(np.uint8)


def _is_share(pixels: NDArray[Any]) -> bool:
    """Whether all are in 0..1."""
    return bool(pixels.max() <= 1 and (pixels.dtype.kind == "u" or pixels.min() >= 0))


def _size_of_grid(count: int, rows: int) -> tuple[int, int]:
    if rows != -1:
        return rows, math.ceil(count / rows)
    rows = columns = math.isqrt(count)
    while rows * columns < count:
        if rows <= columns:
            rows += 1
        else:
            columns += 1
    return rows, columns


def _grid(views: list[NDArray[Any]], rows: int, columns: int) -> NDArray[Any]:
    height = max(each.shape[0] for each in views)
    width = max(each.shape[1] for each in views)
    dtype = np.result_type(*{each.dtype for each in views})
    grid = np.zeros((rows, height, columns, width, views[0].shape[2]), dtype)
    for number, each in enumerate(views):
        top, left = (height - each.shape[0]) // 2, (width - each.shape[1]) // 2
        cell = grid[number // columns, :, number % columns]
        cell[top : top + each.shape[0], left : left + each.shape[1]] = each
    return grid.reshape(rows * height, columns * width, -1)


def _zoom(pixels: NDArray[Any], scale: float) -> NDArray[np.uint8]:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("scale needs Pillow: pip install pillow") from error
    whole = pixels if pixels.dtype == np.uint8 else (pixels * 255).astype(np.uint8)
    size = (max(1, int(whole.shape[1] * scale)), max(1, int(whole.shape[0] * scale)))
    zoomed: NDArray[np.uint8] = np.asarray(
        Image.fromarray(whole).resize(size, Image.Resampling.BILINEAR)
    )
    return zoomed
