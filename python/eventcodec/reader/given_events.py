"""Which records of each file follow(events=True) has given, and the events that are new."""

from __future__ import annotations

import contextlib
import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from eventcodec import _native
from eventcodec.event_reader import EventReader

if TYPE_CHECKING:
    from eventcodec.proto import Event

__all__ = ["FollowedEvent", "GivenEvents"]

_CHECKSUM_BYTES = 4  # behind each payload


class FollowedEvent(NamedTuple):
    """One event of a run."""

    run: str
    path: str
    event: Event


@dataclass
class _GivenFile:
    """The records of a file that were given."""

    file: _native.EventFile
    generation: int
    records: int = 0  # in the file when it was looked at
    position: int = 0  # behind the last that was given
    checksums: array[int] = field(default_factory=lambda: array("I"))  # of each, as it stands there


class GivenEvents:
    """What was given of each file."""

    def __init__(self) -> None:
        self._files: dict[str, _GivenFile] = {}

    def take(self, files: Iterable[tuple[str, _native.EventFile]]) -> Iterator[FollowedEvent]:
        """Yield the new events of files, those of one file after those of another.

        Args:
            files: each with its run, as they were just scanned. VisualDL logs hold no events.
        """
        for run, file in files:
            if file.format == "events" and file.records:
                path = file.path
                yield from (FollowedEvent(run, path, event) for event in self._new(file, path))

    def _new(self, file: _native.EventFile, path: str) -> Iterator[Event]:
        given = self._files.setdefault(path, _GivenFile(file, file.generation))
        replaced = given.file is not file or given.generation != file.generation
        if file.records == given.records and not replaced:
            return
        given.file, given.generation, given.records = file, file.generation, file.records
        with contextlib.suppress(FileNotFoundError), Path(path).open("rb", buffering=0) as opened:
            descriptor = opened.fileno()
            # A file may take this one's place between the scan and here.
            if given.checksums and (
                replaced or _checksum(descriptor, given.position) != given.checksums[-1]
            ):
                _find_common(EventReader(opened), descriptor, given)
            start = given.position
            opened.seek(start)
            reader = EventReader(opened)
            for event in reader:
                given.position = start + reader.position
                given.checksums.append(_checksum(descriptor, given.position))
                yield event


def _checksum(descriptor: int, end: int) -> int:
    """Return the checksum of the payload whose record ends at byte `end`; 0 for none."""
    stored = os.pread(descriptor, _CHECKSUM_BYTES, max(0, end - _CHECKSUM_BYTES))
    return int.from_bytes(stored, "little")


def _find_common(reader: EventReader, descriptor: int, given: _GivenFile) -> None:
    """Keep of `given` what a file that took the other's place begins with: all of both, or none."""
    known, common, position = given.checksums, 0, 0
    for _ in reader:
        if common == len(known):
            break
        if _checksum(descriptor, reader.position) != known[common]:
            common = position = 0
            break
        common, position = common + 1, reader.position
    given.checksums, given.position = known[:common], position
