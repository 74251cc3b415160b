"""`eventcodec repair`: copy what is intact of damaged event files."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options, expected_errors
from eventcodec.cli.terminal import (
    console,
    escape,
    format_bytes,
    format_count,
    new_table,
    print_json,
)

if TYPE_CHECKING:
    from eventcodec.archive.repair import RepairReport

__all__ = ["command"]

# Of more files than this only those that were damaged are listed.
MOST_ROWS = 20


@click.command(short_help="Salvage every intact record of damaged files.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="[DST]", required=False)
@click.option("--in-place", is_flag=True, help="Replace damaged files; keep them as .broken.")
@click.option("--raw", is_flag=True, help="Any TFRecord file: payloads need not be events.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    source: str,
    destination: str | None,
    in_place: bool,
    raw: bool,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Copy every intact record of SRC, an event file or a log directory, to DST.

    SRC is never changed, and DST appears whole or not at all. TensorBoard then shows exactly what
    was salvaged. With --in-place there is no DST: each damaged file is replaced in one step, and
    kept as it was beside it, under a name that ends in .broken and that no reader takes.

    Exit status: 0 done, 2 wrong usage, 3 a file could not be read or written.

    \b
    Example:
      eventcodec repair runs repaired
      eventcodec repair --in-place runs/exp1
    """
    from eventcodec.archive.repair import repair

    with expected_errors():
        if in_place == (destination is not None):
            raise ValueError("name a destination DST, or --in-place, not both")
    with contextlib.ExitStack() as stack:
        where = stack.enter_context(chosen_engine(engine, scheduler, workers))
        advance = stack.enter_context(bulk_progress("repairing", [source]))
        reports = []
        for report in repair(source, destination, in_place=in_place, raw=raw, **where):
            advance(report.bytes)
            reports.append(report)
    reports.sort(key=lambda report: report.path)
    if as_json:
        print_json(as_object(reports))
    else:
        print_reports(reports)


def as_object(reports: list[RepairReport]) -> dict[str, Any]:
    """Put all reports into one object."""
    return {
        "files": [
            {
                "file": report.path,
                "destination": report.destination,
                "kept": report.kept,
                "bytes": report.bytes,
                "records": report.records,
                "changed": report.changed,
                "version_added": report.version_added,
                "pending_bytes": report.pending_bytes,
                "salvaged": [stretch._asdict() for stretch in report.salvaged],
                "damage": [
                    {
                        "offset": region.offset,
                        "length": region.length,
                        "reason": region.reason,
                        "records_before": before,
                        "records_after": report.records - before,
                    }
                    for region, before in zip(report.damage, report.records_before, strict=True)
                ],
                "unreadable": [
                    {"offset": region.offset, "length": region.length, "reason": region.reason}
                    for region in report.unreadable
                ],
            }
            for report in reports
        ],
        "changed": sum(report.changed for report in reports),
        "records": sum(report.records for report in reports),
    }


def print_reports(reports: list[RepairReport]) -> None:
    """Print a table of files and one line that sums up."""
    from rich.text import Text

    shown = reports if len(reports) <= MOST_ROWS else [r for r in reports if r.changed]
    out = console()
    if shown:
        table = new_table("file", ">salvaged", ">damaged", ">unreadable", ">lost bytes")
        for report in shown:
            table.add_row(
                Text(escape(report.path)),
                format_count(report.records),
                format_count(len(report.damage)),
                format_count(len(report.unreadable)),
                format_count(lost_bytes(report)),
            )
        out.print(table)
        out.print()
    for report in reports:
        if report.kept is not None:
            out.print(Text(f"as it was: {escape(report.kept)}"))
    records = sum(report.records for report in reports)
    lost = sum(lost_bytes(report) for report in reports)
    changed = sum(report.changed for report in reports)
    out.print(
        f"{format_count(len(reports))} file(s), {format_count(records)} records salvaged, "
        f"{format_bytes(lost)} left out; {format_count(changed)} file(s) needed repair"
    )


def lost_bytes(report: RepairReport) -> int:
    """Sum what was not copied."""
    regions = [*report.damage, *report.unreadable]
    return sum(region.length for region in regions) + report.pending_bytes
