"""The vertices, faces or colours of one mesh of a log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from eventcodec.reader.tensor import to_ndarray

if TYPE_CHECKING:
    from eventcodec.proto import Summary

__all__ = ["MeshPart", "from_value"]

_CONTENTS = {1: "vertices", 2: "faces", 3: "colors"}


@dataclass(frozen=True, eq=False)
class MeshPart:
    """What stands under one tag of a mesh: writers log vertices, faces and colours apart.

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        name: the name of the mesh that the part belongs to.
        content: "vertices", "faces", "colors", or "" where the file does not say.
        value: [batch, n, 3]: coordinates, numbers of three vertices, or red, green and blue.
        config: settings for three.js, {} for none.
    """

    step: int
    wall_time: float
    name: str
    content: str
    value: NDArray[Any]
    config: dict[str, Any] = field(default_factory=dict)


def from_value(value: Summary.Value, content: bytes, step: int, wall_time: float) -> MeshPart:
    """Return the part of a mesh that a value holds.

    Args:
        value: the value.
        content: the tag's MeshPluginData.
        step: of the event.
        wall_time: of the event.

    Raises:
        ValueError: the tensor is malformed.
    """
    from eventcodec.proto import MeshPluginData

    plugin = MeshPluginData.FromString(content)
    return MeshPart(
        step,
        wall_time,
        plugin.name,
        _CONTENTS.get(int(plugin.content_type), ""),
        to_ndarray(value.tensor),
        _config(plugin.json_config),
    )


def _config(text: str) -> dict[str, Any]:
    try:
        config = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}
