"""`eventcodec rewind`: runs as they were before a step."""

from __future__ import annotations

import contextlib

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options, expected_errors
from eventcodec.cli.compact import print_changes

__all__ = ["command"]


@click.command(short_help="Runs as they were before a step.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("--step", type=int, required=True, metavar="N", help="The first that is left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    source: str,
    destination: str,
    step: int,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Write SRC, an event file or a log directory, to DST without what is from step N on.

    SRC is never changed, and DST appears whole or not at all.

    \b
    Example:
      eventcodec rewind runs/exp1 runs/exp1-again --step 10000
    """
    from eventcodec.archive.compact import rewind

    with contextlib.ExitStack() as stack:
        stack.enter_context(expected_errors())
        where = stack.enter_context(chosen_engine(engine, scheduler, workers))
        advance = stack.enter_context(bulk_progress("rewinding", [source]))
        changes = []
        for change in rewind(source, destination, step=step, **where):
            advance(change.bytes_before)
            changes.append(change)
    print_changes(changes, as_json=as_json)
