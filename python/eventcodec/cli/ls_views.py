"""The tables of `eventcodec ls`: the tags of a run on a line each, at length, on a narrow page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import eventcodec
from eventcodec.cli.kinds import describe_other
from eventcodec.cli.rows import RowColumn, Rows
from eventcodec.cli.selection import series_of
from eventcodec.cli.terminal import (
    escape,
    format_bytes,
    format_count,
    format_value,
    format_wall_time,
    plural,
    shorten,
)

if TYPE_CHECKING:
    from rich.text import Text

    from eventcodec.reader import Run
    from eventcodec.reader.listing import Listed

__all__ = ["NARROW", "long_table", "narrow_list", "narrow_long_list", "run_table"]

# On a terminal of fewer columns no room is left for tags in a table.
NARROW = 60


def run_table(name: str, run: Run, tags: Iterable[Listed]) -> Rows:
    """Lay out the tags of one run, of which there is one at least."""
    worded: dict[tuple[int, ...], str] = {}  # most tags have the counts and steps of others
    cells: list[list[str]] = [[], [], [], [], []]
    first, kinds, counts, steps, lasts = (column.append for column in cells)
    for each in tags:
        count, ends = (each.count,), (each.first_step, each.last_step)
        if count not in worded:
            worded[count] = format_count(each.count)
        if ends not in worded:
            worded[ends] = format_steps(each)
        first(shorten(each.tag))
        kinds(each.kind)
        counts(worded[count])
        steps(worded[ends])
        lasts(last_value(run, each))
    columns = (
        RowColumn("kind"),
        RowColumn("count", right=True),
        RowColumn("steps", right=True),
        RowColumn("last value", least=12, most=20),
    )
    return Rows(f"run {escape(name)}", "tag", columns, cells)


def last_value(run: Run, listed: Listed) -> str:
    """Word the newest value of a tag in a few characters."""
    if listed.last is not None:
        return format_value(listed.last)
    found = series_of(run, listed.tag)
    if found is None or len(found[1].steps) == 0:
        return "-"
    kind, series = found
    if kind == "raw" and listed.plugin == "meta_data":
        return escape(listed.display_name) or "-"  # the name that VisualDL shows for a run
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


def format_steps(listed: Listed) -> str:
    """Word the first and the last step."""
    if listed.first_step == listed.last_step:
        return f"{listed.last_step}"
    return f"{listed.first_step}..{listed.last_step}"


def long_table(name: str, run: Run, tags: Iterable[Listed]) -> Rows:
    """Lay out all that is known of the tags of one run, two lines for each."""
    cells: list[list[str]] = [[], [], [], [], []]
    for each in tags:
        nan = "-" if each.nan_count is None else format_count(each.nan_count)
        row = (
            shorten(each.tag),
            f"{escape(each.kind)}\n{escape(each.plugin) or '-'}",
            f"{format_count(each.count)}\n{nan}",
            f"{format_steps(each)}\n{last_value(run, each)}",
            f"{format_wall_time(each.first_wall_time)}\n{format_wall_time(each.last_wall_time)}",
        )
        for column, cell in zip(cells, row, strict=True):
            column.append(cell)
    columns = (
        RowColumn("kind\nplugin", most=14, folds=True),
        RowColumn("count\nNaN", right=True),
        RowColumn("steps\nlast value", right=True, most=20),
        RowColumn("first wall time\nlast wall time"),
    )
    return Rows(f"run {escape(name)}{on_disk(run)}", "tag", columns, cells)


def narrow_list(name: str, run: Run, tags: Iterable[Listed]) -> Text:
    """Put each tag of a run on a line, and what is known of it on the next."""
    return _list(f"run {escape(name)}", run, tags, lambda _: [])


def narrow_long_list(name: str, run: Run, tags: Iterable[Listed]) -> Text:
    """Put each tag of a run on a line, and all that long_table() says of it on the next ones."""

    def more(each: Listed) -> list[str]:
        nan = "" if each.nan_count is None else f", {format_count(each.nan_count)} NaN"
        return [
            f"plugin {escape(each.plugin) or '-'}{nan}",
            f"from {format_wall_time(each.first_wall_time)}",
            f"to   {format_wall_time(each.last_wall_time)}",
        ]

    return _list(f"run {escape(name)}{on_disk(run)}", run, tags, more)


def _list(
    heading: str, run: Run, tags: Iterable[Listed], more: Callable[[Listed], list[str]]
) -> Text:
    from rich.text import Text

    text = Text(overflow="fold").append(heading, style="bold")
    for each in tags:
        known = f"{format_count(each.count)} {escape(each.kind)}, step {format_steps(each)}"
        lines = [f"{known}: {last_value(run, each)}", *more(each)]
        text.append(f"\n{shorten(each.tag)}").append(
            "".join(f"\n  {line}" for line in lines), "dim"
        )
    return text


def on_disk(run: Run) -> str:
    """Say how large the files of a run are; nothing where one is gone by now."""
    try:
        size = sum(path.stat().st_size for path in run.paths)
    except OSError:
        return ""
    return f", {format_bytes(size)} in {plural(len(run.paths), 'file')}"
