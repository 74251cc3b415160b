"""Logs from tables of scalars: CSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from eventcodec import _native
from eventcodec.archive.merge import put_scalars
from eventcodec.archive.output import OutputDirectory, OutputTree, Piece, check_run_name, write_all
from eventcodec.reader.discover import PathLike

__all__ = ["ImportReport", "import_scalars"]

_ROWS_AT_ONCE = 100_000
_FILE_NAME = "events.out.tfevents.0000000000.eventcodec.0.000000"
_REQUIRED = ("tag", "step", "value")
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

Row = tuple[str, str, int, float, float]  # run, tag, step, wall time, value


class ImportReport(NamedTuple):
    """What was imported.

    Attributes:
        rows: number of points.
        runs: names of the runs.
        bytes: of the records that were written.
    """

    rows: int
    runs: list[str]
    bytes: int


def import_scalars(source: PathLike, destination: PathLike) -> ImportReport:
    """Make a log directory from a table with the columns run, tag, step, wall_time and value.

    `run` may be missing: then everything is the run "."; `wall_time` too: then it is the time at
    which the table was last changed. Other columns are ignored. An empty value is NaN. Values are
    stored as float32 where that is exact, else as float64. Rows of one run and tag keep their
    order.

    Args:
        source: a .csv, .jsonl or .parquet file.
        destination: the new directory; it appears whole or not at all.

    Returns:
        An ImportReport.

    Raises:
        FileNotFoundError: there is nothing at `source`.
        FileExistsError: there is something at `destination`.
        ImportError: Parquet needs pyarrow.
        ValueError: the file is none of these, lacks a column, or holds what is no number; or a run
            would be outside the destination. The message says where.

    Example:
        >>> from eventcodec.archive import import_scalars
        >>> import_scalars("scalars.csv", "runs").rows  # doctest: +SKIP
        1000
    """
    path = Path(source)
    readers = {".csv": _csv_rows, ".jsonl": _json_rows, ".parquet": _parquet_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{str(source)!r} must end in {', '.join(readers)}")
    modified = path.stat().st_mtime
    with OutputDirectory(Path(destination)) as output:
        runs = _Runs(output.tree)
        for rows in _batches(reader(path, modified)):
            runs.put(rows)
        output.commit(runs.pieces.values())
    return ImportReport(runs.rows, sorted(runs.pieces), runs.bytes)


class _Runs:
    """The files that are being filled; none stays open, so that there may be any number."""

    def __init__(self, tree: OutputTree) -> None:
        self._tree = tree
        self.pieces: dict[str, Piece] = {}
        self.rows = 0
        self._sizes: dict[str, int] = {}

    @property
    def bytes(self) -> int:
        """Sum up what was written."""
        return sum(self._sizes.values())

    def put(self, rows: list[Row]) -> None:
        """Write some rows."""
        by_run: dict[str, dict[str, list[Row]]] = {}
        for row in rows:
            by_run.setdefault(row[0], {}).setdefault(row[1], []).append(row)
        for run, by_tag in by_run.items():
            self._put_run(run, by_tag)
        self.rows += len(rows)

    def _put_run(self, run: str, by_tag: dict[str, list[Row]]) -> None:
        if run not in self.pieces:
            first = next(iter(by_tag.values()))[0]
            with self._tree.create(check_run_name(run), _FILE_NAME) as (target, piece):
                write_all(target, _native.version_record(first[3]))
            self.pieces[run] = piece
        target = self._tree.reopen(self.pieces[run])
        try:
            for tag, rows in by_tag.items():
                put_scalars(
                    target,
                    tag,
                    np.array([row[2] for row in rows], np.int64),
                    np.array([row[3] for row in rows], np.float64),
                    np.array([row[4] for row in rows], np.float64),
                )
            self._sizes[run] = os.fstat(target).st_size
        finally:
            os.close(target)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(found: dict[str, Any], where: str, modified: float) -> Row:
    """Return a row, every part of it checked."""
    run = found.get("run")
    tag = found.get("tag")
    if not isinstance(tag, str) or not tag:
        raise ValueError(f"{where}: tag must be a text, got {tag!r}")
    try:
        _native.check_tag(tag)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    step = _integer(found.get("step"), where)
    wall_time = found.get("wall_time")
    time = modified if wall_time in (None, "") else _number(wall_time, "wall_time", where)
    if not math.isfinite(time):
        raise ValueError(f"{where}: wall_time must be a finite number, got {wall_time!r}")
    given = found["value"] if "value" in found else _missing(where)
    # pandas writes NaN as nothing, to CSV and to Parquet.
    value = math.nan if given in (None, "") else _number(given, "value", where)
    return (str(run) if run not in (None, "") else ".", tag, step, time, value)


def _missing(where: str) -> float:
    raise ValueError(f"{where}: there is no value")


def _integer(given: Any, where: str) -> int:
    try:
        step = int(given)
        exact = not isinstance(given, float) or step == given
    except (TypeError, ValueError, OverflowError):
        exact, step = False, 0
    if not exact or not -(1 << 63) <= step < 1 << 63:
        raise ValueError(f"{where}: step must be a whole number of 64 bits, got {given!r}")
    return step


def _number(given: Any, name: str, where: str) -> float:
    try:
        return _SPECIAL[given] if given in _SPECIAL else float(given)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: {name} must be a number, got {given!r}") from None


def _check_columns(columns: list[str], path: Path) -> None:
    for name in _REQUIRED:
        if name not in columns:
            shown = ", ".join(map(repr, columns[:8]))
            raise ValueError(f"{str(path)!r} has no column {name!r}; there is {shown}")


def _lines(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _csv_rows(path: Path, modified: float) -> Iterator[Row]:
    with _lines(path) as file:
        reader = csv.DictReader(file)
        try:
            _check_columns(list(reader.fieldnames or []), path)
            for found in reader:
                yield _row(found, f"line {reader.line_num}", modified)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{str(path)!r}, line {reader.line_num}: {error}") from error


def _json_rows(path: Path, modified: float) -> Iterator[Row]:
    with _lines(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{str(path)!r}, line {number}: {error}") from error
            if not isinstance(found, dict):
                raise ValueError(f"{str(path)!r}, line {number}: not an object")
            yield _row(found, f"line {number}", modified)


def _parquet_rows(path: Path, modified: float) -> Iterator[Row]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError("Parquet needs pyarrow: pip install 'eventcodec[arrow]'") from error
    try:
        file = pq.ParquetFile(path)
        _check_columns(list(file.schema_arrow.names), path)
        names = [
            n for n in ("run", "tag", "step", "wall_time", "value") if n in file.schema_arrow.names
        ]
        number = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names):
            for found in batch.to_pylist():
                number += 1
                yield _row(found, f"row {number}", modified)
    except pa.ArrowException as error:
        raise ValueError(f"{str(path)!r}: {error}") from error
