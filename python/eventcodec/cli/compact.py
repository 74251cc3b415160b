"""`eventcodec compact`: one file for each run, smaller."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
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
    from eventcodec.archive.rewrite import RunChange

__all__ = ["command", "print_changes"]

# What can be stripped, by the names of the attributes of Run.
KINDS = (
    *("images", "histograms", "audio", "texts", "tensors", "graphs", "meshes", "pr_curves"),
    *("hparams", "custom_scalars"),
)
MOST_ROWS = 30


def strip_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--strip-images` and the like."""
    for kind in reversed(KINDS):
        name = kind.replace("_", "-")
        command = click.option(f"--strip-{name}", kind, is_flag=True, help=f"Leave out {name}.")(
            command
        )
    return command


def parse_renames(pairs: tuple[str, ...]) -> dict[str, str]:
    """Turn OLD=NEW into a mapping; the last "=" divides."""
    renames = {}
    for pair in pairs:
        old, equals, new = pair.rpartition("=")
        if not (old and equals and new):
            raise click.UsageError(f"--rename takes OLD=NEW, got {pair!r}")
        renames[old] = new
    return renames


@click.command(short_help="One smaller file for each run.")
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option(
    "--dedup",
    type=click.Choice(["all", "first", "last"]),
    default="all",
    show_default=True,
    help="Of points of one tag with one step, which stay.",
)
@click.option("--keep-every", type=click.IntRange(1), default=1, metavar="N", help="Every n-th.")
@click.option("--max-points", type=click.IntRange(2), metavar="N", help="At most so many a tag.")
@click.option("--drop", multiple=True, metavar="GLOB", help="Leave out these tags.")
@click.option("--keep", multiple=True, metavar="GLOB", help="Leave out all other tags.")
@click.option("--rename", multiple=True, metavar="OLD=NEW", help="Give a tag another name.")
@strip_options
@click.option("--dry-run", is_flag=True, help="Only say what would become of it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@engine_options
def command(
    source: str,
    destination: str,
    dedup: Any,
    keep_every: int,
    max_points: int | None,
    drop: tuple[str, ...],
    keep: tuple[str, ...],
    rename: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    **strip: bool,
) -> None:
    """Write SRC, an event file or a log directory, anew to DST with one file for each run.

    What a restart of a run voids is left out; every reader shows what TensorBoard showed of SRC.
    Records that nothing changes are copied bit for bit. --max-points keeps the shape of curves.
    SRC is never changed, and DST appears whole or not at all.

    \b
    Example:
      eventcodec compact runs small --max-points 2000 --strip-histograms
      eventcodec compact runs clean --dedup last --drop 'debug/*' --dry-run
    """
    from eventcodec.archive.compact import compact

    with contextlib.ExitStack() as stack:
        stack.enter_context(expected_errors())
        where = stack.enter_context(chosen_engine(engine, scheduler, workers))
        advance = stack.enter_context(bulk_progress("compacting", [source]))
        changes = []
        for change in compact(
            source,
            destination,
            dedup=dedup,
            keep_every=keep_every,
            max_points=max_points,
            keep=keep,
            drop=drop,
            rename=parse_renames(rename),
            strip=[kind for kind, chosen in strip.items() if chosen],
            dry_run=dry_run,
            **where,
        ):
            advance(change.bytes_before)
            changes.append(change)
    print_changes(changes, as_json=as_json)


def print_changes(changes: list[RunChange], *, as_json: bool) -> None:
    """Print a table of tags and a line that sums up."""
    from eventcodec.archive.rewrite import tags_of

    changes.sort(key=lambda change: change.run)
    if as_json:
        print_json(
            {
                "runs": [
                    {**change._asdict(), "tags": [tag._asdict() for tag in change.tags]}
                    for change in changes
                ],
                "bytes_before": sum(change.bytes_before for change in changes),
                "bytes_after": sum(change.bytes_after for change in changes),
            }
        )
        return
    tags = tags_of(changes)
    table = new_table("tag", ">values", ">after", ">bytes", ">after")
    for tag in tags[:MOST_ROWS]:
        table.add_row(
            escape(tag.tag),
            format_count(tag.values_before),
            format_count(tag.values_after),
            format_bytes(tag.bytes_before),
            format_bytes(tag.bytes_after),
        )
    out = console()
    out.print(table)
    if len(tags) > MOST_ROWS:
        out.print(f"... {format_count(len(tags) - MOST_ROWS)} more tags")
    before = sum(change.bytes_before for change in changes)
    after = sum(change.bytes_after for change in changes)
    damaged = sum(change.damaged for change in changes)
    out.print(
        f"{format_count(len(changes))} run(s) of {format_count(sum(c.files for c in changes))} "
        f"file(s): {format_bytes(before)} before, {format_bytes(after)} after"
        + (f"; {format_count(damaged)} damaged region(s) left out" if damaged else "")
    )
