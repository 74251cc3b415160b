"""PNG files from arrays of pixels."""

from __future__ import annotations

import zlib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.arrays import as_array

__all__ = ["PngLevel", "encode_png", "pixel_view"]

PngLevel = Literal["fast", "small", "stored"]

_SMALL_ZLIB_LEVEL = 9
_CHANNELS = (1, 2, 3, 4)


def encode_png(
    array: object,
    *,
    level: PngLevel = "fast",
    dataformats: str | None = None,
    threads: int = 1,
) -> bytes:
    """Encode an image as a PNG file.

    Args:
        array: shape (H, W) or (H, W, C) with 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA)
            channels; any memory layout. uint8 and uint16 are stored as they are, with 8 and 16 bits
            a sample. Floats and bools are scaled by 255, clipped to 0..255 and truncated to 8 bits;
            NaN becomes 0.
        level: "fast" is many times faster than zlib and about as small; "small" takes zlib's time
            for the smallest file; "stored" does not compress.
        dataformats: the meaning of the dimensions, a permutation of "HW" or "HWC" in any case;
            default "HW" or "HWC", whichever has the array's rank.
        threads: how many may work on one image; each takes half a megabyte of pixels or more, so
            that small images stay on one. Level "small" always does.

    Returns:
        The bytes of the file; they depend on the number of threads, the pixels do not.

    Raises:
        TypeError: `array` is not an array of real numbers.
        ValueError: a shape, dtype, level, dataformats or number of threads other than these.

    Source: W3C PNG (third edition); scaling as in torch.utils.tensorboard.summary.image.

    Example:
        >>> encode_png([[0.0, 0.5], [1.0, 1.0]])[:4]
        b'\\x89PNG'
    """
    pixels = as_array(array, argument="array")
    letters = dataformats if dataformats is not None else "HWC"[: max(2, min(pixels.ndim, 3))]
    view = pixel_view(pixels, letters, orders=("HW", "HWC"))
    name = pixels.dtype.name
    good_dtype = name in ("uint8", "uint16", "bool") or pixels.dtype.kind == "f"
    if view is None or view.shape[-1] not in _CHANNELS or not good_dtype:
        hint = '; pass dataformats="CHW"?' if dataformats is None and _is_chw(pixels) else ""
        shape = "(H, W) or (H, W, 1|3|4)" if dataformats is None else f'"{dataformats}"'
        raise ValueError(f"image must be {shape} uint8 or float, got {pixels.shape} {name}{hint}")
    depth = 16 if name == "uint16" else 8
    if level == "small":
        return _encode_small(view, depth)
    if level not in ("fast", "stored"):
        raise ValueError(f"level must be 'fast', 'small' or 'stored', got {level!r}")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    return _native.encode_png(view, 1, depth, level == "stored", threads)


def pixel_view(
    array: NDArray[Any], dataformats: str, *, orders: tuple[str, ...] = ("HW", "HWC", "NHWC")
) -> NDArray[Any] | None:
    """View an array as (N, H, W, C), whatever order its dimensions have.

    Args:
        array: 2 to 4 dimensions.
        dataformats: a permutation of one of `orders` in any case, one letter a dimension.
        orders: what is taken, of "HW", "HWC" and "NHWC".

    Returns:
        A view with N or C of size 1 where their letters are missing; None when the rank of the
        array is another one.

    Raises:
        ValueError: `dataformats` has other letters, or one twice.

    Example:
        >>> pixel_view(np.zeros((3, 4, 5)), "CHW").shape
        (1, 4, 5, 3)
    """
    letters = str(dataformats).upper()
    if sorted(letters) not in [sorted(order) for order in orders]:
        names = ", ".join(f'"{order}"' for order in orders[:-1]) + f' or "{orders[-1]}"'
        raise ValueError(f"dataformats must be a permutation of {names}, got {dataformats!r}")
    if array.ndim != len(letters):
        return None
    ordered: NDArray[Any] = array.transpose(
        [letters.index(letter) for letter in "NHWC" if letter in letters]
    )
    if "C" not in letters:
        ordered = ordered[..., np.newaxis]
    return ordered if "N" in letters else ordered[np.newaxis]


def _is_chw(array: NDArray[Any]) -> bool:
    """Tell whether an array of the wrong shape looks like (C, H, W)."""
    return array.ndim == 3 and array.shape[0] in _CHANNELS


def _encode_small(view: NDArray[Any], depth: int) -> bytes:
    """Compress with zlib in the two ways that suit photographs and drawings; keep the smallest.

    What a picture is shows only here. Short repeats do not pay in filtered noise, which zlib's
    Z_FILTERED knows; where even that loses to no repeats at all, level "fast" is the smallest.
    """
    files = [_native.encode_png(view, 1, depth, False, 1)]
    for adaptive, strategy in ((True, zlib.Z_FILTERED), (False, zlib.Z_DEFAULT_STRATEGY)):
        compressor = zlib.compressobj(_SMALL_ZLIB_LEVEL, zlib.DEFLATED, 15, 9, strategy)
        stream = compressor.compress(_native.png_scanlines(view, 1, depth, adaptive))
        files.append(_native.png_wrap(view, 1, depth, stream + compressor.flush()))
    return min(files, key=len)
