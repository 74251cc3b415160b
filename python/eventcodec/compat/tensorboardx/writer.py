"""tensorboardX's SummaryWriter and FileWriter over the native writer."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from eventcodec import _native
from eventcodec.compat import file_writer
from eventcodec.compat.facade import Facade
from eventcodec.compat.tensorboardx.event_file_writer import EventFileWriter
from eventcodec.compat.tensorboardx.tags import clean_tag
from eventcodec.summary.audio import audio_summary
from eventcodec.summary.graph import openvino_graph
from eventcodec.summary.mesh import mesh_summary
from eventcodec.summary.scalar import as_number
from eventcodec.writer.hyperparameters import log_session
from eventcodec.writer.log_directory import sub_directory

__all__ = ["FileWriter", "SummaryWriter"]

logger = logging.getLogger(__name__)


class FileWriter(file_writer.FileWriter):
    """Write Event and Summary messages to an event file, see eventcodec.compat.file_writer."""

    _module = "tensorboardX.writer"
    _event_file_writer = EventFileWriter
    _run_metadata_tag = "profiler"

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        super().__init__(logdir, max_queue, flush_secs, filename_suffix)

    def add_openvino_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Log a GraphDef."""
        self.add_onnx_graph(graph, walltime)

    @contextmanager
    def use_metadata(
        self, *, global_step: Any = None, walltime: float | None = None
    ) -> Iterator[FileWriter]:
        """Give the events of a block this step and wall time where they have none."""
        if self._default_metadata:
            raise AssertionError("Default metadata is already set.")
        if global_step is None and walltime is None:
            raise AssertionError("At least one of `global_step` or `walltime` must be provided.")
        self._default_metadata = {"global_step": global_step, "walltime": walltime}
        try:
            yield self
        finally:
            self._default_metadata = {}


class SummaryWriter(Facade):
    """tensorboardX.SummaryWriter over the native writer.

    Methods and arguments are those of tensorboardX, and what they write is what it writes, but
    where docs/compat.md says otherwise. More options, all by keyword: see eventcodec.SummaryWriter.

    Args:
        logdir: directory of the run; None for runs/<date>_<host><comment>.
        comment: ends the default directory name.
        purge_step: write a SessionLog START with this step.
        max_queue: accepted; there is no queue that could be too short.
        flush_secs: accepted; data never waits longer than 50 ms.
        filename_suffix: ends the name of the event file.
        write_to_disk: False to write nothing, not even a file.
        log_dir: the same as logdir, which counts when both are given.
        comet_config: only {"disabled": True} is known here.
        **kwargs: options of eventcodec.SummaryWriter.
    """

    _file_writer_class = FileWriter
    _run_metadata_tag = "profiler"

    def __init__(
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str | None = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        comet_config: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if comet_config is not None and not comet_config.get("disabled", False):
            raise ValueError(
                f"logging to Comet is not known here, got comet_config={comet_config!r}; "
                "comet_ml's own patches of SummaryWriter work"
            )
        kwargs["muted"] = kwargs.get("muted", False) or not write_to_disk
        super().__init__(
            log_dir if logdir is None else logdir,
            comment or "",
            purge_step,
            max_queue,
            flush_secs,
            filename_suffix,
            **kwargs,
        )
        self.logdir = self.log_dir
        self.kwargs = kwargs
        self.scalar_dict: dict[str, list[list[Any]]] = {}
        self._max_queue = max_queue
        self._flush_secs = flush_secs
        self._filename_suffix = filename_suffix
        self._write_to_disk = write_to_disk
        self._default_step: Any = None
        self._default_walltime: float | None = None

    def add_hparams(  # type: ignore[override]
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Log hyperparameters and how well they did, see eventcodec.SummaryWriter.

        Args:
            hparam_dict: name -> value.
            metric_dict: tag -> number.
            name: directory of the trial within logdir; None for the time.
            global_step: the step of the metrics.
        """
        metrics = {clean_tag(tag): number for tag, number in dict(metric_dict).items()}
        log_session(self, hparam_dict, metrics, None, name, global_step, "runs", has_step=False)

    def add_scalar(  # type: ignore[override]
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        display_name: str = "",
        summary_description: str = "",
    ) -> None:
        """Log one number, see eventcodec.SummaryWriter.

        Args:
            tag: name of the series; what tensorboardX does not allow becomes an underscore.
            scalar_value: a number.
            global_step: the step; None is 0.
            walltime: seconds since 1970; None is now.
            display_name: shown instead of the tag.
            summary_description: shown beside it, Markdown.
        """
        clean = clean_tag(tag)
        if global_step is None:
            global_step = self._default_step
        if walltime is None:
            walltime = self._default_walltime
        if not display_name and not summary_description:
            super().add_scalar(clean, scalar_value, global_step, walltime)
            return
        from eventcodec.proto import Summary

        _native.check_tag(clean)
        value = Summary.Value(tag=clean, simple_value=as_number(scalar_value, "scalar_value"))
        value.metadata.display_name = display_name
        value.metadata.summary_description = summary_description
        summary = Summary(value=[value]).SerializeToString()
        self._log_summary(summary, global_step, walltime)

    def add_scalars(  # type: ignore[override]
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log several numbers that TensorBoard draws in one chart, see eventcodec.SummaryWriter.

        Each is a run of its own, in the directory <logdir>/<main_tag>/<name>.
        """
        numbers = {name: as_number(value, name) for name, value in dict(tag_scalar_dict).items()}
        wall_time = time.time() if walltime is None else walltime
        tag = clean_tag(main_tag)
        _native.check_tag(tag)
        for name, number in numbers.items():
            run = self._scalars_name(main_tag, name)
            self._sub_log(run).add_scalar(tag, number, global_step, wall_time)
            points = self.scalar_dict.setdefault(sub_directory(self.log_dir, run), [])
            points.append([wall_time, global_step, number])

    def export_scalars_to_json(self, path: str | os.PathLike[str]) -> None:
        """Write what add_scalars logged to a JSON file, and forget it.

        {directory of the curve: [[wall time, step, number], ...]}
        """
        Path(path).write_text(json.dumps(self.scalar_dict))
        self.scalar_dict = {}

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log the distribution of an array or tensor, see eventcodec.SummaryWriter."""
        super().add_histogram(clean_tag(tag), values, global_step, bins, walltime, max_bins)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log one image, see eventcodec.SummaryWriter."""
        super().add_image(clean_tag(tag), img_tensor, global_step, walltime, dataformats)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Log several images as a grid, see eventcodec.SummaryWriter.

        Args:
            tag: name of the series.
            img_tensor: a batch of images, or a list of images.
            global_step: the step; None is 0.
            walltime: seconds since 1970; None is now.
            dataformats: an order of "NCHW", of a list "CHW" or "HWC".
        """
        if isinstance(img_tensor, list):
            if dataformats.upper() not in ("CHW", "HWC"):
                raise ValueError(
                    f'of a list of images dataformats must be "CHW" or "HWC", got {dataformats!r}'
                )
            dataformats = "N" + dataformats
        super().add_images(clean_tag(tag), img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(  # type: ignore[override]
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
        labels: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Log an image with boxes, see eventcodec.SummaryWriter.

        Labels that are not one for each box are left out; `rescale` goes by keyword.
        """
        texts = self._labels_of_boxes(labels, box_tensor)
        if texts is None and labels is not None:
            logger.warning("Number of labels do not equal to number of box, skip the labels.")
        super().add_image_with_boxes(
            tag,
            img_tensor,
            box_tensor,
            global_step,
            walltime,
            dataformats=dataformats,
            labels=texts,
            **kwargs,
        )

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
        dataformats: str = "NTCHW",
    ) -> None:
        """Log videos as an animated GIF, see eventcodec.SummaryWriter."""
        super().add_video(
            clean_tag(tag), vid_tensor, global_step, fps, walltime, dataformats=dataformats
        )

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Log a sound, see eventcodec.SummaryWriter."""
        _native.check_tag(tag)
        summary = audio_summary(tag, snd_tensor, sample_rate=sample_rate, tensorboardx_form=True)
        self._log_summary(summary, global_step, walltime)

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Mapping[str, Any] | None = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log meshes, see eventcodec.SummaryWriter; under the tags <tag>_1, <tag>_2, <tag>_3."""
        _native.check_tag(tag)
        summary = mesh_summary(tag, vertices, colors, faces, config_dict, tensorboardx_form=True)
        self._log_summary(summary, global_step, walltime)

    def add_onnx_graph(self, onnx_model_file: str | os.PathLike[str]) -> None:
        """Log the graph of an ONNX model, see eventcodec.SummaryWriter."""
        super().add_onnx_graph(onnx_model_file)

    def add_openvino_graph(self, xmlname: str | os.PathLike[str]) -> None:
        """Log the graph of an OpenVINO model.

        Args:
            xmlname: path of the model's XML file.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is no OpenVINO model; then nothing is written.
        """
        self._log_event("graph_def", openvino_graph(xmlname), None)

    def add_embedding(
        self,
        mat: Any,
        metadata: Sequence[Any] | None = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Log vectors for the embedding projector, see eventcodec.SummaryWriter.

        Raises:
            AssertionError: the thumbnails are not square.
        """
        shape: tuple[int, ...] = () if label_img is None else np.shape(label_img)
        if len(shape) == 4 and shape[2] != shape[3]:
            raise AssertionError(f"label_img must be square, got {shape}")
        super().add_embedding(mat, metadata, label_img, global_step, tag, metadata_header)

    @contextmanager
    def use_metadata(
        self, *, global_step: Any = None, walltime: float | None = None
    ) -> Iterator[SummaryWriter]:
        """Give the calls of a block this step and wall time where they have none.

        Raises:
            AssertionError: neither is given, or a block is within another.
        """
        with self._get_file_writer().use_metadata(global_step=global_step, walltime=walltime):  # type: ignore[attr-defined]
            self._default_step, self._default_walltime = global_step, walltime
            try:
                yield self
            finally:
                self._default_step = self._default_walltime = None

    def _open_trial(self, name: str) -> SummaryWriter:
        return SummaryWriter(sub_directory(self._directory, name), **self._options_of_sub_run())

    def _log_summary(self, summary: bytes, step: Any, wall_time: float | None) -> None:
        super()._log_summary(
            summary,
            self._default_step if step is None else step,
            self._default_walltime if wall_time is None else wall_time,
        )

    @staticmethod
    def _scalars_name(main_tag: str, name: str) -> str:
        return f"{main_tag}/{name}"
