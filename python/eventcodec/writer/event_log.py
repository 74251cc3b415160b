"""EventLog: one event file of a run and its manners; what every writer has in common."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, get_args

from eventcodec import _native
from eventcodec.errors import WriterClosedError
from eventcodec.summary.scalar import as_step
from eventcodec.writer.device_scalars import DeviceScalars, check_number
from eventcodec.writer.log_directory import check_suffix, make_log_directory
from eventcodec.writer.process_exit import flush_at_child_exit
from eventcodec.writer.rank import Rank, find_rank
from eventcodec.writer.resume import Earlier, read_earlier
from eventcodec.writer.stats import WriterStats

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Durability", "EventLog", "OnError"]

Durability = Literal["buffered", "process", "sync"]
OnError = Literal["warn", "raise", "drop"]
OtherRanks = Literal["log", "drop"]


class EventLog(_native.EventWriter):
    """One event file, or several when it is rotated, that logs go to.

    The arguments are those of SummaryWriter, which says what they mean.
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
        muted: bool = False,
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
        muted = muted or (bool(this_rank) and other_ranks == "drop")
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
            "muted": muted,
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
        # As it is now: new files belong here after os.chdir(), too.
        self._directory = str(Path(self.log_dir).absolute())
        super().__init__(
            directory=self._directory,
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
        self._begin()

    def _begin(self) -> None:
        """Do what a subclass does once its file is open."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as configuration: unpickled, the writer logs to a file of its own in log_dir."""
        # The other writer goes on beside this one, and must not hide what it logs.
        configuration = self._configuration | {"purge_step": None, "resume": None}
        return _open_again, (type(self), self.log_dir, configuration)

    def __repr__(self) -> str:
        if not getattr(self, "_is_made", False):  # in a traceback out of __init__, say
            return f"<{type(self).__module__}.{type(self).__qualname__}, not made>"
        state = "closed" if self._is_closed else "muted" if self._is_muted else "open"
        return f"<{type(self).__module__}.{type(self).__qualname__} {self.log_dir!r}, {state}>"

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

    def _log_summary(self, summary: bytes, step: Any, wall_time: float | None) -> None:
        """Log what a kind was encoded to."""
        self._add_summary(summary, step, wall_time)

    def _log_event(self, what: str, message: Any, wall_time: float | None) -> None:
        """Log what is no summary: `what` is its name in an Event. It has no step."""
        from eventcodec.proto import Event

        event = Event(wall_time=time.time() if wall_time is None else wall_time, **{what: message})
        self._add_event(event.SerializeToString(), None)

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

    def _check_open(self) -> None:
        if self._is_closed:
            message = "the writer is closed; open a new SummaryWriter to log more"
            raise WriterClosedError(message, path=self.stats().path)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _open_again(
    writer_class: type[EventLog], log_dir: str, configuration: dict[str, Any]
) -> EventLog:
    """Make a writer like the pickled one."""
    return writer_class(log_dir, **configuration)
