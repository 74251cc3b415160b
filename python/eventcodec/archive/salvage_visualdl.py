"""Copy the records of a VisualDL log that the scan finds, which is what lies between the damage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from eventcodec import _native
from eventcodec.archive.output import open_source, write_all
from eventcodec.damage import SkippedRegion

__all__ = ["Stretch", "VisualDlSalvage", "is_visualdl", "salvage_visualdl"]

_BLOCK = 1 << 20


class Stretch(NamedTuple):
    """Records that stand together: offset, bytes, how many, whether a search found them."""

    offset: int
    length: int
    records: int
    recovered: bool


class VisualDlSalvage(NamedTuple):
    """What was found in one file."""

    bytes: int
    records: int
    stretches: list[Stretch]
    damage: list[SkippedRegion]
    records_before: list[int]
    pending_bytes: int


def is_visualdl(path: Path) -> bool:
    """Tell by its content, or its name where that says nothing, whether a file is a VisualDL log.

    Raises:
        OSError: it cannot be read.
    """
    return _native.format_of(os.fsencode(path)) == "visualdl"


def _scan(path: Path) -> _native.EventFile:
    file = _native.EventFile(os.fsencode(path))
    for failure in _native.scan_files(
        [file], mode="salvage", verify=True, threads=1, keep_rows=False
    ):
        if failure is not None:
            raise failure
    return file


def salvage_visualdl(path: Path, descriptor: int) -> VisualDlSalvage:
    """Copy the intact records of a log.

    Args:
        path: the log.
        descriptor: open for writing; -1 to look only.

    Raises:
        OSError: something cannot be read or written.
    """
    file = _scan(path)
    regions = file.damage()
    end = file.bytes - file.pending
    stretches = []
    at, records = 0, 0
    for offset, length, *_, before in [*regions, (end, 0, "", False, file.records)]:
        if offset > at:
            stretches.append(Stretch(at, offset - at, before - records, at > 0))
        at, records = offset + length, before
    if descriptor >= 0:
        _copy(path, descriptor, stretches)
    damage = [SkippedRegion(str(path), *region[:4]) for region in regions]
    before_each = [region[-1] for region in regions]
    return VisualDlSalvage(file.bytes, file.records, stretches, damage, before_each, file.pending)


def _copy(path: Path, descriptor: int, stretches: list[Stretch]) -> None:
    source = open_source(path)
    try:
        for stretch in stretches:
            at, end = stretch.offset, stretch.offset + stretch.length
            while at < end:
                block = os.pread(source, min(_BLOCK, end - at), at)
                if not block:
                    raise OSError(5, "the file was cut short while it was read", str(path))
                write_all(descriptor, block)
                at += len(block)
    finally:
        os.close(source)
