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
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from eventcodec import _native
from eventcodec.archive import engine, index_database
from eventcodec.archive.index_database import Known
from eventcodec.archive.index_runs import as_text, hparams_of, say_hparams, tag_rows
from eventcodec.archive.index_segments import (
    SEGMENT_SUFFIX,
    Indexed,
    Task,
    join_segments,
    scan_chunk,
    scan_files,
)
from eventcodec.archive.output import open_source
from eventcodec.reader.discover import PathLike, find_event_paths
from eventcodec.reader.saved_scans import (
    DATABASE,
    INDEX_DIRECTORY,
    FileIdentity,
    cache_directory,
    open_database,
    restored,
    tail_crc,
)
from eventcodec.reader.threads import count_workers

__all__ = ["IndexReport", "index"]

# A task has at least so much, if there is so much; and there are not many more tasks than this,
# because each writes a segment.
_TASK_BYTES = 64 << 20
_TASK_FILES = 512
_MOST_TASKS = 32
# Bytes of logs whose columns are in memory at a time: of all workers here, and of each.
_MEMORY = 32 << 20
_LEAST_STRETCH = 1 << 20
_MOST_STRETCH = 16 << 20


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


class _Changed(NamedTuple):
    """A file that is to be read."""

    raw: bytes  # its path relative to the log directory
    run: str
    alone: bool  # the only file of its run
    bytes_to_read: int
    grown: bool  # since it was read; else it is read from the beginning


class _Pass:
    """One pass over a log directory."""

    def __init__(
        self, base: Path, place: Path, progress: Callable[[int, int], object] | None
    ) -> None:
        self._base = base
        self._place = place
        self._progress = progress
        self._known = self._read_known()
        self._runs: dict[str, list[bytes]] = {}
        self._files = 0

    def _read_known(self) -> dict[bytes, Known] | None:
        """Return what the index says of every file; None when there is no index."""
        with contextlib.suppress(sqlite3.Error), open_database(self._place) as database:
            return index_database.identities(database)
        return None

    def run(self, executor: Executor | None, workers: int | None) -> IndexReport:
        changed, removed = self._compare()
        report = IndexReport(str(self._place), self._files, 0, self._files, 0, 0, {})
        if not changed and not removed and self._known is not None:
            return report
        temporary = self._place / f"{secrets.token_hex(8)}.partial"
        try:
            with self._old_database() as old, self._new_database(temporary) as database:
                renewal = _Renewal(database, self._place, self._base, self._runs)
                changed_runs = renewal.forget(changed, removed)
                for scanned in self._scan(old, changed, executor, workers):
                    renewal.put(scanned)
                    if self._progress is not None:
                        self._progress(len(scanned), sum(each.bytes_read for each in scanned))
                segments = renewal.finish(changed_runs)
            _sync(temporary)
            temporary.replace(self._place / DATABASE)
            _sync(self._place)
        finally:
            temporary.unlink(missing_ok=True)
        for path in self._place.iterdir():
            stale = path.suffix == ".partial"
            if stale or (path.suffix == SEGMENT_SUFFIX and path.name not in segments):
                path.unlink(missing_ok=True)
        return replace(
            report,
            read=renewal.read,
            unchanged=self._files - renewal.read,
            removed=len(removed),
            bytes_read=renewal.bytes_read,
            unreadable=renewal.unreadable,
        )

    def _compare(self) -> tuple[list[_Changed], dict[bytes, str]]:
        """Return what is to be read, and the files that are gone with their runs."""
        above = len(os.path.join(self._base, ""))  # noqa: PTH118
        known = dict(self._known or {})
        segments = {each.segment for each in known.values()}
        there = {name for name in segments if name and (self._place / name).is_file()}
        changed = []
        for run, files in find_event_paths([self._base]).items():
            raws = self._runs[run] = []
            for file in files:
                raw = os.fsencode(file[above:])
                raws.append(raw)
                was = known.pop(raw, None)
                try:
                    now = FileIdentity.of(os.stat(file))  # noqa: PTH116
                except OSError:
                    now = None
                if was is not None and was.segment in there and now == was.identity:
                    continue
                begin = 0
                if was is not None and was.segment in there and now is not None:
                    begin = was.committed if _has_grown(file, was, now) else 0
                size = 0 if now is None else now.bytes - begin
                changed.append(_Changed(raw, run, len(files) == 1, size, begin != 0))
            self._files += len(raws)
        return changed, {raw: was.run for raw, was in known.items()}

    @contextlib.contextmanager
    def _old_database(self) -> Iterator[sqlite3.Connection | None]:
        """Give the database as it was, None for none."""
        if self._known is None:
            yield None
            return
        with open_database(self._place) as database:
            yield database

    @contextlib.contextmanager
    def _new_database(self, path: Path) -> Iterator[sqlite3.Connection]:
        """Give a copy of the database, or a new one, in a transaction that ends with the block."""
        if self._known is not None:
            shutil.copyfile(self._place / DATABASE, path)
        with contextlib.closing(index_database.open_for_writing(path)) as database:
            if self._known is None:
                index_database.create(database)
            yield database
            database.execute("COMMIT")

    def _tasks(
        self, database: sqlite3.Connection | None, changed: list[_Changed]
    ) -> Iterator[Task]:
        for raw, run, alone, size, grown in changed:
            state = None
            if grown and database is not None:
                state = index_database.state_of(database, raw)
            path = os.path.join(os.fsencode(self._base), raw)  # noqa: PTH118
            yield Task(path, run, alone, size, state)

    def _scan(
        self,
        database: sqlite3.Connection | None,
        changed: list[_Changed],
        executor: Executor | None,
        workers: int | None,
    ) -> Iterator[list[Indexed]]:
        """Read files, in tasks of about equal bytes."""
        total = sum(each.bytes_to_read for each in changed)
        chunks = engine.byte_balanced(
            self._tasks(database, changed),
            lambda task: task.bytes_to_read,
            most_bytes=max(_TASK_BYTES, total // _MOST_TASKS),
            most_items=max(_TASK_FILES, len(changed) // _MOST_TASKS),
        )
        stretch = _MEMORY // count_workers(workers)
        stretch = min(max(stretch, _LEAST_STRETCH), _MOST_STRETCH)
        work = partial(scan_chunk, str(self._place), stretch)
        return engine.run(work, chunks, executor=executor, workers=workers)


class _Renewal:
    """Brings the database up to date with what was read."""

    def __init__(
        self, database: sqlite3.Connection, place: Path, base: Path, runs: dict[str, list[bytes]]
    ) -> None:
        self._database = database
        self._place = place
        self._base = base
        self._above = len(os.path.join(os.fsencode(base), b""))  # noqa: PTH118
        self._runs = runs
        self._unfinished: set[str] = set()  # runs whose files are known, and what they have not
        self._read: set[bytes] = set()  # files
        self.bytes_read = 0
        self.unreadable: dict[str, str] = {}

    def forget(self, changed: list[_Changed], removed: dict[bytes, str]) -> set[str]:
        """Remove files that are gone or will be put in again, and what their runs have.

        Returns:
            The names of those runs as they are in the database.
        """
        index_database.forget_files(self._database, [*(each.raw for each in changed), *removed])
        names = {each.run for each in changed}
        gone = set(removed.values())
        self._unfinished = names | {run for run in self._runs if as_text(run) in gone}
        texts = {as_text(name) for name in names} | gone
        index_database.forget_runs(self._database, texts)
        return texts

    def put(self, scanned: list[Indexed]) -> None:
        """Put in what one task has read."""
        index_database.put_files(
            self._database, [(each.run, each.path[self._above :], each) for each in scanned]
        )
        finished = [each for each in scanned if each.tags is not None]
        index_database.put_runs(
            self._database,
            (row for each in finished for row in each.tags or ()),
            (row for each in finished for row in each.hparams),
        )
        self._unfinished.difference_update(each.run for each in finished)
        self._note(scanned)

    @property
    def read(self) -> int:
        """How many files were read."""
        return len(self._read)

    def _note(self, scanned: list[Indexed]) -> None:
        self._read.update(each.path for each in scanned)
        self.bytes_read += sum(each.bytes_read for each in scanned)
        self.unreadable.update(
            (os.fsdecode(each.path), each.error) for each in scanned if each.error is not None
        )

    def finish(self, changed_runs: set[str]) -> set[str]:
        """Put in what several files have together; return the segments that are in use."""
        again: list[tuple[Task, _native.EventFile]] = []
        for run in sorted(self._unfinished):
            again += self._put_run(run)
        if again:
            self._replace(scan_files(str(self._place), _MOST_STRETCH, again))
            for run in sorted({task.run for task, _ in again}):
                self._put_run(run)
        index_database.finish(self._database)
        index_database.sum_up_runs(self._database, changed_runs)
        states = index_database.states(self._database)
        moved = join_segments(self._place, states)
        index_database.move_states(self._database, moved)
        states.update(moved)
        segments = {state.segment for state in states.values()}
        return segments.union(*({name for name, *_ in s.pieces} for s in states.values()))

    def _put_run(self, run: str) -> list[tuple[Task, _native.EventFile]]:
        """Put in what the files of a run have together.

        Returns:
            Instead, files that have to be read once more, because their tensors are what an
            earlier file says that was not known then.
        """
        found = self._files_of(run)
        files = [file for _, file in found]
        again = [found[number] for number in _native.carry_metadata(files)]
        if again:
            return again
        has_hparams = False
        for rows in tag_rows(run, files):
            has_hparams = has_hparams or say_hparams(rows)
            index_database.put_runs(self._database, rows, ())
        if has_hparams:
            index_database.put_runs(self._database, (), hparams_of(run, files))
        return []

    def _files_of(self, run: str) -> list[tuple[Task, _native.EventFile]]:
        """Return the files of a run as they are in the index; one that is not has no rows."""
        segments: dict[str, _native.Segment] = {}
        files = []
        for raw in self._runs[run]:
            path = os.path.join(os.fsencode(self._base), raw)  # noqa: PTH118
            state = index_database.state_of(self._database, raw)
            file = None if state is None else restored(path, self._place, state, segments)
            files.append((Task(path, run, False, 0, None), file or _native.EventFile(path)))
        return files

    def _replace(self, scanned: list[Indexed]) -> None:
        """Put in files that were read once more."""
        rows = [(each.run, each.path[self._above :], each) for each in scanned]
        index_database.forget_files(self._database, [raw for _, raw, _ in rows])
        index_database.put_files(self._database, rows)
        self._note(scanned)


def _has_grown(file: str, was: Known, now: FileIdentity) -> bool:
    """Whether a file is the one that was read, with bytes added."""
    if now[:2] != was.identity[:2] or now.bytes < was.committed:
        return False
    with contextlib.suppress(OSError):
        descriptor = open_source(file)
        try:
            return tail_crc(descriptor, was.committed) == was.tail_crc
        finally:
            os.close(descriptor)
    return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
