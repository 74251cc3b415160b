"""SQL over the index of a log directory, and over all its scalars."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from eventcodec.archive.index import index
from eventcodec.archive.index_database import HIDDEN, TABLES
from eventcodec.archive.index_runs import as_text
from eventcodec.reader.discover import PathLike
from eventcodec.reader.log import Log
from eventcodec.reader.saved_scans import open_database

__all__ = ["Answer", "Dialect", "query", "tables"]

Dialect = Literal["auto", "sqlite", "duckdb"]
_SCALARS = {
    "run": "TEXT",
    "tag": "TEXT",
    "step": "INTEGER",
    "wall_time": "REAL",
    "value": "REAL",
}
_ROWS_AT_ONCE = 10_000


class Answer(NamedTuple):
    """The result of a query.

    Attributes:
        columns: their names.
        rows: tuples of int, float, str, bytes and None.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]


def tables() -> dict[str, list[str]]:
    """Return the columns of each table that a query may name."""
    shown = {
        name: [column for column in columns if column not in HIDDEN]
        for name, columns in TABLES.items()
    }
    return {**shown, "scalars": list(_SCALARS)}


def query(
    path: PathLike,
    sql: str,
    *,
    dialect: Dialect = "auto",
    location: PathLike | None = None,
    update: bool = True,
) -> Answer:
    """Answer a SQL query about a log directory.

    The tables are files, runs, tags, hparams, damage, and scalars (run, tag, step, wall_time,
    value): every point that no restart voids. Nothing can be written.

    Args:
        path: a log directory.
        sql: one SELECT statement.
        dialect: "sqlite"; "duckdb", which the extra `query` installs and which is much faster over
            scalars; "auto" for DuckDB where it is installed.
        location: the directory of the index; see index().
        update: bring the index up to date first.

    Returns:
        An Answer.

    Raises:
        FileNotFoundError: there is nothing at `path`, or no index with update=False.
        ImportError: DuckDB is asked for and not installed.
        ValueError: the SQL is wrong; the message says where.

    Example:
        >>> from eventcodec.archive import query
        >>> query("runs", "SELECT tag, nan_count FROM tags WHERE nan_count > 0")  # doctest: +SKIP
        Answer(columns=['tag', 'nan_count'], rows=[])
    """
    installed = importlib.util.find_spec("duckdb") is not None
    if dialect not in ("auto", "sqlite", "duckdb"):
        raise ValueError(f'dialect must be "auto", "sqlite" or "duckdb", got {dialect!r}')
    if dialect == "duckdb" and not installed:
        raise ImportError("this dialect needs duckdb: pip install 'eventcodec[query]'")
    place = Path(index(path, location=location).location) if update else _found(path, location)
    # A table is loaded when its name is somewhere in the query: never one too few.
    wanted = [name for name in tables() if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
    if dialect == "duckdb" or (dialect == "auto" and installed):
        return _ask_duckdb(Path(path), place, sql, wanted)
    return _ask_sqlite(Path(path), place, sql, wanted)


def _found(path: PathLike, location: PathLike | None) -> Path:
    from eventcodec.reader.saved_scans import find_index

    if location is not None:
        return Path(location)
    found = find_index(Path(path))
    if found is None:
        raise FileNotFoundError(2, "no index here: eventcodec index makes one", str(path))
    return found[1]


def _ask_sqlite(path: Path, place: Path, sql: str, wanted: list[str]) -> Answer:
    with open_database(place) as database:
        if "scalars" in wanted:
            content = ", ".join(f"{name} {kind}" for name, kind in _SCALARS.items())
            database.execute(f"CREATE TEMP TABLE scalars ({content})")
            for rows in _scalar_rows(path, place):
                database.executemany("INSERT INTO scalars VALUES (?, ?, ?, ?, ?)", rows)
        # The file cannot be written to as it is open for reading; this is against files of others.
        database.set_authorizer(_only_reading)
        try:
            cursor = database.execute(sql)
            columns = [column[0] for column in cursor.description or ()]
            return Answer(columns, cursor.fetchall())
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise ValueError(f"SQL: {error}") from error


def _only_reading(action: int, *names: str | None) -> int:
    del names
    reading = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33)
    return sqlite3.SQLITE_OK if action in reading else sqlite3.SQLITE_DENY  # 33: WITH RECURSIVE


def _log(path: Path, place: Path) -> Log:
    return Log(path, index=place)


def _scalar_rows(path: Path, place: Path) -> Iterator[list[tuple[Any, ...]]]:
    log = _log(path, place)
    for run in log.runs.values():
        for tag, series in run.scalars.items():
            columns = (series.steps, series.wall_times, series.values)
            names = as_text(run.name), as_text(tag)
            for start in range(0, len(series), _ROWS_AT_ONCE):
                part = (column[start : start + _ROWS_AT_ONCE].tolist() for column in columns)
                yield [(*names, *row) for row in zip(*part, strict=True)]


def _ask_duckdb(path: Path, place: Path, sql: str, wanted: list[str]) -> Answer:
    import duckdb

    with contextlib.closing(duckdb.connect(":memory:")) as connection:
        with open_database(place) as database:
            for name in wanted:
                if name != "scalars":
                    _copy_table(connection, database, name)
        if "scalars" in wanted:
            table = _log(path, place).scalars()
            connection.register("given", table.__arrow_c_stream__())
            connection.execute(
                "CREATE TABLE scalars AS SELECT run::TEXT AS run, tag::TEXT AS tag, step,"
                " wall_time, value FROM given"
            )
            connection.unregister("given")
        # From here on the query can reach nothing but these tables.
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            result = connection.execute(sql)
            columns = [column[0] for column in result.description or ()]
            return Answer(columns, result.fetchall())
        except duckdb.Error as error:
            raise ValueError(f"SQL: {error}") from error


def _copy_table(connection: Any, database: sqlite3.Connection, name: str) -> None:
    """Copy one table of the index."""
    types = {"TEXT": "VARCHAR", "INTEGER": "BIGINT", "REAL": "DOUBLE", "BLOB": "BLOB"}
    shown = tables()[name]
    kinds = [
        types.get((TABLES[name][column].split() or ["TEXT"])[0], "VARCHAR") for column in shown
    ]
    quoted = ", ".join(f'"{column}"' for column in shown)
    rows = database.execute(f"SELECT {quoted} FROM {name}").fetchall()
    if name == "hparams":  # a number or a text: text, as SQL wants one type
        rows = [(run, key, None if value is None else _word(value)) for run, key, value in rows]
    content = ", ".join(f'"{c}" {kind}' for c, kind in zip(shown, kinds, strict=True))
    connection.execute(f"CREATE TABLE {name} ({content})")
    columns = list(zip(*rows, strict=True)) or [()] * len(shown)
    if rows:
        lists = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
        connection.execute(f"INSERT INTO {name} SELECT {lists}", [list(c) for c in columns])


def _word(value: Any) -> str:
    return f"{value:.17g}" if isinstance(value, float) else str(value)
