"""`eventcodec ls`: the runs and tags of a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from eventcodec.cli.rows import Rows
from eventcodec.cli.selection import (
    matcher,
    open_log,
    pick,
    report_damage,
    report_nothing,
    run_option,
    tag_option,
    tags_of,
)
from eventcodec.cli.terminal import console, to_json

if TYPE_CHECKING:
    from eventcodec.reader import Log, Run
    from eventcodec.reader.listing import Listed

__all__ = ["command"]


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
    if tags:
        pick(tags_of(log), tags, what="tag")
    if as_json:
        sys.stdout.writelines(json_parts(path, log, tags))
    elif tree:
        from eventcodec.cli.ls_tree import print_tree

        counts = {name: counted(run, tags) for name, run in log.runs.items()}
        print_tree(console(), path, counts)
        found = any(count for count, _ in counts.values())
    else:
        from eventcodec.cli.ls_views import (
            NARROW,
            long_table,
            narrow_list,
            narrow_long_list,
            run_table,
        )

        view: Callable[..., Any] = long_table if at_length else run_table
        if console().width < NARROW:
            view = narrow_long_list if at_length else narrow_list
        found = print_tables(log, tags, view)
    if not as_json and not found:
        report_nothing(path)
    report_damage(log)


def print_tables(
    log: Log, globs: tuple[str, ...], lay_out: Callable[[str, Run, Iterable[Listed]], Any]
) -> bool:
    """Print a table for each run that has one of the tags; say whether there was one."""
    out = console()
    width = out.width
    found = False
    for name, run in log.runs.items():
        rows = chosen_of(run, globs)
        for first in rows:
            if found:
                out.file.write("\n")
            table = lay_out(name, run, chain((first,), rows))
            if isinstance(table, Rows):
                table.print_to(out, width)
            else:
                out.print(table)
            found = True
        run.refresh()
    return found


def chosen_of(run: Run, globs: tuple[str, ...]) -> Iterator[Listed]:
    """Yield what is known of the tags of a run that match one of the globs; () takes all."""
    if not globs:
        return run.listing()
    is_chosen = matcher(globs)
    return (each for each in run.listing() if is_chosen(each.tag))


def counted(run: Run, globs: tuple[str, ...]) -> tuple[int, int]:
    """Count the tags that match, and their values."""
    counts = [each.count for each in chosen_of(run, globs)]
    run.refresh()
    return len(counts), sum(counts)


def json_parts(path: str, log: Log, globs: tuple[str, ...]) -> Iterator[str]:
    """Yield the listing as one object on one line, some of it at a time."""
    yield f'{{"path": {to_json(path)}, "runs": ['
    for number, (name, run) in enumerate(log.runs.items()):
        yield f'{", " if number else ""}{{"run": {to_json(name)}, "tags": ['
        comma = ""
        for each in chosen_of(run, globs):
            yield comma + to_json(tag_object(run, each))
            comma = ", "
        yield "]}"
        run.refresh()
    damage = [
        {
            "path": region.path,
            "offset": region.offset,
            "length": region.length,
            "reason": region.reason,
            "recovered": region.recovered,
        }
        for region in log.damage
    ]
    yield f'], "damage": {to_json(damage)}}}\n'


def tag_object(run: Run, listed: Listed) -> dict[str, Any]:
    """Describe one tag; only scalars have NaN and a last value that is a number."""
    last, nan_count = listed.last, listed.nan_count
    if listed.kind != "scalars" and listed.tag in run.scalars:  # it was used for both
        series = run.scalars[listed.tag]
        last, nan_count = float(series.values[-1]), int(np.isnan(series.values).sum())
    return {
        "tag": listed.tag,
        "kind": listed.kind,
        "plugin": listed.plugin,
        "count": listed.count,
        "nan_count": nan_count,
        "first_step": listed.first_step,
        "last_step": listed.last_step,
        "first_wall_time": listed.first_wall_time,
        "last_wall_time": listed.last_wall_time,
        "last_value": last,
    }
