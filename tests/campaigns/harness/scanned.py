"""What the native core finds in an event file, as plain values that compare."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcodec import _native

__all__ = ["Scanned", "look", "record_bounds", "scan", "scan_file"]


@dataclass(frozen=True)
class Scanned:
    """One scan: rows as bytes, so that NaN and signs of zeros count."""

    records: int
    pending: int
    damage: list[tuple[int, int, str, bool, int]]
    described: list[tuple[object, ...]]
    starts: list[tuple[int, list[int]]]
    rows: dict[tuple[str, str], tuple[bytes, ...]]


def scan_file(
    file: Any, *, mode: str = "salvage", threads: int = 1, least_part: int = 1 << 22
) -> None:
    """Read what is new in a file; raises what the scan reports."""
    (failure,) = _native.scan_files(
        [file], mode=mode, verify=True, threads=threads, keep_rows=True, least_part=least_part
    )
    if failure is not None:
        raise failure


def look(file: Any) -> Scanned:
    """Everything that was read of a file."""
    rows = {}
    for number, described in enumerate(file.series()):
        if described[5]:
            columns = [column for column in file.columns(number) if column is not None]
            extra = (file.items(number),) if described[1] != "scalars" else ()
            rows[described[0], described[1]] = tuple(each.tobytes() for each in (*columns, *extra))
    described = [(*each, form) for each, form in zip(file.series(), file.forms(), strict=True)]
    starts = file.session_starts()
    return Scanned(file.records, file.pending, file.damage(), described, starts, rows)


def scan(path: Path, **options: Any) -> Scanned:
    """Read a file from its beginning."""
    file = _native.EventFile(os.fsencode(path))
    scan_file(file, **options)
    return look(file)


def record_bounds(data: bytes) -> list[int]:
    """Where each record of an intact file starts, and where the last one ends."""
    bounds = [0]
    while bounds[-1] < len(data):
        at = bounds[-1]
        bounds.append(at + 16 + int.from_bytes(data[at : at + 8], "little"))
    return bounds
