"""Pictures for a report: scalar curves and images; as PNG, SVG or a web page.

Uses matplotlib without pyplot, so that nothing of the caller's figures or settings changes.
"""

from __future__ import annotations

import html
import io
import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.plots.curves import Panel, break_where_x_falls, reduce_to_columns, smooth
from eventcodec.plots.fonts import families, missing_characters
from eventcodec.plots.log_axis import above_zero, log_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "draw_images", "draw_panels", "new_figure", "plain", "save", "style"]

FORMATS = (".png", ".svg", ".html")
DOTS_PER_INCH = 150
LABEL_CHARACTERS = 30  # in a line beside a vertical axis
# Beyond these matplotlib's own margins on a logarithmic axis leave the range of float64.
SMALLEST, LARGEST = 1e-300, 1e300

# Okabe and Ito's palette, which people with any colour vision can tell apart; yellow left out
# because it vanishes on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.labelcolor": "#222222",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "font.size": 9,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "svg.fonttype": "none",  # words stay words: the browser has the fonts, and they can be found
    "svg.hashsalt": "eventcodec",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "figure.facecolor": "white",
}


@contextmanager
def style() -> Iterator[None]:
    """Apply our settings to what is drawn inside."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        mpl.rcParams["font.family"] = families()
        yield


def new_figure(
    count: int, size: tuple[float, float] | None, *, title: str, panel: tuple[float, float]
) -> tuple[Figure, list[Axes]]:
    """Make a figure with `count` axes in a grid that is about as wide as it is high."""
    from matplotlib.figure import Figure

    columns = 1 if count == 1 else 2 if count in (2, 4) else 3 if count <= 12 else 4
    rows = -(-count // columns)
    figure = Figure(
        figsize=size or (columns * panel[0], rows * panel[1] + 0.7), layout="constrained"
    )
    # matplotlib takes text between two dollar signs for mathematics.
    figure.suptitle(plain(title), fontsize=11, fontweight="bold", x=0.01, ha="left")
    grid = figure.subplots(rows, columns, squeeze=False)
    axes: list[Axes] = list(grid.flat)
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, axes[:count]


def plain(text: str) -> str:
    """Keep matplotlib from reading a formula into a tag."""
    return text.replace("$", r"\$")


def draw_panels(
    panels: Sequence[Panel],
    *,
    title: str,
    smoothing: float = 0.0,
    runs: Sequence[str] = (),
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw scalar curves, one pair of axes for a tag, one colour for a run.

    Args:
        panels: what to draw, at least one.
        title: the line above everything.
        smoothing: weight of TensorBoard's smoothing; the raw values stay visible, pale, behind.
        runs: labels in the order of their colours; () takes them from the panels.
        size: width and height in inches; None chooses by the number of panels.

    Returns:
        A matplotlib Figure, not bound to pyplot.
    """
    labels = list(runs) or list(
        dict.fromkeys(curve.label for panel in panels for curve in panel.curves)
    )
    with style():
        figure, axes = new_figure(len(panels), size, title=title, panel=(4.6, 3.0))
        lines: dict[str, Any] = {}
        for axis, panel in zip(axes, panels, strict=True):
            axis.set_xscale("log" if panel.log_x else "linear")
            axis.set_yscale("log" if panel.log_y else "linear")
            for curve in panel.curves:
                colour = COLOURS[labels.index(curve.label) % len(COLOURS)]
                # matplotlib counts days where we count seconds.
                x = curve.x / 86400 if panel.clock else curve.x
                lines[curve.label] = draw_curve(axis, panel, x, curve.y, colour, smoothing)
            axis.set_xlabel(panel.x_label)
            axis.set_ylabel(plain("\n".join(textwrap.wrap(panel.title, LABEL_CHARACTERS))))
            if not panel.has_points():
                axis.text(0.5, 0.5, "no finite values", ha="center", transform=axis.transAxes)
            axis.margins(x=0.02)
            show_decades(axis, panel)
            if panel.clock:
                show_clock(axis)
        if len(lines) > 1:
            shown = [label for label in labels if label in lines]
            figure.legend(
                [lines[label] for label in shown],
                [plain(label) for label in shown],
                loc="outside upper right",
                ncols=min(len(shown), 6),
            )
        if smoothing:
            figure.supxlabel(
                f"bold lines: smoothed with weight {smoothing:g}; pale lines: values as logged",
                fontsize=8,
                color="#666666",
            )
    return figure


def show_decades(axis: Axes, panel: Panel) -> None:
    """Give logarithmic axes the ticks that they have in a terminal; matplotlib's may overlap."""
    from matplotlib.ticker import FixedLocator, NullFormatter

    sides = [
        (axis.xaxis, axis.dataLim.intervalx, axis.set_xlim, axis.get_xlim, panel.log_x),
        (axis.yaxis, axis.dataLim.intervaly, axis.set_ylim, axis.get_ylim, panel.log_y),
    ]
    if any(on and (data[0] < SMALLEST or data[1] > LARGEST) for _, data, _, _, on in sides):
        # Before any limit is set or asked for: either makes matplotlib compute all margins.
        axis.autoscale(enable=False)
        for _, data, set_limits, _, on in sides:
            low, high = np.clip(data, SMALLEST, LARGEST).tolist() if on else data.tolist()
            if on:
                set_limits(low / 10, high * 10)
            else:
                set_limits(low - (low == high), high + (low == high))
    for side, _, _, limits, on in sides:
        if on:
            low, high = (math.log10(end) for end in limits())
            ticks = log_ticks(low, high, 6)
            side.set_major_locator(FixedLocator([number for _, number in ticks]))
            side.set_major_formatter("{x:g}")
            side.set_minor_formatter(NullFormatter())


def show_clock(axis: Axes) -> None:
    """Label a horizontal axis of seconds since 1970 with local dates and times."""
    from datetime import datetime, timezone

    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    zone = datetime.now(tz=timezone.utc).astimezone().tzinfo
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=6)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))


def draw_curve(
    axis: Axes,
    panel: Panel,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    colour: str,
    smoothing: float,
) -> Any:
    """Draw one run's curve, smoothed over raw; give back the line that the legend shows."""
    finite = np.where(np.isfinite(y), y, np.nan)
    if smoothing and y.size > 1:
        axis.plot(*points(panel, x, finite), color=colour, alpha=0.25, linewidth=1.0)
        finite = smooth(finite, smoothing)
    marker = "o" if y.size <= 40 else None
    return axis.plot(*points(panel, x, finite), color=colour, marker=marker, markersize=3)[0]


def points(
    panel: Panel, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leave of a curve what can be seen."""
    shown = above_zero(panel, *break_where_x_falls(x, y))
    # A few pixel columns more than any picture has: no difference to see, and a small SVG.
    return reduce_to_columns(*shown, 2000, log_x=panel.log_x)


def draw_images(
    images: Sequence[tuple[str, NDArray[np.uint8]]],
    *,
    title: str,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw images side by side.

    Args:
        images: (caption, uint8 (h, w, c)) for each, at least one.
        title: the line above everything.
        size: width and height in inches; None chooses by the number of images.
    """
    with style():
        figure, axes = new_figure(len(images), size, title=title, panel=(3.0, 3.0))
        for axis, (caption, pixels) in zip(axes, images, strict=True):
            shown = pixels[:, :, 0] if pixels.shape[2] < 3 else pixels
            axis.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axis.set_title(plain(caption), fontsize=9)
            axis.set_axis_off()
    return figure


def save(figure: Figure, path: Path, *, title: str) -> set[str]:
    """Write a figure; the suffix of the path chooses the format.

    Args:
        figure: from one of the functions here.
        path: ends in .png, .svg or .html. An .html page holds the picture inside itself.
        title: the title of the web page.

    Returns:
        The characters that stand as boxes in the picture, because no font here has them; none in
        .svg and .html, which leave it to the reader's browser.

    Raises:
        ValueError: another suffix.
        OSError: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        message = f"a picture ends in {', '.join(FORMATS)}, got {str(path)!r}"
        raise ValueError(message)
    drawn = io.BytesIO()
    with style(), missing_characters() as missing:
        figure.savefig(
            drawn,
            format="png" if suffix == ".png" else "svg",
            dpi=DOTS_PER_INCH,
            metadata={"Date": None} if suffix != ".png" else None,
        )
    data = drawn.getvalue()
    path.write_bytes(web_page(data.decode("utf-8"), title) if suffix == ".html" else data)
    return missing if suffix == ".png" else set()


def web_page(svg: str, title: str) -> bytes:
    """Wrap an SVG into a page that needs nothing else."""
    picture = svg[svg.index("<svg") :]
    # As wide as the page, and no higher than the window if that makes it larger than it is.
    height = re.search(r'height="([\d.]+pt)"', picture)
    most = f"max(86vh, {height[1]})" if height is not None else "none"
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>
body {{ margin: 2rem auto; max-width: 80rem; padding: 0 1rem; background: #fff; }}
svg {{ width: 100%; height: auto; max-height: {most}; }}
</style>
</head>
<body>
{picture}
</body>
</html>
"""
    return page.encode("utf-8")
