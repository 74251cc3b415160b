"""Histograms over steps and images in a terminal, from block characters and shades."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventcodec.plots.density import Density

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["draw_density", "draw_image"]

SHADES = " ·░▒▓█"
GREYS = " .:-=+*#%@"


def draw_density(density: Density, title: str, *, width: int = 80, height: int = 14) -> list[Text]:
    """Draw histograms over steps: a column for a step, a row for a range of values.

    Args:
        density: the histograms on one grid of values.
        title: what is drawn.
        width: characters a line.
        height: rows of the plot itself.

    Returns:
        Lines for rich. The darker a cell, the more values lie in it.
    """
    from rich.text import Text

    top, bottom = f"{density.edges[-1]:.4g}", f"{density.edges[0]:.4g}"
    margin = max(len(top), len(bottom)) + 1
    columns = max(8, width - margin - 2)
    rows = resample(density.mass, height, columns)
    peak = rows.max() or 1.0
    # The square root keeps thin tails visible beside a tall middle.
    level = np.ceil(np.sqrt(rows / peak) * (len(SHADES) - 1)).astype(np.int64)
    lines = [Text(title, style="bold")]
    for row in range(height):
        label = top if row == 0 else bottom if row == height - 1 else ""
        line = Text(f"{label:>{margin - 1}} ")
        line.append("┤" if label else "│", style="dim")
        line.append(
            "".join(SHADES[i] for i in level[height - 1 - row].tolist()), style="bright_blue"
        )
        lines.append(line)
    first, last = f"{density.steps[0]}", f"{density.steps[-1]} step"
    lines.append(Text(" " * margin + "└" + "─" * columns, style="dim"))
    gap = max(1, columns - len(first) - len(last))
    lines.append(Text(" " * (margin + 1) + first + " " * gap + last))
    return lines


def resample(mass: NDArray[np.float64], height: int, columns: int) -> NDArray[np.float64]:
    """Add (steps, bins) up to `height` rows of bins; repeat or skip steps to fill `columns`."""
    steps, bins = mass.shape
    starts = np.arange(height) * bins // height
    rows = np.add.reduceat(mass, starts, axis=1)
    picked = np.minimum(np.arange(columns) * steps // columns, steps - 1)
    return np.asarray(rows[picked].T, dtype=np.float64)


def draw_image(pixels: NDArray[np.uint8], *, width: int = 80, colours: bool = True) -> list[Text]:
    """Draw an image with two pixels in a character, one above the other.

    Args:
        pixels: uint8 (h, w, c) with 1 to 4 channels.
        width: characters a line; a smaller image keeps its size.
        colours: whether the terminal shows colours; otherwise a ramp of ASCII greys is used.

    Returns:
        Lines for rich.
    """
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    rgb = shrink(to_rgb(pixels), width)
    if rgb.shape[0] % 2:
        rgb = np.concatenate([rgb, rgb[-1:]])
    lines = []
    for top, bottom in zip(rgb[0::2], rgb[1::2], strict=True):
        if not colours:
            grey = (top.mean(axis=1) + bottom.mean(axis=1)) / 2
            lines.append(Text("".join(GREYS[int(g * (len(GREYS) - 1) / 255)] for g in grey)))
            continue
        line = Text()
        for above, below in zip(top.tolist(), bottom.tolist(), strict=True):
            style = Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
            line.append("▀", style=style)
        lines.append(line)
    return lines


def to_rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Drop the alpha channel and repeat a grey one."""
    channels = pixels.shape[2]
    return np.repeat(pixels[:, :, :1], 3, axis=2) if channels < 3 else pixels[:, :, :3]


def shrink(pixels: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Average blocks of pixels until the image is at most `width` wide."""
    factor = -(-pixels.shape[1] // width)
    if factor <= 1:
        return pixels
    height, wide = (size - size % factor for size in pixels.shape[:2])
    if not height or not wide:
        return pixels[::factor, ::factor]
    blocks = pixels[:height, :wide].reshape(height // factor, factor, wide // factor, factor, 3)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.uint8)
