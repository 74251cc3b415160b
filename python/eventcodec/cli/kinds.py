"""Words and JSON for the values of each kind."""

from __future__ import annotations

from typing import Any

from eventcodec.cli.terminal import escape

__all__ = ["describe_other", "object_of_other"]


def _array(value: Any) -> str:
    """Word an array by its dtype and shape: float32[2, 3]."""
    name = "string" if value.dtype == object else value.dtype.name
    return f"{name}[{', '.join(str(size) for size in value.shape)}]"


def describe_other(kind: str, value: Any) -> str:
    """Word an audio clip, tensor, curve, mesh, graph or raw value in a few characters."""
    if kind == "audio":
        if not value.sample_rate:
            return f"{len(value.encoded)} bytes"
        return f"{value.frames / value.sample_rate:.3g} s, {value.sample_rate:g} Hz"
    if kind == "tensors":
        return _array(value.value)
    if kind == "pr_curves":
        return f"{len(value.thresholds)} thresholds"
    if kind == "meshes":
        return f"{value.content} {_array(value.value)}".strip()
    if kind == "graphs":
        return f"{escape(value.content)}, {len(value.data)} bytes"
    return f"{len(value)} bytes"


def object_of_other(kind: str, value: Any) -> dict[str, Any]:
    """Put the same into what JSON has."""
    if kind == "audio":
        return {
            "sample_rate": value.sample_rate,
            "channels": value.channels,
            "frames": value.frames,
            "content_type": value.content_type,
            "bytes": len(value.encoded),
        }
    if kind == "tensors":
        return {"dtype": value.value.dtype.name, "shape": list(value.value.shape)}
    if kind == "pr_curves":
        names = ("thresholds", "precision", "recall")
        return {name: getattr(value, name).tolist() for name in names}
    if kind == "meshes":
        return {"name": value.name, "content": value.content, "shape": list(value.value.shape)}
    if kind == "graphs":
        return {"content": value.content, "bytes": len(value.data)}
    return {"bytes": len(value)}
