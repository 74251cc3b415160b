"""Turns the series of a log into what the plots draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
import numpy as np

from eventcodec.cli.terminal import format_count, shorten
from eventcodec.plots.curves import Curve, Panel
from eventcodec.plots.log_axis import on_log_axes

if TYPE_CHECKING:
    from eventcodec.reader import Log

__all__ = ["panels_of", "scalar_panels"]

# Seconds in the units of the relative axis; the largest that the log fills is taken.
UNITS = ((3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))


def scalar_panels(
    log: Log, runs: Iterable[str], tags: Iterable[str], *, x: str = "step"
) -> list[Panel]:
    """Make a panel for each tag, with a curve for each run that has it.

    Args:
        log: an open log.
        runs, tags: what to draw; tags without scalars are left out.
        x: "step", "relative" (time since the first value of the run that was read) or "wall"
            (clock time).
    """
    chosen = {name: log.runs[name] for name in runs}
    starts = {
        name: min((tag.first_wall_time for tag in run.tags.values()), default=0.0)
        for name, run in chosen.items()
    }
    ends = {
        name: max((tag.last_wall_time for tag in run.tags.values()), default=0.0)
        for name, run in chosen.items()
    }
    longest = max((ends[name] - starts[name] for name in chosen), default=0.0)
    seconds, unit = next((u for u in UNITS if longest >= u[0]), UNITS[-1])
    labels = {"step": "step", "relative": f"{unit} since the first value", "wall": "time"}
    panels = []
    for tag in tags:
        curves = []
        for name, run in chosen.items():
            if tag not in run.scalars:
                continue
            series = run.scalars[tag]
            across = series.steps.astype(np.float64) if x == "step" else series.wall_times
            if x == "relative":
                across = (across - starts[name]) / seconds
            curves.append(Curve(shorten(name, 60), across, series.values))
        if curves:
            panels.append(Panel(shorten(tag, 60), labels[x], tuple(curves), clock=x == "wall"))
    return panels


def panels_of(
    log: Log, runs: list[str], tags: list[str], x_axis: str, *, log_x: bool, log_y: bool
) -> list[Panel]:
    """Make the panels of scalars, and say what logarithmic axes leave out."""
    panels = scalar_panels(log, runs, tags, x=x_axis)
    if not (log_x or log_y):
        return panels
    kept, left_out, emptied = on_log_axes(panels, log_x=log_x, log_y=log_y)
    axes = " or ".join(name for name, on in (("x", log_x), ("y", log_y)) if on)
    if not kept:
        raise click.UsageError(
            f"nothing is left to draw: no point of {', '.join(emptied)} lies above 0 in {axes},"
            " and a logarithmic axis shows no others"
        )
    if left_out:
        said = f"eventcodec plot: left out {format_count(left_out)} point(s) with {axes} <= 0"
        click.echo(said + (f", all of {', '.join(emptied)}" if emptied else ""), err=True)
    return kept
