"""tensorboardX.event_file_writer: EventFileWriter, which ignores events after close()."""

from __future__ import annotations

from eventcodec.compat import file_writer

__all__ = ["EventFileWriter"]


class EventFileWriter(file_writer.EventFileWriter):
    """Write Event messages to a new event file, see eventcodec.compat.file_writer."""

    _raises_when_closed = False
