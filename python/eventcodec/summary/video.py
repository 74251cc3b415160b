"""Videos to Summary bytes: animated GIF, which TensorBoard's images dashboard plays."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array
from eventcodec.errors import missing_package
from eventcodec.summary.image import as_bytes

__all__ = ["tile", "video_summary"]


def video_summary(tag: str, video: object, *, fps: float = 4, dataformats: str = "NTCHW") -> bytes:
    """Encode a batch of videos, which play side by side.

    Args:
        tag: name of the series.
        video: pixels with five dimensions; uint8 as it is, anything else times 255.
        fps: frames in a second, more than 0; GIF counts in hundredths of a second.
        dataformats: the dimensions by letter, any order of "NTCHW": batch, time, channels (1 or
            3), height, width.

    Returns:
        A serialized Summary with an image value that holds a GIF.

    Raises:
        ImportError: Pillow is missing.
        TypeError: `video` is no array of numbers.
        ValueError: shape, `fps` or `dataformats` are others.

    Source: torch.utils.tensorboard._utils._prepare_video.

    Example:
        >>> b"GIF89a" in video_summary("x", np.zeros((1, 2, 3, 8, 8)))
        True
    """
    from eventcodec.proto import Summary

    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, got {fps!r}")
    array = as_array(video, argument="vid_tensor")
    letters = str(dataformats).upper()
    if sorted(letters) != sorted("NTCHW"):
        raise ValueError(f'dataformats must be an order of "NTCHW", got {dataformats!r}')
    if array.ndim != 5 or 0 in array.shape:
        raise ValueError(
            f"vid_tensor must have the five dimensions of dataformats={dataformats!r}, none of "
            f"them 0, got {array.shape}"
        )
    frames = tile(array.transpose([letters.index(letter) for letter in "NTHWC"]))
    if frames.shape[3] not in (1, 3):
        raise ValueError(
            f"vid_tensor must have 1 or 3 channels, got {frames.shape[3]} in {array.shape} with "
            f"dataformats={dataformats!r}"
        )
    summary = Summary()
    image = summary.value.add(tag=tag).image
    image.height, image.width, image.colorspace = frames.shape[1:]
    image.encoded_image_string = _encode_gif(as_bytes(frames), fps)
    return summary.SerializeToString()


def tile(videos: NDArray[Any]) -> NDArray[Any]:
    """Lay (N, T, H, W, C) out as (T, rows * H, columns * W, C), filled up with black."""
    count, time, height, width, channels = videos.shape
    places = 1 << (count - 1).bit_length()
    if places != count:
        black = np.zeros((places - count, *videos.shape[1:]), videos.dtype)
        videos = np.concatenate([videos, black])
    rows = 1 << ((count.bit_length() - 1) // 2)
    columns = places // rows
    grid = videos.reshape(rows, columns, time, height, width, channels).transpose(2, 0, 3, 1, 4, 5)
    tiled: NDArray[Any] = grid.reshape(time, rows * height, columns * width, channels)
    return tiled


def _encode_gif(frames: NDArray[np.uint8], fps: float) -> bytes:
    try:
        from PIL import Image
    except ImportError as error:
        raise missing_package("Pillow", "image", "add_video") from error
    images = [
        Image.fromarray(np.ascontiguousarray(frame[:, :, 0] if frame.shape[2] == 1 else frame))
        for frame in frames
    ]
    file = io.BytesIO()
    images[0].save(
        file,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=max(10, round(1000 / fps)),
        loop=0,
    )
    return file.getvalue()
