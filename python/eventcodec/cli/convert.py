"""`eventcodec convert`: TensorBoard's event files to VisualDL's logs, and back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from eventcodec.cli.terminal import (
    FOUND_DAMAGE,
    console,
    escape,
    format_count,
    new_table,
    print_json,
    printing,
    progress,
)

if TYPE_CHECKING:
    from eventcodec.archive.convert import ConversionReport

__all__ = ["command"]


@click.command(short_help="Convert event files to VisualDL's logs, and back.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option(
    "--to",
    type=click.Choice(["tfevents", "vdlrecords"]),
    help="The format to write; what SRC is not, by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(source: str, destination: str, to: Any, as_json: bool) -> None:
    """Write the runs of SRC (a file or a log directory) to the new directory DST in the other
    format, and list what that cannot hold. SRC is not changed; DST appears when all is done.

    Exit status: 0 converted, 1 converted but for damaged bytes of SRC, 2 wrong usage, 3 a file
    could not be read or written.

    \b
    Example:
      eventcodec convert vdl_log runs
      eventcodec convert runs vdl_log --to vdlrecords
    """
    from eventcodec.archive.convert import convert

    try:
        with progress("converting, runs", total=0) as advance:
            report = convert(source, destination, to=to, progress=advance)
    except ValueError as error:
        raise click.UsageError(escape(str(error))) from error
    with printing():
        if as_json:
            print_json(dataclasses.asdict(report))
        else:
            print_report(report)
    if report.damage:
        click.get_current_context().exit(FOUND_DAMAGE)


def print_report(report: ConversionReport) -> None:
    """Print a table of losses, and one line that sums up."""
    from rich.text import Text

    out = console()
    if report.losses:
        table = new_table("run", "tag", ">values", "not carried over")
        for loss in report.losses:
            table.add_row(
                Text(escape(loss.run)),
                Text(escape(loss.tag)),
                format_count(loss.count),
                Text(escape(loss.reason)),
            )
        out.print(table)
        out.print()
    skipped = sum(region.length for region in report.damage)
    damage = f"; {format_count(skipped)} damaged bytes skipped" if report.damage else ""
    summary = (
        f"{format_count(report.values)} values of {format_count(report.runs)} run(s) written to "
        f"{escape(report.destination)} as {report.to}{damage}"
    )
    out.print(Text(summary))
