"""One image of a log: its size, its encoded bytes, its pixels on request."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_PIXELS", "Image", "decode_frames"]

# A file of a few kilobytes may claim any size; nobody logs more than this.
MAX_PIXELS = 100_000_000


@dataclass(frozen=True)
class Image:
    """An image as it was logged.

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        width: in pixels, as the event says.
        height: in pixels, as the event says.
        encoded: the encoded image as it stands in the file: PNG mostly, GIF for videos.
    """

    step: int
    wall_time: float
    width: int
    height: int
    encoded: bytes = field(repr=False)

    def to_array(self) -> NDArray[np.uint8]:
        """Decode the pixels.

        Returns:
            uint8[height, width, channels]; channels is 1 (grey), 2 (grey and alpha), 3 (RGB) or
            4 (RGBA). Of an animation the first frame; 16-bit grey keeps its high byte.

        Raises:
            ImportError: Pillow is not installed.
            ValueError: the bytes are no image, or one of more than 100 million pixels.

        Example:
            >>> import eventcodec
            >>> run = eventcodec.open("runs")["."]  # doctest: +SKIP
            >>> run.images["input"][0].to_array().shape  # doctest: +SKIP
            (28, 28, 1)
        """
        try:
            return _decode(self.encoded, _to_array)
        except (OSError, SyntaxError) as error:
            message = f"cannot decode the image of step {self.step}: {error}"
            raise ValueError(message) from error


def decode_frames(encoded: bytes) -> NDArray[np.uint8]:
    """Decode the pixels of an image, and every frame of a GIF.

    Returns:
        uint8[height, width, channels]; of a GIF uint8[frames, height, width, 3], as TensorFlow's
        decode_image gives it.

    Raises:
        ImportError: Pillow is not installed.
        ValueError: the bytes are no image, or one of more than 100 million pixels.
    """
    try:
        return _decode(encoded, _all_frames)
    except (OSError, SyntaxError) as error:
        raise ValueError(f"cannot decode the image: {error}") from error


def _decode(encoded: bytes, to_array: Callable[[Any], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    try:
        from PIL import Image as Pillow
    except ImportError as error:
        message = "decoding images needs Pillow: pip install pillow"
        raise ImportError(message) from error
    with Pillow.open(io.BytesIO(encoded)) as picture:
        pixels = picture.width * picture.height * getattr(picture, "n_frames", 1)
        if pixels > MAX_PIXELS:
            message = (
                f"image of {picture.width}x{picture.height} pixels is larger than the "
                f"{MAX_PIXELS} that are decoded; its bytes are in .encoded"
            )
            raise ValueError(message)
        return to_array(picture)


def _all_frames(picture: Any) -> NDArray[np.uint8]:
    if picture.format != "GIF":
        return _to_array(picture)
    frames = []
    for number in range(picture.n_frames):
        picture.seek(number)
        frames.append(np.asarray(picture.convert("RGB")))
    return np.stack(frames)


def _to_array(picture: Any) -> NDArray[np.uint8]:
    if picture.mode.startswith("I"):  # 16 bits, or 32
        array = np.clip(np.asarray(picture).astype(np.int64) >> 8, 0, 255)
    elif picture.mode in ("L", "LA", "RGB", "RGBA"):
        array = np.asarray(picture)
    elif picture.mode == "1":
        array = np.asarray(picture.convert("L"))
    else:
        array = np.asarray(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))
    pixels: NDArray[np.uint8] = array.astype(np.uint8)
    return pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels
