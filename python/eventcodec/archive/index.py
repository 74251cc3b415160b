"""Keep what was read of the files of a log directory, and read only what is new the next time.

Columns go to segments, files that are written once; everything else to a database that is written
anew under a temporary name and takes the place of the old one in one step. So whatever is killed
wherever, the index is the old one or the new one, and readers need no lock.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from eventcodec import _native
from eventcodec.archive import engine, index_database
from eventcodec.archive.index_database import Indexed, as_text, put_file, put_run
from eventcodec.archive.output import open_source, write_all
from eventcodec.reader.discover import PathLike, find_event_files
from eventcodec.reader.run import Run
from eventcodec.reader.saved_scans import (
    DATABASE,
    INDEX_DIRECTORY,
    FileIdentity,
    cache_directory,
    open_database,
    tail_crc,
)

__all__ = ["IndexReport", "index"]

# A task reads at most so much: memory is that of the columns of one task per worker.
_TASK_BYTES = 64 << 20
_TASK_FILES = 512
# With more segments than this they are put into one.
_MOST_SEGMENTS = 64
_SEGMENT_SUFFIX = ".columns"


@dataclass(frozen=True)
class IndexReport:
    """What an indexing pass did.

    Attributes:
        location: the directory of the index.
        files: event files in the log directory.
        read: files of which something was read.
        unchanged: files that were as they had been.
        removed: files that are gone since the last time.
        bytes_read: bytes that were read of logs.
        unreadable: path -> reason, of the files that could not be read.
    """

    location: str
    files: int
    read: int
    unchanged: int
    removed: int
    bytes_read: int
    unreadable: dict[str, str]


class _Task(NamedTuple):
    """A file to be read, from where the last reading ended."""

    path: bytes
    state: tuple[str, int, int] | None  # segment, offset, length
    committed: int


def index(
    path: PathLike,
    *,
    location: PathLike | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> IndexReport:
    """Build or bring up to date the index of a log directory.

    A first pass reads everything; a later one reads what was added to files, and anew those that
    were replaced or cut short. `eventcodec.open` uses the index by itself.

    Args:
        path: a log directory.
        location: the directory for the index; None for `.eventcodec` in the log directory, or a
            directory in the user's cache when that cannot be written to.
        executor: where files are read; None for threads of this process. Its workers must see
            the log directory and the index under the same paths.
        workers: how many tasks run at a time; None for one per processor.
        progress: called with the files and the bytes that were read since the last call.

    Returns:
        An IndexReport.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        NotADirectoryError: `path` is a file.
        OSError: the index cannot be written.

    Example:
        >>> from eventcodec.archive import index
        >>> index("runs").bytes_read  # doctest: +SKIP
        56000000
    """
    base = Path(path)
    if not base.exists():
        raise FileNotFoundError(errno.ENOENT, "No such log directory", str(base))
    if not base.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a log directory", str(base))
    place = _place(base, location)
    with _locked(place):
        return _Pass(base.resolve(), place, progress).run(executor, workers)


def _place(base: Path, location: PathLike | None) -> Path:
    """Make and return the directory of the index."""
    if location is not None:
        place = Path(location)
        place.mkdir(parents=True, exist_ok=True)
        return place.resolve()
    place = base / INDEX_DIRECTORY
    with contextlib.suppress(PermissionError, OSError):
        place.mkdir(exist_ok=True)
        if os.access(place, os.W_OK | os.X_OK):
            return place.resolve()
    place = cache_directory(base)
    place.mkdir(parents=True, exist_ok=True)
    return place


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Wait until no other process writes this index."""
    descriptor = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        # A file system without locks: two passes then do the same work and harm nobody.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class _Pass:
    """One pass over a log directory."""

    def __init__(
        self, base: Path, place: Path, progress: Callable[[int, int], object] | None
    ) -> None:
        self._base = base
        self._place = place
        self._progress = progress
        self._known = self._read_known()
        self._runs: dict[bytes, str] = {}
        self._paths: dict[bytes, Path] = {}

    def _read_known(self) -> dict[bytes, tuple[object, ...]]:
        with contextlib.suppress(sqlite3.Error), open_database(self._place) as database:
            return index_database.identities(database)
        return {}

    def run(self, executor: Executor | None, workers: int | None) -> IndexReport:
        tasks, removed = self._compare()
        segments_known = {str(row[7]) for row in self._known.values() if row[7] is not None}
        exists = (self._place / DATABASE).is_file()
        if not tasks and not removed and exists and len(segments_known) <= _MOST_SEGMENTS:
            return self._report([], 0)
        chunks = engine.byte_balanced(
            tasks, _bytes_to_read, most_bytes=_TASK_BYTES, most_items=_TASK_FILES
        )
        found: list[Indexed] = []
        work = partial(_scan_chunk, str(self._place))
        for scanned in engine.run(work, chunks, executor=executor, workers=workers):
            found += scanned
            if self._progress is not None:
                self._progress(len(scanned), sum(each.bytes_read for each in scanned))
        self._write(found, removed)
        return self._report(found, len(removed))

    def _report(self, found: list[Indexed], removed: int) -> IndexReport:
        return IndexReport(
            location=str(self._place),
            files=len(self._runs),
            read=len(found),
            unchanged=len(self._runs) - len(found),
            removed=removed,
            bytes_read=sum(each.bytes_read for each in found),
            unreadable={
                os.fsdecode(each.path): each.error for each in found if each.error is not None
            },
        )

    def _raw(self, path: Path) -> bytes:
        return os.fsencode(path.relative_to(self._base))

    def _compare(self) -> tuple[list[_Task], list[bytes]]:
        """Return what is to be read, and the files that are gone."""
        tasks = []
        for run, files in find_event_files([self._base]).items():
            for file in files:
                raw = self._raw(file)
                self._runs[raw] = run
                self._paths[raw] = file
                task = self._task_of(raw, file)
                if task is not None:
                    tasks.append(task)
        removed = [raw for raw in self._known if raw not in self._runs]
        return tasks, removed

    def _task_of(self, raw: bytes, file: Path) -> _Task | None:
        known = self._known.get(raw)
        anew = _Task(os.fsencode(file), None, 0)
        if known is None:
            return anew
        _, device, inode, size, mtime_ns, committed, crc, segment, offset, length = known
        try:
            now = FileIdentity.of(file.stat())
        except OSError:
            return anew
        if now == (device, inode, size, mtime_ns) and segment is not None:
            return None
        same = now[:2] == (device, inode) and now.bytes >= int(str(committed))
        if segment is None or not same or not _tail_is(file, int(str(committed)), crc):
            return anew
        state = (str(segment), int(str(offset)), int(str(length)))
        return _Task(os.fsencode(file), state, int(str(committed)))

    def _write(self, found: list[Indexed], removed: list[bytes]) -> None:
        """Put a new database in the place of the old one, and remove what nobody needs."""
        temporary = self._place / f"{secrets.token_hex(8)}.partial"
        try:
            if (self._place / DATABASE).exists() and self._known:
                shutil.copyfile(self._place / DATABASE, temporary)
            database = index_database.open_for_writing(temporary)
            try:
                if not self._known:
                    index_database.create(database)
                segments = self._update(database, found, removed)
                database.execute("COMMIT")
            finally:
                database.close()
            _sync(temporary)
            temporary.replace(self._place / DATABASE)
            _sync(self._place)
        finally:
            temporary.unlink(missing_ok=True)
        for path in self._place.iterdir():
            stale = path.suffix == ".partial"
            if stale or (path.suffix == _SEGMENT_SUFFIX and path.name not in segments):
                path.unlink(missing_ok=True)

    def _update(
        self, database: sqlite3.Connection, found: list[Indexed], removed: list[bytes]
    ) -> set[str]:
        changed = {str(self._known[raw][0]) for raw in removed}
        index_database.forget_files(database, removed)
        for each in found:
            raw = self._raw(Path(os.fsdecode(each.path)))
            put_file(database, self._runs[raw], raw, each)
            changed.add(as_text(self._runs[raw]))
        self._put_runs(database, changed)
        return self._join_segments(database)

    def _put_runs(self, database: sqlite3.Connection, changed: set[str]) -> None:
        files: dict[str, list[bytes]] = {}
        names = {as_text(run): run for run in self._runs.values()}
        for raw, run in self._runs.items():
            files.setdefault(as_text(run), []).append(raw)
        states = {row[0]: row[8:] for row in _rows(database)}
        with _Segments(self._place) as segments:
            for run in sorted(changed):
                if run not in files:
                    put_run(database, run, None)
                    continue
                scans = [segments.restore(self._paths[raw], states[raw]) for raw in files[run]]
                directories = list(dict.fromkeys(self._paths[raw].parent for raw in files[run]))
                put_run(database, run, Run(names[run], scans, directories, self._base, purge=True))

    def _join_segments(self, database: sqlite3.Connection) -> set[str]:
        """Keep the number of segments small; return the names of those that are in use."""
        used = {str(row[8]) for row in _rows(database) if row[8] is not None}
        if len(used) <= _MOST_SEGMENTS:
            return used
        name = secrets.token_hex(8) + _SEGMENT_SUFFIX
        at = 0
        with _Segments(self._place) as segments, _new_segment(self._place, name) as descriptor:
            for row in _rows(database):
                if row[8] is None:
                    continue
                state = segments.read(row[8:])
                write_all(descriptor, state)
                database.execute(
                    "UPDATE files SET segment = ?, state_offset = ? WHERE raw_path = ?",
                    (name, at, row[0]),
                )
                at += len(state)
        return {name}


def _rows(database: sqlite3.Connection) -> list[tuple[object, ...]]:
    return [(raw, *row) for raw, row in index_database.identities(database).items()]


class _Segments:
    """The segments of an index, open for reading."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._open: dict[str, int] = {}

    def __enter__(self) -> _Segments:
        return self

    def __exit__(self, *error: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def read(self, state: tuple[object, ...]) -> bytes:
        """Return the bytes of a state at (segment, offset, length)."""
        segment, offset, length = str(state[0]), int(str(state[1])), int(str(state[2]))
        if segment not in self._open:
            self._open[segment] = os.open(self._place / segment, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(self._open[segment], length, offset)

    def restore(self, path: Path, state: tuple[object, ...]) -> _native.EventFile:
        """Return a file as it was read; an empty one where it could not be read."""
        file = _native.EventFile(os.fsencode(path))
        if state[0] is not None:
            file.restore(self.read(state))
        return file


def _bytes_to_read(task: _Task) -> int:
    try:
        return max(0, Path(os.fsdecode(task.path)).stat().st_size - task.committed)
    except OSError:
        return 0


def _tail_is(file: Path, committed: int, crc: object) -> bool:
    with contextlib.suppress(OSError):
        descriptor = open_source(file)
        try:
            return tail_crc(descriptor, committed) == crc
        finally:
            os.close(descriptor)
    return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _new_segment(place: Path, name: str) -> Iterator[int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(place / name, flags, 0o666)
    try:
        yield descriptor
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _scan_chunk(place: str, chunk: list[_Task]) -> list[Indexed]:
    """Read some files and write a segment with their columns."""
    name = secrets.token_hex(8) + _SEGMENT_SUFFIX
    found: list[Indexed] = []
    at = 0
    with _Segments(Path(place)) as known, _new_segment(Path(place), name) as descriptor:
        for task in chunk:
            state, indexed = _scan_file(task, known)
            if state is not None:
                write_all(descriptor, state)
                indexed = indexed._replace(segment=name, state_offset=at, state_length=len(state))
                at += len(state)
            found.append(indexed)
    return found


def _scan_file(task: _Task, known: _Segments) -> tuple[bytes | None, Indexed]:
    path = os.fsdecode(task.path)
    file = _native.EventFile(task.path)
    begin = 0
    if task.state is not None:
        with contextlib.suppress(OSError):
            if file.restore(known.read(task.state)):
                begin = file.committed
    generation = file.generation
    try:
        identity = FileIdentity.of(Path(path).stat())
        [failure] = _native.scan_files(
            [file], mode="salvage", verify=True, threads=1, keep_rows=True
        )
        if failure is not None:
            raise failure
        if file.generation != generation:
            begin = 0
        crc, sizes = _measure(path, begin, file.committed)
    except OSError as error:
        nothing = FileIdentity(0, 0, 0, 0)
        reason = error.strerror or str(error)
        failed = Indexed(task.path, nothing, 0, 0, 0, 0, [], reason, None, 0, 0, [], 0, 0)
        return None, failed
    found = Indexed(
        path=task.path,
        identity=identity,
        committed=file.committed,
        records=file.records,
        pending_bytes=file.pending,
        tail_crc=crc,
        damage=[(*region[:3], region[-1]) for region in file.damage()],
        error=None,
        segment=None,
        state_offset=0,
        state_length=0,
        tag_bytes=sizes,
        begin=begin,
        bytes_read=file.bytes - begin,
    )
    return file.save(), found


def _measure(path: str, begin: int, committed: int) -> tuple[int, list[tuple[str, int]]]:
    """Return the checksum of a file's tail, and the bytes that each tag has from `begin` on."""
    descriptor = open_source(Path(path))
    try:
        counter = _native.Rewriter(tags={}, others=(False, "", 1, None))
        counter.copy(
            descriptor, -1, offset=begin, restarts=[], void_from=None, path=os.fsencode(path)
        )
        sizes: dict[str, int] = {}
        for _, tag, _, _, size, _ in counter.tags():
            sizes[tag] = sizes.get(tag, 0) + size
        return tail_crc(descriptor, committed), list(sizes.items())
    finally:
        os.close(descriptor)
