"""One graph, or the metadata of one run of a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eventcodec.reader.tensor import to_ndarray

if TYPE_CHECKING:
    from eventcodec.proto import Summary

__all__ = ["CONTENTS", "OUTSIDE_SUMMARIES", "Graph", "data_of"]

# Plugin -> (what it is called here, the message class of its bytes or "" for none).
CONTENTS = {
    "graphs": ("graph", "GraphDef"),
    "meta_graph": ("meta_graph", "MetaGraphDef"),
    "graph_tagged_run_metadata": ("run_metadata", "RunMetadata"),
    "graph_run_metadata": ("run_metadata", "RunMetadata"),
    "graph_run_metadata_graph": ("run_metadata", "RunMetadata"),
    "graph_keras_model": ("keras_model", ""),
}


def _run_metadata_of(data: bytes) -> bytes:
    from eventcodec.proto import TaggedRunMetadata

    return bytes(TaggedRunMetadata.FromString(data).run_metadata)


# Those that are events of their own -> how their bytes are found in the message that stands there.
OUTSIDE_SUMMARIES: dict[str, Callable[[bytes], bytes]] = {
    "graphs": bytes,
    "meta_graph": bytes,
    "graph_tagged_run_metadata": _run_metadata_of,
}


@dataclass(frozen=True)
class Graph:
    """A graph as it was logged.

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        content: "graph" (a GraphDef), "run_metadata" (a RunMetadata), "meta_graph" (a
            MetaGraphDef) or "keras_model" (JSON).
        data: its bytes.
    """

    step: int
    wall_time: float
    content: str
    data: bytes = field(repr=False)

    def message(self) -> Any:
        """Parse the bytes.

        Returns:
            An eventcodec.proto.GraphDef, MetaGraphDef or RunMetadata.

        Raises:
            ValueError: the bytes are malformed, or of a Keras model.

        Example:
            >>> import eventcodec
            >>> run = eventcodec.open("runs")["."]  # doctest: +SKIP
            >>> len(run.graphs["__run_graph__"][0].message().node)  # doctest: +SKIP
            28
        """
        from google.protobuf.message import DecodeError

        from eventcodec import proto

        names = {content: name for content, name in CONTENTS.values() if name}
        if self.content not in names:
            raise ValueError(f"a {self.content} is no message that is known here; see .data")
        try:
            return getattr(proto, names[self.content]).FromString(self.data)
        except DecodeError as error:
            raise ValueError(f"malformed {self.content} of step {self.step}: {error}") from error


def data_of(value: Summary.Value) -> bytes:
    """Return the bytes of a graph that a tensor holds.

    Raises:
        ValueError: the tensor holds none.
    """
    strings = to_ndarray(value.tensor).reshape(-1)
    if len(strings) == 0 or not isinstance(strings[0], bytes):
        raise ValueError("no graph in the tensor")
    return strings[0]
