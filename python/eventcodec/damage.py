"""What a reader could not read: a file, a range of bytes, a reason."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["SkippedRegion"]


@dataclass(frozen=True)
class SkippedRegion:
    """Bytes of a file that were skipped because they are damaged.

    The records that were read and the regions that were skipped cover a file exactly, but for an
    unfinished record at its end, which is not damage.

    Attributes:
        path: the file, as it was given; "" for a file object without a name.
        offset: the first skipped byte.
        length: the number of skipped bytes.
        reason: why, in words that do not change: "length checksum mismatch", ...
        recovered: whether the records that follow, up to the next region, were found by a search,
            because no header said where they begin. Each has two right checksums, but a search
            cannot know whether it found a record or one that stands inside a damaged one. Regions
            that differ in this alone are equal.

    Example:
        >>> SkippedRegion(path="run.tfevents", offset=40, length=56, reason="bad").length
        56
    """

    path: str
    offset: int
    length: int
    reason: str
    recovered: bool = field(default=False, compare=False)
