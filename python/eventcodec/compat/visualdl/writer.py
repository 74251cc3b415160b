"""LogWriter: what can be logged, with VisualDL's signatures."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventcodec import _native
from eventcodec.compat.visualdl.log_file import LogFile
from eventcodec.vdl import components
from eventcodec.vdl.components import Component
from eventcodec.vdl.graph import translate, write_graph
from eventcodec.vdl.histogram import histogram
from eventcodec.vdl.image import figure_pixels, picture, picture_matrix

__all__ = ["LogWriter"]


class LogWriter(LogFile):
    """Log a training run to a file that VisualDL shows, with the calls of visualdl.LogWriter.

    Steps are signed 64-bit integers, wall times milliseconds since 1970 (None is now), tags 1 to
    65535 bytes of UTF-8 without "%". A bad argument raises at the call, and nothing is written.

    Args:
        logdir: directory of the run, made if missing; None for runs/<%b%d_%H-%M-%S>.
        comment: ends the default directory name, after a dot.
        max_queue: accepted for VisualDL's sake; there is no queue that could be too short.
        flush_secs: the longest time until data is on its way to disk; it takes 50 ms here.
        filename_suffix: ends the name of the file, vdlrecords.<seconds>.log<suffix>.
        write_to_disk: False to check arguments and write nothing.
        display_name: the name of the run on VisualDL's pages; "" for its directory.
        file_name: of a file to continue, or to begin; must contain "vdlrecords". VisualDL shows
            one file of a directory, so a run that is resumed should continue its file.
        kwargs: durability, on_error and max_pending_bytes as of eventcodec.SummaryWriter.

    Raises:
        OSError: directory or file cannot be made.
        TypeError, ValueError: a bad argument, quoted.

    Example:
        >>> import tempfile
        >>> with LogWriter(tempfile.mkdtemp()) as writer:
        ...     for step in range(100):
        ...         writer.add_scalar("train/loss", 1 / (step + 1), step)
    """

    def add_meta(
        self,
        tag: str = "meta_data_tag",
        display_name: str = "",
        step: Any = 0,
        walltime: int | None = None,
    ) -> None:
        """Name the run; every file begins with such a record."""
        self._add(tag, components.meta_data(display_name), step, walltime)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: dict[str, Any], step: Any, walltime: int | None = None
    ) -> None:
        """Log several numbers as curves of one chart.

        Args:
            main_tag: name of the chart.
            tag_scalar_dict: name of the curve -> number as in add_scalar.
            step: the step.
            walltime: milliseconds since 1970; None is now.

        Raises:
            RuntimeError: no dict, or "%" in the tag, as in VisualDL.
            TypeError, ValueError: a bad argument, quoted; then none of the numbers is written.

        Example:
            >>> import tempfile
            >>> with LogWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_scalars("loss", {"train": 0.5, "test": 0.75}, 1)
        """
        if not isinstance(tag_scalar_dict, dict):
            raise RuntimeError(f"tag_scalar_dict must be a dict, got {tag_scalar_dict!r}")
        self._add_tag_values(main_tag, tag_scalar_dict, step, walltime)

    def add_image(
        self,
        tag: str,
        img: Any,
        step: Any,
        walltime: int | None = None,
        dataformats: str = "HWC",
    ) -> None:
        """Log one picture; pixels as eventcodec.vdl.image.picture() says.

        Example:
            >>> import tempfile, numpy
            >>> with LogWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_image("noise", numpy.random.rand(32, 32, 3), 1)
        """
        self._add_image(tag, *picture(img, dataformats), step, walltime)

    def add_figure(self, tag: str, figure: Any, step: Any, walltime: int | None = None) -> None:
        """Log a figure of matplotlib as a picture, and close it."""
        _native.check_vdl_tag(tag)
        self._add_image(tag, *picture(figure_pixels(figure), "HWC"), step, walltime)

    def add_text(
        self, tag: str, text_string: str, step: Any = None, walltime: int | None = None
    ) -> None:
        """Log a text; a step of None is 0."""
        self._add(tag, components.text(text_string), step, walltime)

    def add_image_matrix(
        self,
        tag: str,
        imgs: Sequence[Any],
        step: Any,
        rows: int = -1,
        scale: float = 1.0,
        walltime: int | None = None,
        dataformats: str = "HWC",
    ) -> None:
        """Log pictures as one: a grid of them.

        Args:
            tag: name of the picture.
            imgs: pictures as in add_image, of any sizes; each stands in the middle of a cell.
            step: the step.
            rows: of the grid; -1 for as near to a square as can be.
            scale: zoom of the whole grid. (With OpenCV installed VisualDL's 1.0 shrinks the whole
                grid to the size of one picture.)
            walltime: milliseconds since 1970; None is now.
            dataformats: a permutation of "HWC" or "HW".

        Raises:
            TypeError, ValueError: a bad argument, quoted; then nothing is written.
        """
        _native.check_vdl_tag(tag)
        self._add_image(tag, *picture_matrix(imgs, dataformats, rows, scale), step, walltime)

    def add_embeddings(
        self,
        tag: str,
        mat: Any = None,
        metadata: Any = None,
        metadata_header: Any = None,
        walltime: int | None = None,
        labels: Any = None,
        hot_vectors: Any = None,
        labels_meta: Any = None,
    ) -> None:
        """Log vectors for the projector, at step 0.

        Args:
            tag: name of the embedding.
            mat: numbers (vectors, dimensions).
            metadata: one label for each vector, or a list of columns of labels.
            metadata_header: the names of the columns.
            walltime: milliseconds since 1970; None is now.
            labels: the former name of `metadata`.
            hot_vectors: the former name of `mat`.
            labels_meta: the former name of `metadata_header`.

        Raises:
            TypeError, ValueError: a bad argument, quoted; then nothing is written.
        """
        for old, new, value in (
            ("hot_vectors", "mat", hot_vectors),
            ("labels", "metadata", labels),
            ("labels_meta", "metadata_header", labels_meta),
        ):
            if value is not None:
                warnings.warn(f"{old} is now called {new}", DeprecationWarning, stacklevel=2)
        component = components.embeddings(
            hot_vectors if mat is None else mat,
            labels if metadata is None else metadata,
            labels_meta if metadata_header is None else metadata_header,
        )
        self._add(tag, component, 0, walltime)

    def add_audio(
        self,
        tag: str,
        audio_array: Any,
        step: Any,
        sample_rate: int = 8000,
        walltime: int | None = None,
    ) -> None:
        """Log a clip of one channel: samples in -1..1, beyond which they are clipped."""
        self._add(tag, components.audio(audio_array, sample_rate), step, walltime)

    def add_histogram(
        self, tag: str, values: Any, step: Any, walltime: int | None = None, buckets: Any = 10
    ) -> None:
        """Log the distribution of an array, counted as numpy.histogram(values, bins=buckets)."""
        self._add(tag, histogram(values, buckets), step, walltime)

    def add_hparams(
        self, hparams_dict: dict[str, Any], metrics_list: list[str], walltime: int | None = None
    ) -> None:
        """Log the hyperparameters of the run, and which scalars are its results.

        Args:
            hparams_dict: name -> int, float, str or bool; None is left out.
            metrics_list: tags of scalars.
            walltime: milliseconds since 1970; None is now.

        Raises:
            TypeError: no dict, no list, or another value; then nothing is written.
        """
        if type(hparams_dict) is not dict:
            raise TypeError(f"hparams_dict must be a dict, got {hparams_dict!r}")
        if type(metrics_list) is not list:
            raise TypeError(f"metrics_list must be a list, got {metrics_list!r}")
        name = components.name_of_file(self.file_name)
        component = components.hparams(name, hparams_dict, metrics_list)
        self._add("hparam", component, 1, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        step: Any,
        num_thresholds: int = 10,
        weights: Any = None,
        walltime: int | None = None,
    ) -> None:
        """Log a precision-recall curve; arguments as eventcodec.vdl.components.pr_curve says."""
        component = components.pr_curve(labels, predictions, num_thresholds, weights)
        self._add(tag, component, step, walltime)

    def add_roc_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        step: Any,
        num_thresholds: int = 10,
        weights: Any = None,
        walltime: int | None = None,
    ) -> None:
        """Log a receiver operating characteristic; arguments as of add_pr_curve."""
        component = components.roc_curve(labels, predictions, num_thresholds, weights)
        self._add(tag, component, step, walltime)

    def add_graph(self, model: Any, input_spec: Any, verbose: bool = False) -> None:
        """Write the graph of a Paddle model to a file of its own, vdlgraph.<seconds>.log<suffix>.

        Args:
            model: a paddle.nn.Layer; it stays as it is.
            input_spec: list of paddle.static.InputSpec or tensors.
            verbose: print what the graph holds.

        Raises:
            ImportError: paddle or visualdl, which translates the model, is not installed.
            OSError: the file cannot be written.
            TypeError: the model is no layer.
        """
        graph = translate(model, input_spec, verbose)
        if self._configuration["write_to_disk"]:
            write_graph(Path(self._logdir), self._configuration["filename_suffix"], graph)

    def _add(self, tag: str, component: Component, step: Any, walltime: Any) -> None:
        self._add_message(tag, component.field, component.message, step, walltime)
