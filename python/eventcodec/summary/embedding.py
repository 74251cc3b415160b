"""Embeddings to the files that TensorBoard's projector reads; no event is written for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array
from eventcodec.errors import missing_package
from eventcodec.png import encode_png
from eventcodec.summary.image import as_bytes, images_view
from eventcodec.summary.message import check_names

__all__ = ["Sprite", "embedding_name", "folder_name", "metadata_file", "sprite_of", "tensors_file"]

# The largest side of a texture that browsers take.
_LARGEST_SPRITE = 8192
# What would end a cell or a line of the table, and its backslash form.
_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})

Sprite = tuple[bytes, tuple[int, int]]


def folder_name(tag: str) -> str:
    """Return the name of an embedding's folder.

    Slashes, backslashes, percent signs and zero bytes are percent-encoded, as by torch and
    tensorboardX, and so are names that mean another folder.

    Example:
        >>> folder_name("words/en")
        'words%2fen'
        >>> folder_name("..")
        '%2e%2e'
    """
    name = tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c").replace("\0", "%00")
    return name.replace(".", "%2e") if name in ("", ".", "..") else name


def embedding_name(tag: str, step: int) -> str:
    """Return the name under which the projector lists an embedding.

    Example:
        >>> embedding_name("words", 3)
        'words:00003'
    """
    return f"{tag}:{step:05d}"


def tensors_file(vectors: NDArray[Any]) -> bytes:
    """Return tensors.tsv: one vector a line, every number so that it is read back exactly.

    Example:
        >>> tensors_file(np.array([[1, 2]]))
        b'1\\t2\\n'
    """
    return "".join("\t".join(map(str, row)) + "\n" for row in vectors.tolist()).encode()


def metadata_file(metadata: Sequence[Any], header: Sequence[str] | None = None) -> bytes:
    """Return metadata.tsv: one label a line, or with a header a table.

    Tabs and line ends in values are written as \\t, \\n and \\r.

    Raises:
        TypeError: `header` is no list of str, or a row no sequence.
        ValueError: a row has not as many values as the header.

    Example:
        >>> metadata_file([("a", 1)], ["letter", "number"])
        b'letter\\tnumber\\na\\t1\\n'
    """
    if not header:
        return "".join(_cell(each) + "\n" for each in metadata).encode()
    names = check_names(header, "metadata_header")
    for row in metadata:
        if isinstance(row, str) or not hasattr(row, "__len__"):
            raise TypeError(f"with metadata_header a row must be a list of values, got {row!r}")
        if len(row) != len(names):
            raise ValueError(f"a row of metadata must have {len(names)} values, got {row!r}")
    lines = ["\t".join(map(_cell, row)) for row in [names, *metadata]]
    return ("\n".join(lines) + "\n").encode()


def sprite_of(images: object) -> Sprite:
    """Lay thumbnails out in a square picture.

    Args:
        images: pixels (N, C, H, W) as of add_images. They are shrunk when the picture would have a
            side of more than 8192 pixels, which browsers cannot show.

    Returns:
        A PNG file, and (width, height) of one thumbnail in it.

    Raises:
        ImportError: thumbnails must be shrunk, and Pillow is missing.
        ValueError: a shape is another one.
    """
    array = as_array(images, argument="label_img")
    view = as_bytes(images_view(array, "NCHW", "label_img"))
    columns = math.ceil(len(view) ** 0.5)
    view = _shrink(view, _LARGEST_SPRITE // columns)
    count, height, width, channels = view.shape
    # TensorBoard takes the picture to be as many thumbnails high as wide.
    sprite = np.zeros((columns * height, columns * width, channels), np.uint8)
    for index in range(count):
        row, column = divmod(index, columns)
        top, left = row * height, column * width
        sprite[top : top + height, left : left + width] = view[index]
    return encode_png(sprite), (width, height)


def _shrink(view: NDArray[np.uint8], largest: int) -> NDArray[np.uint8]:
    factor = largest / max(view.shape[1:3])
    if factor >= 1:
        return view
    try:
        from PIL import Image
    except ImportError as error:
        raise missing_package("Pillow", "image", "a large label_img") from error
    size = (max(1, int(view.shape[2] * factor)), max(1, int(view.shape[1] * factor)))
    return np.stack(
        [np.asarray(Image.fromarray(np.ascontiguousarray(each)).resize(size)) for each in view]
    )


def _cell(value: Any) -> str:
    return str(value).translate(_ESCAPES)
