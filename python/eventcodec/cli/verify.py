"""`eventcodec verify`: check every checksum of event files and say what is damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options
from eventcodec.cli.terminal import (
    FOUND_DAMAGE,
    IO_FAILED,
    console,
    escape,
    format_bytes,
    format_count,
    new_table,
    print_json,
    printing,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from eventcodec.archive.verify import FileReport
    from eventcodec.damage import SkippedRegion

__all__ = ["command"]

# With more files than this only those that are not whole are listed.
MOST_ROWS = 20


@click.command(short_help="Check every checksum; find what is damaged.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--raw", is_flag=True, help="Any TFRecord file: payloads need not be events.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    paths: tuple[str, ...],
    raw: bool,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Check every length, checksum and event in PATHs (event files or log directories).

    Exit status: 0 all is whole, 1 something is damaged, 3 a file could not be read. An unfinished
    record at the end of a file is no damage: its writer may be at work.

    \b
    Example:
      eventcodec verify runs
      eventcodec verify --raw train-00000-of-00128.tfrecord
      eventcodec verify runs --json | jq '.files[] | select(.damage != [])'
    """
    with chosen_engine(engine, scheduler, workers) as where:
        reports = list(checked(paths, raw=raw, **where))
    reports.sort(key=lambda report: report.path)
    if not reports:
        raise FileNotFoundError(0, "no event files here", paths[0])
    with printing():
        if as_json:
            print_json(as_object(reports))
        else:
            print_reports(reports)
    for report in reports:
        if report.error is not None:
            reason = report.error.strerror or str(report.error)
            click.echo(f"eventcodec verify: {escape(report.path)}: {reason}", err=True)
    if any(report.damage for report in reports):
        click.get_current_context().exit(FOUND_DAMAGE)
    if any(report.error is not None for report in reports):
        click.get_current_context().exit(IO_FAILED)


def checked(
    paths: Iterable[str],
    *,
    raw: bool = False,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[FileReport]:
    """Check the files one after the other, under a progress bar."""
    from eventcodec.archive.verify import verify

    with bulk_progress("checking", list(paths)) as advance:
        for report in verify(list(paths), raw=raw, threads=workers, executor=executor):
            advance(report.bytes)
            yield report


def regions_of(report: FileReport) -> Iterator[tuple[SkippedRegion, int, int]]:
    """Yield each damaged region with the number of intact records before and after it."""
    for region, before in zip(report.damage, report.records_before, strict=True):
        yield region, before, report.records - before


def as_object(reports: list[FileReport]) -> dict[str, Any]:
    """Put all reports into one object."""
    return {
        "files": [
            {
                "file": report.path,
                "bytes": report.bytes,
                "records": report.records,
                "pending_bytes": report.pending_bytes,
                "error": None if report.error is None else str(report.error),
                "damage": [
                    {
                        "offset": region.offset,
                        "length": region.length,
                        "reason": region.reason,
                        "recovered": region.recovered,
                        "records_before": before,
                        "records_after": after,
                    }
                    for region, before, after in regions_of(report)
                ],
            }
            for report in reports
        ],
        "damaged": sum(bool(report.damage) for report in reports),
        "unreadable": sum(report.error is not None for report in reports),
    }


def print_reports(reports: list[FileReport]) -> None:
    """Print a table of files, one of damaged regions, and one line that sums up."""
    from rich.text import Text

    shown = reports if len(reports) <= MOST_ROWS else [r for r in reports if not r.ok]
    out = console()
    if shown:
        table = new_table("file", ">records", ">bytes", "state")
        for report in shown:
            table.add_row(
                Text(escape(report.path)),
                format_count(report.records),
                format_count(report.bytes),
                state_of(report),
            )
        out.print(table)
        out.print()
    for report in shown:
        if report.damage:
            out.print(damage_table(report))
            out.print()
    records = sum(report.records for report in reports)
    size = sum(report.bytes for report in reports)
    bad = sum(not report.ok for report in reports)
    pending = sum(report.pending_bytes for report in reports)
    out.print(
        f"{format_count(len(reports))} file(s), {format_count(records)} intact records, "
        f"{format_bytes(size)}: {'all whole' if not bad else f'{format_count(bad)} not whole'}"
        f"{f'; {format_count(pending)} bytes of unfinished records' if pending else ''}"
    )


def state_of(report: FileReport) -> Any:
    """Word the state of a file."""
    from rich.text import Text

    if report.error is not None:
        return Text("unreadable", style="bold red")
    if report.damage:
        return Text(f"{format_count(len(report.damage))} damaged", style="bold red")
    if report.pending_bytes:
        return Text(f"whole, {format_count(report.pending_bytes)} bytes pending", style="yellow")
    return Text("whole", style="green")


def damage_table(report: FileReport) -> Any:
    """Lay out the damaged regions of one file."""
    table = new_table(
        ">offset",
        ">length",
        "reason",
        ">before",
        ">after",
        title=f"damage in {escape(report.path)}",
    )
    for region, before, after in regions_of(report):
        table.add_row(
            format_count(region.offset),
            format_count(region.length),
            escape(region.reason),
            format_count(before),
            format_count(after),
        )
    return table
