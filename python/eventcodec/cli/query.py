"""`eventcodec query`: SQL over the index of a log directory."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any

import click

from eventcodec.cli.bulk import MissingEngine, expected_errors
from eventcodec.cli.terminal import console, escape, format_count, new_table, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventcodec.archive.query import Answer

__all__ = ["command", "print_answer"]

MOST_ROWS = 200
# Nobody has a terminal of so many columns; what is no terminal gets a table of any width up to it.
WIDEST = 100_000
LARGE, LARGEST = 1e6, 1e12
# What a spreadsheet would take for a formula. Source: OWASP, CSV Injection.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.command(short_help="SQL over runs, tags, scalars, damage.")
@click.argument("path", metavar="PATH")
@click.argument("sql", metavar="SQL")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "arrow"]),
    default="table",
    show_default=True,
    help="json: one object a row; arrow: an IPC stream.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--sql",
    "dialect",
    type=click.Choice(["auto", "sqlite", "duckdb"]),
    default="auto",
    show_default=True,
    help="Whose SQL; auto is DuckDB where it is installed.",
)
@click.option("--location", metavar="DIR", help="Of the index.  [default: PATH/.eventcodec]")
@click.option("--no-update", is_flag=True, help="Take the index as it is.")
def command(
    path: str,
    sql: str,
    form: str,
    as_json: bool,
    dialect: Any,
    location: str | None,
    no_update: bool,
) -> None:
    """Answer SQL about the log directory PATH, whose index is brought up to date first.

    \b
    Tables:
      files    run path bytes records health damaged_regions pending_bytes
               modified
      runs     run files bytes records tags health first_wall_time last_wall_time
               first_step last_step
      tags     run tag kind plugin count first_step last_step first_wall_time
               last_wall_time min max last nan_count bytes
      hparams  run name value
      damage   run path offset length reason records_before
      scalars  run tag step wall_time value

    \b
    Example:
      eventcodec query runs "SELECT run, min FROM tags
        WHERE tag = 'val/loss' ORDER BY min LIMIT 10"

    \b
    More questions:
      runs with NaN:
        eventcodec query runs "SELECT run, tag, nan_count FROM tags
          WHERE nan_count > 0"
      tags that stopped early:
        eventcodec query runs "SELECT tags.run, tag, tags.last_step FROM tags
          JOIN runs USING (run) WHERE tags.last_step < runs.last_step * 0.9"
      disk use per tag (or eventcodec du runs):
        eventcodec query runs "SELECT tag, sum(bytes) FROM tags
          GROUP BY tag ORDER BY 2 DESC"
      every point of one tag, as CSV:
        eventcodec query runs --format csv "SELECT * FROM scalars
          WHERE tag = 'loss'"
    """
    from eventcodec.archive.query import query

    with expected_errors():
        try:
            answer = query(path, sql, dialect=dialect, location=location, update=not no_update)
        except ImportError as error:
            raise MissingEngine(str(error)) from error
    print_answer(answer, "json" if as_json else form)


def print_answer(answer: Answer, form: str) -> None:
    """Print the rows of a query."""
    if form == "json":
        for row in answer.rows:
            print_json({name: plain(v) for name, v in zip(answer.columns, row, strict=True)})
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(map(safe_cell, answer.columns))
        writer.writerows([safe_cell(plain(value)) for value in row] for row in answer.rows)
    elif form == "arrow":
        write_arrow(answer)
    else:
        print_table(answer)


def print_table(answer: Answer) -> None:
    """Print rows as a table, or, where it is wider than the terminal, column by column."""
    screen = console()
    rows = answer.rows[:MOST_ROWS]
    shown = [[escape(cell(value)) for value in row] for row in rows]
    headings = [escape(name) for name in answer.columns]
    columns = list(zip(*rows, strict=True)) or [()] * len(headings)
    table = new_table(*map(heading_of, headings, columns))
    for row in shown:
        table.add_row(*row)
    width = screen.measure(table, options=screen.options.update(max_width=WIDEST)).maximum
    if width <= screen.width:
        screen.print(table)
    elif screen.is_terminal:
        for row in shown:
            print_row(headings, row)
    else:
        screen.width = width
        screen.print(table)
    if len(answer.rows) > MOST_ROWS:
        screen.print(f"... {format_count(len(answer.rows) - MOST_ROWS)} more rows")


def heading_of(name: str, values: Sequence[Any]) -> str:
    """Return the heading of a column, which says that numbers stand on the right."""
    numbers = all(value is None or isinstance(value, (int, float)) for value in values)
    return f">{name}" if numbers else name


def print_row(headings: Sequence[str], row: Sequence[str]) -> None:
    """Print one row as a small table of its own: a line for each column."""
    table = new_table("column", "value")
    table.show_header = False
    for name, value in zip(headings, row, strict=True):
        table.add_row(name, value)
    console().print(table)
    console().print()


def plain(value: Any) -> Any:
    """Return a value that JSON and CSV can hold."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return value
    return str(value)


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet runs: text that would be a formula gets a quote."""
    if not isinstance(value, str):
        return "" if value is None else value
    value = escape(value)
    return f"'{value}" if value.startswith(FORMULA) else value


def cell(value: Any) -> str:
    """Format a value for a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        # Large ones with their fraction of a second: they are wall times.
        digits = 13 if LARGE <= abs(value) < LARGEST else 6
        return f"{value:.{digits}g}"
    return str(plain(value))


def write_arrow(answer: Answer) -> None:
    """Write an Arrow IPC stream to standard output."""
    from eventcodec.cli.output import require

    require("pyarrow", extra="arrow", purpose="--format arrow")
    import pyarrow as pa

    columns = list(zip(*answer.rows, strict=True)) or [()] * len(answer.columns)
    table = pa.table([pa.array(list(column)) for column in columns], names=answer.columns)
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)
    sys.stdout.buffer.flush()
