"""ObservedLog: a log that goes through its FileWriter while somebody watches that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from eventcodec.compat.file_writer import FileWriter, watch
from eventcodec.writer.device_scalars import check_number
from eventcodec.writer.event_log import EventLog

if TYPE_CHECKING:
    from eventcodec.proto import Summary

__all__ = ["ObservedLog"]


class ObservedLog(EventLog):
    """A log with a FileWriter.

    The native writer hands scalars to `_queue_scalar` and `_queue_metrics` while it is observed;
    everything else comes by `_log_summary` and `_log_event` in any case.
    """

    _file_writer_class: ClassVar[type[FileWriter]] = FileWriter

    def _begin(self) -> None:
        self._open_file_writer: FileWriter | None = watch(self._file_writer_class, self)
        self._set_reopening(True)

    @property
    def file_writer(self) -> FileWriter | None:
        """The FileWriter of this writer's file; None when that is closed."""
        if self._is_closed:
            return None
        if self._open_file_writer is None:
            self._open_file_writer = watch(self._file_writer_class, self)
        return self._open_file_writer

    def _get_file_writer(self) -> FileWriter:
        """Return the FileWriter; a closed writer begins a new file."""
        self._reopen()
        writer = self.file_writer
        assert writer is not None
        return writer

    def close(self) -> None:
        """Flush and close the file; a second close does nothing, a call after it begins a new one.

        Raises:
            OSError: records could not be written, with on_error="raise"; the default warns.
        """
        super().close()
        if self._open_file_writer is not None:
            self._open_file_writer.event_writer._is_closed = True
            self._open_file_writer = None

    def _check_open(self) -> None:
        self._reopen()

    def _log_summary(self, summary: bytes, step: Any, wall_time: float | None) -> None:
        if not self._is_observed:
            super()._log_summary(summary, step, wall_time)
            return
        from eventcodec.proto import Summary

        self._get_file_writer().add_summary(Summary.FromString(summary), step, wall_time)

    def _log_event(self, what: str, message: Any, wall_time: float | None) -> None:
        if not self._is_observed:
            super()._log_event(what, message, wall_time)
            return
        from eventcodec.proto import Event

        self._get_file_writer().add_event(Event(**{what: message}), None, wall_time)

    def _queue_scalar(
        self, tag: str, number: Any, step: int, wall_time: float, new_style: int, wide: int
    ) -> None:
        if not self._is_observed:
            super()._queue_scalar(tag, number, step, wall_time, new_style, wide)
            return
        from eventcodec.proto import DataType, Summary

        value = Summary.Value(tag=tag)
        numbers = [float(check_number(number, "scalar_value"))]
        if new_style:
            value.tensor.dtype = DataType.DT_DOUBLE if wide else DataType.DT_FLOAT
            (value.tensor.double_val if wide else value.tensor.float_val).extend(numbers)
            value.metadata.plugin_data.plugin_name = "scalars"
        else:
            value.simple_value = numbers[0]
        self._show([value], step, wall_time)

    def _queue_metrics(self, metrics: Any, step: int, wall_time: float) -> None:
        if not self._is_observed:
            super()._queue_metrics(metrics, step, wall_time)
            return
        from eventcodec.proto import Summary

        numbers = {tag: float(check_number(each, tag)) for tag, each in dict(metrics).items()}
        values = [Summary.Value(tag=tag, simple_value=number) for tag, number in numbers.items()]
        self._show(values, step, wall_time)

    def _show(self, values: list[Summary.Value], step: int, wall_time: float) -> None:
        from eventcodec.proto import Summary

        self._get_file_writer().add_summary(Summary(value=values), step, wall_time)
