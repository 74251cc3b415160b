"""LogWriter: VisualDL's signatures over the native event stream."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, get_args

from eventcodec import _native
from eventcodec.vdl import components
from eventcodec.vdl.components import Component
from eventcodec.vdl.graph import translate, write_graph
from eventcodec.vdl.histogram import histogram
from eventcodec.vdl.image import figure_pixels, picture, picture_matrix
from eventcodec.vdl.resume import prepare_to_continue
from eventcodec.writer.event_log import Durability, OnError
from eventcodec.writer.log_directory import check_suffix, make_log_directory
from eventcodec.writer.process_exit import flush_at_child_exit
from eventcodec.writer.stats import WriterStats

__all__ = ["LogWriter"]

_OPTIONS: dict[str, Any] = {
    "durability": "buffered",
    "on_error": "warn",
    "max_pending_bytes": 64 << 20,
}


class LogWriter(_native.VdlWriter):
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

    def __init__(
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str = "",
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        display_name: str = "",
        file_name: str = "",
        **kwargs: Any,
    ) -> None:
        options = _options_of(kwargs)
        suffix = check_suffix(filename_suffix)
        if file_name and "vdlrecords" not in file_name:
            warnings.warn(
                f'file_name must contain "vdlrecords", got {file_name!r}; the log gets a name of '
                "its own",
                stacklevel=2,
            )
            file_name = ""
        if "/" in file_name or "\0" in file_name:
            raise ValueError(f"file_name must be a name without a directory, got {file_name!r}")
        if not logdir:
            logdir = Path("runs") / (time.strftime("%b%d_%H-%M-%S") + (comment and f".{comment}"))
        self._logdir = make_log_directory(logdir, "", create=write_to_disk)
        self._configuration: dict[str, Any] = {
            "max_queue": max_queue,
            "flush_secs": flush_secs,
            "filename_suffix": filename_suffix,
            "write_to_disk": write_to_disk,
            "display_name": display_name,
            **options,
        }
        self._opening = threading.Lock()
        self._closed_in: int | None = None
        self._place = {
            # As it is now: new files belong here after os.chdir(), too.
            "directory": str(Path(self._logdir).absolute()),
            "suffix": suffix,
            "display_name": display_name,
            "durability": options["durability"],
            "max_pending_bytes": options["max_pending_bytes"],
        }
        if file_name and write_to_disk:
            prepare_to_continue(Path(self._logdir) / file_name)
        super().__init__(
            **self._place,
            file_name=file_name,
            on_error=options["on_error"],
            muted=not write_to_disk,
        )
        flush_at_child_exit()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as configuration: unpickled, the writer logs to a file of its own in logdir."""
        return _open_like, (type(self), self._logdir, self._configuration)

    def __repr__(self) -> str:
        return f"<eventcodec.compat.visualdl.LogWriter {getattr(self, '_logdir', None)!r}>"

    @property
    def logdir(self) -> str:
        """The directory of the run, as it was given."""
        return self._logdir

    @property
    def file_name(self) -> str:
        """The path of the newest file, "" with write_to_disk=False."""
        path: str = self._stats()["path"]
        return os.path.join(self._logdir, os.path.basename(path)) if path else ""  # noqa: PTH118, PTH119

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

    def flush(self, durable: bool = False) -> None:
        """Wait until every earlier add, from any thread, is with the kernel; with durable, on disk.

        Raises:
            OSError: the device refuses, with durable=True or on_error="raise".
        """
        self._flush(durable)

    def close(self) -> None:
        """Flush and close the file; a later add continues it."""
        if self._configuration["write_to_disk"]:
            # What a child of a fork has not logged to is its parent's.
            self._closed_in = None if self._is_forked else os.getpid()
            self._close()

    def stats(self) -> WriterStats:
        """Return what was accepted, written, and dropped since the file was opened."""
        return WriterStats(**self._stats())

    def _add(self, tag: str, component: Component, step: Any, walltime: Any) -> None:
        self._add_message(tag, component.field, component.message, step, walltime)

    def _open_again(self) -> None:
        """Continue the file that was closed; the native writer calls it.

        A child of a fork begins a file of its own: two processes must not write to one.
        """
        with self._opening:
            if not self._is_closed:
                return
            name = ""
            if self._closed_in == os.getpid():
                path = Path(self._stats()["path"])
                prepare_to_continue(path)
                name = path.name
            self._open(file_name=name, **self._place)
            flush_at_child_exit()

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _options_of(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Check what VisualDL does not know; other options it ignores, and here they are named."""
    unknown = kwargs.keys() - _OPTIONS.keys()
    if unknown:
        warnings.warn(f"LogWriter ignores the options {sorted(unknown)}", stacklevel=3)
    options = _OPTIONS | {name: kwargs[name] for name in kwargs.keys() - unknown}
    for name, choices in (("durability", get_args(Durability)), ("on_error", get_args(OnError))):
        if options[name] not in choices:
            raise ValueError(f"{name} must be one of {choices}, got {options[name]!r}")
    if options["max_pending_bytes"] < 1 << 20:
        raise ValueError(
            f"max_pending_bytes must be at least 1 MiB, got {options['max_pending_bytes']!r}"
        )
    return options


def _open_like(
    writer_class: type[LogWriter], logdir: str, configuration: dict[str, Any]
) -> LogWriter:
    """Make a writer like the pickled one."""
    return writer_class(logdir, **configuration)
