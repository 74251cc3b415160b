"""Methods of SummaryWriter for the graphs of models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eventcodec.summary.graph import onnx_graph, torch_graph

if TYPE_CHECKING:
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["add_graph", "add_onnx_graph"]


def add_graph(
    self: SummaryWriter,
    model: Any,
    input_to_model: Any = None,
    verbose: bool = False,
    use_strict_trace: bool = True,
) -> None:
    """Log the graph of a torch module, traced by torch's own tracer.

    Args:
        model: a torch.nn.Module.
        input_to_model: a tensor, or a tuple of what its forward() takes.
        verbose: print the graph.
        use_strict_trace: False when the model uses lists or dicts in ways that torch.jit.trace
            refuses.

    Raises:
        ImportError: torch, or tensorboard, which torch's tracer imports, is missing.
        RuntimeError: torch cannot trace the module; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> import torch  # doctest: +SKIP
        >>> writer.add_graph(torch.nn.Linear(3, 1), torch.zeros(1, 3))  # doctest: +SKIP
    """
    graph, metadata = torch_graph(
        model, input_to_model, verbose=verbose, use_strict_trace=use_strict_trace
    )
    self._log_event("graph_def", graph, None)
    tagged = {"tag": self._run_metadata_tag, "run_metadata": metadata}
    self._log_event("tagged_run_metadata", tagged, None)


def add_onnx_graph(self: SummaryWriter, prototxt: str | os.PathLike[str]) -> None:
    """Log the graph of an ONNX model.

    Args:
        prototxt: path of the model's file.

    Raises:
        ImportError: onnx is missing.
        OSError: the file cannot be read.
        ValueError: it is no ONNX model; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_onnx_graph("model.onnx")  # doctest: +SKIP
    """
    self._log_event("graph_def", onnx_graph(prototxt), None)
