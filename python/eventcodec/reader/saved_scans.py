"""Finds the index of a log directory and takes from it what was read of the files before.

`eventcodec index` writes it; this module only reads. An index is a directory `.eventcodec` in the
log directory or one above it, or in the user's cache where the log directory is read-only: a SQLite
database that says which file was read how far, and segments with the columns that were read. Both
are replaced and never changed, so that a reader needs no lock. Whatever is wrong with them, the
files are simply read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from eventcodec import _native

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "DATABASE",
    "INDEX_DIRECTORY",
    "SCHEMA_VERSION",
    "TAIL_BYTES",
    "FileIdentity",
    "State",
    "cache_directory",
    "find_index",
    "open_database",
    "restore_files",
    "restored",
    "tail_crc",
]

INDEX_DIRECTORY = ".eventcodec"
DATABASE = "index.sqlite"
SCHEMA_VERSION = 3
# So many bytes before the end of what was read tell whether a file grew or is another one.
TAIL_BYTES = 4096
# Files that a query names one by one.
_MOST_NAMED = 500


class FileIdentity(NamedTuple):
    """What tells one state of a file from another without reading it."""

    device: int
    inode: int
    bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        """Return the identity of a file with this status."""
        device, inode = _signed(status.st_dev), _signed(status.st_ino)
        return cls(device, inode, status.st_size, status.st_mtime_ns)


def _signed(number: int) -> int:
    """Return 64 bits as a signed number: SQLite has no others."""
    return number - (1 << 64) if number >= 1 << 63 else number


class State(NamedTuple):
    """Where in the segments it stands what was read of a file."""

    segment: str
    offset: int
    length: int
    pieces: tuple[tuple[str, int, int], ...]  # segment, offset, length

    @classmethod
    def of_row(cls, segment: str, offset: int, length: int, pieces: str) -> State:
        """Return the state that columns of the database say."""
        found = () if pieces == "[]" else tuple(map(tuple, json.loads(pieces)))
        return cls(segment, offset, length, found)


def cache_directory(base: Path) -> Path:
    """Return where the index of a log directory is kept when there is no place in it."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.sha256(os.fsencode(base.resolve())).hexdigest()
    return Path(cache) / "eventcodec" / "index" / digest[:32]


def find_index(path: Path) -> tuple[Path, Path] | None:
    """Find the index that covers a file or directory.

    Returns:
        The log directory that was indexed and the directory of its index, the nearest at or above
        `path`; None when there is none.
    """
    with contextlib.suppress(OSError):
        start = path.resolve()
        for base in [start, *start.parents]:
            place = base / INDEX_DIRECTORY
            if (place / DATABASE).is_file():
                return base, place
        cached = cache_directory(start)
        if (cached / DATABASE).is_file():
            return start, cached
    return None


@contextlib.contextmanager
def open_database(place: Path) -> Iterator[sqlite3.Connection]:
    """Open the database of an index for reading.

    Raises:
        sqlite3.Error: it is none, or of another version.
    """
    import sqlite3
    from urllib.parse import quote

    # Immutable: the file is replaced, never written to; SQLite then needs neither lock nor journal.
    uri = f"file:{quote(str(place / DATABASE))}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"an index of version {version}, not {SCHEMA_VERSION}")
        yield connection
    finally:
        connection.close()


def tail_crc(descriptor: int, committed: int) -> int:
    """Return the checksum of the bytes before `committed`."""
    start = max(0, committed - TAIL_BYTES)
    return _native.crc32c(os.pread(descriptor, committed - start, start))


def restored(
    path: bytes,
    place: Path,
    state: State,
    segments: dict[str, _native.Segment],
    selection: _native.Selection | None = None,
) -> _native.EventFile | None:
    """Return a file as it was read before; None where the segments do not say.

    Args:
        path: of the file.
        place: the directory of the index.
        state: where its state is.
        segments: those that are open, by name; others are added.
        selection: what is wanted of the file; None for everything.
    """
    for name in [state.segment, *(piece[0] for piece in state.pieces)]:
        if name not in segments:
            if os.sep in name:
                return None
            segments[name] = _native.Segment(os.fsencode(place / name))
    file = _native.EventFile(path, selection)
    pieces = [(segments[name], offset, length) for name, offset, length in state.pieces]
    held = file.restore(segments[state.segment], state.offset, state.length, pieces)
    return file if held else None


def restore_files(
    files: Iterable[str],
    known: dict[str, _native.EventFile],
    place: Path | None,
    base: Path,
    selection: _native.Selection | None,
) -> set[str]:
    """Fill `known` with the files of an index.

    Args:
        files: which files are wanted; those in `known` are left alone.
        known: path -> what was read of it.
        place: the directory of the index; None to look for one.
        base: the log directory.
        selection: what is wanted of the files; None for everything.

    Returns:
        The files of `known` that have not changed since they were read.
    """
    import sqlite3

    unchanged: set[str] = set()
    indexed = find_index(base) if place is None else (base.resolve(), place)
    if indexed is None:
        return unchanged
    root, place = indexed
    # Links on the way to `base` are followed, those below it are not: as the index names files.
    above, below = os.path.join(base, ""), base.resolve().relative_to(root)  # noqa: PTH118
    prefix = "" if below == Path() else f"{below}/"
    start = len(above)
    wanted = {
        os.fsencode(prefix + file[start:]): file
        for file in files
        if file not in known and file.startswith(above)
    }
    segments: dict[str, _native.Segment] = {}
    with contextlib.suppress(sqlite3.Error, OSError, ValueError), open_database(place) as database:
        for raw_path, *identity, committed, crc, segment, offset, length, pieces in _rows_of(
            database, list(wanted)
        ):
            path = wanted.get(raw_path)
            if path is None:
                continue
            same = _compare(path, FileIdentity(*identity), committed, crc)
            if same is None:
                continue
            state = State.of_row(segment, offset, length, pieces)
            scanned = restored(os.fsencode(path), place, state, segments, selection)
            if scanned is not None:
                known[path] = scanned
                if same:
                    unchanged.add(path)
    return unchanged


def _rows_of(database: sqlite3.Connection, wanted: list[bytes]) -> Iterable[tuple[Any, ...]]:
    """Return what the index says of the files, or of all when there are many."""
    query = (
        "SELECT raw_path, device, inode, bytes, mtime_ns, committed, tail_crc, segment,"
        " state_offset, state_length, pieces FROM files WHERE segment IS NOT NULL"
    )
    if len(wanted) > _MOST_NAMED:
        return database.execute(query)
    marks = ", ".join("?" * len(wanted))
    return database.execute(f"{query} AND raw_path IN ({marks})", wanted)


def _compare(path: str, identity: FileIdentity, committed: int, crc: int) -> bool | None:
    """True: a file is as it was; False: it is that one with bytes added; None: another one."""
    try:
        now = FileIdentity.of(os.stat(path))  # noqa: PTH116
        if now == identity:
            return True
        if now[:2] != identity[:2] or now.bytes < committed:
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return False if tail_crc(descriptor, committed) == crc else None
    except OSError:
        return None
    finally:
        os.close(descriptor)
