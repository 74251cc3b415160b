"""Model graphs to GraphDef bytes: torch modules, ONNX and OpenVINO files."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

from eventcodec.errors import missing_package

__all__ = ["onnx_graph", "openvino_graph", "torch_graph"]

_PRODUCER = 22  # the version of graphs that torch and tensorboardX claim


def torch_graph(
    model: Any, input_to_model: Any = None, *, verbose: bool = False, use_strict_trace: bool = True
) -> tuple[bytes, bytes]:
    """Trace a torch module with torch's own tracer for TensorBoard.

    Args:
        model: a torch.nn.Module.
        input_to_model: a tensor, or a tuple of what its forward() takes.
        verbose: print the graph.
        use_strict_trace: of torch.jit.trace.

    Returns:
        A serialized GraphDef and a serialized RunMetadata.

    Raises:
        ImportError: torch, or tensorboard, which torch's tracer imports, is missing.
        RuntimeError: torch cannot trace the module; what it says is printed, too.

    Source: torch/utils/tensorboard/_pytorch_graph.py.
    """
    try:
        from torch.utils.tensorboard._pytorch_graph import graph
    except ImportError as error:
        raise missing_package("torch with tensorboard", "tensorboard", "add_graph") from error
    trace: Any = graph  # without types
    definition, metadata = trace(model, input_to_model, verbose, use_strict_trace)
    return _encode(definition), _encode(metadata)


def onnx_graph(path: str | os.PathLike[str]) -> bytes:
    """Read the graph of an ONNX model.

    Args:
        path: of the file.

    Returns:
        A serialized GraphDef: inputs and outputs as variables, then the nodes.

    Raises:
        ImportError: onnx is missing.
        OSError: the file cannot be read.
        ValueError: it is no ONNX model.

    Source: torch/utils/tensorboard/_onnx_graph.py.
    """
    try:
        import onnx
    except ImportError as error:
        raise missing_package("onnx", "onnx", "add_onnx_graph") from error
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_from_string(Path(path).read_bytes())
    except DecodeError as error:
        raise ValueError(f"{os.fspath(path)}: no ONNX model: {error}") from error
    graph = _begin_graph()
    for value in itertools.chain(model.graph.input, model.graph.output):
        node = graph.node.add(name=value.name, op="Variable")
        node.attr["dtype"].type = value.type.tensor_type.elem_type
        node.attr["shape"].shape.SetInParent()
        for dim in value.type.tensor_type.shape.dim:
            node.attr["shape"].shape.dim.add(size=dim.dim_value)
    for each in model.graph.node:
        fields = [
            " = ".join(str(field) for _, field in attribute.ListFields())
            for attribute in each.attribute
        ]
        node = graph.node.add(name=each.output[0], op=each.op_type, input=each.input)
        node.attr["parameters"].s = ", ".join(fields).encode()
    return _encode(graph)


def openvino_graph(path: str | os.PathLike[str]) -> bytes:
    """Read the graph of an OpenVINO model.

    Args:
        path: of the XML file.

    Returns:
        A serialized GraphDef: a node for each edge, named by the layer that it leads to.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no OpenVINO model.

    Source: tensorboardX/openvino_graph.py.
    """
    from xml.etree import ElementTree

    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(f"{os.fspath(path)}: no XML: {error}") from error
    layers = {layer.get("id"): layer.get("name") for layer in root.iterfind("layers/layer")}
    graph = _begin_graph()
    for edge in root.iterfind("edges/edge"):
        begin, end = layers.get(edge.get("from-layer")), layers.get(edge.get("to-layer"))
        if begin is None or end is None:
            raise ValueError(f"{os.fspath(path)}: an edge between layers that are not there")
        node = graph.node.add(name=end, op="op", input=[begin])
        node.attr["parameters"].s = b""
    if not layers:
        raise ValueError(f"{os.fspath(path)}: no OpenVINO model: it has no layers")
    return _encode(graph)


def _begin_graph() -> Any:
    from eventcodec.proto import GraphDef

    graph = GraphDef()
    graph.versions.producer = _PRODUCER
    return graph


def _encode(message: Any) -> bytes:
    """The same bytes for the same model: protobuf orders a map only when asked to."""
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded
