"""Graphs of Paddle models, translated by the visualdl package, in files of their own."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["translate", "write_graph"]


def translate(model: Any, input_spec: Any, verbose: bool) -> str:
    """Return the graph of a model as VisualDL's page reads it.

    visualdl 2.5.3 reads what Paddle saves in its older form of programs, which Paddle 3 makes on
    demand. The model is afterwards as it was, where visualdl leaves its hooks in each layer and a
    model that runs as a static program.

    Args:
        model: a paddle.nn.Layer, whose class stands in a source file.
        input_spec: list of paddle.static.InputSpec or tensors.
        verbose: print what the graph holds.

    Returns:
        JSON.

    Raises:
        ImportError: paddle or visualdl is not installed.
        TypeError: the model is no layer.
    """
    try:
        import paddle
        from visualdl.component.graph import translate_graph
    except ImportError as error:
        raise ImportError(
            "add_graph needs paddle and visualdl, which translates the model: "
            "pip install paddlepaddle visualdl"
        ) from error
    if not isinstance(model, paddle.nn.Layer):
        raise TypeError(f"model must be a paddle.nn.Layer, got {model!r}")
    with _older_programs(paddle), _as_it_was(model):
        graph: str = translate_graph(model, input_spec, verbose)
    return graph


def write_graph(directory: Path, suffix: str, graph: str) -> Path:
    """Write a graph to vdlgraph.<seconds>.log<suffix>, a name that no other file has.

    Returns:
        The path. VisualDL shows the file of a directory with the greatest name.

    Raises:
        OSError: the file cannot be written.
    """
    for seconds in itertools.count(int(time.time())):
        path = directory / f"vdlgraph.{seconds:010d}.log{suffix}"
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(graph)
            return path
    raise AssertionError("unreachable")


def _older_programs(paddle: Any) -> contextlib.AbstractContextManager[Any]:
    """Have Paddle 3 make programs as Paddle 2 does, as it does with FLAGS_enable_pir_api=0."""
    guards = getattr(paddle, "pir_utils", None)
    guard = getattr(guards, "DygraphOldIrGuard", contextlib.nullcontext)
    made: contextlib.AbstractContextManager[Any] = guard()
    return made


@contextlib.contextmanager
def _as_it_was(model: Any) -> Iterator[None]:
    """Undo what happens to the attributes and hooks of a model and its layers."""
    layers = [model, *model.sublayers()]
    attributes = [dict(vars(layer)) for layer in layers]
    hooks = [
        (each, dict(each))
        for layer in layers
        for each in (layer._forward_pre_hooks, layer._forward_post_hooks)
    ]
    try:
        yield
    finally:
        for layer, before in zip(layers, attributes, strict=True):
            vars(layer).clear()
            vars(layer).update(before)
        for now, then in hooks:
            now.clear()
            now.update(then)
