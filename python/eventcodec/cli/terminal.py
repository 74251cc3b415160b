"""What the commands print with: safe text, tables that fit the terminal, JSON, number formats.

Tags, run names and texts come from files that anyone may have written. Nothing of them reaches a
terminal as a control character, and nothing of them is taken for rich's markup.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from eventcodec.json_lines import to_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "FOUND_DAMAGE",
    "INTERRUPTED",
    "IO_FAILED",
    "WRONG_USAGE",
    "console",
    "discard_output",
    "escape",
    "format_bytes",
    "format_count",
    "format_rate",
    "format_seconds",
    "format_value",
    "format_wall_time",
    "new_table",
    "plural",
    "print_json",
    "printing",
    "progress",
    "shorten",
    "to_json",
]

# Exit statuses; 0 is fine. 130 is what shells give for an interrupt.
FOUND_DAMAGE = 1
WRONG_USAGE = 2
IO_FAILED = 3
INTERRUPTED = 130

# Control, format (bidirectional overrides, zero width), line and paragraph separators, surrogates.
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
# Letters and marks that nevertheless show nothing.
HIDDEN_CHARACTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def escape(text: str) -> str:
    r"""Show control, bidirectional and zero-width characters as escapes.

    Args:
        text: anything that came out of a file or from a user.

    Returns:
        The text with such characters written as `\n`, `\x1b` or `\u202e`.

    Example:
        >>> escape("loss" + chr(27) + "[31m")
        'loss\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape_one(character) for character in text)


def _escape_one(character: str) -> str:
    hidden = unicodedata.category(character) in HIDDEN_CATEGORIES or character in HIDDEN_CHARACTERS
    return character.encode("unicode_escape").decode("ascii") if hidden else character


def shorten(text: str, most: int = 120) -> str:
    """Escape a name for a table; of a very long one give the ends, and how long it is.

    Example:
        >>> shorten("a" * 200 + "/loss", most=20)
        'aaaaaaaaaa...aaaaa/loss (205 characters)'
    """
    if not text:
        return '""'
    if len(text) <= most:
        return escape(text)
    half = most // 2
    return f"{escape(text[:half])}...{escape(text[-half:])} ({format_count(len(text))} characters)"


def console(*, stderr: bool = False) -> Console:
    """Make a rich console: colours only on a terminal and without NO_COLOR, no guessing at text."""
    from rich.console import Console

    class PlainConsole(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 - rich would leave with status 1, which is that of damage

    return PlainConsole(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)


def discard_output() -> None:
    """Forget what standard output could not take: a full disk, or a reader that has gone.

    Without this the interpreter would complain once more when it flushes at exit, and leave with a
    status of its own.
    """
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def printing() -> Iterator[None]:
    """Print what a command found; a reader that leaves early costs nothing of what follows.

    For commands whose exit status says what was found, whether anybody reads all of it or not.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def new_table(*columns: str, title: str | None = None) -> Table:
    """Make an empty table in the one style of all commands.

    Args:
        columns: headings; one that starts with ">" is a column of numbers, aligned right.
        title: a line above the table, already escaped.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        title=Text(title, style="bold") if title is not None else None,
        title_justify="left",
        header_style="bold",
        pad_edge=False,
        show_edge=False,
        padding=(0, 1),
    )
    for heading in columns:
        if heading.startswith(">"):
            table.add_column(heading[1:], justify="right", no_wrap=True)
        else:
            table.add_column(heading, overflow="fold")
    return table


@contextlib.contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr when that is a terminal and the work takes over a second.

    Args:
        label: what is being done.
        total: how many units there are; 0 when they are counted but nobody knows how many there
            will be; None when the work cannot be counted.

    Yields:
        A function that takes how many units are done.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = [TextColumn("{task.description}", markup=False), BarColumn()]
    columns.append(TimeElapsedColumn() if total is None else MofNCompleteColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    task = bar.add_task(escape(label), total=total or None)
    # Native work neither calls back nor holds the interpreter lock: a timer starts the bar.
    timer = threading.Timer(1.0, bar.start)
    timer.start()
    try:
        yield lambda done: bar.update(task, completed=done)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def print_json(value: Any) -> None:
    """Print one JSON object on one line."""
    click.echo(to_json(value))


def format_value(value: float) -> str:
    """Format a scalar for a table: six significant digits."""
    return f"{value:.6g}"


def format_count(count: int) -> str:
    """Format a count with thousands separators."""
    return f"{count:,}"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{format_count(count)} {noun}" + ("" if count == 1 else "s")


def format_bytes(size: float) -> str:
    """Format a size in decimal units: 999 B, 1.5 kB, 56.0 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def format_rate(rate: float, unit: str) -> str:
    """Format a rate with a decimal prefix: 12.3 M events/s, 1.26 GB/s."""
    prefix = "G"
    for smaller in ("", "k", "M"):
        if rate < 999.5:
            prefix = smaller
            break
        rate /= 1000
    gap = "" if unit.startswith("B") or not prefix else " "
    return f"{rate:.3g} {prefix}{gap}{unit}"


def format_seconds(seconds: float) -> str:
    """Format a duration in the unit that suits it: 57 ns, 1.2 us, 34 ms, 2.5 s."""
    for scale, unit in ((1e-9, "ns"), (1e-6, "us"), (1e-3, "ms")):
        if seconds < scale * 999.5:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds:.3g} s"


def format_wall_time(wall_time: float) -> str:
    """Format a wall time (seconds since 1970) as local time to the millisecond."""
    try:
        moment = datetime.fromtimestamp(wall_time, tz=timezone.utc).astimezone()
    except (OverflowError, OSError, ValueError):
        return f"{wall_time:g}"
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
