"""Meshes and point clouds to Summary bytes: vertices, faces and colours are a tag each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from eventcodec.arrays import as_array
from eventcodec.summary.message import float_tensor, metadata_of

__all__ = ["mesh_summary"]

# The plugin's content types, in the order in which torch and tensorboardX write them.
_PARTS = (("vertices", 1, "VERTEX"), ("faces", 2, "FACE"), ("colors", 3, "COLOR"))


def mesh_summary(
    tag: str,
    vertices: object,
    colors: object = None,
    faces: object = None,
    config_dict: Mapping[str, Any] | None = None,
    *,
    tensorboardx_form: bool = False,
) -> bytes:
    """Encode meshes or point clouds.

    Args:
        tag: name of the series.
        vertices: numbers (batch, n, 3), coordinates.
        colors: numbers (batch, n, 3), red, green and blue from 0 to 255; None for none.
        faces: integers (batch, m, 3), numbers of the three vertices of each; None for points.
        config_dict: settings for three.js by the name of its class: camera, lights, material.
        tensorboardx_form: the tags end in _1, _2, _3, and the components are not told, as
            tensorboardX writes it; else in _VERTEX, _FACE, _COLOR, as torch does.

    Returns:
        A serialized Summary with a float32 tensor for each of them; plugin "mesh".

    Raises:
        TypeError: something is no array of numbers, or `config_dict` no JSON.
        ValueError: a shape is another one.

    Source: tensorboard/plugins/mesh/summary.py, tensorboardX/summary.py.

    Example:
        >>> b"cube_VERTEX" in mesh_summary("cube", [[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]])
        True
    """
    from eventcodec.proto import MeshPluginData, Summary

    given = {"vertices": vertices, "faces": faces, "colors": colors}
    parts = [
        (as_array(given[name], argument=name), name, number, ending)
        for name, number, ending in _PARTS
        if given[name] is not None
    ]
    for array, name, _, _ in parts:
        if array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"{name} must have the shape (batch, n, 3), got {array.shape}")
    config = "{}" if config_dict is None and not tensorboardx_form else _json(config_dict)
    components = 0 if tensorboardx_form else sum(1 << number for _, _, number, _ in parts)
    summary = Summary()
    for array, _, number, ending in parts:
        content = MeshPluginData(
            name=tag,
            content_type=number,
            json_config=config,
            shape=array.shape,
            components=components,
        )
        summary.value.add(
            tag=f"{tag}_{number}" if tensorboardx_form else f"{tag}_{ending}",
            tensor=float_tensor(array),
            metadata=metadata_of("mesh", content.SerializeToString()),
        )
    return summary.SerializeToString()


def _json(config_dict: Mapping[str, Any] | None) -> str:
    try:
        return json.dumps(config_dict, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TypeError(f"config_dict must be JSON, got {config_dict!r}: {error}") from error
