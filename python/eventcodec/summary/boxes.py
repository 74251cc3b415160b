"""Images with boxes drawn on them to Summary bytes. Pillow draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from eventcodec.arrays import as_array
from eventcodec.errors import missing_package
from eventcodec.png import encode_png
from eventcodec.summary.image import as_bytes, images_view

__all__ = ["boxes_summary"]

_LINE_WIDTH = 2


def boxes_summary(
    tag: str,
    image: object,
    boxes: object,
    *,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Sequence[str] | None = None,
) -> bytes:
    """Encode an image with boxes.

    Args:
        tag: name of the series.
        image: as of image_summary.
        boxes: numbers (n, 4): left, top, right and bottom of each in pixels.
        rescale: factor of both sides of the image that is stored.
        dataformats: as of image_summary.
        labels: a text for each box.

    Returns:
        A serialized Summary as of image_summary; its width and height are those before rescaling,
        as torch stores them.

    Raises:
        ImportError: Pillow is missing.
        TypeError: `image` or `boxes` is no array of numbers.
        ValueError: a shape does not fit, or there are other than one label for each box.

    Source: torch.utils.tensorboard.summary.image_boxes.

    Example:
        >>> len(boxes_summary("x", np.zeros((3, 9, 9)), [[1, 1, 5, 5]])) > 90
        True
    """
    from eventcodec.proto import Summary

    corners = as_array(boxes, argument="box_tensor")
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise ValueError(f"box_tensor must have the shape (n, 4), got {corners.shape}")
    if labels is not None and len(labels) != len(corners):
        raise ValueError(f"labels must be one for each box, got {len(labels)} for {len(corners)}")
    if not (math.isfinite(rescale) and rescale > 0):
        raise ValueError(f"rescale must be a positive number, got {rescale!r}")
    view = images_view(as_array(image, argument="img_tensor"), dataformats, "img_tensor")
    if len(view) != 1:
        raise ValueError(f"boxes are drawn on one image, got {len(view)}")
    pixels = np.ascontiguousarray(as_bytes(view[0]))
    drawn = _draw(pixels, corners.tolist(), labels, rescale)
    height, width, channels = pixels.shape
    summary = Summary()
    message = summary.value.add(tag=tag).image
    message.height, message.width, message.colorspace = height, width, channels
    message.encoded_image_string = encode_png(drawn)
    return summary.SerializeToString()


def _draw(
    pixels: np.ndarray[Any, Any],
    boxes: list[list[float]],
    labels: Sequence[str] | None,
    rescale: float,
) -> np.ndarray[Any, Any]:
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise missing_package("Pillow", "image", "add_image_with_boxes") from error
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    font = ImageFont.load_default() if labels is not None else None
    for index, (left, top, right, bottom) in enumerate(boxes):
        # Anew for each box, as torch: a palette image would forget its colours otherwise.
        draw = ImageDraw.Draw(image)
        corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
        draw.line(corners, width=_LINE_WIDTH, fill="Red")
        if labels is None or font is None or not labels[index]:
            continue
        label = labels[index]
        begin, above, end, below = font.getbbox(label)
        text_width, text_height = end - begin, below - above
        margin = math.ceil(0.05 * text_height)
        draw.rectangle(
            [(left, bottom - text_height - 2 * margin), (left + text_width, bottom)], fill="Red"
        )
        draw.text((left + margin, bottom - text_height - margin), label, fill="black", font=font)
    size = (max(1, int(width * rescale)), max(1, int(height * rescale)))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))
