"""Segments of an index: files, written once, with what was read of logs.

Of each file a segment holds its state, which is small, and pieces, the columns of many rows. A file
that grows gets a new state and, now and then, a new piece; the older pieces stay where they are.
See cpp/scan/saved.h.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from eventcodec import _native
from eventcodec.archive.index_runs import (
    ROWS_AT_ONCE,
    TagRow,
    hparams_of,
    say_hparams,
    tag_rows,
)
from eventcodec.archive.output import write_all
from eventcodec.reader.saved_scans import TAIL_BYTES, FileIdentity, State, restored

__all__ = ["SEGMENT_SUFFIX", "Indexed", "Task", "join_segments", "scan_chunk", "scan_files"]

SEGMENT_SUFFIX = ".columns"
# Fewer bytes of columns than this stay in a file's state.
_KEPT = 32 << 10
# Fewer rows of a series stay there, too: a place in a piece takes as much as four of them.
_LEAST_ROWS = 16
# With more segments than this the smaller half is put into one.
_MOST_SEGMENTS = 64
# A segment of which less than half is in use, and not small, is written anew.
_SMALL_SEGMENT = 1 << 20
_COPIED_AT_ONCE = 1 << 20


class Task(NamedTuple):
    """A file to be read, from where the last reading ended."""

    path: bytes
    run: str
    alone: bool  # the only file of its run
    bytes_to_read: int
    state: State | None  # None: from the beginning


class Indexed(NamedTuple):
    """What was read of one file."""

    path: bytes
    run: str
    identity: FileIdentity
    committed: int
    records: int
    pending_bytes: int
    tail_crc: int
    damage: list[tuple[int, int, str, int]]
    error: str | None
    state: State | None
    bytes_read: int
    # Rows of a run with this file alone; None where there are too many to be handed over, or they
    # are not all known yet.
    tags: list[TagRow] | None
    hparams: list[tuple[str, str, Any]]

    @property
    def health(self) -> str:
        """Word the state of the file."""
        if self.error is not None:
            return "unreadable"
        if self.damage:
            return "damaged"
        return "pending" if self.pending_bytes else "whole"


@contextlib.contextmanager
def _new_segment(place: Path) -> Iterator[tuple[str, int]]:
    """Give the name of a new segment and a descriptor to write it; it is durable afterwards."""
    name = secrets.token_hex(8) + SEGMENT_SUFFIX
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(place / name, flags, 0o666)
    try:
        yield name, descriptor
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def scan_chunk(place: str, stretch: int, chunk: list[Task]) -> list[Indexed]:
    """Read some files and write a segment with what was read.

    Args:
        place: the directory of the index.
        stretch: bytes of a log whose columns are in memory at a time.
        chunk: the files.

    Raises:
        OSError: the segment cannot be written.
    """
    segments: dict[str, _native.Segment] = {}

    def files() -> Iterator[tuple[Task, _native.EventFile]]:
        for task in chunk:
            file = None
            if task.state is not None:
                file = restored(task.path, Path(place), task.state, segments)
            yield task, file or _native.EventFile(task.path)

    return scan_files(place, stretch, files())


def scan_files(
    place: str, stretch: int, files: Iterable[tuple[Task, _native.EventFile]]
) -> list[Indexed]:
    """Read what is new of some files and write a segment with what was read.

    Args:
        place: the directory of the index.
        stretch: bytes of a log whose columns are in memory at a time.
        files: what to read, and what is known of it.

    Raises:
        OSError: the segment cannot be written.
    """
    with _new_segment(Path(place)) as (name, descriptor):
        writer = _native.SegmentWriter(descriptor, least_rows=_LEAST_ROWS)
        found = [_scan_file(file, task, name, writer, stretch) for task, file in files]
        writer.flush()
    return found


def _scan_file(
    file: _native.EventFile, task: Task, name: str, writer: _native.SegmentWriter, stretch: int
) -> Indexed:
    try:
        identity = FileIdentity.of(os.stat(task.path))  # noqa: PTH116
    except OSError as error:
        return _unreadable(task, error)
    failure, begin, crc, offset, length = file.index_into(
        writer, stretch=stretch, keep=_KEPT, tail=TAIL_BYTES
    )
    if isinstance(failure, OSError):
        return _unreadable(task, failure)
    if failure is not None:
        raise failure
    before = task.state.pieces if task.state is not None else ()
    pieces = tuple(
        (name, offset, size) if new else before[number]
        for number, (offset, size, new) in enumerate(file.pieces())
    )
    tags, hparams = None, []
    # Rows in pieces that have just been written cannot be read yet.
    readable = not (pieces and file.session_starts())
    if task.alone and readable and file.series_count <= ROWS_AT_ONCE:
        tags = [row for rows in tag_rows(task.run, [file]) for row in rows]
        hparams = hparams_of(task.run, [file]) if say_hparams(tags) else []
    return Indexed(
        path=task.path,
        run=task.run,
        identity=identity,
        committed=file.committed,
        records=file.records,
        pending_bytes=file.pending,
        tail_crc=crc,
        damage=[(*region[:3], region[-1]) for region in file.damage()],
        error=None,
        state=State(name, offset, length, pieces),
        bytes_read=file.bytes - begin,
        tags=tags,
        hparams=hparams,
    )


def _unreadable(task: Task, error: OSError) -> Indexed:
    reason = error.strerror or str(error)
    nothing = FileIdentity(0, 0, 0, 0)
    return Indexed(task.path, task.run, nothing, 0, 0, 0, 0, [], reason, None, 0, None, [])


def join_segments(place: Path, states: dict[bytes, State]) -> dict[bytes, State]:
    """Put small segments, and what is in use of those that mostly are not, into one.

    Args:
        place: the directory of the index.
        states: raw path -> where the state of that file is.

    Returns:
        The states that have a new place.

    Raises:
        OSError: a segment cannot be read or written.
    """
    used: dict[str, int] = {}
    for state in states.values():
        for segment, _, size in [(state.segment, 0, state.length), *state.pieces]:
            used[segment] = used.get(segment, 0) + size
    whole = {}
    for segment in used:
        with contextlib.suppress(FileNotFoundError):
            whole[segment] = (place / segment).stat().st_size
    joined = {name for name in whole if whole[name] > max(_SMALL_SEGMENT, 2 * used[name])}
    if len(whole) > _MOST_SEGMENTS:
        joined.update(sorted(whole, key=used.__getitem__)[: len(whole) - _MOST_SEGMENTS // 2])
    if not joined:
        return {}
    moved = {}
    with _new_segment(place) as (name, descriptor), contextlib.ExitStack() as stack:
        sources: dict[str, int] = {}

        def move(segment: str, offset: int, size: int) -> tuple[str, int, int]:
            if segment not in joined:
                return segment, offset, size
            if segment not in sources:
                sources[segment] = os.open(place / segment, os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, sources[segment])
            at = os.lseek(descriptor, 0, os.SEEK_CUR)
            _copy(sources[segment], offset, size, descriptor)
            return name, at, size

        for raw, state in states.items():
            pieces = tuple(move(*piece) for piece in state.pieces)
            segment, offset, length = move(state.segment, state.offset, state.length)
            if (segment, pieces) != (state.segment, state.pieces):
                moved[raw] = State(segment, offset, length, pieces)
    return moved


def _copy(source: int, offset: int, size: int, destination: int) -> None:
    """Copy bytes; where a segment is shorter than it was, zeros, which no checksum takes."""
    while size:
        data = os.pread(source, min(size, _COPIED_AT_ONCE), offset) or bytes(
            min(size, _COPIED_AT_ONCE)
        )
        write_all(destination, data)
        offset += len(data)
        size -= len(data)
