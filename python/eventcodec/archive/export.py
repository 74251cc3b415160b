"""Exports what a log holds as one table in a file, or as files of images, audio and texts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from eventcodec.archive.export_files import safe_name, write_files
from eventcodec.archive.output import OutputDirectory, Piece, atomic_file
from eventcodec.json_lines import JsonRows, to_json
from eventcodec.reader.discover import PathLike
from eventcodec.reader.log import Log
from eventcodec.reader.select import Patterns, Steps, as_patterns, matches

if TYPE_CHECKING:
    from eventcodec.reader.table import Table

__all__ = ["FORMATS", "ExportReport", "Kind", "export", "safe_cell"]

Kind = Literal["scalars", "histograms", "texts", "hparams", "images", "audio"]
_ROWS_AT_ONCE = 1 << 16
# Spreadsheets take a cell that starts so for a formula (OWASP, "CSV Injection"); the last four are
# the wide forms, which some fold.
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        path: the file or directory.
        rows: the rows of all tables, or the files of images, audio or texts without their index.
        bytes: the size of the file, or of the files in the directory without its index.
        files: how many there are in the directory without its index; 1 for a file.
    """

    path: Path
    rows: int
    bytes: int
    files: int = 1


def export(
    source: Log | PathLike,
    destination: PathLike,
    *,
    kind: Kind = "scalars",
    runs: Patterns = None,
    tags: Patterns = None,
    steps: Steps = None,
    every: int | None = None,
    last: int | None = None,
    raw: bool = False,
    replace: bool = False,
    by_run: bool = False,
) -> ExportReport:
    """Write values of a log for other programs.

    Args:
        source: an open Log, an event file or a log directory.
        destination: a file whose suffix says how: .csv, .jsonl, .arrow (an IPC file) or .parquet;
            or, for images, audio and texts, a directory that is made. It appears whole or not at
            all.
        kind: what to write: "scalars", "histograms", "texts" or "hparams" as a table, whose columns
            are those of Log.scalars() and so on; "images", "audio" or "texts" as files.
        runs: see Log.scalars.
        tags: see Log.scalars.
        steps: see Log.scalars.
        every: see Log.scalars.
        last: see Log.scalars.
        raw: leave texts of CSV cells as they are. Otherwise one that a spreadsheet would take for a
            formula has a ' in front.
        replace: take the place of a file that is there.
        by_run: make the destination a directory with a table for each run, without the column run:
            run=NAME/KIND.SUFFIX, as Hive names partitions (in NAME, %XX for bytes other than
            letters, digits, ".", "_" and "-"). pyarrow.dataset, DuckDB and Spark read it as one
            table with the column run. Only one run at a time is in memory.

    Returns:
        An ExportReport.

    Raises:
        ValueError: the destination's suffix is none of those, or does not go with the kind; there
            is nothing of that kind; by_run with something else than scalars, histograms or texts as
            tables, or with a run whose name is too long for a directory.
        FileExistsError: the destination exists.
        ImportError: pyarrow is not installed, for .arrow and .parquet.
        OSError: reading or writing fails.

    Example:
        >>> from eventcodec.archive import export
        >>> export("runs", "loss.csv", tags="loss*").rows  # doctest: +SKIP
        3000
    """
    target = Path(destination)
    write = _writer_of(target, kind)
    if by_run and (write is None or kind == "hparams"):
        raise ValueError(f"by_run is for tables of scalars, histograms and texts, got {kind!r}")
    log = source if isinstance(source, Log) else Log(source)
    if write is None:
        with OutputDirectory(target) as output:
            pieces, size = write_files(
                log, kind, output.tree, runs=runs, tags=tags, steps=steps, every=every, last=last
            )
            if len(pieces) <= 1:  # the index alone
                raise ValueError(f"there are no {kind} to export")
            output.commit(pieces)
        return ExportReport(target, len(pieces) - 1, size, len(pieces) - 1)
    if by_run:
        patterns = as_patterns(runs, "runs")
        tables = (
            (run, getattr(log, kind)(_only(run), tags, steps, every=every, last=last))
            for run in log
            if matches(run, patterns)
        )
        return _write_partitions(tables, target, kind, lambda table, file: write(table, file, raw))
    if kind == "hparams":
        table = log.hparams(runs)
    else:
        table = getattr(log, kind)(runs, tags, steps, every=every, last=last)
    if not len(table):
        raise ValueError(f"there are no {kind} to export")
    with atomic_file(target, replace=replace) as descriptor:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            write(table, file, raw)
        size = os.fstat(descriptor).st_size
    return ExportReport(target, len(table), size)


def _only(run: str) -> re.Pattern[str]:
    """Match one run, whatever its name contains."""
    return re.compile(rf"\A{re.escape(run)}\Z")


def _write_partitions(
    tables: Iterable[tuple[str, Table]],
    target: Path,
    kind: str,
    write: Callable[[Table, IO[bytes]], None],
) -> ExportReport:
    pieces: list[Piece] = []
    rows = size = 0
    with OutputDirectory(target) as output:
        for run, table in tables:
            if not len(table):
                continue
            name = safe_name(run)
            if unquote(name, errors="surrogateescape") != run:
                raise ValueError(f"run {run[:40]!r}... has too long a name for a directory")
            with output.tree.create(f"run={name}", kind + target.suffix.lower()) as (to, piece):
                with os.fdopen(os.dup(to), "wb") as file:
                    write(table.without("run"), file)
                size += os.fstat(to).st_size
            pieces.append(piece)
            rows += len(table)
        if not pieces:
            raise ValueError(f"there are no {kind} to export")
        output.commit(pieces)
    return ExportReport(target, rows, size, len(pieces))


Write = Callable[["Table", IO[bytes], bool], None]


def _writer_of(target: Path, kind: str) -> Write | None:
    """Return what writes a table in the destination's format; None for a directory of files."""
    if kind not in ("scalars", "histograms", "texts", "hparams", "images", "audio"):
        raise ValueError(
            f"kind must be scalars, histograms, texts, hparams, images or audio, got {kind!r}"
        )
    if not target.suffix and kind in ("images", "audio", "texts"):
        return None
    if kind in ("images", "audio"):
        raise ValueError(f"{kind} go into a directory, got {str(target)!r}: leave off the suffix")
    if target.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise ValueError(f"the destination of {kind} must end in {known}, got {str(target)!r}")
    return FORMATS[target.suffix.lower()]


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Source: https://owasp.org/www-community/attacks/CSV_Injection

    Example:
        >>> safe_cell("=1+1"), safe_cell("loss")
        ("'=1+1", 'loss')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _plain(value: Any) -> Any:
    """Return a value of Python, an array as a list."""
    return value.tolist() if hasattr(value, "tolist") else value


def _rows(table: Table, cell: Callable[[Any], Any] = _plain) -> Iterator[tuple[Any, ...]]:
    """Yield the rows: numbers as those of Python, everything else as `cell` has it."""
    columns = [table[name] for name in table.columns]
    for start in range(0, len(table), _ROWS_AT_ONCE):
        part = []
        for column in columns:
            values = column[start : start + _ROWS_AT_ONCE].tolist()
            numbers = column.dtype != object and column.ndim == 1
            part.append(values if numbers else list(map(cell, values)))
        yield from zip(*part, strict=True)


def _write_csv(table: Table, file: IO[bytes], raw: bool) -> None:
    import csv
    import io

    def cell(value: Any) -> Any:
        kind = type(value)
        if kind is not str:
            value = _plain(value)
        if isinstance(value, list):
            return to_json(value)
        return value if raw or kind is not str else safe_cell(value)

    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
    writer = csv.writer(text)
    writer.writerow([cell(name) for name in table.columns])
    writer.writerows(_rows(table, cell))
    text.flush()
    text.detach()


def _write_jsonl(table: Table, file: IO[bytes], raw: bool) -> None:
    del raw
    rows = JsonRows(table.columns)
    file.writelines(rows.encode(row).encode() + b"\n" for row in _rows(table))


def _write_arrow(table: Table, file: IO[bytes], raw: bool) -> None:
    del raw
    arrow = table.to_arrow()
    import pyarrow.ipc

    with pyarrow.ipc.new_file(file, arrow.schema) as writer:
        writer.write_table(arrow)


def _write_parquet(table: Table, file: IO[bytes], raw: bool) -> None:
    del raw
    arrow = table.to_arrow()
    import pyarrow.parquet

    pyarrow.parquet.write_table(arrow, file)


FORMATS: dict[str, Write] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".arrow": _write_arrow,
    ".parquet": _write_parquet,
}
