"""Scalar panels in a terminal: lines of braille dots (2 x 4 in a character), axes and a legend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventcodec.plots.curves import (
    Curve,
    Floats,
    Panel,
    break_where_x_falls,
    nice_ticks,
    reduce_to_columns,
    smooth,
)
from eventcodec.plots.log_axis import log_ticks, to_exponents

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["COLOURS", "draw_panel"]

# Names of the terminal's own palette, so that a person's theme decides how they look.
COLOURS = ("bright_blue", "yellow", "green", "magenta", "cyan", "red", "white")
# One letter for each curve at its right end: where there are no colours, these tell them apart.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# The bit of each dot in the braille block, by row and column. Source: Unicode 15, U+2800-U+28FF.
DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)
BRAILLE_START = 0x2800


@dataclass(frozen=True)
class Frame:
    """The data limits of a panel and its size in characters; exponents on logarithmic axes."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    columns: int
    rows: int

    def dots(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Place data in units of dots; row 0 is the top."""
        across = (x - self.x_low) / (self.x_high - self.x_low) * (2 * self.columns - 1)
        down = (self.y_high - y) / (self.y_high - self.y_low) * (4 * self.rows - 1)
        return across, down

    def row_of(self, y: float) -> int:
        """Name the text row in which a value lies."""
        row = int((self.y_high - y) / (self.y_high - self.y_low) * (4 * self.rows - 1)) // 4
        return min(max(row, 0), self.rows - 1)


class Canvas:
    """The dots of a panel, and which curve owns each character."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._bits = np.zeros((frame.rows, frame.columns), dtype=np.uint8)
        self._owner = np.zeros((frame.rows, frame.columns), dtype=np.int64)
        # Row -> the curve whose letter stands at its end.
        self._ends: dict[int, int] = {}

    def draw(self, curve: Curve, index: int) -> None:
        """Set the dots of one curve and place its letter."""
        finite = np.where(np.isfinite(curve.y), curve.y, np.nan)
        x, y = reduce_to_columns(curve.x, finite, 2 * self._frame.columns)
        across, down = line_dots(*self._frame.dots(x, y))
        row, column = down // 4, across // 2
        np.bitwise_or.at(self._bits, (row, column), DOT_BITS[down % 4, across % 2])
        self._owner[row, column] = index
        seen = y[np.isfinite(y)]
        free = [r for r in range(self._frame.rows) if r not in self._ends]
        if seen.size and free:
            # Two curves that end in one row: the second takes the nearest free row.
            end = self._frame.row_of(float(seen[-1]))
            self._ends[min(free, key=lambda r: abs(r - end))] = index

    def row(self, row: int, label: str, margin: int) -> Text:
        """Put a row together: tick label, axis, dots in their curves' colours, end letter."""
        from rich.text import Text

        bits, owner = self._bits[row], self._owner[row]
        line = Text(f"{label:>{margin - 1}} ")
        line.append("┤" if label else "│", style="dim")
        start = 0
        for stop in [*(np.flatnonzero(np.diff(owner)) + 1).tolist(), owner.size]:
            dots = "".join(chr(BRAILLE_START + b) if b else " " for b in bits[start:stop].tolist())
            line.append(dots, style=COLOURS[int(owner[start]) % len(COLOURS)])
            start = stop
        end = self._ends.get(row)
        if end is not None:
            style = f"bold {COLOURS[end % len(COLOURS)]}"
            line.append(f" {LETTERS[end % len(LETTERS)]}", style=style)
        return line


def limits(arrays: list[Floats], *, log: bool = False) -> tuple[float, float]:
    """Find the finite extremes of several arrays, widened where they are equal or none exist."""
    finite = np.concatenate([array[np.isfinite(array)] for array in arrays] or [np.empty(0)])
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        margin = 0.1 if log else abs(low) * 0.05 or 0.5
        return low - margin, high + margin
    return low, high


def draw_panel(
    panel: Panel, *, width: int = 80, height: int = 14, smoothing: float = 0.0
) -> list[Text]:
    """Draw a panel as lines of text.

    Args:
        panel: what to draw.
        width: characters a line, at least 30.
        height: lines for the plot itself, at least 3; title, axis and legend come on top.
        smoothing: weight of TensorBoard's smoothing, 0 to 1 exclusive.

    Returns:
        Lines for rich: title, plot rows, axis, tick labels, legend. No line is wider than `width`.
    """
    smoothed = (
        Curve(curve.label, *break_where_x_falls(curve.x, smooth(curve.y, smoothing)))
        for curve in panel.curves
    )
    curves = [to_exponents(panel, curve) for curve in smoothed]
    y_low, y_high = limits([curve.y for curve in curves], log=panel.log_y)
    x_low, x_high = limits([curve.x for curve in curves], log=panel.log_x)
    ticks = ticks_of(y_low, y_high, max(3, height // 2), log=panel.log_y)
    labels = {place: f"{tick:.6g}" for place, tick in ticks}
    margin = max((len(label) for label in labels.values()), default=0) + 1
    frame = Frame(x_low, x_high, y_low, y_high, max(8, width - margin - 4), max(3, height))
    canvas = Canvas(frame)
    for index, curve in enumerate(curves):
        canvas.draw(curve, index)
    label_rows = {frame.row_of(tick): label for tick, label in labels.items()}
    title = plot_title(panel.title, smoothing)
    if not panel.has_points():
        title.append("  no finite values", style="not bold dim")
    title.truncate(width, overflow="ellipsis")
    lines = [title]
    for row in range(frame.rows):
        lines.append(canvas.row(row, label_rows.get(row, ""), margin))
    lines += x_axis(frame, margin, panel)
    if len(curves) > 1:
        lines += legend([curve.label for curve in curves], width)
    return lines


def ticks_of(low: float, high: float, count: int, *, log: bool) -> list[tuple[float, float]]:
    """Choose ticks as (place on the axis, number that stands there)."""
    if log:
        return log_ticks(low, high, count)
    return [(tick, tick) for tick in nice_ticks(low, high, count)]


def line_dots(across: Floats, down: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the dots of a line through points in dot units; NaN interrupts it."""
    good = np.isfinite(across) & np.isfinite(down)
    joined = good[:-1] & good[1:]
    x0, y0 = across[:-1][joined], down[:-1][joined]
    dx, dy = across[1:][joined] - x0, down[1:][joined] - y0
    steps = np.ceil(np.maximum(np.abs(dx), np.abs(dy))).astype(np.int64) + 1
    segment = np.repeat(np.arange(steps.size), steps)
    part = np.arange(segment.size) - np.repeat(np.cumsum(steps) - steps, steps)
    share = part / steps[segment]
    xs = np.concatenate([across[good], x0[segment] + share * dx[segment]])
    ys = np.concatenate([down[good], y0[segment] + share * dy[segment]])
    return np.rint(xs).astype(np.int64), np.rint(ys).astype(np.int64)


def plot_title(title: str, smoothing: float) -> Text:
    """Head the panel with its title and how it was smoothed."""
    from rich.text import Text

    line = Text(title, style="bold")
    if smoothing:
        line.append(f"  smoothing {smoothing:g}", style="dim")
    return line


def tick_label(tick: float, span: float, *, clock: bool) -> str:
    """Write a place on the horizontal axis; wall times as local time."""
    if not clock:
        return f"{tick:.6g}"
    pattern = "%H:%M:%S" if span < 3600 else "%H:%M" if span < 86400 else "%m-%d %H:%M"
    return datetime.fromtimestamp(tick, tz=timezone.utc).astimezone().strftime(pattern)


def x_axis(frame: Frame, margin: int, panel: Panel) -> list[Text]:
    """Draw the horizontal axis with ticks, their labels and the axis' name."""
    from rich.text import Text

    rule = ["─"] * frame.columns
    x_label = panel.x_label
    room = frame.columns - len(x_label) - 2
    labels = [" "] * frame.columns
    written = -1
    count = max(2, frame.columns // 12)
    for place, tick in ticks_of(frame.x_low, frame.x_high, count, log=panel.log_x):
        column = round((place - frame.x_low) / (frame.x_high - frame.x_low) * (frame.columns - 1))
        text = tick_label(tick, frame.x_high - frame.x_low, clock=panel.clock)
        first = min(max(0, column - len(text) // 2), frame.columns - len(text))
        rule[column] = "┬"
        if first > written and first + len(text) <= room:
            labels[first : first + len(text)] = text
            written = first + len(text)
    labels[frame.columns - len(x_label) :] = x_label
    return [
        Text(" " * margin + "└" + "".join(rule), style="dim"),
        Text(" " * (margin + 1) + "".join(labels).rstrip()),
    ]


def legend(labels: list[str], width: int) -> list[Text]:
    """Name the curves by letter and colour, as many to a line as fit."""
    from rich.text import Text

    lines = [Text(" ")]
    for index, label in enumerate(labels):
        shown = label if len(label) <= width - 6 else label[: width - 7] + "…"
        if len(lines[-1]) + len(shown) + 4 > width and len(lines[-1]) > 1:
            lines.append(Text(" "))
        style = COLOURS[index % len(COLOURS)]
        lines[-1].append(f" {LETTERS[index % len(LETTERS)]} ", style=f"bold {style}")
        lines[-1].append(shown + " ", style=style)
    return lines
