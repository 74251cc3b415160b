"""`eventcodec ls`: the runs and tags of a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
import numpy as np

import eventcodec
from eventcodec.cli.kinds import describe_other
from eventcodec.cli.rows import RowColumn, Rows
from eventcodec.cli.selection import (
    open_log,
    pick,
    report_damage,
    report_nothing,
    run_option,
    series_of,
    tag_option,
    tags_of,
)
from eventcodec.cli.terminal import (
    console,
    escape,
    format_count,
    format_value,
    print_json,
    shorten,
)

if TYPE_CHECKING:
    from eventcodec.reader import Log, Run, Tag

__all__ = ["command", "run_table"]


@click.command(short_help="List runs and tags.")
@click.argument("path")
@run_option
@tag_option
@click.option("--tree", is_flag=True, help="Runs as a tree of directories, with counts.")
@click.option("--long", "at_length", is_flag=True, help="Also plugins, NaN, wall times and bytes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    path: str,
    *,
    runs: tuple[str, ...],
    tags: tuple[str, ...],
    tree: bool,
    at_length: bool,
    as_json: bool,
) -> None:
    """List the runs and tags in PATH with kind, count, steps and last value.

    PATH is an event file or a log directory.

    \b
    Example:
      eventcodec ls runs
      eventcodec ls runs --run '*/train' --tag 'loss*' --json
      eventcodec ls runs --tree
      eventcodec ls runs --long --tag loss
    """
    if tree + at_length + as_json > 1:
        raise click.UsageError("--tree, --long and --json are three views: choose one")
    log = open_log(path, runs, tags, known=tags_of)
    chosen = dict(log.runs)
    shown = set(pick(tags_of(log), tags, what="tag"))
    if as_json:
        print_json(as_object(path, log, chosen, shown))
    elif tree:
        from eventcodec.cli.ls_views import run_tree

        console().print(run_tree(path, chosen, shown))
    else:
        from eventcodec.cli.ls_views import NARROW

        views = (long_view, narrow_long_view) if at_length else (run_table, narrow_view)
        print_tables(chosen, shown, views[console().width < NARROW])
    if not shown and not as_json:
        report_nothing(path)
    report_damage(log)


def print_tables(
    runs: dict[str, Run], shown: set[str], lay_out: Callable[[str, Run, list[str]], Any]
) -> None:
    """Print a table for each run that has one of the tags."""
    out = console()
    width = out.width
    first = True
    for name, run in runs.items():
        rows = [tag for tag in run.tags if tag in shown]
        if rows:
            if not first:
                out.file.write("\n")
            table = lay_out(name, run, rows)
            if isinstance(table, Rows):
                table.print_to(out, width)
            else:
                out.print(table)
            first = False
        run.refresh()


def long_view(name: str, run: Run, tags: list[str]) -> Any:
    """Lay out the tags of one run with all that is known of them."""
    from eventcodec.cli.ls_views import long_table

    return long_table(name, run, known_rows(run, tags))


def known_rows(run: Run, tags: list[str]) -> list[tuple[str, Tag, str, int | None]]:
    """Return what the long views say of each tag."""
    known = run.tags
    return [(tag, known[tag], last_value(run, tag), nan_count(run, tag)) for tag in tags]


def narrow_view(name: str, run: Run, tags: list[str]) -> Any:
    """List the tags of one run where a table does not fit."""
    from eventcodec.cli.ls_views import narrow_list

    known = run.tags
    return narrow_list(name, [(tag, known[tag], last_value(run, tag), None) for tag in tags])


def narrow_long_view(name: str, run: Run, tags: list[str]) -> Any:
    """List the tags of one run with all that is known of them where a table does not fit."""
    from eventcodec.cli.ls_views import narrow_list

    return narrow_list(name, known_rows(run, tags), long=run)


def nan_count(run: Run, tag: str) -> int | None:
    """Count the NaN of a scalar; None for what is no scalar."""
    if tag not in run.scalars:
        return None
    return int(np.isnan(run.scalars[tag].values).sum())


def run_table(name: str, run: Run, tags: list[str]) -> Rows:
    """Lay out the tags of one run, of which there is one at least."""
    known = run.tags
    rows = []
    for tag in tags:
        entry = known[tag]
        steps = f"{entry.first_step}..{entry.last_step}"
        rows.append(
            (
                shorten(tag),
                escape(entry.kind),
                format_count(entry.count),
                steps if entry.first_step != entry.last_step else f"{entry.last_step}",
                last_value(run, tag),
            )
        )
    columns = (
        RowColumn("kind"),
        RowColumn("count", right=True),
        RowColumn("steps", right=True),
        RowColumn("last value", least=12, most=20),
    )
    return Rows(f"run {escape(name)}", "tag", columns, rows)


def last_value(run: Run, tag: str) -> str:
    """Word the newest value of a tag in a few characters."""
    found = series_of(run, tag)
    if found is None or len(found[1].steps) == 0:
        return "-"
    kind, series = found
    if kind == "raw" and run.tags[tag].plugin == "meta_data":
        return escape(run.tags[tag].display_name) or "-"  # the name that VisualDL shows for a run
    if kind == "scalars":
        return format_value(float(series.values[-1]))
    try:
        last = series[-1]
    except eventcodec.CorruptRecordError:
        return "malformed"
    if kind == "histograms":
        return f"{last.min:.3g}..{last.max:.3g}"
    if kind == "images":
        return f"{last.width}x{last.height}"
    if kind != "texts":
        return describe_other(kind, last)
    lines = last.value.strip().splitlines() or [""]
    return escape(lines[0])


def as_object(path: str, log: Log, runs: dict[str, Run], shown: set[str]) -> dict[str, Any]:
    """Put the listing into one object."""
    return {
        "path": path,
        "runs": [
            {
                "run": name,
                "tags": [
                    tag_object(run, tag, entry) for tag, entry in run.tags.items() if tag in shown
                ],
            }
            for name, run in runs.items()
        ],
        "damage": [
            {
                "path": region.path,
                "offset": region.offset,
                "length": region.length,
                "reason": region.reason,
                "recovered": region.recovered,
            }
            for region in log.damage
        ],
    }


def tag_object(run: Run, tag: str, entry: Tag) -> dict[str, Any]:
    """Describe one tag; only scalars have NaN and a last value that is a number."""
    found = series_of(run, tag)
    scalar = found is not None and found[0] == "scalars" and len(found[1].steps) > 0
    return {
        "tag": tag,
        "kind": entry.kind,
        "plugin": entry.plugin,
        "count": entry.count,
        "nan_count": nan_count(run, tag),
        "first_step": entry.first_step,
        "last_step": entry.last_step,
        "first_wall_time": entry.first_wall_time,
        "last_wall_time": entry.last_wall_time,
        "last_value": float(found[1].values[-1]) if found is not None and scalar else None,
    }
