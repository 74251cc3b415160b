"""The chart of a benchmark: how many times slower than eventcodec each contender is, log scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventcodec.bench.measure import Row
from eventcodec.bench.trial import OURS, PLAIN
from eventcodec.plots.picture import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_chart"]


def draw_chart(rows: Sequence[Row], *, title: str, times: dict[str, str]) -> Figure:
    """Draw a bar for each contender, grouped by case; eventcodec is the line at 1.

    Args:
        rows: from measure_cases.
        title: the line above the chart.
        times: case -> eventcodec's own time in words, for the labels.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    cases = list(dict.fromkeys(row.case for row in rows))
    others = sorted({row.contender for row in rows} - {OURS}, key=lambda n: (n != PLAIN, n))
    # Grey for the yardstick, colours for the peers.
    colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(others, start=-1)}
    colour[PLAIN] = "#9a9a9a"
    with style():
        bars = sum(row.contender != OURS for row in rows)
        figure = Figure(figsize=(8.5, 1.4 + 0.165 * bars + 0.18 * len(cases)), layout="constrained")
        axis = figure.subplots()
        axis.grid(visible=False, axis="y")
        y = 0.0
        centres = []
        for case in cases:
            group = [row for row in rows if row.case == case and row.contender != OURS]
            for offset, row in enumerate(group):
                # From 1, so that what is faster than eventcodec points to the left.
                bar = {"height": 0.85, "left": 1.0, "color": colour[row.contender]}
                axis.barh(y + offset, row.slower - 1.0, **bar)
                axis.annotate(
                    f"{row.slower:,.0f}x" if row.slower >= 10 else f"{row.slower:.1f}x",
                    (max(row.slower, 1.0), y + offset),
                    xytext=(3, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7.5,
                )
            centres.append(y + (len(group) - 1) / 2)
            y += len(group) + 1.1
        axis.set_xscale("log")
        slowest = max((row.slower for row in rows), default=1.0)
        fastest = min((row.slower for row in rows), default=1.0)
        axis.set_xlim(min(0.9, fastest / 1.5), max(slowest, 10) * 2.5)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,g}x")
        axis.axvline(1.0, color="#222222", linewidth=1.2)
        axis.set_yticks(centres, [f"{case}\n{times[case]}" for case in cases])
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(y - 0.9, -0.9)
        axis.set_xlabel("time in the call, as a multiple of eventcodec's (log scale)")
        handles = [Patch(color=colour[name]) for name in others]
        figure.legend(handles, others, loc="outside upper right", ncols=min(4, len(others)))
        figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    return figure
