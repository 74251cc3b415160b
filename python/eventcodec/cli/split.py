"""`eventcodec split`: files of limited size."""

from __future__ import annotations

import contextlib

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options, expected_errors
from eventcodec.cli.shift import print_files

__all__ = ["command"]

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def parse_size(ctx: click.Context, param: click.Parameter, value: str) -> int:
    """Turn 100, 100k, 100MB or 1.5G into bytes."""
    text = value.lower().removesuffix("b")
    unit = text[-1:] if text[-1:] in UNITS and text[-1:] else ""
    try:
        size = int(float(text.removesuffix(unit)) * UNITS[unit])
    except (ValueError, OverflowError):
        size = 0
    if size < 1:
        message = f"{value!r} is no size: 500000, 500k, 100MB, 1.5G"
        raise click.BadParameter(message, ctx=ctx, param=param)
    return size


@click.command(short_help="Files of limited size.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option(
    "--max-bytes", required=True, callback=parse_size, metavar="SIZE", help="As in 100MB."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    source: str,
    destination: str,
    max_bytes: int,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Write SRC, an event file or a log directory, to DST in files of at most about SIZE.

    The parts of a file stand in the same run, and readers show the same. SRC is never changed, and
    DST appears whole or not at all.

    \b
    Example:
      eventcodec split runs parts --max-bytes 100MB
    """
    from eventcodec.archive.shift import split

    with contextlib.ExitStack() as stack:
        stack.enter_context(expected_errors())
        where = stack.enter_context(chosen_engine(engine, scheduler, workers))
        advance = stack.enter_context(bulk_progress("splitting", [source]))
        files = []
        for file in split(source, destination, max_bytes=max_bytes, **where):
            advance(file.bytes)
            files.append(file)
    print_files(files, as_json=as_json)
