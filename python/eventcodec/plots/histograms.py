"""Pictures of histograms over steps: shades with quantiles, or ridgelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventcodec.plots.density import Density
from eventcodec.plots.picture import new_figure, plain, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_densities", "draw_ridges"]

# More ridges than this hide each other; TensorBoard keeps about as many.
MOST_RIDGES = 50
# How far the tallest ridge rises, as a share of the way from the first step to the last.
RISE = 0.3


def draw_densities(
    densities: Sequence[tuple[str, Density]],
    *,
    title: str,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw histograms over steps as shades, with the median and the middle 80 % as lines.

    Args:
        densities: (name, density) for each pair of axes, at least one.
        title: the line above everything.
        size: width and height in inches; None chooses by the number of panels.
    """
    with style():
        figure, axes = new_figure(len(densities), size, title=title, panel=(4.6, 3.0))
        for axis, (name, density) in zip(axes, densities, strict=True):
            steps = step_edges(density.steps)
            peak = density.mass.max() or 1.0
            axis.grid(visible=False)
            axis.pcolormesh(
                steps, density.edges, np.sqrt(density.mass.T / peak), cmap="Blues", rasterized=True
            )
            axis.plot(density.steps, density.quantile(0.5), color="#08306b", label="median")
            for q in (0.1, 0.9):
                axis.plot(
                    density.steps,
                    density.quantile(q),
                    color="#08306b",
                    linewidth=0.8,
                    linestyle="--",
                    label="10 % and 90 %" if q == 0.1 else None,
                )
            axis.set_xlabel("step")
            axis.set_ylabel(plain(name))
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def step_edges(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Put an edge half way between consecutive steps; a single step gets a width of one."""
    x = np.maximum.accumulate(steps.astype(np.float64))
    if x.size == 1:
        return np.array([x[0] - 0.5, x[0] + 0.5])
    middle = (x[1:] + x[:-1]) / 2
    return np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])


def draw_ridges(
    densities: Sequence[tuple[str, Density]],
    *,
    title: str,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw histograms over steps as ridgelines, the newest in front and palest.

    That is the "offset" form of TensorBoard's histogram dashboard: values go across, steps go
    down on the right, and a ridge stands on the step that it belongs to.

    Args:
        densities: (name, density) for each pair of axes, at least one. Of more than 50 steps,
            50 evenly chosen ones are drawn, the first and the last among them.
        title: the line above everything.
        size: width and height in inches; None chooses by the number of panels.
    """
    with style():
        figure, axes = new_figure(len(densities), size, title=title, panel=(4.6, 3.6))
        for axis, (name, density) in zip(axes, densities, strict=True):
            draw_ridge_panel(axis, density)
            axis.set_xlabel(plain(name))
            axis.set_ylabel("step")
    return figure


def draw_ridge_panel(axis: Axes, density: Density) -> None:
    """Draw one ridge for each step, the oldest first."""
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    order = np.argsort(density.steps, kind="stable")
    chosen = order[np.unique(np.linspace(0, order.size - 1, MOST_RIDGES).round().astype(int))]
    bases = density.steps[chosen].astype(np.float64)
    # Even among steps that float64 cannot tell apart a ridge needs a height.
    rise = max(RISE * (bases[-1] - bases[0]) or 1.0, 1e-9 * np.abs(bases).max())
    peak = density.mass[chosen].max() or 1.0
    middles = (density.edges[1:] + density.edges[:-1]) / 2
    x = np.concatenate([density.edges[:1], middles, density.edges[-1:]])
    for place, (row, base) in enumerate(zip(chosen.tolist(), bases.tolist(), strict=True)):
        height = np.pad(density.mass[row], 1) / peak * rise
        age = 1 - place / max(1, chosen.size - 1)
        axis.fill_between(
            x,
            base,
            base - height,
            facecolor=colormaps["Blues"](0.35 + 0.6 * age),
            edgecolor="white",
            linewidth=0.6,
            zorder=2 + place / 1000,
        )
    axis.grid(visible=False, axis="y")
    axis.set_xlim(density.edges[0], density.edges[-1])
    axis.set_ylim(bases[-1] + 0.05 * rise, bases[0] - 1.05 * rise)
    ticks = MaxNLocator(nbins=6, integer=True).tick_values(bases[0], bases[-1])
    axis.set_yticks([tick for tick in ticks if bases[0] <= tick <= bases[-1]])
    axis.yaxis.tick_right()
    axis.yaxis.set_label_position("right")
    axis.spines["left"].set_visible(False)
