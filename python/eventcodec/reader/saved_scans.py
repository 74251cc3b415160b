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
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from eventcodec import _native

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "DATABASE",
    "INDEX_DIRECTORY",
    "SCHEMA_VERSION",
    "FileIdentity",
    "cache_directory",
    "find_index",
    "open_database",
    "restore_files",
    "tail_crc",
]

INDEX_DIRECTORY = ".eventcodec"
DATABASE = "index.sqlite"
SCHEMA_VERSION = 1
# So many bytes before the end of what was read tell whether a file grew or is another one.
_TAIL_BYTES = 4096


class FileIdentity(NamedTuple):
    """What tells one state of a file from another without reading it."""

    device: int
    inode: int
    bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        """Return the identity of a file with this status."""
        # Of 64 bits, signed: SQLite has no others.
        device, inode = (
            number - (1 << 64) if number >= 1 << 63 else number
            for number in (status.st_dev, status.st_ino)
        )
        return cls(device, inode, status.st_size, status.st_mtime_ns)


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
    start = max(0, committed - _TAIL_BYTES)
    return _native.crc32c(os.pread(descriptor, committed - start, start))


def restore_files(
    files: Iterable[str], known: dict[str, _native.EventFile], place: Path | None, base: Path
) -> None:
    """Fill `known` with the files of an index.

    Args:
        files: which files are wanted; those in `known` are left alone.
        known: path -> what was read of it.
        place: the directory of the index; None to look for one.
        base: the log directory.
    """
    import sqlite3

    indexed = find_index(base) if place is None else (base.resolve(), place)
    if indexed is None:
        return
    root, place = indexed
    # Links on the way to `base` are followed, those below it are not: as the index names files.
    above, below = os.path.join(base, ""), base.resolve().relative_to(root)  # noqa: PTH118
    wanted = {}
    for file in files:
        if file not in known and file.startswith(above):
            relative = file[len(above) :]
            wanted[os.fsencode(relative if below == Path() else f"{below}/{relative}")] = file
    with contextlib.suppress(sqlite3.Error, OSError, UnicodeError), contextlib.ExitStack() as stack:
        database = stack.enter_context(open_database(place))
        rows = database.execute(
            "SELECT raw_path, device, inode, bytes, mtime_ns, committed, tail_crc, segment,"
            " state_offset, state_length FROM files WHERE segment IS NOT NULL"
        )
        segments: dict[str, int] = {}
        for raw_path, *identity, committed, crc, segment, offset, length in rows:
            path = wanted.get(raw_path)
            if path is None or not _is_same(path, FileIdentity(*identity), committed, crc):
                continue
            if segment not in segments:
                segments[segment] = os.open(place / segment, os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, segments[segment])
            restored = _native.EventFile(os.fsencode(path))
            if restored.restore(os.pread(segments[segment], length, offset)):
                known[path] = restored


def _is_same(path: str, identity: FileIdentity, committed: int, crc: int) -> bool:
    """Whether a file is the one that was indexed, or that one with bytes added."""
    try:
        now = FileIdentity.of(os.stat(path))  # noqa: PTH116
        if now == identity:
            return True
        if now[:2] != identity[:2] or now.bytes < committed:
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return tail_crc(descriptor, committed) == crc
    except OSError:
        return False
    finally:
        os.close(descriptor)
