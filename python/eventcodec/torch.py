"""What tutorials log of a torch model by hand, each as one call over a writer's public methods.

>>> import torch, eventcodec.torch
>>> model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU())
>>> eventcodec.torch.log_parameters(writer, model, step=1)
>>> eventcodec.torch.log_feature_maps(writer, model, torch.rand(1, 1, 8, 8), step=1)

`writer` is an eventcodec.SummaryWriter, or any other with its methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

__all__ = [
    "log_cam",
    "log_feature_maps",
    "log_kernels",
    "log_model_summary",
    "log_parameters",
]

_LARGEST_GRID = 64  # images in one
_SMALLEST_TILE = 24  # pixels; smaller ones are enlarged


def log_parameters(
    writer: Any, model: torch.nn.Module, step: Any = None, *, gradients: bool = True
) -> None:
    """Log a histogram of every parameter of a model, and of its gradient.

    Args:
        writer: to log to.
        model: with any parameters, on any device.
        step: the step; None is 0.
        gradients: log those that are there, too.

    The tags are "parameters/<name>" and "gradients/<name>".
    """
    for name, parameter in model.named_parameters():
        if parameter.numel() == 0:
            continue
        writer.add_histogram(f"parameters/{name}", parameter, step)
        if gradients and parameter.grad is not None:
            writer.add_histogram(f"gradients/{name}", parameter.grad, step)


def log_feature_maps(
    writer: Any,
    model: torch.nn.Module,
    input: Any,
    step: Any = None,
    *,
    layers: Iterable[str] | None = None,
    tag: str = "feature_maps",
) -> None:
    """Log what convolution layers make of an input, a grid of grey pictures for each layer.

    Args:
        writer: to log to.
        model: run once, in evaluation mode and without gradients.
        input: of the model, or a tuple of its inputs; the first of the batch is shown.
        step: the step; None is 0.
        layers: names as in model.named_modules(); None for all convolutions.
        tag: the tags are "<tag>/<layer>".

    Raises:
        ValueError: a layer is not there, or gives no (batch, channels, height, width).
    """
    modules = _layers_of(model, layers)
    outputs: dict[str, Any] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            outputs.setdefault(name, output)

        return hook

    handles = [module.register_forward_hook(keep(name)) for name, module in modules.items()]
    try:
        with _evaluating(model), _torch().no_grad():
            model(*_as_tuple(input))
    finally:
        for handle in handles:
            handle.remove()
    for name in modules:
        if getattr(outputs.get(name), "ndim", 0) != 4:
            raise ValueError(f"the layer {name!r} gave no (batch, channels, height, width)")
        maps = outputs[name][0].float().cpu().numpy()[:_LARGEST_GRID]
        writer.add_images(f"{tag}/{name}", _tiles(maps[:, None]), step)


def log_kernels(
    writer: Any, layer: torch.nn.Module, step: Any = None, *, tag: str = "kernels"
) -> None:
    """Log the kernels of a convolution as a grid: in colour of three channels, else grey.

    Args:
        writer: to log to.
        layer: a Conv2d, or another module with a weight (out, in, height, width). Of other than
            three channels each channel is a picture of its own.
        step: the step; None is 0.
        tag: of the grid.

    Raises:
        ValueError: the layer has no such weight.
    """
    weight = getattr(layer, "weight", None)
    if weight is None or weight.ndim != 4:
        raise ValueError(f"layer must have a weight (out, in, height, width), got {layer!r}")
    kernels = weight.detach().float().cpu().numpy()
    if kernels.shape[1] != 3:
        kernels = kernels.reshape(-1, 1, *kernels.shape[2:])
    writer.add_images(tag, _tiles(kernels[:_LARGEST_GRID]), step)


def log_cam(
    writer: Any,
    model: torch.nn.Module,
    input: torch.Tensor,
    layer: str,
    step: Any = None,
    *,
    classes: Sequence[int] | None = None,
    tag: str = "cam",
) -> None:
    """Log where a classifier looks: Grad-CAM, in red over its input.

    Args:
        writer: to log to.
        model: gives (batch, classes); run once forward and backward, in evaluation mode. The
            gradients of its parameters stay as they are.
        input: pictures (batch, 1 or 3, height, width).
        layer: name of a convolution, as in model.named_modules(); the last one tells most.
        step: the step; None is 0.
        classes: for each input the class to look for; None for the one that the model finds.
        tag: of the grid.

    Raises:
        ValueError: a shape is another one, or the layer is not there.

    Source: R. R. Selvaraju et al., Grad-CAM, ICCV 2017, section 3.
    """
    torch = _torch()
    if input.ndim != 4 or input.shape[1] not in (1, 3):
        raise ValueError(f"input must be (batch, 1|3, height, width), got {tuple(input.shape)}")
    (module,) = _layers_of(model, [layer]).values()
    kept: list[Any] = []
    handle = module.register_forward_hook(lambda *call: kept.append(call[2]))
    try:
        with _evaluating(model), torch.enable_grad():
            scores = model(input.detach().requires_grad_())
            if scores.ndim != 2:
                raise ValueError(f"the model must give (batch, classes), got {scores.shape}")
            chosen = scores.argmax(1) if classes is None else torch.as_tensor(classes)
            sought = scores.gather(1, chosen.to(scores.device).long()[:, None]).sum()
            (gradient,) = torch.autograd.grad(sought, kept[0])
    finally:
        handle.remove()
    if gradient.ndim != 4:
        raise ValueError(f"the layer {layer!r} gave no (batch, channels, height, width)")
    weights = gradient.mean((2, 3), keepdim=True)
    heat = (weights * kept[0].detach()).sum(1, keepdim=True).clamp(min=0)
    size = tuple(input.shape[2:])
    heat = torch.nn.functional.interpolate(heat, size=size, mode="bilinear", align_corners=False)
    writer.add_images(tag, _overlay(_array(input), _array(heat))[:_LARGEST_GRID], step)


def log_model_summary(
    writer: Any,
    model: torch.nn.Module,
    input_size: Sequence[int] | None = None,
    step: Any = None,
    *,
    tag: str = "model_summary",
) -> None:
    """Log a table of a model's layers as a text: output shapes and numbers of parameters.

    Args:
        writer: to log to.
        model: run once when input_size is given, in evaluation mode.
        input_size: shape of the model's input with its batch, for output shapes; None for a table
            without them.
        step: the step; None is 0.
        tag: of the text.

    torchinfo makes the table where it is installed.
    """
    try:
        import torchinfo
    except ImportError:
        writer.add_text(tag, _layer_table(model, input_size), step)
        return
    table = torchinfo.summary(model, input_size=input_size, verbose=0)
    writer.add_text(tag, "\n".join(f"    {line}" for line in str(table).splitlines()), step)


def _torch() -> Any:
    import torch

    return torch


def _as_tuple(input: Any) -> tuple[Any, ...]:
    return tuple(input) if isinstance(input, (tuple, list)) else (input,)


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.detach().float().cpu().numpy()
    return array


@contextmanager
def _evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Put every module into evaluation mode, and back into its own after that."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _layers_of(model: torch.nn.Module, names: Iterable[str] | None) -> dict[str, torch.nn.Module]:
    modules = dict(model.named_modules())
    if names is None:
        found = {n: m for n, m in modules.items() if isinstance(m, _torch().nn.Conv2d)}
        if not found:
            raise ValueError("the model has no Conv2d; name the layers to show")
        return found
    missing = [name for name in names if name not in modules]
    if missing:
        known = sorted(filter(None, modules))
        raise ValueError(f"no layer {missing[0]!r} in the model; it has {known}")
    return {name: modules[name] for name in names}


def _tiles(pictures: NDArray[Any]) -> NDArray[np.float32]:
    """Scale (n, channels, height, width) each to 0..1, enlarge small ones, set them apart."""
    factor = -(-_SMALLEST_TILE // max(pictures.shape[2:]))
    enlarged = _scaled(pictures).repeat(factor, 2).repeat(factor, 3)
    return np.pad(enlarged, ((0, 0), (0, 0), (1, 1), (1, 1))).astype(np.float32)


def _overlay(pictures: NDArray[Any], heat: NDArray[Any]) -> NDArray[np.float32]:
    """Blend grey pictures with red where it is hot, both scaled to 0..1 for each picture."""
    grey = _scaled(pictures.mean(1, keepdims=True))
    warmth = _scaled(heat)
    red = grey * (1 - 0.6 * warmth) + 0.6 * warmth
    rest = grey * (1 - 0.6 * warmth)
    factor = -(-_SMALLEST_TILE // max(pictures.shape[2:]))
    overlay = np.concatenate([red, rest, rest], axis=1).repeat(factor, 2).repeat(factor, 3)
    return overlay.astype(np.float32)


def _scaled(pictures: NDArray[Any]) -> NDArray[Any]:
    lowest = pictures.min((1, 2, 3), keepdims=True)
    span = pictures.max((1, 2, 3), keepdims=True) - lowest
    scaled: NDArray[Any] = (pictures - lowest) / np.where(span > 0, span, 1)
    return scaled


def _layer_table(model: torch.nn.Module, input_size: Sequence[int] | None) -> str:
    """A Markdown table of the modules without children."""
    leaves = {n or "model": m for n, m in model.named_modules() if not list(m.children())}
    shapes: dict[str, str] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            shapes[name] = str(list(getattr(output, "shape", [])))

        return hook

    if input_size is not None:
        handles = [module.register_forward_hook(keep(name)) for name, module in leaves.items()]
        device = next((p.device for p in model.parameters()), None)
        try:
            with _evaluating(model), _torch().no_grad():
                model(_torch().zeros(*input_size, device=device))
        finally:
            for handle in handles:
                handle.remove()
    lines = ["| layer | kind | output | parameters |", "|---|---|---|--:|"]
    for name, module in leaves.items():
        count = sum(p.numel() for p in module.parameters(recurse=False))
        lines.append(f"| {name} | {type(module).__name__} | {shapes.get(name, '')} | {count:,} |")
    total = sum(p.numel() for p in model.parameters())
    return "\n".join([*lines, f"| total | | | {total:,} |"])
