"""The database of an index: its tables, and how rows get into them."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from eventcodec import _native
from eventcodec.reader.saved_scans import SCHEMA_VERSION, FileIdentity

if TYPE_CHECKING:
    from eventcodec.reader.run import Run

__all__ = ["TABLES", "Indexed", "as_text", "create", "forget_files", "put_file", "put_run"]

# Table -> column -> what it holds; the documentation of `eventcodec query` comes from here.
TABLES: dict[str, dict[str, str]] = {
    "files": {
        "run": "TEXT NOT NULL",
        "path": "TEXT NOT NULL",  # relative to the log directory
        "bytes": "INTEGER NOT NULL",
        "records": "INTEGER NOT NULL",
        "health": "TEXT NOT NULL",  # whole, pending, damaged or unreadable
        "damaged_regions": "INTEGER NOT NULL",
        "pending_bytes": "INTEGER NOT NULL",
        "modified": "REAL NOT NULL",  # seconds since 1970
        # How the file is recognised, and where what was read of it is kept.
        "raw_path": "BLOB NOT NULL UNIQUE",
        "device": "INTEGER NOT NULL",
        "inode": "INTEGER NOT NULL",
        "mtime_ns": "INTEGER NOT NULL",
        "committed": "INTEGER NOT NULL",
        "tail_crc": "INTEGER NOT NULL",
        "segment": "TEXT",
        "state_offset": "INTEGER",
        "state_length": "INTEGER",
    },
    "runs": {
        "run": "TEXT NOT NULL PRIMARY KEY",
        "files": "INTEGER NOT NULL",
        "bytes": "INTEGER NOT NULL",
        "records": "INTEGER NOT NULL",
        "tags": "INTEGER NOT NULL",
        "health": "TEXT NOT NULL",
        "first_wall_time": "REAL",
        "last_wall_time": "REAL",
        "first_step": "INTEGER",
        "last_step": "INTEGER",
    },
    "tags": {
        "run": "TEXT NOT NULL",
        "tag": "TEXT NOT NULL",
        "kind": "TEXT NOT NULL",
        "plugin": "TEXT NOT NULL",
        "count": "INTEGER NOT NULL",
        "first_step": "INTEGER NOT NULL",
        "last_step": "INTEGER NOT NULL",
        "first_wall_time": "REAL",
        "last_wall_time": "REAL",
        "min": "REAL",  # of scalars, NaN left out; NULL when there is none
        "max": "REAL",
        "last": "REAL",
        "nan_count": "INTEGER",
        "bytes": "INTEGER",  # of records, also of values that a restart voids
    },
    "hparams": {
        "run": "TEXT NOT NULL",
        "name": "TEXT NOT NULL",
        "value": "",  # a number or a text
    },
    "damage": {
        "run": "TEXT NOT NULL",
        "path": "TEXT NOT NULL",
        "offset": "INTEGER NOT NULL",
        "length": "INTEGER NOT NULL",
        "reason": "TEXT NOT NULL",
        "records_before": "INTEGER NOT NULL",
    },
}
# Not for queries: the bytes of each tag of each file.
_HIDDEN = (
    "CREATE TABLE tag_bytes (raw_path BLOB NOT NULL, tag TEXT NOT NULL, bytes INTEGER NOT NULL)"
)
_INDEXES = (
    "CREATE INDEX files_run ON files(run)",
    "CREATE INDEX tags_run ON tags(run, tag)",
    "CREATE INDEX tags_tag ON tags(tag)",
    "CREATE INDEX hparams_run ON hparams(run)",
    "CREATE INDEX damage_path ON damage(path)",
    "CREATE INDEX tag_bytes_path ON tag_bytes(raw_path)",
)


class Indexed(NamedTuple):
    """What was read of one file."""

    path: bytes
    identity: FileIdentity
    committed: int
    records: int
    pending_bytes: int
    tail_crc: int
    damage: list[tuple[int, int, str, int]]
    error: str | None
    segment: str | None
    state_offset: int
    state_length: int
    tag_bytes: list[tuple[str, int]]  # of what was read now
    begin: int  # where that begins
    bytes_read: int

    @property
    def health(self) -> str:
        """Word the state of the file."""
        if self.error is not None:
            return "unreadable"
        if self.damage:
            return "damaged"
        return "pending" if self.pending_bytes else "whole"


def as_text(name: str | bytes) -> str:
    """Return a name as text for the database: what is not UTF-8 becomes an escape."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def create(database: sqlite3.Connection) -> None:
    """Make the tables of an empty database."""
    for table, columns in TABLES.items():
        content = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        database.execute(f"CREATE TABLE {table} ({content})")
    database.execute(_HIDDEN)
    for statement in _INDEXES:
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(TABLES[table]))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def forget_files(database: sqlite3.Connection, raw_paths: Iterable[bytes]) -> None:
    """Remove files and what is known of them."""
    for raw_path in raw_paths:
        database.execute(
            "DELETE FROM damage WHERE path = (SELECT path FROM files WHERE raw_path = ?)",
            (raw_path,),
        )
        database.execute("DELETE FROM tag_bytes WHERE raw_path = ?", (raw_path,))
        database.execute("DELETE FROM files WHERE raw_path = ?", (raw_path,))


def put_file(database: sqlite3.Connection, run: str, raw_path: bytes, found: Indexed) -> None:
    """Put in what was read of a file, in the place of what was known of it."""
    sizes = dict(found.tag_bytes)
    if found.begin:
        known = "SELECT tag, bytes FROM tag_bytes WHERE raw_path = ?"
        for tag, size in database.execute(known, (raw_path,)):
            sizes[tag] = sizes.get(tag, 0) + size
    forget_files(database, [raw_path])
    path = as_text(raw_path)
    identity = found.identity
    row = (
        as_text(run),
        path,
        identity.bytes,
        found.records,
        found.health,
        len(found.damage),
        found.pending_bytes,
        identity.mtime_ns / 1e9,
        raw_path,
        identity.device,
        identity.inode,
        identity.mtime_ns,
        found.committed,
        found.tail_crc,
        found.segment,
        found.state_offset,
        found.state_length,
    )
    _insert(database, "files", [row])
    _insert(database, "damage", [(as_text(run), path, *region) for region in found.damage])
    database.executemany(
        "INSERT INTO tag_bytes VALUES (?, ?, ?)",
        [(raw_path, tag, size) for tag, size in sizes.items()],
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def put_run(database: sqlite3.Connection, name: str, run: Run | None) -> None:
    """Put in what the files of a run hold together; None when it has no files any more."""
    name = as_text(name)
    for table in ("runs", "tags", "hparams"):
        database.execute(f"DELETE FROM {table} WHERE run = ?", (name,))
    if run is None:
        return
    sizes = dict(
        database.execute(
            "SELECT tag, sum(tag_bytes.bytes) FROM tag_bytes JOIN files USING (raw_path)"
            " WHERE run = ? GROUP BY tag",
            (name,),
        ).fetchall()
    )
    rows = [_tag_row(name, tag, kind, facts, sizes) for tag, kind, facts in run.described()]
    _insert(database, "tags", rows)
    _insert(database, "hparams", [(name, *item) for item in _hparams_of(run)])
    files, size, records, worst = database.execute(
        "SELECT count(*), sum(bytes), sum(records), min(CASE health WHEN 'unreadable' THEN 0"
        " WHEN 'damaged' THEN 1 WHEN 'pending' THEN 2 ELSE 3 END) FROM files WHERE run = ?",
        (name,),
    ).fetchone()
    database.execute(
        "INSERT INTO runs SELECT ?, ?, ?, ?, count(*), ?, min(first_wall_time),"
        " max(last_wall_time), min(first_step), max(last_step) FROM tags WHERE run = ?",
        (name, files, size, records, ("unreadable", "damaged", "pending", "whole")[worst], name),
    )


def _tag_row(run: str, tag: str, kind: str, facts: Any, sizes: dict[str, int]) -> tuple[Any, ...]:
    described, values = facts
    statistics: tuple[Any, ...] = (None, None, None, None)
    if values is not None:
        least, greatest, nans = _native.scalar_statistics(values)
        last = float(values[-1]) if len(values) else math.nan
        statistics = (_number(least), _number(greatest), _number(last), nans)
    return (
        run,
        as_text(tag),
        kind,
        described.plugin,
        described.count,
        described.first_step,
        described.last_step,
        _number(described.first_wall_time),
        _number(described.last_wall_time),
        *statistics,
        sizes.get(tag),
    )


def _hparams_of(run: Run) -> list[tuple[str, Any]]:
    from eventcodec.errors import CodecError

    try:
        found = run.hparams
    except (CodecError, OSError):
        return []
    if found is None:
        return []
    return [
        (name, str(value).lower() if isinstance(value, bool) else value)
        if isinstance(value, (bool, int, float, str))
        else (name, str(value))
        for name, value in found.hparams.items()
    ]


def identities(database: sqlite3.Connection) -> dict[bytes, tuple[Any, ...]]:
    """Return raw path -> run, identity, committed, tail checksum and place of the state."""
    rows = database.execute(
        "SELECT raw_path, run, device, inode, bytes, mtime_ns, committed, tail_crc, segment,"
        " state_offset, state_length FROM files"
    )
    return {row[0]: row[1:] for row in rows}


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a database that nobody else sees; its caller makes it durable and gives it its name."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN")
    return database
