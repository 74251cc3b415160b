"""`eventcodec shift`: other steps and wall times."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options, expected_errors
from eventcodec.cli.finite import FiniteRange
from eventcodec.cli.terminal import console, format_bytes, format_count, print_json

if TYPE_CHECKING:
    from eventcodec.archive.shift import FileChange

__all__ = ["command", "print_files"]


@click.command(short_help="Other steps and wall times.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("--step", type=int, default=0, metavar="N", help="Added to every step.")
@click.option(
    "--time", type=FiniteRange(), default=0.0, metavar="SECONDS", help="To every wall time."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    source: str,
    destination: str,
    step: int,
    time: float,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Write SRC, an event file or a log directory, to DST with other steps and wall times.

    SRC is never changed, and DST appears whole or not at all.

    \b
    Example:
      eventcodec shift runs/part2 runs/part2-after --step 10000
      eventcodec shift runs local --time -7200
    """
    from eventcodec.archive.shift import shift

    with contextlib.ExitStack() as stack:
        stack.enter_context(expected_errors())
        where = stack.enter_context(chosen_engine(engine, scheduler, workers))
        advance = stack.enter_context(bulk_progress("shifting", [source]))
        files = []
        for file in shift(source, destination, step=step, time=time, **where):
            advance(file.bytes)
            files.append(file)
    print_files(files, as_json=as_json)


def print_files(files: Iterable[FileChange], *, as_json: bool) -> None:
    """Print what was written."""
    ordered = sorted(files)
    if as_json:
        print_json({"files": [file._asdict() for file in ordered]})
        return
    console().print(
        f"{format_count(len(ordered))} file(s) written anew as "
        f"{format_count(sum(file.parts for file in ordered))}: "
        f"{format_count(sum(file.records for file in ordered))} records, "
        f"{format_bytes(sum(file.bytes for file in ordered))}"
    )
