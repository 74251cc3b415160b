"""What EventAccumulator knows that columns do not say: found by walking over a file's events.

Nothing here runs for a file of scalars of the first format with a version record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventcodec.errors import CorruptRecordError
from eventcodec.reader.series import Part
from eventcodec.reader.tensor import to_ndarray

if TYPE_CHECKING:
    from eventcodec.proto import Event, TensorProto

__all__ = ["Preamble", "Rewind", "Rewinds", "first_metadata", "preamble_of", "scalar_tensors"]

_LONGEST_WRITER_NAME = 128  # longer ones TensorBoard ignores
# Member of Summary.Value -> kind of the series of its rows.
KIND_OF_MEMBER = {
    "simple_value": "scalars",
    "histo": "histograms",
    "image": "images",
    "audio": "audio",
}


class Preamble(NamedTuple):
    """What the first event of a file says of the file."""

    wall_time: float
    version: float | None
    writer: str | None


def preamble_of(path: str) -> Preamble | None:
    """Read the first event of a file; None when it has none yet."""
    from eventcodec.event_reader import EventReader

    with EventReader(path) as events:
        for event in events:
            writer: str = event.source_metadata.writer
            known = bool(writer) and len(writer) <= _LONGEST_WRITER_NAME
            return Preamble(event.wall_time, _version_of(event), writer if known else None)
    return None


def _version_of(event: Event) -> float | None:
    if not event.HasField("file_version"):
        return None
    try:
        return float(event.file_version.split("brain.Event:")[-1])
    except ValueError:
        return -1.0


class Rewind(NamedTuple):
    """An event whose step lies before one that came earlier: what its tags have from it on is void.

    Rows are, for each (tag, kind) of the event, how many stand before it in the file.
    """

    step: int
    tags: set[str]
    rows: dict[tuple[str, str], int]


class Rewinds:
    """Walks over a file without a version record, in which only steps tell of restarts.

    Args:
        path: the file.
        before: the walk over the file before it, if that had no version record either.

    Attributes:
        most_recent_step: the step of the last event that was in order, -1 for none.
        most_recent_wall_time: its wall time.
    """

    def __init__(self, path: str, before: Rewinds | None) -> None:
        self.most_recent_step: int = -1 if before is None else before.most_recent_step
        self.most_recent_wall_time: float = -1 if before is None else before.most_recent_wall_time
        self._path = path
        self._events = 0  # that were taken
        self._rows: dict[tuple[str, str], int] = {}

    def take(self) -> Iterator[Rewind]:
        """Yield the rewinds among the events that are new."""
        from eventcodec.event_reader import EventReader

        with EventReader(self._path) as events:
            for event in islice(events, self._events, None):
                self._events += 1
                yield from self._take(event)

    def _take(self, event: Event) -> Iterator[Rewind]:
        values = [
            (value.tag, KIND_OF_MEMBER.get(value.WhichOneof("value") or ""))
            for value in event.summary.value
        ]
        if event.step < self.most_recent_step and event.HasField("summary"):
            tags = {tag for tag, _ in values}
            every = "" in tags  # a value without a tag voids those of all, in TensorBoard as well
            rows = {key: rows for key, rows in self._rows.items() if every or key[0] in tags}
            yield Rewind(event.step, tags, rows)
        else:
            self.most_recent_step = event.step
            self.most_recent_wall_time = event.wall_time
        for tag, kind in values:
            if kind is not None:
                self._rows[tag, kind] = self._rows.get((tag, kind), 0) + 1


def first_metadata(paths: Iterable[str]) -> dict[str, Any]:
    """Return the first SummaryMetadata of each tag of several files."""
    from eventcodec.event_reader import EventReader

    found: dict[str, Any] = {}
    for path in paths:
        with EventReader(path) as events:
            for event in events:
                for value in event.summary.value:
                    if value.HasField("metadata"):
                        found.setdefault(value.tag, value.metadata)
    return found


def scalar_tensors(part: Part, tag: str) -> list[TensorProto | None]:
    """Return the messages of the rows of a series of scalars; None for those of simple_value.

    Raises:
        CorruptRecordError: the file has changed since it was scanned.
    """
    from eventcodec.event_reader import EventReader

    steps, wall_times, _ = part.file.columns(part.series)
    rows = list(zip(steps.tolist(), wall_times.tolist(), strict=True))
    found: list[TensorProto | None] = []
    with EventReader(part.file.path) as events:
        for event in events:
            for value in event.summary.value:
                if len(found) == len(rows):
                    break
                if (value.tag or value.node_name) != tag or not _may_be_scalar(value):
                    continue
                if _same(rows[len(found)], (event.step, event.wall_time)):
                    found.append(value.tensor if value.HasField("tensor") else None)
    if len(found) < len(rows):
        raise CorruptRecordError("the file has changed since it was read", path=part.file.path)
    wanted = range(len(rows)) if part.rows is None else part.rows
    return [found[row] for row in wanted]


def _may_be_scalar(value: Any) -> bool:
    if not value.HasField("tensor"):
        return bool(value.HasField("simple_value"))
    try:
        return to_ndarray(value.tensor).size == 1
    except ValueError:
        return False


def _same(row: tuple[int, float], event: tuple[int, float]) -> bool:
    return row[0] == event[0] and np.array_equal(row[1], event[1], equal_nan=True)
