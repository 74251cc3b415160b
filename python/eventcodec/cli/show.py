"""`eventcodec show`: the events of a log as lines of text or of JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from eventcodec.cli.kinds import describe_other, object_of_other
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
from eventcodec.cli.steps import steps_option
from eventcodec.cli.terminal import escape, format_value, format_wall_time
from eventcodec.json_lines import JsonRows

if TYPE_CHECKING:
    from eventcodec.reader import Run

__all__ = ["command"]

_EVENTS_AT_ONCE = 1 << 16


class Entry(NamedTuple):
    """One event: a float, or the Histogram, Image, Text, ... that the log gives."""

    run: str
    tag: str
    kind: str
    step: int
    wall_time: float
    value: Any


@click.command(short_help="Print events as text or JSON lines.")
@click.argument("path")
@run_option
@tag_option
@steps_option
@click.option("--limit", type=click.IntRange(min=0), help="At most this many events.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(
    path: str,
    runs: tuple[str, ...],
    tags: tuple[str, ...],
    *,
    steps: tuple[int | None, int | None] | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print the events in PATH, run by run, in the order of their wall times.

    PATH is an event file or a log directory. With --json, scalars and texts have their value,
    histograms their buckets, images, audio and tensors their size; NaN and the infinities are
    strings.

    \b
    Example:
      eventcodec show runs --tag loss --limit 5
      eventcodec show runs --tag '/loss|acc/' --steps 1000:
      eventcodec show runs --json | jq .value
    """
    log = open_log(path, runs, tags, steps, known=tags_of)
    shown = set(pick(tags_of(log), tags, what="tag"))
    entries = (entry for name in log.runs for entry in events_of(name, log.runs[name], shown))
    # Not click.echo, which would flush every line of what may be millions.
    write = sys.stdout.write
    rows = JsonRows(Entry._fields)
    names: dict[str, str] = {}  # escaped: they come again and again
    for entry in islice(entries, limit):
        if as_json:
            write(rows.encode(entry._replace(value=value_object(entry.kind, entry.value))) + "\n")
        else:
            write(as_line(entry, names) + "\n")
    sys.stdout.flush()
    if not shown:
        report_nothing(path, steps)
    report_damage(log)


def events_of(name: str, run: Run, shown: set[str]) -> Iterator[Entry]:
    """Yield the events of a run, merged over its tags."""
    import numpy as np

    found = [(tag, series_of(run, tag)) for tag in run.tags if tag in shown]
    parts = [(tag, *series) for tag, series in found if series is not None]
    if not parts:
        return
    wall_times = np.concatenate([series.wall_times for _, _, series in parts])
    steps = np.concatenate([series.steps for _, _, series in parts])
    counts = [len(series.steps) for _, _, series in parts]
    part_of = np.repeat(np.arange(len(parts)), counts)
    index_of = np.concatenate([np.arange(count) for count in counts])
    values = np.concatenate(
        [s.values if kind == "scalars" else np.zeros(len(s.steps)) for _, kind, s in parts]
    )
    order = np.argsort(wall_times, kind="stable")
    for begin in range(0, len(order), _EVENTS_AT_ONCE):
        some = order[begin : begin + _EVENTS_AT_ONCE]
        columns = (part_of, index_of, steps, wall_times, values)
        for part, index, step, wall_time, value in zip(
            *(column[some].tolist() for column in columns), strict=True
        ):
            tag, kind, series = parts[part]
            yield Entry(
                name, tag, kind, step, wall_time, value if kind == "scalars" else series[index]
            )


def as_line(entry: Entry, names: dict[str, str]) -> str:
    """Put an event on one line of text; `names` keeps those that have been escaped."""
    for name in (entry.run, entry.tag):
        if name not in names:
            names[name] = escape(name)
    when = format_wall_time(entry.wall_time)
    where = f"{names[entry.run]}  step {entry.step}  {names[entry.tag]}"
    return f"{when}  {where}  {describe(entry.kind, entry.value)}"


def describe(kind: str, value: Any) -> str:
    """Word a value on one line."""
    if kind == "scalars":
        return format_value(value)
    if kind == "histograms":
        mean = value.sum / value.num if value.num else float("nan")
        return (
            f"histogram of {value.num:g} values, {value.min:.6g} to {value.max:.6g}, "
            f"mean {mean:.6g}, {len(value.counts)} buckets"
        )
    if kind == "images":
        return f"image {value.width}x{value.height}, {len(value.encoded)} bytes"
    return escape(value.value) if kind == "texts" else f"{kind}: {describe_other(kind, value)}"


def value_object(kind: str, value: Any) -> Any:
    """Put a value into what JSON has."""
    if kind == "scalars":
        return value
    if kind == "texts":
        return value.value
    if kind == "images":
        return {"width": value.width, "height": value.height, "bytes": len(value.encoded)}
    if kind != "histograms":
        return object_of_other(kind, value)
    moments = {name: getattr(value, name) for name in ("min", "max", "num", "sum", "sum_squares")}
    return moments | {name: getattr(value, name).tolist() for name in ("left", "right", "counts")}
