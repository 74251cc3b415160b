"""`eventcodec export`: values as a table, or as files, for other programs."""

from __future__ import annotations

import click

from eventcodec.cli.output import require
from eventcodec.cli.selection import (
    exactly,
    open_log,
    pick,
    report_damage,
    run_option,
    tag_option,
    tags_of,
)
from eventcodec.cli.steps import steps_option
from eventcodec.cli.terminal import escape, format_bytes, plural, progress

__all__ = ["command"]


@click.command(short_help="Write values as CSV, JSON, Arrow, Parquet or files.")
@click.argument("source")
@click.argument("destination")
@run_option
@tag_option
@click.option(
    "--kind",
    type=click.Choice(["scalars", "histograms", "texts", "hparams", "images", "audio"]),
    default="scalars",
    show_default=True,
    help="What to write.",
)
@steps_option
@click.option("--every", type=click.IntRange(min=1), help="Of each series take each n-th value.")
@click.option("--last", type=click.IntRange(min=0), help="Of each series take the last n values.")
@click.option("--raw", is_flag=True, help="Do not guard CSV cells against formulas.")
@click.option("--by-run", is_flag=True, help="A directory with a table for each run.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(
    source: str,
    destination: str,
    *,
    runs: tuple[str, ...],
    tags: tuple[str, ...],
    kind: str,
    steps: tuple[int | None, int | None] | None,
    every: int | None,
    last: int | None,
    raw: bool,
    by_run: bool,
    force: bool,
) -> None:
    """Write the scalars (or other values) in SOURCE to DESTINATION.

    DESTINATION ends in .csv, .jsonl, .arrow or .parquet. Images, audio and texts may also go into a
    new directory, a file for each value. It appears whole or not at all. With --by-run DESTINATION
    is a directory of tables run=NAME/KIND.SUFFIX, which DuckDB, pyarrow and Spark read as one.

    \b
    Example:
      eventcodec export runs loss.csv --tag 'loss*'
      eventcodec export runs all.parquet --by-run
      eventcodec export runs pictures --kind images --last 1
    """
    from eventcodec.archive import export

    if destination.lower().endswith((".arrow", ".parquet")):
        require("pyarrow", extra="arrow", purpose="this format")
    chosen = []
    if kind == "hparams":
        log = open_log(source)  # may be declared by another run, above those that have them
    else:
        log = open_log(source, runs, tags, steps, known=lambda log: tags_of(log, kind))
        if tags:
            chosen = pick(tags_of(log, kind), tags, what=f"tag of {kind}")
    names = pick(log.runs, runs, what="run")
    try:
        with progress(f"writing {destination}", total=None):
            report = export(
                log,
                destination,
                kind=kind,  # type: ignore[arg-type]  # click has checked it
                runs=exactly(names) if runs else None,
                tags=exactly(chosen) if chosen else None,
                steps=steps,
                every=every,
                last=last,
                raw=raw,
                replace=force,
                by_run=by_run,
            )
    except ValueError as error:
        raise click.UsageError(escape(str(error))) from error
    except FileExistsError as error:
        if force:
            raise
        hint = f"{error.strerror}, or replace it with --force"
        raise FileExistsError(error.errno, hint, error.filename) from error
    what = "file" if report.path.is_dir() and not by_run else "row"
    within = f" in {plural(report.files, 'file')}" if by_run else ""
    size = f"{plural(report.rows, what)}{within}, {format_bytes(report.bytes)}"
    click.echo(f"{escape(str(report.path))}: {size}", err=True)
    report_damage(log)
