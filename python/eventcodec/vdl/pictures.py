"""Size and channels of an encoded picture, which VisualDL's records do not say."""

from __future__ import annotations

import io
import struct

__all__ = ["describe_picture"]

_PNG = b"\x89PNG\r\n\x1a\n"
# Channels by PNG colour type; a palette is shown as RGB.
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


def describe_picture(encoded: bytes) -> tuple[int, int, int]:
    """Return width, height and channels.

    Args:
        encoded: a picture in any format: PNG by its header, others as Pillow says.

    Returns:
        Zeros for what cannot be told.
    """
    if encoded[:8] == _PNG and encoded[12:16] == b"IHDR" and len(encoded) >= 26:
        width, height, _, colour = struct.unpack_from(">IIBB", encoded, 16)
        return (
            (width, height, _CHANNELS.get(colour, 0)) if max(width, height) < 1 << 31 else (0,) * 3
        )
    try:
        from PIL import Image

        with Image.open(io.BytesIO(encoded)) as picture:
            return picture.width, picture.height, len(picture.getbands())
    except (ImportError, OSError, SyntaxError):
        return 0, 0, 0
