"""Figures of matplotlib to pixels."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.errors import missing_package

__all__ = ["figure_pixels"]


def figure_pixels(figures: Any, *, close: bool = True) -> NDArray[np.uint8]:
    """Draw figures.

    Args:
        figures: one matplotlib figure, or a list of figures of one size.
        close: forget the figures in pyplot.

    Returns:
        uint8 (height, width, 3), of a list (n, height, width, 3).

    Raises:
        ImportError: matplotlib is missing.
        TypeError: something is no figure.
        ValueError: the list is empty, or its figures are of different sizes.

    Source: torch.utils.tensorboard._utils.figure_to_image.
    """
    if not isinstance(figures, (list, tuple)):
        return _draw(figures, close=close)
    drawn = [_draw(figure, close=close) for figure in figures]
    shapes = sorted({each.shape[1::-1] for each in drawn})
    if len(shapes) != 1:
        raise ValueError(f"the figures of a list must be of one size, got {shapes}")
    return np.stack(drawn)


def _draw(figure: Any, *, close: bool) -> NDArray[np.uint8]:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_package("matplotlib", "plot", "add_figure") from error
    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a matplotlib figure, got {figure!r}")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.array(canvas.buffer_rgba(), dtype=np.uint8)[:, :, :3]
    pyplot = sys.modules.get("matplotlib.pyplot")  # what is not imported knows no figure
    if close and pyplot is not None:
        pyplot.close(figure)
    return pixels
