"""Methods of SummaryWriter for texts, sounds, meshes and whole tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eventcodec import _native
from eventcodec.summary.audio import audio_summary
from eventcodec.summary.mesh import mesh_summary
from eventcodec.summary.tensor import tensor_summary
from eventcodec.summary.text import text_summary

if TYPE_CHECKING:
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["add_audio", "add_mesh", "add_tensor", "add_text"]


def add_text(
    self: SummaryWriter,
    tag: str,
    text_string: str,
    global_step: Any = None,
    walltime: float | None = None,
) -> None:
    """Log a text, which TensorBoard shows as Markdown.

    Args:
        tag: name of the series; stored as "<tag>/text_summary", as torch does.
        text_string: the text.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_text("note", "learning rate **halved**", 1)
    """
    _native.check_tag(tag)
    self._log_summary(text_summary(tag, text_string), global_step, walltime)


def add_audio(
    self: SummaryWriter,
    tag: str,
    snd_tensor: Any,
    global_step: Any = None,
    sample_rate: int = 44100,
    walltime: float | None = None,
) -> None:
    """Log a sound as WAV with 16 bits.

    Args:
        tag: name of the series.
        snd_tensor: samples from -1 to 1, what is beyond is clipped: (L,), (1, L) or (L, 1), or two
            channels as (L, 2) or (2, L). int16 is stored as it is.
        global_step: the step; None is 0.
        sample_rate: samples in a second.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_audio("beep", np.sin(np.arange(8000) * 0.3), 7, sample_rate=8000)
    """
    _native.check_tag(tag)
    summary = audio_summary(tag, snd_tensor, sample_rate=sample_rate)
    self._log_summary(summary, global_step, walltime)


def add_mesh(
    self: SummaryWriter,
    tag: str,
    vertices: Any,
    colors: Any = None,
    faces: Any = None,
    config_dict: Mapping[str, Any] | None = None,
    global_step: Any = None,
    walltime: float | None = None,
) -> None:
    """Log meshes or point clouds.

    Args:
        tag: name of the series.
        vertices: numbers (batch, n, 3), coordinates.
        colors: numbers (batch, n, 3), red, green and blue from 0 to 255.
        faces: integers (batch, m, 3), numbers of the vertices of triangles; None for points.
        config_dict: settings for three.js: {"camera": {"cls": "PerspectiveCamera", ...}, ...}.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> corners = [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]]
        >>> writer.add_mesh("triangle", corners, faces=[[[0, 1, 2]]], global_step=7)
    """
    _native.check_tag(tag)
    summary = mesh_summary(tag, vertices, colors, faces, config_dict)
    self._log_summary(summary, global_step, walltime)


def add_tensor(
    self: SummaryWriter,
    tag: str,
    tensor: Any,
    global_step: Any = None,
    walltime: float | None = None,
) -> None:
    """Log an array or tensor with its dtype and shape.

    No dashboard of TensorBoard shows it; eventcodec.open reads it as run.tensors.

    Args:
        tag: name of the series.
        tensor: numbers of any shape, complex ones too, on any device.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_tensor("logits", np.arange(6.0).reshape(2, 3), 7)
    """
    _native.check_tag(tag)
    self._log_summary(tensor_summary(tag, tensor), global_step, walltime)
