"""SummaryWriter: torch.utils.tensorboard's methods, each made where its kind is at home."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import Any

from eventcodec.writer import (
    distributions,
    embeddings,
    graphs,
    hyperparameters,
    other_kinds,
    pictures,
    scalars,
)
from eventcodec.writer.event_log import EventLog
from eventcodec.writer.log_directory import sub_directory

__all__ = ["SummaryWriter"]


class SummaryWriter(EventLog):
    """Log a training run to an event file that TensorBoard shows.

    Calls stamp and encode at once and return; one native thread for the whole process writes, and
    never takes Python's lock. With the default durability everything is in the kernel within 50 ms,
    without a flush. Nothing is lost when the process ends without close().

    Args:
        log_dir: directory of the run, made if missing; None for
            runs/<%b%d_%H-%M-%S>_<host><comment>.
        comment: ends the default directory name.
        purge_step: write a SessionLog START with this step, as torch does. Of TensorBoard's loaders
            only some hide what earlier files of the run logged from it on: see `resume`.
        max_queue: accepted for torch's sake; there is no queue that could be too short.
        flush_secs: accepted for torch's sake; data never waits longer than 50 ms.
        filename_suffix: ends the name of the event file.
        durability: what a call that returned promises.
            "buffered": in the kernel within 50 ms or 64 KiB, whichever is first.
            "process": in the kernel, safe from a kill of the process.
            "sync": on the device, safe from power loss.
        on_error: what a device that refuses does to the training loop.
            "warn": one RuntimeWarning; records wait in memory and writing is tried again.
            "raise": calls raise OSError while the device refuses.
            "drop": nothing; stats() tells.
        resume: hide what earlier files of the directory logged from a step on, in all loaders of
            TensorBoard and in eventcodec.open: None for nothing, the step, or "auto" for the step
            of the first call that gives one. The files themselves stay as they are. A process that
            still logs to one of them is not stopped, and children of a fork hide nothing.
        rank: of this process in a distributed run: an int, or "env" for what the launcher says
            (RANK, SLURM_PROCID, OMPI_COMM_WORLD_RANK, PMI_RANK or LOCAL_RANK); None for none.
        other_ranks: what a writer of a rank but 0 does.
            "log": log to a file of its own in log_dir, whose name ends in ".rank<n>".
            "drop": check the arguments of every call, and write nothing, not even a file.
        max_file_bytes: begin a new event file before one exceeds this, at least 64 KiB; None for
            one file. TensorBoard reads the files of a directory as one run.
        max_pending_bytes: memory for records that wait for the device, at least 1 MiB. When it is
            full a call waits up to a second, then its record is dropped and counted; later calls
            do not wait until the device answers.
        muted: True to check the arguments of every call and write nothing, not even a file.

    Raises:
        OSError: the directory or the file cannot be made.
        TypeError, ValueError: a bad argument, quoted.

    Example:
        >>> import tempfile
        >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
        ...     for step in range(100):
        ...         writer.add_scalar("loss", 1 / (step + 1), step)
    """

    add_scalar_series = scalars.add_scalar_series
    add_scalars = scalars.add_scalars
    add_custom_scalars = scalars.add_custom_scalars
    add_custom_scalars_marginchart = scalars.add_custom_scalars_marginchart
    add_custom_scalars_multilinechart = scalars.add_custom_scalars_multilinechart
    add_histogram = distributions.add_histogram
    add_histogram_raw = distributions.add_histogram_raw
    add_pr_curve = distributions.add_pr_curve
    add_pr_curve_raw = distributions.add_pr_curve_raw
    add_image = pictures.add_image
    add_images = pictures.add_images
    add_image_with_boxes = pictures.add_image_with_boxes
    add_figure = pictures.add_figure
    add_video = pictures.add_video
    add_text = other_kinds.add_text
    add_audio = other_kinds.add_audio
    add_mesh = other_kinds.add_mesh
    add_tensor = other_kinds.add_tensor
    add_graph = graphs.add_graph
    add_onnx_graph = graphs.add_onnx_graph
    add_embedding = embeddings.add_embedding
    add_hparams = hyperparameters.add_hparams

    # tensorboard's tag for the run metadata of a graph, as torch chooses it.
    _run_metadata_tag = "step1"

    def flush(self, durable: bool = False) -> None:
        """Wait until every earlier add, from any thread, is with the kernel.

        Without it data arrives there within 50 ms.

        Args:
            durable: wait until it is on the device, too, and the file's directory entry with it.

        Raises:
            OSError: the device refuses, with durable=True or on_error="raise".
        """
        super().flush(durable)
        for log in list(self._sub_logs.values()):
            log.flush(durable)

    def close(self) -> None:
        """Flush and close the files; a second close does nothing.

        Raises:
            OSError: records could not be written, with on_error="raise"; the default warns.
        """
        with ExitStack() as closing:  # one that fails does not keep the others open
            for log in self._sub_logs.values():
                closing.callback(log.close)
            self._sub_logs.clear()
            super().close()

    @cached_property
    def _layout(self) -> dict[str, dict[str, tuple[str, list[str]]]]:
        """The charts of the custom scalars dashboard: category -> title -> (kind, tags)."""
        return {}

    @cached_property
    def _sub_logs(self) -> dict[str, EventLog]:
        """The runs below this one that add_scalars logs to, by their names."""
        return {}

    def _sub_log(self, name: str) -> EventLog:
        if name not in self._sub_logs:
            self._check_open()
            self._sub_logs[name] = self._open_run(name)
        return self._sub_logs[name]

    def _open_run(self, name: str) -> EventLog:
        """Open a run below this one, with the same options."""
        return EventLog(sub_directory(self._directory, name), **self._options_of_sub_run())

    def _open_trial(self, name: str) -> SummaryWriter:
        """Open a run below this one for add_hparams.

        It is a writer, as in torch, because trackers replace methods of the class to see its calls.
        """
        return SummaryWriter(sub_directory(self._directory, name), **self._options_of_sub_run())

    def _options_of_sub_run(self) -> dict[str, Any]:
        return self._configuration | {"purge_step": None, "resume": None}

    @staticmethod
    def _scalars_name(main_tag: str, name: str) -> str:
        """Name the run of one curve of add_scalars, as torch does."""
        return f"{main_tag.replace('/', '_')}_{name}"
