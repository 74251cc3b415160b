"""What a writer reports about itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WriterStats"]


@dataclass(frozen=True)
class WriterStats:
    """The account of one writer: accepted = written + pending + dropped at any moment.

    Attributes:
        accepted: records that calls handed over.
        written: records that the kernel has.
        pending: records that wait in memory.
        dropped: records that were given up, because memory for pending ones was full while the
            device refused or was slow, or because the writer was closed then.
        bytes_written: their bytes in the file, not counting the first records that every file has.
        segments: files begun.
        path: the newest event file.
        last_error: the last failure of the device, "" when there was none.
    """

    accepted: int
    written: int
    pending: int
    dropped: int
    bytes_written: int
    segments: int
    path: str
    last_error: str
