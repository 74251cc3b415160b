"""`eventcodec import`: logs from tables of scalars."""

from __future__ import annotations

import click

from eventcodec.cli.bulk import MissingEngine, expected_errors
from eventcodec.cli.terminal import console, format_bytes, format_count, print_json

__all__ = ["command"]


@click.command("import", short_help="Logs from CSV, JSON lines or Parquet.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(source: str, destination: str, as_json: bool) -> None:
    """Make the log directory DST from SRC, a table (.csv, .jsonl or .parquet) of scalars.

    Its columns are run, tag, step, wall_time and value; run and wall_time may be missing. DST
    appears whole or not at all.

    \b
    Example:
      eventcodec import scalars.csv runs
    """
    from eventcodec.archive.import_scalars import import_scalars

    with expected_errors():
        try:
            report = import_scalars(source, destination)
        except ImportError as error:
            raise MissingEngine(str(error)) from error
    if as_json:
        print_json(report._asdict())
        return
    console().print(
        f"{format_count(report.rows)} point(s) in {format_count(len(report.runs))} run(s), "
        f"{format_bytes(report.bytes)}"
    )
