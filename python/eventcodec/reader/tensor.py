"""Tensors of a log as NumPy arrays, whatever their dtype and form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from eventcodec.proto import TensorProto

__all__ = ["Tensor", "to_ndarray"]

# A short form may claim any number of elements; beyond this it is refused, not filled.
MAX_FILLED_ELEMENTS = 1 << 24
REFERENCE = 100  # DT_FLOAT_REF is DT_FLOAT + 100, and so on

STRING, COMPLEX64, BOOL, BFLOAT16, COMPLEX128, HALF = 7, 8, 10, 14, 18, 19
# DataType -> (how tensor_content stores an element, the field of the long form).
_STORAGE = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("i1", "int_val"),
    COMPLEX64: ("<c8", "scomplex_val"),
    9: ("<i8", "int64_val"),
    BOOL: ("?", "bool_val"),
    11: ("i1", "int_val"),  # quantized integers
    12: ("u1", "int_val"),
    13: ("<i4", "int_val"),
    BFLOAT16: ("<u2", "half_val"),
    15: ("<i2", "int_val"),
    16: ("<u2", "int_val"),
    17: ("<u2", "int_val"),
    COMPLEX128: ("<c16", "dcomplex_val"),
    HALF: ("<u2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
    24: ("u1", "float8_val"),
    25: ("u1", "float8_val"),
    26: ("u1", "float8_val"),
    27: ("u1", "float8_val"),
    28: ("u1", "float8_val"),
    29: ("i1", "int_val"),  # 4 and 2 bits, one element a byte
    30: ("u1", "int_val"),
    31: ("i1", "int_val"),
    32: ("u1", "int_val"),
}
# DataType -> (bits of the mantissa, bias, which codes are not finite) of the 8-bit floats.
_FLOAT8 = {
    24: (2, 15, "ieee"),  # E5M2
    25: (3, 7, "fn"),  # E4M3FN: NaN where all bits but the sign are set, no infinity
    26: (3, 8, "fnuz"),  # E4M3FNUZ: NaN is the negative zero, no infinity
    27: (3, 11, "fnuz"),  # E4M3B11FNUZ
    28: (2, 16, "fnuz"),  # E5M2FNUZ
}


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor as it was logged.

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        value: the array. bfloat16 and the 8-bit floats are widened to float32, which is exact;
            4-bit and 2-bit integers to int8 or uint8; strings are bytes objects.
    """

    step: int
    wall_time: float
    value: NDArray[Any]


def to_ndarray(tensor: TensorProto) -> NDArray[Any]:
    """Return the values of a TensorProto.

    Args:
        tensor: a message of eventcodec.proto.

    Returns:
        A new array of the tensor's shape; see Tensor.value for its dtype. A tensor without a shape
        is a scalar if it holds one element, else one-dimensional. One that holds fewer elements
        than its shape has repeats the last of them, as TensorFlow's compressed constants do.

    Raises:
        ValueError: the values do not fit dtype and shape, or nothing can stand for them in NumPy
            (resources, variants).

    Source: tensorflow/core/framework/tensor.proto and types.proto; what torch's add_tensor makes
    of 16-bit floats and uint8, torch/utils/tensorboard/summary.py.
    """
    number = int(tensor.dtype) % REFERENCE
    if number == STRING:
        flat = np.empty(len(tensor.string_val), dtype=object)
        flat[:] = list(tensor.string_val)
    elif number in _STORAGE:
        flat = _widen(number, _stored(tensor, number))
    else:
        raise ValueError(f"a tensor of dtype {number} has no form in NumPy; see Run.raw")
    return _shaped(flat, tensor)


def _stored(tensor: TensorProto, number: int) -> NDArray[Any]:
    """Return the elements as they are stored, flat."""
    storage, field = _STORAGE[number]
    dtype = np.dtype(storage)
    content = tensor.tensor_content or (tensor.float8_val if field == "float8_val" else b"")
    if content:
        if len(content) % dtype.itemsize:
            raise ValueError(
                f"{len(content)} bytes are no whole number of {dtype.itemsize}-byte elements"
            )
        if number == BOOL:
            return np.frombuffer(content, np.uint8).astype(np.bool_)
        stored: NDArray[Any] = np.frombuffer(content, dtype).astype(dtype.newbyteorder("="))
        return stored
    if field == "float8_val":
        return np.empty(0, dtype)
    values = np.array(_long_form(tensor, field), dtype=_wide(dtype))
    if field == "half_val" and len(values) and not 0 <= values.min() <= values.max() <= 0xFFFF:
        return _shortened(values, number)
    if dtype.kind == "c":
        if len(values) % 2:
            raise ValueError("a complex tensor holds an odd number of parts")
        return values.view(dtype.newbyteorder("="))
    narrow = values.astype(dtype)
    if dtype.kind in "iu" and not np.array_equal(narrow, values):
        raise ValueError(f"a value of the tensor is beyond {dtype.name}")
    return narrow


def _long_form(tensor: TensorProto, field: str) -> Sequence[Any]:
    """Return the numbers in a *_val field; [] when the tensor holds none, which means zeros.

    Raises:
        ValueError: there are none in this field, but some in another.
    """
    values: Sequence[Any] = getattr(tensor, field)
    if not len(values) and field == "int_val":
        values = tensor.uint32_val  # where torch's add_tensor puts uint8
    if not len(values):
        for described, _ in tensor.ListFields():
            if described.name.endswith("_val"):
                raise ValueError(f"there are no values in {field}, but some in {described.name}")
    return values


def _shortened(values: NDArray[np.int64], number: int) -> NDArray[np.uint16]:
    """Return the 16 bits of numbers whose 32 bits as float32 stand there, as torch writes them.

    No number of 16 bits but zero has 32 bits that would fit into 16.
    """
    floats = values.astype(np.uint32).view(np.float32)
    if number == HALF:
        return floats.astype(np.float16).view(np.uint16)
    return (floats.view(np.uint32) >> 16).astype(np.uint16)


def _wide(dtype: np.dtype[Any]) -> Any:
    """Return the dtype that a field of messages has, of which `dtype` may be a part."""
    if dtype.kind == "c":
        return np.float32 if dtype.itemsize == 8 else np.float64
    if dtype.kind == "u":
        return np.uint64 if dtype.itemsize == 8 else np.int64
    return np.int64 if dtype.kind == "i" else dtype


def _widen(number: int, stored: NDArray[Any]) -> NDArray[Any]:
    """Return the numbers that the stored bits of the small floats stand for."""
    if number == BFLOAT16:
        widened: NDArray[np.float32] = (stored.astype(np.uint32) << 16).view(np.float32)
        return widened
    if number == HALF:
        halves: NDArray[np.float16] = stored.astype(np.uint16).view(np.float16)
        return halves
    if number in _FLOAT8:
        numbers: NDArray[np.float32] = _float8_table(*_FLOAT8[number])[stored]
        return numbers
    return stored


def _float8_table(mantissa_bits: int, bias: int, rule: str) -> NDArray[np.float32]:
    """Return the number of each of the 256 codes of an 8-bit float.

    Source: arXiv:2209.05433 (E4M3, E5M2) and arXiv:2206.02915 (the forms without negative zero).
    """
    codes = np.arange(256)
    mantissa = (codes & ((1 << mantissa_bits) - 1)) / (1 << mantissa_bits)
    exponent = (codes & 0x7F) >> mantissa_bits
    normal = exponent > 0
    magnitude = np.ldexp(mantissa + normal, np.maximum(exponent, 1) - bias)
    table: NDArray[np.float32] = np.where(codes & 0x80, -magnitude, magnitude).astype(np.float32)
    if rule == "fnuz":
        table[0x80] = np.nan
    elif rule == "fn":
        table[[0x7F, 0xFF]] = np.nan
    else:
        top = exponent == 31
        table[top] = np.where(mantissa == 0, np.copysign(np.inf, table), np.nan)[top]
    return table


def _shaped(flat: NDArray[Any], tensor: TensorProto) -> NDArray[Any]:
    if not tensor.HasField("tensor_shape") or tensor.tensor_shape.unknown_rank:
        return flat.reshape(()) if len(flat) == 1 else flat
    shape = tuple(int(dim.size) for dim in tensor.tensor_shape.dim)
    if any(size < 0 for size in shape):
        raise ValueError(f"a tensor of shape {shape} has a negative dimension")
    elements = math.prod(shape)
    if len(flat) > elements:
        raise ValueError(f"a tensor of shape {shape} holds {len(flat)} elements")
    if len(flat) < elements:
        flat = _filled(flat, elements, shape)
    return flat.reshape(shape)


def _filled(flat: NDArray[Any], elements: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """Repeat the last element up to `elements`; none at all means zeros."""
    if elements > MAX_FILLED_ELEMENTS:
        raise ValueError(f"a tensor of shape {shape} holds {len(flat)} elements only")
    nothing = b"" if flat.dtype == object else 0
    filled = np.full(elements, flat[-1] if len(flat) else nothing, dtype=flat.dtype)
    filled[: len(flat)] = flat
    return filled
