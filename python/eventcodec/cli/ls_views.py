"""The other views of `eventcodec ls`: runs as a tree of directories, and tags at length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventcodec.cli.terminal import (
    escape,
    format_bytes,
    format_count,
    format_wall_time,
    new_table,
    plural,
    shorten,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.text import Text
    from rich.tree import Tree

    from eventcodec.reader import Run, Tag

__all__ = ["NARROW", "long_table", "narrow_list", "run_tree"]

# On a terminal of fewer columns no room is left for tags in a table.
NARROW = 60

# Deeper directories share one line, or their indent would leave no room for names.
MOST_LEVELS = 12


def run_tree(path: str, runs: Mapping[str, Run], shown: set[str]) -> Tree:
    """Hang the runs at the directories they lie in.

    Args:
        path: what the root is called.
        runs: the runs by name; a name's slashes separate directories, "." is the root itself.
        shown: the tags to count.

    Returns:
        A tree for rich. A run says how many tags and values it has, a directory that is no run
        how many runs lie below it.
    """
    from rich.tree import Tree

    counts = {name: counted(run, shown) for name, run in runs.items()}
    sums = sums_below(counts)
    root = Tree(branch(path, counts.get("") or counts.get("."), sums.get("")), guide_style="dim")
    nodes = {"": root}
    for name in sorted(counts, key=parts_of):
        above = ""
        for part in parts_of(name):
            place = f"{above}/{part}" if above else part
            if place not in nodes:
                line = branch(part, counts.get(place), sums.get(place))
                nodes[place] = nodes[above].add(line)
            above = place
    return root


def parts_of(run: str) -> list[str]:
    """Split a run's name into directories; the run of the root has none."""
    return [] if run in {"", "."} else run.split("/", MOST_LEVELS - 1)


def counted(run: Run, shown: set[str]) -> tuple[int, int]:
    """Count the tags that are shown and their values."""
    entries = [entry.count for tag, entry in run.tags.items() if tag in shown]
    return len(entries), sum(entries)


def sums_below(counts: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return for each directory above a run, "" for the root, the runs below it and their values.

    Args:
        counts: of each run, its tags and values.
    """
    sums: dict[str, tuple[int, int]] = {}
    for name, (_, values) in counts.items():
        above = "" if name in {"", "."} else name
        while above:
            above = above.rpartition("/")[0]
            runs_before, values_before = sums.get(above, (0, 0))
            sums[above] = (runs_before + 1, values_before + values)
    return sums


def branch(label: str, own: tuple[int, int] | None, below: tuple[int, int] | None) -> Text:
    """Word one line of the tree.

    Args:
        label: the last part of the directory's name.
        own: the tags and values of its run, if it is one.
        below: the runs below it and their values.
    """
    from rich.text import Text

    if own is not None:
        said = f"{plural(own[0], 'tag')}, {plural(own[1], 'value')}"
    else:
        runs, values = below or (0, 0)
        said = f"{plural(runs, 'run')}, {plural(values, 'value')}"
    line = Text(escape(label), style="bold" if own is not None else "", overflow="fold")
    return line.append(f"  {said}", style="not bold dim")


def long_table(name: str, run: Run, rows: list[tuple[str, Tag, str, int | None]]) -> Any:
    """Lay out all that is known of the tags of one run, two lines for each.

    Args:
        name: of the run.
        run: the run.
        rows: (tag, entry, last value in words, number of NaN among its scalars or None).
    """
    from rich.text import Text

    table = new_table(
        "tag",
        "kind\nplugin",
        ">count\nNaN",
        ">steps\nlast value",
        "first wall time\nlast wall time",
        title=f"run {escape(name)}{on_disk(run)}",
    )
    table.columns[1].max_width = 14
    table.columns[3].no_wrap, table.columns[3].max_width = True, 20
    table.columns[3].overflow = "ellipsis"
    table.columns[4].no_wrap = True
    for tag, entry, last, nan in rows:
        steps = f"{entry.first_step}..{entry.last_step}"
        table.add_row(
            Text(shorten(tag)),
            Text(f"{escape(entry.kind)}\n{escape(entry.plugin) or '-'}"),
            f"{format_count(entry.count)}\n{'-' if nan is None else format_count(nan)}",
            Text(f"{steps if entry.first_step != entry.last_step else entry.last_step}\n{last}"),
            f"{format_wall_time(entry.first_wall_time)}\n{format_wall_time(entry.last_wall_time)}",
        )
    return table


def narrow_list(
    name: str, rows: list[tuple[str, Tag, str, int | None]], *, long: Run | None = None
) -> Text:
    """Put each tag of a run on a line, and what is known of it on the next.

    Args:
        name: of the run.
        rows: (tag, entry, last value in words, number of NaN among its scalars or None).
        long: the run, for all that long_table() says.
    """
    from rich.text import Text

    heading = f"run {escape(name)}{'' if long is None else on_disk(long)}"
    text = Text(overflow="fold").append(heading, style="bold")
    for tag, entry, last, nan in rows:
        steps = f"{entry.first_step}..{entry.last_step}"
        steps = steps if entry.first_step != entry.last_step else str(entry.last_step)
        lines = [f"{format_count(entry.count)} {escape(entry.kind)}, step {steps}: {last}"]
        if long is not None:
            found = "" if nan is None else f", {format_count(nan)} NaN"
            lines += [
                f"plugin {escape(entry.plugin) or '-'}{found}",
                f"from {format_wall_time(entry.first_wall_time)}",
                f"to   {format_wall_time(entry.last_wall_time)}",
            ]
        text.append(f"\n{shorten(tag)}").append("".join(f"\n  {line}" for line in lines), "dim")
    return text


def on_disk(run: Run) -> str:
    """Say how large the files of a run are; nothing where one is gone by now."""
    try:
        size = sum(path.stat().st_size for path in run.paths)
    except OSError:
        return ""
    return f", {format_bytes(size)} in {plural(len(run.paths), 'file')}"
