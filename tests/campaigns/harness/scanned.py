"""What the native core finds in an event file, as plain values that compare."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcodec import _native

__all__ = ["Scanned", "assert_covers", "record_bounds", "scan", "scan_file"]


@dataclass(frozen=True)
class Scanned:
    """One scan: rows as bytes, so that NaN and signs of zeros count."""

    records: int
    pending: int
    damage: list[tuple[int, int, str, int]]
    rows: dict[tuple[str, str], tuple[bytes, ...]]


def scan_file(file: Any, *, verify: bool = True, mode: str = "salvage", threads: int = 1) -> None:
    """Read what is new in a file; raises what the scan reports."""
    (failure,) = _native.scan_files(
        [file], mode=mode, verify=verify, threads=threads, keep_rows=True
    )
    if failure is not None:
        raise failure


def look(file: Any) -> Scanned:
    rows = {}
    for number, described in enumerate(file.series()):
        if described[5]:
            columns = [column for column in file.columns(number) if column is not None]
            extra = (file.items(number),) if described[1] != "scalars" else ()
            rows[described[0], described[1]] = tuple(each.tobytes() for each in (*columns, *extra))
    return Scanned(file.records, file.pending, file.damage(), rows)


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


def assert_covers(found: Scanned, size: int, payload_bytes: int) -> None:
    """Records, skipped regions and the pending tail make up the file exactly."""
    skipped = sum(length for _, length, _, _ in found.damage)
    assert found.records * 16 + payload_bytes + skipped + found.pending == size
