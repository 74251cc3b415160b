"""`eventcodec index`: keep what was read of a log directory, so that it need not be read again."""

from __future__ import annotations

import contextlib

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options
from eventcodec.cli.terminal import console, escape, format_bytes, format_count, print_json

__all__ = ["command"]


@click.command(short_help="Build or update the index of a log directory.")
@click.argument("path", metavar="PATH")
@click.option("--location", metavar="DIR", help="Where to keep it.  [default: PATH/.eventcodec]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    path: str,
    location: str | None,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Read PATH, a log directory, once, and keep what was read in an index.

    A second time only new bytes are read. All other commands and eventcodec.open use the index by
    themselves, and give the same answers with it. A log directory that cannot be written to has
    its index in the user's cache.

    \b
    Example:
      eventcodec index runs
      eventcodec index /shared/runs --engine dask --scheduler tcp://head:8786
    """
    from eventcodec.archive.index import index

    with contextlib.ExitStack() as stack:
        where = stack.enter_context(chosen_engine(engine, scheduler, workers))
        advance = stack.enter_context(bulk_progress("indexing", [path]))

        def progress(files: int, size: int) -> None:
            for number in range(files):
                advance(0 if number else size)

        report = index(path, location=location, progress=progress, **where)
    if as_json:
        print_json({**report.__dict__})
        return
    out = console()
    for name, reason in sorted(report.unreadable.items()):
        click.echo(f"eventcodec index: {escape(name)}: {escape(reason)}", err=True)
    out.print(
        f"{format_count(report.files)} file(s): {format_count(report.read)} read "
        f"({format_bytes(report.bytes_read)}), {format_count(report.unchanged)} unchanged, "
        f"{format_count(report.removed)} gone; index in {escape(report.location)}"
    )
