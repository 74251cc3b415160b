"""EventReader: the Event messages of one event file, whatever they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventcodec.damage import SkippedRegion
from eventcodec.errors import CorruptRecordError
from eventcodec.record import Mode, ReadableFile, RecordReader

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

    from eventcodec.proto import Event

__all__ = ["EventReader", "summary_iterator"]

_RECORD_OVERHEAD = 8 + 4 + 4  # length, its checksum, the payload's checksum
_MALFORMED = "malformed event"


class EventReader:
    """Iterate over the events of an event file as eventcodec.proto.Event messages.

    For whole columns of a run use open(), which is many times faster; this gives every event as it
    stands in the file, in order, graphs and session logs included.

    An unfinished record at the end is not damage: iterating again goes on when the file has grown.

    Args:
        path_or_file: an event file's path, or a binary file object, which is read from where it
            stands and left open by close().
        verify: check the payloads' checksums. (The headers' are always checked.)
        mode: at damage, "salvage" goes on with the next intact event, "prefix" ends before the
            damage, and "strict" raises.

    Attributes:
        path: the file's name, "" for a file object without one.
        position: of the event that was just given, where its record ends, in bytes from where
            reading began.

    Raises:
        FileNotFoundError: and other OSErrors from opening the path.
        TypeError: neither a path nor a binary file object.
        ValueError: an unknown mode.
        CorruptRecordError: while iterating in mode "strict".

    Source: cpp/FORMAT.md sections 3 and 4.

    Example:
        >>> import io
        >>> from eventcodec.proto import Event
        >>> from eventcodec.record import RecordWriter
        >>> file = io.BytesIO()
        >>> with RecordWriter(file) as writer:
        ...     writer.write(Event(step=3).SerializeToString())
        >>> [event.step for event in EventReader(io.BytesIO(file.getvalue()))]
        [3]
    """

    def __init__(
        self,
        path_or_file: str | os.PathLike[str] | ReadableFile,
        *,
        verify: bool = True,
        mode: Mode = "salvage",
    ) -> None:
        self._records = RecordReader(path_or_file, verify=verify, mode=mode)
        self._mode = mode
        self.position = 0
        self._regions_passed = 0  # of self._records.damage
        self._malformed: list[SkippedRegion] = []
        self._ended = False  # by a malformed event, in mode "prefix"
        self.path = self._records.path

    @property
    def damage(self) -> list[SkippedRegion]:
        """What was skipped so far, in the order of the file: damaged records and malformed events.

        The last entry grows while no intact record follows it.
        """
        if self._ended:
            return [*self._malformed]
        return sorted([*self._records.damage, *self._malformed], key=lambda region: region.offset)

    @property
    def pending_bytes(self) -> int:
        """The bytes of an unfinished record, or of nothing but zeros, at the end of the file."""
        return 0 if self._ended else self._records.pending_bytes

    def __iter__(self) -> Iterator[Event]:
        """Iterate from where the last iteration stopped."""
        from google.protobuf.message import DecodeError

        from eventcodec.proto import Event

        if self._ended:
            return
        for payload in self._records:
            offset = self._pass(payload)
            try:
                event = Event.FromString(payload)
            except DecodeError as error:
                if self._goes_on_after(offset, len(payload), error):
                    continue
                return
            yield event

    def close(self) -> None:
        """Close the file if it was opened here. A second call does nothing."""
        self._records.close()

    def _pass(self, payload: bytes) -> int:
        """Move the position past a record that was just read; return where it starts."""
        self._pass_regions()
        offset = self.position
        self.position += len(payload) + _RECORD_OVERHEAD
        return offset

    def _pass_regions(self) -> None:
        # Records and skipped regions cover the file, so a region that starts here comes first.
        regions = self._records.damage
        while self._regions_passed < len(regions):
            region = regions[self._regions_passed]
            if region.offset != self.position:
                break
            self.position += region.length
            self._regions_passed += 1

    def _goes_on_after(self, offset: int, payload_bytes: int, error: Exception) -> bool:
        """Report a malformed event; False when the iteration ends there."""
        if self._mode == "strict":
            message = f"{_MALFORMED} at byte {offset}: {error}"
            raise CorruptRecordError(message, path=self.path, offset=offset) from error
        length = payload_bytes + _RECORD_OVERHEAD
        if self._mode == "prefix":
            self._ended = True
            length = self._end() - offset
            self.position = offset
        self._malformed.append(SkippedRegion(self.path, offset, length, _MALFORMED))
        return not self._ended

    def _end(self) -> int:
        """Read on to the end of the file; return where it is."""
        for payload in self._records:
            self._pass(payload)
        self._pass_regions()
        return self.position + self._records.pending_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def summary_iterator(path: str | os.PathLike[str]) -> Iterator[Event]:
    """Yield the events of an event file, as tf.compat.v1.train.summary_iterator does.

    Args:
        path: the event file. An unfinished record at its end is not an event yet.

    Returns:
        An iterator of eventcodec.proto.Event messages.

    Raises:
        FileNotFoundError: and other OSErrors from opening the path, at the first event.
        CorruptRecordError: at damage, where TensorFlow raises DataLossError. EventReader goes on.

    Example:
        >>> import eventcodec
        >>> for event in eventcodec.summary_iterator("events.out.tfevents.1"):  # doctest: +SKIP
        ...     print(event.step, [value.tag for value in event.summary.value])
    """
    with EventReader(path, mode="strict") as reader:
        yield from reader
