"""`eventcodec tail`: what a growing log directory gets, as it gets it."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

import eventcodec
from eventcodec.cli.finite import FiniteRange
from eventcodec.cli.selection import matcher, run_option, tag_option
from eventcodec.cli.terminal import (
    FOUND_DAMAGE,
    console,
    escape,
    format_count,
    format_value,
    format_wall_time,
    new_table,
    to_json,
)

if TYPE_CHECKING:
    from rich.text import Text

    from eventcodec.damage import SkippedRegion
    from eventcodec.reader import FollowedScalar

__all__ = ["command"]

SPARKLINE = 24  # values
FRAMES_A_SECOND = 4
# On a terminal of fewer columns there are fewer columns.
WIDE = 70
WIDE_HEADINGS = ("run", "tag", ">count", ">step", ">last", "newest values", ">ago")
NARROW_HEADINGS = ("run", "tag", ">step", ">last")
GAP = 3  # characters between two columns


@click.command(short_help="Watch a growing log directory.")
@click.argument("path")
@run_option
@tag_option
@click.option(
    "--timeout", type=FiniteRange(min=0), metavar="SECONDS", help="End when nothing comes."
)
@click.option("--plain", is_flag=True, help="Lines instead of a table, also on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(
    path: str,
    runs: tuple[str, ...],
    tags: tuple[str, ...],
    *,
    timeout: float | None,
    plain: bool,
    as_json: bool,
) -> None:
    """Watch the scalars in PATH: a live table, or lines where the output is no terminal.

    PATH is an event file or a log directory; runs that begin later appear. Ctrl-C ends. Damaged
    bytes are skipped and told of on stderr, or below the table; the exit status is 1 then.

    \b
    Example:
      eventcodec tail runs --tag 'loss*'
      eventcodec tail runs --json --timeout 60 | jq .value
    """
    board = None if as_json or plain or not sys.stdout.isatty() else Board()
    damage: list[SkippedRegion] = []

    def note(region: SkippedRegion) -> None:
        damage.append(region)
        if board is None:
            click.echo(f"eventcodec tail: {describe(region)}", err=True)
        else:
            board.damage = describe(region)

    points = chosen(eventcodec.follow(path, timeout=timeout, on_damage=note), runs, tags)
    try:
        if board is None:
            print_points(points, as_json=as_json)
        else:
            watch(points, board)
    except KeyboardInterrupt:
        pass
    if damage:
        click.get_current_context().exit(FOUND_DAMAGE)


def describe(region: SkippedRegion) -> str:
    """Say what was skipped, in a line."""
    where = f"{escape(region.path)} at byte {region.offset}"
    return f"skipped {format_count(region.length)} damaged bytes of {where}: {region.reason}"


def chosen(
    points: Iterable[FollowedScalar], runs: tuple[str, ...], tags: tuple[str, ...]
) -> Iterator[FollowedScalar]:
    """Yield the points whose run and tag match."""
    run_wanted, tag_wanted = matcher(runs), matcher(tags)
    known: dict[tuple[str, str], bool] = {}
    for point in points:
        place = (point.run, point.tag)
        if place not in known:
            known[place] = run_wanted(point.run) and tag_wanted(point.tag)
        if known[place]:
            yield point


def print_points(points: Iterable[FollowedScalar], *, as_json: bool) -> None:
    """Print each point on a line of its own, at once."""
    for point in points:
        if as_json:
            line = to_json(point._asdict())
        else:
            where = f"{escape(point.run)}  step {point.step}  {escape(point.tag)}"
            line = f"{format_wall_time(point.wall_time)}  {where}  {format_value(point.value)}"
        click.echo(line)


@dataclass
class Row:
    """What is shown of one series."""

    count: int = 0
    step: int = 0
    seen: float = 0.0  # on the clock of this process
    values: deque[float] = field(default_factory=lambda: deque(maxlen=SPARKLINE))


class Board:
    """The newest values of every series. Fed by one thread, drawn by another."""

    def __init__(self) -> None:
        self.damage = ""  # the newest, in words
        self._rows: dict[tuple[str, str], Row] = {}
        self._lock = threading.Lock()

    def add(self, point: FollowedScalar) -> None:
        """Take one point."""
        with self._lock:
            row = self._rows.setdefault((point.run, point.tag), Row())
            row.count += 1
            row.step = point.step
            row.seen = time.monotonic()
            row.values.append(point.value)

    def draw(self, lines: int, width: int) -> Any:
        """Lay out the series; of more than fit into so many lines those that came last."""
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            newest = sorted(self._rows.items(), key=lambda item: item[1].seen, reverse=True)
            shown = sorted(newest[:lines], key=lambda item: item[0])
            cells = [self._cells(*place, row) for place, row in shown]
            left = len(self._rows) - len(shown)
        damage = Text(self.damage, style="yellow", overflow="ellipsis", no_wrap=True)
        if not cells:
            return Group(Text("waiting for scalars ..."), damage)
        headings = WIDE_HEADINGS if width >= WIDE else NARROW_HEADINGS
        table = new_table(*headings)
        for column, heading in zip(table.columns, headings, strict=True):
            column.no_wrap, column.overflow = True, "ellipsis"
            column.max_width = max(
                len(heading.lstrip(">")), *(row[heading].cell_len for row in cells)
            )
        # Names take what numbers leave of the width.
        run, tag, *numbers = (column.max_width or 0 for column in table.columns)
        room = max(12, width - sum(numbers) - GAP * (len(headings) - 1))
        table.columns[0].max_width = min(run, max(room // 3, room - tag))
        table.columns[1].max_width = max(6, room - table.columns[0].max_width)
        for row in cells:
            table.add_row(*(row[heading] for heading in headings))
        more = Text(f"and {format_count(left)} more series", style="dim") if left else Text("")
        return Group(table, more, damage)

    def _cells(self, run: str, tag: str, row: Row) -> dict[str, Text]:
        from rich.text import Text

        from eventcodec.plots.sparkline import sparkline

        words = {
            "run": escape(run),
            "tag": escape(tag),
            ">count": format_count(row.count),
            ">step": str(row.step),
            ">last": format_value(row.values[-1]),
            "newest values": sparkline(row.values),
            ">ago": format_age(time.monotonic() - row.seen),
        }
        return {heading: Text(word) for heading, word in words.items()}


def format_age(seconds: float) -> str:
    """Format how long ago something was, in a few characters."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def watch(points: Iterable[FollowedScalar], board: Board) -> None:
    """Show a table that changes as points come."""
    from rich.live import Live

    out = console()
    used = 6  # lines: heading, rule, what is left out, damage, prompt
    with Live(
        get_renderable=lambda: board.draw(max(1, out.size.height - used), out.size.width),
        console=out,
        refresh_per_second=FRAMES_A_SECOND,
    ) as live:
        for point in points:
            board.add(point)
        live.refresh()
