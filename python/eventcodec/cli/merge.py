"""`eventcodec merge`: several log directories into one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from eventcodec.cli.bulk import bulk_progress, chosen_engine, engine_options, expected_errors
from eventcodec.cli.terminal import console, escape, format_count, print_json

__all__ = ["command"]


@click.command(short_help="Several log directories into one.")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.argument("destination", metavar="DST")
@click.option(
    "--reduce",
    "operations",
    multiple=True,
    type=click.Choice(["mean", "std", "min", "max", "median", "count"]),
    help="One run that stands for several; may be repeated.",
)
@click.option(
    "--missing",
    type=click.Choice(["ignore", "drop", "error"]),
    default="ignore",
    show_default=True,
    help="A step that some runs lack: reduce those that have it, leave it out, refuse.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    sources: tuple[str, ...],
    destination: str,
    operations: tuple[str, ...],
    missing: Any,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
) -> None:
    """Put the log directories SRC side by side into DST, each under its own name or NAME=SRC.

    With --reduce the scalars of several runs become one run: of several SRC the runs of one name,
    of one SRC all its runs. DST then has the runs OPERATION/RUN. Points are aligned by step; std is
    that of a sample. No SRC is changed, and DST appears whole or not at all.

    \b
    Example:
      eventcodec merge monday tuesday=/other/runs all
      eventcodec merge --reduce mean --reduce std seed1 seed2 seed3 seeds
    """
    from eventcodec.archive.merge import merge, reduce_runs

    with contextlib.ExitStack() as stack:
        stack.enter_context(expected_errors())
        if operations:
            made = list(reduce_runs(sources, destination, operations=operations, missing=missing))
        else:
            named = named_sources(sources)
            where = stack.enter_context(chosen_engine(engine, scheduler, workers))
            advance = stack.enter_context(bulk_progress("merging", named.values()))
            made = []
            for run in merge(named, destination, **where):
                for file in run.sources:
                    advance(Path(file).stat().st_size)
                made.append(run)
    if as_json:
        print_json({"runs": [run._asdict() for run in made]})
        return
    console().print(
        f"{format_count(len(made))} run(s) of {format_count(sum(len(r.sources) for r in made))} "
        f"{'run(s)' if operations else 'file(s)'} in {escape(destination)}"
    )


def named_sources(sources: tuple[str, ...]) -> dict[str, str]:
    """Return name -> path of PATH and NAME=PATH."""
    named: dict[str, str] = {}
    for source in sources:
        name, equals, path = source.partition("=")
        if not equals or Path(source).exists():
            name, path = Path(source).resolve().name, source
        if name in named:
            raise ValueError(
                f"{named[name]!r} and {path!r} are both called {name!r}: "
                "give one another name, as in OTHER=PATH"
            )
        named[name] = path
    return named
