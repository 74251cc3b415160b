"""FileWriter and EventFileWriter: the classes below a SummaryWriter that other packages reach for.

Frameworks hand ready-made messages to them, and trackers replace their methods or the class itself
to see everything that is logged. So a SummaryWriter goes through them, message by message, from the
moment on that somebody has replaced one of their methods, and else straight to the native writer.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

from eventcodec.writer.event_log import EventLog

if TYPE_CHECKING:
    from eventcodec.proto import Event

__all__ = ["EventFileWriter", "FileWriter", "RecordWriter", "watch"]

# The log that an EventFileWriter being made is for; None when it is to open one of its own.
_adopted: ContextVar[EventLog | None] = ContextVar("adopted", default=None)
# FileWriters whose log wants to know when one of the methods below is replaced.
_watching: weakref.WeakSet[FileWriter] = weakref.WeakSet()
_REPLACEABLE = ("add_event", "add_summary")
# Where the classes come from that hide nothing.
_ORIGINS = ("tensorboard", "tensorboardX", "torch", "eventcodec")


class _Watched(type):
    """A class that tells when one of its methods is replaced."""

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in _REPLACEABLE:
            _look_again()

    def __delattr__(cls, name: str) -> None:
        super().__delattr__(name)
        if name in _REPLACEABLE:
            _look_again()


def _look_again() -> None:
    for writer in list(_watching):
        writer._set_observed()


class EventFileWriter(metaclass=_Watched):
    """Write Event messages to a new event file.

    Args:
        logdir: directory of the run.
        max_queue_size: accepted; there is no queue that could be too short.
        flush_secs: accepted; data never waits longer than 50 ms.
        filename_suffix: ends the name of the file.
    """

    # Whether add_event() after close() raises, as tensorboard's does, or is ignored.
    _raises_when_closed: ClassVar[bool] = True

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        max_queue_size: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        adopted = _adopted.get()
        self._log = adopted or EventLog(
            logdir,
            max_queue=max_queue_size,
            flush_secs=flush_secs,
            filename_suffix=filename_suffix,
        )
        self._is_closed = False

    def get_logdir(self) -> str:
        """Return the directory of the run."""
        return self._log.log_dir

    def add_event(self, event: Event) -> None:
        """Log an Event message, of whatever protobuf package, as it is.

        Raises:
            TypeError: it is no message.
            OSError: the writer is closed; those of tensorboardX are ignored then.
        """
        if self._is_closed:
            if self._raises_when_closed:
                raise OSError("Writer is closed")
            return
        if not hasattr(event, "SerializeToString"):
            raise TypeError(f"event must be an Event message, got {type(event).__name__}")
        self._log._add_event(event.SerializeToString(), event.step)

    def flush(self) -> None:
        """Wait until every earlier event is with the kernel."""
        if not self._is_closed:
            self._log.flush()

    def close(self) -> None:
        """Flush and close the file."""
        if not self._is_closed:
            self._is_closed = True
            self._log.close()

    def reopen(self) -> None:
        """Begin a new file after close()."""
        self._log._reopen()
        self._is_closed = False

    @property
    def _file_name(self) -> str:
        return self._log.stats().path

    @property
    def _ev_writer(self) -> EventFileWriter:
        """The object of tensorboardX that knows the file's name."""
        return self


class FileWriter(metaclass=_Watched):
    """Write Event and Summary messages to an event file.

    Args:
        log_dir: directory of the run.
        max_queue: accepted; there is no queue that could be too short.
        flush_secs: accepted; data never waits longer than 50 ms.
        filename_suffix: ends the name of the file.
    """

    # Where trackers put a subclass of EventFileWriter.
    _module: ClassVar[str] = "torch.utils.tensorboard.writer"
    _event_file_writer: ClassVar[type[EventFileWriter]] = EventFileWriter
    _run_metadata_tag: ClassVar[str] = "step1"

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        make = self._event_file_writer_class(os.fspath(log_dir))
        self.event_writer = make(os.fspath(log_dir), max_queue, flush_secs, filename_suffix)
        self._default_metadata: dict[str, Any] = {}  # of events that say neither step nor time

    def get_logdir(self) -> str:
        """Return the directory of the run."""
        return self.event_writer.get_logdir()

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Log an Event message after setting its wall time, and its step when one is given."""
        if walltime is None:
            walltime = self._default_metadata.get("walltime")
        event.wall_time = time.time() if walltime is None else walltime
        if step is None:
            step = self._default_metadata.get("global_step")
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)

    def add_summary(
        self, summary: Any, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Log a Summary message, of whatever protobuf package, or its bytes."""
        from eventcodec.proto import Event

        encoded = summary if isinstance(summary, bytes) else summary.SerializeToString()
        event = Event()
        event.summary.MergeFromString(encoded)
        self.add_event(event, global_step, walltime)

    def add_graph(self, graph_profile: Any, walltime: float | None = None) -> None:
        """Log (GraphDef, RunMetadata), as torch's tracer returns them."""
        from eventcodec.proto import Event

        graph, metadata = graph_profile
        self.add_event(Event(graph_def=graph.SerializeToString()), None, walltime)
        event = Event()
        event.tagged_run_metadata.tag = self._run_metadata_tag
        event.tagged_run_metadata.run_metadata = metadata.SerializeToString()
        self.add_event(event, None, walltime)

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Log a GraphDef."""
        from eventcodec.proto import Event

        self.add_event(Event(graph_def=graph.SerializeToString()), None, walltime)

    def flush(self) -> None:
        """Wait until every earlier event is with the kernel."""
        self.event_writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        self.event_writer.close()

    def reopen(self) -> None:
        """Begin a new file after close()."""
        self.event_writer.reopen()

    def _event_file_writer_class(self, log_dir: str) -> type[EventFileWriter]:
        """Return the class that stands in the package's module: ours, or a tracker's of ours.

        A tracker's class of the package's own is shown the directory, which is all that it is
        after; the file that it begins there holds no data.
        """
        found: Any = getattr(sys.modules.get(self._module), "EventFileWriter", None)
        if not isinstance(found, type):
            return self._event_file_writer
        if issubclass(found, EventFileWriter):
            return found
        if found.__module__.split(".", 1)[0] not in _ORIGINS:
            tracker: Any = found
            tracker(log_dir).close()
        return self._event_file_writer

    def _set_observed(self) -> None:
        event_writer = type(self.event_writer)
        replaced = any(
            getattr(cls, name) is not original
            for cls, name, original in (
                (type(self), "add_event", _ADD_EVENT),
                (type(self), "add_summary", _ADD_SUMMARY),
                (event_writer, "add_event", _WRITE_EVENT),
            )
        )
        log = self.event_writer._log
        log._set_observed(replaced and not log._is_muted)


_ADD_EVENT, _ADD_SUMMARY = FileWriter.add_event, FileWriter.add_summary
_WRITE_EVENT = EventFileWriter.add_event


def watch(writer_class: type[FileWriter], log: EventLog) -> FileWriter:
    """Make the FileWriter of a log that is open; the log goes through it when it is observed."""
    token = _adopted.set(log)
    try:
        writer = writer_class(log.log_dir, log.max_queue, log.flush_secs, log.filename_suffix)
    finally:
        _adopted.reset(token)
    _watching.add(writer)
    writer._set_observed()
    return writer


class RecordWriter:
    """Write records to a binary file object, each as soon as it is given.

    Args:
        writer: has write(), flush() and close().

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> RecordWriter(file).write(b"first")
        >>> len(file.getvalue())
        21
    """

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Write one record."""
        from eventcodec import _native

        self._writer.write(_native.frame(data))

    def flush(self) -> None:
        """Flush the file."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        return bool(self._writer.closed)
