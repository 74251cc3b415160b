"""What is in an event file, read by code that shares nothing with the library under test."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c
from tensorboard.compat.proto.event_pb2 import Event

__all__ = ["FileContent", "event_files", "read_event_file", "read_run"]


def _masked(data: bytes) -> int:
    crc: int = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@dataclass(frozen=True)
class FileContent:
    """Whole records from the start of the file on, and what follows the last of them."""

    path: Path
    events: list[Any]
    record_sizes: list[int]
    tail: bytes  # the beginning of one record
    damage: str  # why the bytes after the last whole record are no such beginning; "" when they are

    @property
    def steps(self) -> list[int]:
        """Steps of the events that carry values."""
        return [event.step for event in self.events if event.HasField("summary")]

    @property
    def tags(self) -> set[str]:
        """Tags of the values."""
        return {value.tag for event in self.events for value in event.summary.value}


def read_event_file(path: Path) -> FileContent:
    """Read one file; both checksums of every record are verified."""
    data = path.read_bytes()
    events: list[Any] = []
    sizes: list[int] = []
    at = 0
    damage = ""
    while len(data) - at >= 12:
        length, crc = struct.unpack_from("<QI", data, at)
        if crc != _masked(data[at : at + 8]):
            damage = f"wrong length checksum at {at}"
            break
        if length + 16 > len(data) - at:
            break
        payload = data[at + 12 : at + 12 + length]
        if struct.unpack_from("<I", data, at + 12 + length)[0] != _masked(payload):
            damage = f"wrong data checksum at {at}"
            break
        events.append(Event.FromString(payload))
        sizes.append(length + 16)
        at += length + 16
    return FileContent(path, events, sizes, data[at:], damage)


def event_files(directory: Path) -> list[Path]:
    """Event files of a run in the order of their names."""
    return sorted(directory.glob("*tfevents*"))


def read_run(directory: Path) -> list[FileContent]:
    """All files of a run. Each must be whole records and at most one torn tail, with a header."""
    contents = [read_event_file(path) for path in event_files(directory)]
    for content in contents:
        assert content.damage == "", f"{content.path}: {content.damage}"
        if content.events:
            assert content.events[0].file_version == "brain.Event:2", content.path
    return contents
