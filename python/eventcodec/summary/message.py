"""The parts that plugins' summaries have in common: a tensor, and who shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from eventcodec.proto import Summary, SummaryMetadata, TensorProto

__all__ = ["check_names", "float_tensor", "metadata_of", "string_tensor", "tensor_value"]


def metadata_of(plugin: str, content: bytes = b"") -> SummaryMetadata:
    """Return metadata that says which plugin shows a value, and what the plugin needs for it."""
    from eventcodec.proto import SummaryMetadata

    metadata = SummaryMetadata()
    metadata.plugin_data.plugin_name = plugin
    metadata.plugin_data.content = content
    return metadata


def float_tensor(array: NDArray[Any]) -> TensorProto:
    """Return a tensor of float32; numbers in float_val, as torch and tensorboardX write them."""
    from eventcodec.proto import DataType, TensorProto

    tensor = TensorProto(dtype=DataType.DT_FLOAT, float_val=array.reshape(-1).tolist())
    _set_shape(tensor, array.shape)
    return tensor


def string_tensor(strings: Iterable[bytes], shape: tuple[int, ...]) -> TensorProto:
    """Return a tensor of byte strings; `shape` () is that of a single one."""
    from eventcodec.proto import DataType, TensorProto

    tensor = TensorProto(dtype=DataType.DT_STRING, string_val=strings)
    _set_shape(tensor, shape)
    return tensor


def tensor_value(tag: str, tensor: TensorProto, metadata: SummaryMetadata) -> Summary:
    """Return a Summary with one tensor."""
    from eventcodec.proto import Summary

    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=metadata)])


def check_names(names: Any, argument: str) -> list[str]:
    """Return `names` as a list of str.

    Raises:
        TypeError: it is no iterable of str, or a str itself.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"{argument} must be a list of str, got {names!r}")
    found = list(names)
    for name in found:
        if not isinstance(name, str):
            raise TypeError(f"{argument} must be a list of str, got {name!r} in it")
    return found


def _set_shape(tensor: TensorProto, shape: tuple[int, ...]) -> None:
    tensor.tensor_shape.SetInParent()  # there even when it has no dimension
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
