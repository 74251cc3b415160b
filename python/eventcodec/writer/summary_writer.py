"""SummaryWriter: torch.utils.tensorboard's signatures over the native event stream."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

import numpy as np

from eventcodec import _native, arrays
from eventcodec.summary.histogram import histogram_summary
from eventcodec.summary.image import image_summary, images_summary
from eventcodec.summary.scalar import as_step
from eventcodec.summary.text import text_summary
from eventcodec.writer.device_scalars import DeviceScalars, check_number
from eventcodec.writer.log_directory import check_suffix, make_log_directory
from eventcodec.writer.process_exit import flush_at_child_exit
from eventcodec.writer.rank import Rank, find_rank
from eventcodec.writer.resume import Earlier, read_earlier
from eventcodec.writer.stats import WriterStats

__all__ = ["Durability", "OnError", "SummaryWriter"]

Durability = Literal["buffered", "process", "sync"]
OnError = Literal["warn", "raise", "drop"]
OtherRanks = Literal["log", "drop"]


class SummaryWriter(_native.EventWriter):
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

    Raises:
        OSError: the directory or the file cannot be made.
        TypeError, ValueError: a bad argument, quoted.

    Example:
        >>> import tempfile
        >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
        ...     for step in range(100):
        ...         writer.add_scalar("loss", 1 / (step + 1), step)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        *,
        durability: Durability = "buffered",
        on_error: OnError = "warn",
        resume: int | Literal["auto"] | None = None,
        rank: Rank = None,
        other_ranks: OtherRanks = "log",
        max_file_bytes: int | None = None,
        max_pending_bytes: int = 64 << 20,
    ) -> None:
        if durability not in get_args(Durability):
            raise ValueError(
                f"durability must be one of {get_args(Durability)}, got {durability!r}"
            )
        if on_error not in get_args(OnError):
            raise ValueError(f"on_error must be one of {get_args(OnError)}, got {on_error!r}")
        if max_pending_bytes < 1 << 20:
            raise ValueError(f"max_pending_bytes must be at least 1 MiB, got {max_pending_bytes!r}")
        if max_file_bytes is not None and max_file_bytes < 1 << 16:
            raise ValueError(f"max_file_bytes must be at least 64 KiB, got {max_file_bytes!r}")
        if other_ranks not in get_args(OtherRanks):
            raise ValueError(
                f"other_ranks must be one of {get_args(OtherRanks)}, got {other_ranks!r}"
            )
        suffix = check_suffix(filename_suffix)
        purge = None if purge_step is None else as_step(purge_step, "purge_step")
        resume_step = resume if resume in (None, "auto") else as_step(resume, "resume")
        this_rank = find_rank(rank)
        if resume is not None and purge_step is not None:
            raise ValueError("pass either resume or purge_step, got both; resume does more")
        if resume is not None and this_rank is not None and other_ranks == "log":
            raise ValueError(
                "resume cannot tell earlier files from those that other ranks begin now; pass "
                'other_ranks="drop", or give each rank a log_dir of its own and no rank'
            )
        muted = bool(this_rank) and other_ranks == "drop"
        if this_rank:
            suffix += f".rank{this_rank}"
        self._configuration: dict[str, Any] = {
            "comment": comment,
            "purge_step": purge_step,
            "max_queue": max_queue,
            "flush_secs": flush_secs,
            "filename_suffix": filename_suffix,
            "durability": durability,
            "on_error": on_error,
            "resume": resume,
            "rank": this_rank,
            "other_ranks": other_ranks,
            "max_file_bytes": max_file_bytes,
            "max_pending_bytes": max_pending_bytes,
        }
        self.log_dir = make_log_directory(log_dir, comment, create=not muted)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._device_scalars: DeviceScalars | None = None
        self._earlier = None if resume is None or muted else read_earlier(self.log_dir)
        self._resuming = threading.RLock()
        self._is_muted = muted
        self._process = os.getpid()
        super().__init__(
            # As it is now: new files belong here after os.chdir(), too.
            directory=str(Path(self.log_dir).absolute()),
            suffix=suffix,
            purge_step=purge,
            durability=durability,
            on_error=on_error,
            max_pending_bytes=max_pending_bytes,
            max_file_bytes=(1 << 64) - 1 if max_file_bytes is None else max_file_bytes,
            first_second=0 if self._earlier is None else self._earlier.first_second,
            muted=muted,
        )
        self._is_made = True
        if self._earlier is not None and resume_step == "auto":
            self._await_step(True)
        elif self._earlier is not None:
            self._begin_resumed(resume_step)
        flush_at_child_exit()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as configuration: unpickled, the writer logs to a file of its own in log_dir."""
        # The other writer goes on beside this one, and must not hide what it logs.
        configuration = self._configuration | {"purge_step": None, "resume": None}
        return _open_again, (type(self), self.log_dir, configuration)

    def __repr__(self) -> str:
        if not getattr(self, "_is_made", False):  # in a traceback out of __init__, say
            return "<eventcodec.SummaryWriter, not made>"
        state = "closed" if self._is_closed else "muted" if self._is_muted else "open"
        return f"<eventcodec.SummaryWriter {self.log_dir!r}, {state}>"

    def add_scalar_series(
        self, tag: str, values: Any, steps: Any, walltimes: Any | None = None
    ) -> None:
        """Log a whole column of numbers of one tag in one native call.

        Args:
            tag: name of the series.
            values: n real numbers, any dtype; stored as float32.
            steps: n integers.
            walltimes: n finite seconds since 1970; None stamps all with now.

        Raises:
            TypeError, ValueError: a bad argument, quoted; then nothing is written.
            WriterClosedError: the writer is closed.

        Example:
            >>> import tempfile
            >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_scalar_series("loss", np.linspace(1, 0, 1000), np.arange(1000))
        """
        value_column = _column(values, "values", np.float64)
        step_column = _column(steps, "steps", np.int64)
        walltime_column = None if walltimes is None else _column(walltimes, "walltimes", np.float64)
        for name, column in (("steps", step_column), ("walltimes", walltime_column)):
            if column is not None and len(column) != len(value_column):
                raise ValueError(
                    f"{name} must be as long as values, got {len(column)} for {len(value_column)}"
                )
        if walltime_column is not None and not np.isfinite(walltime_column).all():
            raise ValueError("walltimes must be finite seconds since 1970, got NaN or infinity")
        if self._device_scalars is not None and tag in self._device_scalars.tags:
            self._device_scalars.deliver(self, wait=True)
        self._add_series(tag, value_column, step_column, walltime_column)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log the distribution of an array or tensor.

        Args:
            tag: name of the series.
            values: real numbers, any shape and dtype, on any device; at least one.
            global_step: the step; None is 0.
            bins: "tensorflow" for TensorFlow's 1549 exponential edges, or what numpy.histogram
                takes: a number of bins, increasing edges, or the name of a rule such as "auto".
            walltime: finite seconds since 1970; None is now.
            max_bins: merge neighbouring bins until there are at most about this many.

        Raises:
            TypeError, ValueError: a bad argument, quoted; then nothing is written.
            WriterClosedError: the writer is closed.

        Example:
            >>> import tempfile
            >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_histogram("weights", np.random.default_rng(0).normal(size=1000), 1)
        """
        _native.check_tag(tag)
        summary = histogram_summary(tag, values, bins=bins, max_bins=max_bins)
        self._add_summary(summary, global_step, walltime)

    def add_image(
        self,
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
            >>> import tempfile
            >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_image("noise", np.random.default_rng(0).random((3, 32, 32)), 1)
        """
        _native.check_tag(tag)
        summary = image_summary(tag, img_tensor, dataformats=dataformats)
        self._add_summary(summary, global_step, walltime)

    def add_images(
        self,
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
            >>> import tempfile
            >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_images("batch", np.zeros((4, 3, 32, 32), np.uint8), 1)
        """
        _native.check_tag(tag)
        summary = images_summary(tag, img_tensor, dataformats=dataformats)
        self._add_summary(summary, global_step, walltime)

    def add_text(
        self,
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
            >>> import tempfile
            >>> with SummaryWriter(tempfile.mkdtemp()) as writer:
            ...     writer.add_text("note", "learning rate **halved**", 1)
        """
        _native.check_tag(tag)
        self._add_summary(text_summary(tag, text_string), global_step, walltime)

    def flush(self, durable: bool = False) -> None:
        """Wait until every earlier add, from any thread, is with the kernel.

        Without it data arrives there within 50 ms.

        Args:
            durable: wait until it is on the device, too, and the file's directory entry with it.

        Raises:
            OSError: the device refuses, with durable=True or on_error="raise".
        """
        self._deliver_device_scalars()
        self._flush(durable)

    def close(self) -> None:
        """Flush and close the file; a second close does nothing.

        Raises:
            OSError: records could not be written, with on_error="raise"; the default warns.
        """
        if not self._is_closed:
            self._deliver_device_scalars()
        self._close()

    def get_logdir(self) -> str:
        """Return the directory of the run."""
        return self.log_dir

    def stats(self) -> WriterStats:
        """Return what was accepted, written, and dropped so far.

        Returns:
            A WriterStats; may be called at any time, also after close().
        """
        stats = WriterStats(**self._stats())
        if self._device_scalars is None:
            return stats
        waiting, dropped = self._device_scalars.account()
        return replace(
            stats,
            accepted=stats.accepted + waiting + dropped,
            pending=stats.pending + waiting,
            dropped=stats.dropped + dropped,
        )

    def _begin_resumed(self, step: Any) -> None:
        """Hide what earlier files hold from `step` on; the native writer calls it for "auto"."""
        with self._resuming:
            earlier: Earlier | None = self._earlier
            self._earlier = None
            if earlier is None:
                return
            if self._process != os.getpid():
                self._await_step(False)
                return
            try:
                self._add_session_start(step)
                self._add_session_start(step)
                for summary in earlier.hiding_summaries(step):
                    self._add_summary(summary, step, None)
                self._await_step(False)
            except BaseException:
                self._earlier = earlier
                raise

    def _queue_scalar(
        self, tag: str, number: Any, step: int, wall_time: float, new_style: int, wide: int
    ) -> None:
        """Take a scalar that is on a device, or that must not overtake one of its tag."""
        if self._is_muted:
            check_number(number, "scalar_value")
            return
        form = (bool(new_style), bool(wide))
        self._begun_device_scalars().add_scalar(self, tag, number, step, wall_time, form)

    def _queue_metrics(self, metrics: Any, step: int, wall_time: float) -> None:
        """Take metrics, some of which are on a device or must not overtake those of their tag."""
        if self._is_muted:
            for number in dict(metrics).values():
                check_number(number, "a metric")
            return
        self._begun_device_scalars().add_metrics(self, dict(metrics), step, wall_time)

    def _begun_device_scalars(self) -> DeviceScalars:
        if self._device_scalars is None:
            self._device_scalars = DeviceScalars(
                on_error=self._configuration["on_error"],
                patient=self._configuration["durability"] == "buffered",
            )
            self._watch_tags(self._device_scalars.tags)
        return self._device_scalars

    def _deliver_device_scalars(self) -> None:
        """Fetch what waits for a device, and write it."""
        if self._device_scalars is not None:
            self._device_scalars.deliver(self, wait=True)

    def __del__(self) -> None:
        # Absent when __init__ failed.
        if getattr(self, "_device_scalars", None) is not None and not self._is_closed:
            self._deliver_device_scalars()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _open_again(
    writer_class: type[SummaryWriter], log_dir: str, configuration: dict[str, Any]
) -> SummaryWriter:
    """Make a writer like the pickled one."""
    return writer_class(log_dir, **configuration)


def _column(values: Any, name: str, dtype: type[np.float64 | np.int64]) -> np.ndarray[Any, Any]:
    """One-dimensional contiguous numbers, with nothing lost on the way to `dtype`."""
    array = arrays.as_array(values, argument=name)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    if dtype is np.int64 and not np.can_cast(array.dtype, np.int64, casting="same_kind"):
        raise TypeError(f"{name} must be integers, got {array.dtype}")
    if dtype is np.int64 and array.dtype == np.uint64 and array.size and array.max() >= 1 << 63:
        raise ValueError(f"{name} must fit in a signed 64-bit integer, got {array.max()}")
    return np.ascontiguousarray(array, dtype=dtype)
