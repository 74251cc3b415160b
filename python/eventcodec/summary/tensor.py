"""Whole tensors to Summary bytes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array, bfloat16_bits
from eventcodec.summary.message import metadata_of, tensor_value

if TYPE_CHECKING:
    from eventcodec.proto import TensorProto

__all__ = ["tensor_summary"]

# numpy dtype -> (number of tensorboard.DataType, field); complex numbers are two floats each.
_FORMS = {
    "float32": (1, "float_val"),
    "float64": (2, "double_val"),
    "int32": (3, "int_val"),
    "uint8": (4, "int_val"),
    "int16": (5, "int_val"),
    "int8": (6, "int_val"),
    "complex64": (8, "scomplex_val"),
    "int64": (9, "int64_val"),
    "bool": (10, "bool_val"),
    "uint16": (17, "int_val"),
    "complex128": (18, "dcomplex_val"),
    "float16": (19, "half_val"),
    "uint32": (22, "uint32_val"),
    "uint64": (23, "uint64_val"),
}
_BFLOAT16 = 14


def tensor_summary(tag: str, tensor: object) -> bytes:
    """Encode an array or tensor with its dtype and shape.

    Args:
        tag: name of the series.
        tensor: numbers, complex ones too, of any shape and any dtype of up to 64 bits.

    Returns:
        A serialized Summary with a tensor; plugin "tensor", as torch writes it. No dashboard of
        TensorBoard shows it; eventcodec.open reads it as run.tensors.

    Raises:
        TypeError: `tensor` holds no numbers.
        ValueError: it has no values (device "meta"), or takes 2 GiB or more.

    Source: tensorflow/core/framework/tensor.proto. Half precision is stored as its 16 bits, which
    is what readers expect; torch stores the bits of a float32.

    Example:
        >>> tensor_summary("x", np.arange(3))[:5]
        b'\\n\\x1e\\n\\x01x'
    """
    return tensor_value(tag, _tensor_proto(tensor), metadata_of("tensor")).SerializeToString()


def _tensor_proto(tensor: object) -> TensorProto:
    from eventcodec.proto import TensorProto

    bits = bfloat16_bits(tensor, argument="tensor")
    array = _numbers(tensor) if bits is None else bits
    if array.nbytes >= 1 << 31:
        raise ValueError(f"tensor must be smaller than 2 GiB, got {array.nbytes} bytes")
    form = _FORMS.get(array.dtype.name) if bits is None else (_BFLOAT16, "half_val")
    if form is None:
        raise TypeError(f"tensor must be of a dtype of up to 64 bits, got {array.dtype}")
    message = TensorProto(dtype=form[0])
    message.tensor_shape.SetInParent()
    for size in array.shape:
        message.tensor_shape.dim.add(size=size)
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype == np.float16:
        flat = flat.view(np.uint16)
    elif flat.dtype.kind == "c":
        flat = flat.view(np.float32 if flat.dtype == np.complex64 else np.float64)
    getattr(message, form[1]).extend(flat.tolist())
    return message


def _numbers(tensor: Any) -> NDArray[Any]:
    """Return an array of numbers, complex ones as they are."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(tensor, torch.Tensor) and tensor.is_complex():
        if tensor.is_meta:
            raise ValueError("tensor is on the device 'meta', which has no values")
        wide = tensor if tensor.dtype != torch.complex32 else tensor.to(torch.complex64)
        found: NDArray[Any] = wide.detach().cpu().resolve_conj().resolve_neg().numpy()
        return found
    if isinstance(tensor, (np.ndarray, np.generic)) and tensor.dtype.kind == "c":
        return np.asarray(tensor)
    return as_array(tensor, argument="tensor")
