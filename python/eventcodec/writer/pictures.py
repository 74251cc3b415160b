"""Methods of SummaryWriter for what is seen: images, figures, videos."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventcodec import _native
from eventcodec.summary.boxes import boxes_summary
from eventcodec.summary.figure import figure_pixels
from eventcodec.summary.image import image_summary, images_summary
from eventcodec.summary.video import video_summary

if TYPE_CHECKING:
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["add_figure", "add_image", "add_image_with_boxes", "add_images", "add_video"]


def add_image(
    self: SummaryWriter,
    tag: str,
    img_tensor: Any,
    global_step: Any = None,
    walltime: float | None = None,
    dataformats: str = "CHW",
) -> None:
    """Log one image as PNG.

    Args:
        tag: name of the series.
        img_tensor: pixels, shaped as `dataformats` says: uint8 as it is, anything else times
            255, clipped to 0..255 and truncated, as torch does.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.
        dataformats: the axes by letter: any order of "CHW", or "HW".

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_image("noise", np.random.default_rng(0).random((3, 32, 32)), 1)
    """
    _native.check_tag(tag)
    summary = image_summary(tag, img_tensor, dataformats=dataformats)
    self._log_summary(summary, global_step, walltime)


def add_images(
    self: SummaryWriter,
    tag: str,
    img_tensor: Any,
    global_step: Any = None,
    walltime: float | None = None,
    dataformats: str = "NCHW",
) -> None:
    """Log several images of one size as a grid with eight columns.

    Args:
        tag: name of the series.
        img_tensor: pixels, shaped as `dataformats` says; values as in add_image.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.
        dataformats: the axes by letter: any order of "NCHW".

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_images("batch", np.zeros((4, 3, 32, 32), np.uint8), 1)
    """
    _native.check_tag(tag)
    summary = images_summary(tag, img_tensor, dataformats=dataformats)
    self._log_summary(summary, global_step, walltime)


def add_image_with_boxes(
    self: SummaryWriter,
    tag: str,
    img_tensor: Any,
    box_tensor: Any,
    global_step: Any = None,
    walltime: float | None = None,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: str | Sequence[str] | None = None,
) -> None:
    """Log an image with red boxes drawn on it. Needs Pillow.

    Args:
        tag: name of the series.
        img_tensor: pixels as in add_image.
        box_tensor: numbers (n, 4): left, top, right and bottom of each box in pixels.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.
        rescale: factor of both sides of the image that is stored.
        dataformats: the axes of img_tensor as in add_image.
        labels: a text for each box; one str for a single box.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_image_with_boxes("cat", np.zeros((3, 32, 32)), [[4, 4, 20, 20]], 7)
    """
    _native.check_tag(tag)
    texts = [labels] if isinstance(labels, str) else labels
    summary = boxes_summary(
        tag, img_tensor, box_tensor, rescale=rescale, dataformats=dataformats, labels=texts
    )
    self._log_summary(summary, global_step, walltime)


def add_figure(
    self: SummaryWriter,
    tag: str,
    figure: Any,
    global_step: Any = None,
    close: bool = True,
    walltime: float | None = None,
) -> None:
    """Log a matplotlib figure as an image.

    Args:
        tag: name of the series.
        figure: a figure, or a list of figures of one size, which become a grid.
        global_step: the step; None is 0.
        close: forget the figure in pyplot.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.
        ImportError: matplotlib is missing.

    Example:
        >>> from matplotlib.figure import Figure
        >>> figure = Figure(figsize=(2, 1))
        >>> _ = figure.subplots().plot([1, 3, 2])
        >>> writer.add_figure("curve", figure, 7)
    """
    _native.check_tag(tag)
    pixels = figure_pixels(figure, close=close)
    dataformats = "NHWC" if pixels.ndim == 4 else "HWC"
    self.add_image(tag, pixels, global_step, walltime, dataformats)


def add_video(
    self: SummaryWriter,
    tag: str,
    vid_tensor: Any,
    global_step: Any = None,
    fps: float = 4,
    walltime: float | None = None,
    *,
    dataformats: str = "NTCHW",
) -> None:
    """Log videos as an animated GIF, side by side. Needs Pillow.

    Args:
        tag: name of the series.
        vid_tensor: pixels (batch, time, channels, height, width) with 1 or 3 channels: uint8 as it
            is, anything else times 255.
        global_step: the step; None is 0.
        fps: frames in a second.
        walltime: finite seconds since 1970; None is now.
        dataformats: the axes by letter: any order of "NTCHW".

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.
        ImportError: Pillow is missing.

    Example:
        >>> writer.add_video("noise", np.random.default_rng(0).random((1, 4, 3, 16, 16)), 7)
    """
    _native.check_tag(tag)
    summary = video_summary(tag, vid_tensor, fps=fps, dataformats=dataformats)
    self._log_summary(summary, global_step, walltime)
