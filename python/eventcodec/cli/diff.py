"""`eventcodec diff`: where two logs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from eventcodec.cli.terminal import (
    console,
    escape,
    format_count,
    new_table,
    print_json,
    printing,
)

if TYPE_CHECKING:
    from eventcodec.archive.diff import Difference

__all__ = ["command"]

MOST_ROWS = 40
DIFFERENT = 1


@click.command(short_help="Where two logs differ.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--ignore-wall-time", is_flag=True, help="Compare steps and values alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a difference.")
def command(first: str, second: str, ignore_wall_time: bool, as_json: bool) -> None:
    """Compare what readers show of A and B, event files or log directories.

    How runs are cut into files and how values are stored makes no difference. Of each tag the first
    difference is printed. Exit status: 0 equal, 1 different, 3 a file could not be read.

    \b
    Example:
      eventcodec diff runs compacted
      eventcodec diff runs/monday runs/tuesday --ignore-wall-time
    """
    from eventcodec.archive.diff import diff

    found = list(diff(first, second, wall_times=not ignore_wall_time))
    with printing():
        if as_json:
            for difference in found:
                print_json(difference._asdict())
        elif found:
            print_differences(found)
    if found:
        click.get_current_context().exit(DIFFERENT)


def print_differences(found: list[Difference]) -> None:
    """Print a table of differences."""
    table = new_table("run", "tag", "differs in", ">row", "A", "B")
    for difference in found[:MOST_ROWS]:
        run, tag, what, row, *sides = difference
        shown = "" if row < 0 else format_count(row)
        table.add_row(escape(run), escape(tag), what, shown, *map(escape, sides))
    out = console()
    out.print(table)
    if len(found) > MOST_ROWS:
        out.print(f"... {format_count(len(found) - MOST_ROWS)} more")
