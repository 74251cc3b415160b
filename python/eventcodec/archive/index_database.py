"""The database of an index: its tables, and how rows get into them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from eventcodec.archive.index_runs import TagRow, as_text
from eventcodec.archive.index_segments import Indexed
from eventcodec.reader.saved_scans import SCHEMA_VERSION, FileIdentity, State

__all__ = [
    "HIDDEN",
    "TABLES",
    "Known",
    "create",
    "finish",
    "forget_files",
    "forget_runs",
    "identities",
    "move_states",
    "open_for_writing",
    "put_files",
    "put_runs",
    "state_of",
    "states",
    "sum_up_runs",
]

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
        "pieces": "TEXT NOT NULL",  # JSON: [segment, offset, length] of each
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
# Of `files`, not for queries.
HIDDEN = frozenset(list(TABLES["files"])[8:])
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS files_run ON files(run)",
    "CREATE INDEX IF NOT EXISTS tags_run ON tags(run, tag)",
    "CREATE INDEX IF NOT EXISTS tags_tag ON tags(tag)",
    "CREATE INDEX IF NOT EXISTS hparams_run ON hparams(run)",
    "CREATE INDEX IF NOT EXISTS damage_path ON damage(path)",
)


class Known(NamedTuple):
    """A file as it was when it was read."""

    run: str
    identity: FileIdentity
    committed: int
    tail_crc: int
    segment: str | None  # None: it could not be read


def create(database: sqlite3.Connection) -> None:
    """Make the tables of an empty database; finish() makes their indexes."""
    for table, columns in TABLES.items():
        content = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        database.execute(f"CREATE TABLE {table} ({content})")
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def finish(database: sqlite3.Connection) -> None:
    """Make the indexes of a new database: once it is full, which is much faster."""
    for statement in _INDEXES:
        database.execute(statement)


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(TABLES[table]))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def forget_files(database: sqlite3.Connection, raw_paths: Iterable[bytes]) -> None:
    """Remove files and their damage."""
    paths = list(raw_paths)
    database.executemany("DELETE FROM damage WHERE path = ?", [(as_text(p),) for p in paths])
    database.executemany("DELETE FROM files WHERE raw_path = ?", [(path,) for path in paths])


def put_files(database: sqlite3.Connection, found: Iterable[tuple[str, bytes, Indexed]]) -> None:
    """Put in what was read of files that are not in the database: run, raw path, what it is."""
    files, damage = [], []
    for run, raw_path, indexed in found:
        path, name = as_text(raw_path), as_text(run)
        identity, state = indexed.identity, indexed.state
        files.append(
            (
                name,
                path,
                identity.bytes,
                indexed.records,
                indexed.health,
                len(indexed.damage),
                indexed.pending_bytes,
                identity.mtime_ns / 1e9,
                raw_path,
                identity.device,
                identity.inode,
                identity.mtime_ns,
                indexed.committed,
                indexed.tail_crc,
                *((None, None, None) if state is None else state[:3]),
                json.dumps([] if state is None else state.pieces),
            )
        )
        damage += [(name, path, *region) for region in indexed.damage]
    _insert(database, "files", files)
    _insert(database, "damage", damage)


def forget_runs(database: sqlite3.Connection, runs: Iterable[str]) -> None:
    """Remove what the files of runs hold together; names are those in the database."""
    names = [(name,) for name in runs]
    for table in ("tags", "hparams"):
        database.executemany(f"DELETE FROM {table} WHERE run = ?", names)


def put_runs(
    database: sqlite3.Connection,
    tags: Iterable[TagRow],
    hparams: Iterable[tuple[str, str, Any]],
) -> None:
    """Put in rows of what the files of runs hold together."""
    _insert(database, "tags", tags)
    _insert(database, "hparams", hparams)


def sum_up_runs(database: sqlite3.Connection, runs: Iterable[str]) -> None:
    """Renew the table `runs` for some runs, from what their files and tags are now."""
    database.execute("CREATE TEMP TABLE changed (run TEXT NOT NULL PRIMARY KEY)")
    database.executemany("INSERT INTO changed VALUES (?)", [(name,) for name in runs])
    database.execute("DELETE FROM runs WHERE run IN (SELECT run FROM changed)")
    database.execute(
        "INSERT INTO runs SELECT run, files, bytes, records, coalesce(tags, 0), CASE worst"
        " WHEN 0 THEN 'unreadable' WHEN 1 THEN 'damaged' WHEN 2 THEN 'pending' ELSE 'whole' END,"
        " first_wall_time, last_wall_time, first_step, last_step FROM"
        " (SELECT run, count(*) AS files, sum(bytes) AS bytes, sum(records) AS records,"
        "  min(CASE health WHEN 'unreadable' THEN 0 WHEN 'damaged' THEN 1 WHEN 'pending' THEN 2"
        "  ELSE 3 END) AS worst"
        "  FROM files WHERE run IN (SELECT run FROM changed) GROUP BY run)"
        " LEFT JOIN"
        " (SELECT run, count(*) AS tags, min(first_wall_time) AS first_wall_time,"
        "  max(last_wall_time) AS last_wall_time, min(first_step) AS first_step,"
        "  max(last_step) AS last_step"
        "  FROM tags WHERE run IN (SELECT run FROM changed) GROUP BY run) USING (run)"
    )
    database.execute("DROP TABLE changed")


def identities(database: sqlite3.Connection) -> dict[bytes, Known]:
    """Return what is known of every file, by its raw path."""
    rows = database.execute(
        "SELECT raw_path, run, device, inode, bytes, mtime_ns, committed, tail_crc, segment"
        " FROM files"
    )
    return {row[0]: Known(row[1], FileIdentity(*row[2:6]), *row[6:]) for row in rows}


def states(database: sqlite3.Connection) -> dict[bytes, State]:
    """Return where the state of every file is, by its raw path."""
    rows = database.execute(
        "SELECT raw_path, segment, state_offset, state_length, pieces FROM files"
        " WHERE segment IS NOT NULL"
    )
    return {row[0]: State.of_row(*row[1:]) for row in rows}


def state_of(database: sqlite3.Connection, raw_path: bytes) -> State | None:
    """Return where the state of a file is."""
    row = database.execute(
        "SELECT segment, state_offset, state_length, pieces FROM files"
        " WHERE raw_path = ? AND segment IS NOT NULL",
        (raw_path,),
    ).fetchone()
    return None if row is None else State.of_row(*row)


def move_states(database: sqlite3.Connection, moved: dict[bytes, State]) -> None:
    """Note where states are now."""
    database.executemany(
        "UPDATE files SET segment = ?, state_offset = ?, state_length = ?, pieces = ?"
        " WHERE raw_path = ?",
        [(*state[:3], json.dumps(state.pieces), raw) for raw, state in moved.items()],
    )


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a database that nobody else sees; its caller makes it durable and gives it its name."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA temp_store = MEMORY")
    database.execute("BEGIN")
    return database
