"""`eventcodec plot`: scalars, histograms and images in the terminal or as a picture."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventcodec.cli.finite import FiniteRange
from eventcodec.cli.output import picture_path, require
from eventcodec.cli.selection import (
    open_log,
    pick,
    report_damage,
    run_option,
    tag_option,
    tags_of,
)
from eventcodec.cli.steps import steps_option
from eventcodec.cli.terminal import console, escape, shorten

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.text import Text

    from eventcodec.plots.curves import Panel
    from eventcodec.reader import Image, Log

__all__ = ["command", "print_lines"]

# Beyond this, single plots get too small to read and the picture too large to open.
MOST_PANELS = 48
MOST_IMAGES = 12


@click.command(short_help="Draw scalars, histograms or images.")
@click.argument("path")
@run_option
@tag_option
@steps_option
@click.option(
    "--kind",
    type=click.Choice(["scalars", "histograms", "images"]),
    default="scalars",
    show_default=True,
    help="What to draw.",
)
@click.option(
    "--smoothing",
    type=FiniteRange(0, 1, max_open=True),
    default=0.0,
    metavar="WEIGHT",
    help="TensorBoard's smoothing, 0 to 1.",
)
@click.option(
    "--x",
    "x_axis",
    type=click.Choice(["step", "relative", "wall"]),
    default="step",
    show_default=True,
    help="The horizontal axis of scalars.",
)
@click.option("--log-x", is_flag=True, help="A logarithmic horizontal axis for scalars.")
@click.option("--log-y", is_flag=True, help="A logarithmic vertical axis for scalars.")
@click.option(
    "--style",
    type=click.Choice(["heat", "ridge"]),
    help="Histograms with -o: shades, or ridgelines.  [default: heat]",
)
@click.option("--width", type=click.IntRange(30, 20_000), help="Characters, or pixels with -o.")
@click.option("--height", type=click.IntRange(3, 20_000), help="Lines a plot, or pixels with -o.")
@click.option("-o", "--output", callback=picture_path, help="Write FILE.png, .svg or .html.")
def command(
    path: str,
    runs: tuple[str, ...],
    tags: tuple[str, ...],
    *,
    steps: tuple[int | None, int | None] | None,
    kind: str,
    smoothing: float,
    x_axis: str,
    log_x: bool,
    log_y: bool,
    style: str | None,
    width: int | None,
    height: int | None,
    output: Path | None,
) -> None:
    """Draw the scalars (or histograms or images) in PATH.

    One plot for a tag, one colour for a run; in the terminal, or with -o as a picture.

    \b
    Example:
      eventcodec plot runs --tag loss --smoothing 0.6
      eventcodec plot runs --tag loss --x relative --log-y -o loss.svg
      eventcodec plot runs --tag 'weights/*' --kind histograms -o weights.png
      eventcodec plot runs --kind histograms --style ridge -o ridges.png
    """
    if (log_x or log_y) and kind != "scalars":
        raise click.UsageError(f"--log-x and --log-y are for scalars, not for {kind}")
    if log_x and x_axis == "wall":
        raise click.UsageError("--log-x needs --x step or --x relative; dates have no zero")
    if style is not None and (kind != "histograms" or output is None):
        raise click.UsageError("--style is for pictures of histograms: add --kind histograms -o")
    if output is not None:
        require("matplotlib", extra="plot", purpose="a picture")
    # A run begins with the first value of all its tags.
    read = () if x_axis == "relative" else tags
    log = open_log(path, runs, read, steps, known=lambda log: tags_of(log, kind))
    names = list(log.runs)
    known = sorted(set(tags_of(log, kind)))
    if not known:
        where = "" if steps is None else " at these steps"
        raise click.UsageError(f"there are no {kind}{where} in {path!r}")
    chosen = pick(known, tags, what=f"tag of {kind}")
    if len(chosen) > MOST_PANELS:
        click.echo(
            f"eventcodec plot: drawing {MOST_PANELS} of {len(chosen)} tags; choose with --tag",
            err=True,
        )
        chosen = chosen[:MOST_PANELS]
    if kind == "scalars":
        from eventcodec.cli.panels import panels_of

        drawing: Drawing = ScalarDrawing(
            panels_of(log, names, chosen, x_axis, log_x=log_x, log_y=log_y), smoothing
        )
    elif kind == "histograms":
        drawing = HistogramDrawing(log, names, chosen, style or "heat")
    else:
        drawing = ImageDrawing(log, names, chosen)
    if output is None:
        print_lines(drawing.lines(width or terminal_width(), height))
    else:
        write(drawing, title_of(path), output, width=width, height=height)
    report_damage(log)


class Drawing:
    """Something that can be drawn in a terminal and as a picture."""

    def lines(self, width: int, height: int | None) -> list[Text]:
        """Draw it in a terminal."""
        raise NotImplementedError

    def figure(self, title: str, size: tuple[float, float] | None) -> Any:
        """Draw it with matplotlib."""
        raise NotImplementedError


class ScalarDrawing(Drawing):
    """Curves, a panel for a tag."""

    def __init__(self, panels: list[Panel], smoothing: float) -> None:
        self.panels = panels
        self.smoothing = smoothing

    def lines(self, width: int, height: int | None) -> list[Text]:
        """Draw the panels one below the other."""
        from eventcodec.plots.braille import draw_panel

        return [
            line
            for panel in self.panels
            for line in draw_panel(
                panel, width=width, height=height or 14, smoothing=self.smoothing
            )
        ]

    def figure(self, title: str, size: tuple[float, float] | None) -> Any:
        """Draw the panels in a grid."""
        from eventcodec.plots.picture import draw_panels

        return draw_panels(self.panels, title=title, smoothing=self.smoothing, size=size)


class HistogramDrawing(Drawing):
    """Histograms over steps, a panel for each run and tag."""

    def __init__(self, log: Log, runs: list[str], tags: list[str], style: str) -> None:
        from eventcodec.plots.density import density_of

        self.style = style
        found = series_in(log, "histograms", runs, tags)[:MOST_PANELS]
        # As many as TensorBoard's ridges have; narrower bins only make them ragged.
        bins = 30 if style == "ridge" else 120
        self.densities = [
            (label(run, tag, found), density_of(series.steps, series, bins=bins))
            for run, tag, series in found
        ]

    def lines(self, width: int, height: int | None) -> list[Text]:
        """Draw the panels one below the other."""
        from eventcodec.plots.blocks import draw_density

        return [
            line
            for title, density in self.densities
            for line in draw_density(density, title, width=width, height=height or 14)
        ]

    def figure(self, title: str, size: tuple[float, float] | None) -> Any:
        """Draw the panels in a grid."""
        from eventcodec.plots.histograms import draw_densities, draw_ridges

        draw = draw_ridges if self.style == "ridge" else draw_densities
        return draw(self.densities, title=title, size=size)


class ImageDrawing(Drawing):
    """The newest image of each tag; as a picture, several of a single tag over its steps."""

    def __init__(self, log: Log, runs: list[str], tags: list[str]) -> None:
        self.found = series_in(log, "images", runs, tags)[:MOST_PANELS]

    def images(self, newest: int) -> list[tuple[str, NDArray[np.uint8]]]:
        """Decode the newest images of each tag, with captions."""
        return [
            (f"{label(run, tag, self.found)}, step {image.step}", decode(image))
            for run, tag, series in self.found
            for image in series[-newest:]
        ]

    def lines(self, width: int, height: int | None) -> list[Text]:
        """Draw the images one below the other; `height` limits the lines of each."""
        from rich.text import Text

        from eventcodec.plots.blocks import draw_image

        colours = console().color_system is not None
        lines = []
        for caption, pixels in self.images(1):
            lines.append(Text(caption, style="bold"))
            wide = width
            if height is not None:
                wide = min(width, height * 2 * pixels.shape[1] // max(1, pixels.shape[0]))
            lines += draw_image(pixels, width=max(1, wide), colours=colours)
        return lines

    def figure(self, title: str, size: tuple[float, float] | None) -> Any:
        """Draw the images in a grid."""
        from eventcodec.plots.picture import draw_images

        newest = MOST_IMAGES if len(self.found) == 1 else 1
        return draw_images(self.images(newest), title=title, size=size)


# A series with the names of its run and its tag.
Found = tuple[str, str, Any]


def series_in(log: Log, kind: str, runs: list[str], tags: list[str]) -> list[Found]:
    """List the series of a kind, by tag and then by run."""
    by_run = {run: getattr(log.runs[run], kind) for run in runs}
    return [(run, tag, by_run[run][tag]) for tag in tags for run in runs if tag in by_run[run]]


def label(run: str, tag: str, found: list[Found]) -> str:
    """Name a panel; the run is left out where all are of the same."""
    several = len({name for name, _, _ in found}) > 1
    return f"{shorten(run, 40)}: {shorten(tag, 60)}" if several else shorten(tag, 60)


def decode(image: Image) -> NDArray[np.uint8]:
    """Decode an image of the log; bytes that are none end the command."""
    require("PIL", extra="plot", purpose="decoding images")
    try:
        return image.to_array()
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def title_of(path: str) -> str:
    """Name a picture after the log."""
    return escape(Path(path).resolve().name or path)


def terminal_width() -> int:
    """Give the terminal's width; 80 where there is none."""
    return min(shutil.get_terminal_size((80, 24)).columns, 160)


def print_lines(lines: list[Text]) -> None:
    """Print drawn lines as they are; they fit already."""
    out = console()
    for line in lines:
        out.print(line, no_wrap=True, overflow="ignore", crop=False)


def write(
    drawing: Drawing, title: str, output: Path, *, width: int | None, height: int | None
) -> None:
    """Write the picture and say where it is."""
    from eventcodec.plots.picture import DOTS_PER_INCH, save

    size = None
    if width is not None or height is not None:
        wide, high = width or 1400, height or 900
        size = (wide / DOTS_PER_INCH, high / DOTS_PER_INCH)
    missing = save(drawing.figure(title, size), output, title=title)
    if missing:
        click.echo(
            f"eventcodec plot: no font here has {' '.join(sorted(missing)[:12])}: boxes stand for "
            "them; install one (fonts-noto-cjk, fonts-symbola), or write .svg or .html",
            err=True,
        )
    click.echo(f"picture: {output}", err=True)
