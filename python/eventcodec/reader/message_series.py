"""Series whose values are messages: audio, tensors, PR curves, meshes, graphs, raw bytes."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventcodec.errors import CorruptRecordError
from eventcodec.reader import audio, graph, mesh, pr_curve
from eventcodec.reader.audio import Audio
from eventcodec.reader.graph import Graph
from eventcodec.reader.mesh import MeshPart
from eventcodec.reader.pr_curve import PrCurve
from eventcodec.reader.series import ItemSeries, Part, Series
from eventcodec.reader.tensor import Tensor, to_ndarray

if TYPE_CHECKING:
    from typing_extensions import Self

    from eventcodec.proto import Summary

__all__ = [
    "AudioSeries",
    "GraphSeries",
    "MeshSeries",
    "PrCurveSeries",
    "RawSeries",
    "TensorSeries",
    "parse_row",
    "plugin_content",
]

_Value = TypeVar("_Value")


def value_of(part: Part, data: bytes, *, at: int = 0) -> Summary.Value:
    """Parse the value of a row, in the form of event files whatever the file is.

    Args:
        part: where it stands.
        data: what the file holds there.
        at: which of the values that stand for one of VisualDL's.

    Raises:
        google.protobuf.message.DecodeError, ValueError: it is malformed.
    """
    if part.file.format == "events":
        from eventcodec.proto import Summary

        return Summary.Value.FromString(data)
    from eventcodec.vdl.summary import as_summary_values, parse_value

    return list(as_summary_values(parse_value(data)))[at]


def parse_row(
    part: Part, row: int, parse: Callable[[Summary.Value, int], _Value], *, at: int = 0
) -> _Value:
    """Return parse(value, item) of the value of a row; `at` as in value_of().

    Raises:
        CorruptRecordError: the record has been damaged since it was scanned, or holds something
            else than `parse` expects.
        OSError: the file cannot be read.
    """
    (message,) = part.file.messages(part.series, [row])
    return _parse_message(part, message, parse, at=at)


def _parse_message(
    part: Part,
    message: tuple[bytes, int, int],
    parse: Callable[[Summary.Value, int], _Value],
    *,
    at: int = 0,
) -> _Value:
    """Do parse_row()'s work on what EventFile.messages() gives of a row."""
    from google.protobuf.message import DecodeError

    data, item, offset = message
    try:
        return parse(value_of(part, data, at=at), item)
    except (ValueError, DecodeError) as error:
        raise _malformed(part, offset, error) from error


def plugin_content(value: Summary.Value) -> bytes:
    """Return what the plugin keeps in the metadata of a value; b"" where it has none."""
    return bytes(value.metadata.plugin_data.content)


def _malformed(part: Part, offset: int, error: Exception) -> CorruptRecordError:
    message = f"malformed value in the record at byte {offset}: {error}"
    return CorruptRecordError(message, path=part.file.path, offset=offset)


class MessageSeries(Series[_Value]):
    """A series that parses one Summary.Value for each of its values."""

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[_Value]:
        messages = part.file.messages(part.series, rows)
        for message, (step, wall_time) in zip(messages, points, strict=False):
            parse = functools.partial(self._parse, step=step, wall_time=wall_time)
            yield _parse_message(part, message, parse)

    @abstractmethod
    def _parse(self, value: Summary.Value, item: int, step: int, wall_time: float) -> _Value: ...


class AudioSeries(ItemSeries[Audio]):
    """The clips of one tag; `series[i]` is an Audio. An event with several gives several."""

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[Audio]:
        clips: list[Audio] = []
        parsed = None
        messages = part.file.messages(part.series, rows)
        for (step, wall_time), message in zip(points, messages, strict=False):
            data, item, offset = message
            if data is not parsed:  # the clips of a value are given the same bytes
                parse = functools.partial(_clips_of, step=step, wall_time=wall_time)
                clips = _parse_message(part, message, parse)
                parsed = data
            if item >= len(clips):
                raise _malformed(part, offset, ValueError(f"no clip number {item}"))
            yield clips[item]


def _clips_of(value: Summary.Value, item: int, step: int, wall_time: float) -> list[Audio]:
    del item
    return audio.from_value(value, step, wall_time)


class TensorSeries(MessageSeries[Tensor]):
    """The tensors of one tag; `series[i]` is a Tensor, `series[i].value` a NumPy array."""

    __slots__ = ()

    def _parse(self, value: Summary.Value, item: int, step: int, wall_time: float) -> Tensor:
        del item
        return Tensor(step, wall_time, to_ndarray(value.tensor))


class PrCurveSeries(MessageSeries[PrCurve]):
    """The precision-recall curves of one tag; `series[i]` is a PrCurve."""

    __slots__ = ()

    def _parse(self, value: Summary.Value, item: int, step: int, wall_time: float) -> PrCurve:
        del item
        return pr_curve.from_value(value, step, wall_time)


class MeshSeries(MessageSeries[MeshPart]):
    """The vertices, faces or colours under one tag; `series[i]` is a MeshPart."""

    __slots__ = ("_first_content",)

    def __init__(self, tag: str, parts: list[Part]) -> None:
        super().__init__(tag, parts)
        self._first_content: bytes | None = None  # where later values do not repeat it

    def _part(self, index: slice | NDArray[np.int64], rows: range | NDArray[np.int64]) -> Self:
        copy = super()._part(index, rows)
        copy._first_content = self._first_content
        return copy

    def _parse(self, value: Summary.Value, item: int, step: int, wall_time: float) -> MeshPart:
        del item
        content = plugin_content(value) or self._first_content
        if content is None:
            content = parse_row(self._parts[0], 0, lambda first, _: plugin_content(first))
            self._first_content = content
        return mesh.from_value(value, content, step, wall_time)


class GraphSeries(Series[Graph]):
    """The graphs of one tag; `series[i]` is a Graph."""

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[Graph]:
        plugin = part.file.series()[part.series][2]
        content = graph.CONTENTS.get(plugin, ("graph", ""))[0]
        messages = part.file.messages(part.series, rows)
        for message, point in zip(messages, points, strict=False):
            if plugin in graph.OUTSIDE_SUMMARIES:
                data = _outside_summary(part, plugin, message)
            else:
                data = _parse_message(part, message, lambda value, _: graph.data_of(value))
            yield Graph(*point, content, data)


def _outside_summary(part: Part, plugin: str, message: tuple[bytes, int, int]) -> bytes:
    """Return the graph in a message that is no summary."""
    from google.protobuf.message import DecodeError

    data, _, offset = message
    try:
        return graph.OUTSIDE_SUMMARIES[plugin](data)
    except DecodeError as error:
        raise _malformed(part, offset, error) from error


class RawSeries(Series[bytes]):
    """The values of one tag as they stand in the file: `series[i]` is a serialized Summary.Value.

    Of a VisualDL log it is a serialized Record.Value.

    Of the graphs and run metadata that are no summaries it is the GraphDef, MetaGraphDef or
    TaggedRunMetadata. An image or clip of an event with several gives the value with all of them.
    """

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[bytes]:
        del points
        for data, _, _ in part.file.messages(part.series, rows):
            yield data
