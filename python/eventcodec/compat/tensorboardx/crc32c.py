"""tensorboardX.crc32c: the checksum of records."""

from __future__ import annotations

from collections.abc import Iterable

from eventcodec._native import crc32c

__all__ = ["crc32c", "crc_finalize", "crc_update"]

CRC_INIT = 0
_crc32c = _crc32c_native = crc32c


def crc_update(crc: int, data: Iterable[int]) -> int:
    """Extend the checksum of earlier bytes by these.

    Example:
        >>> hex(crc_update(crc_update(CRC_INIT, b"1234"), b"56789"))
        '0xe3069283'
    """
    return crc32c(bytes(data), crc)


def crc_finalize(crc: int) -> int:
    """Return the checksum that crc_update left."""
    return crc & 0xFFFFFFFF
