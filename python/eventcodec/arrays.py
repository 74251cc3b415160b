"""Whatever a caller calls an array becomes a NumPy array here, and nowhere else.

No array library but NumPy is imported: a torch tensor can only exist where torch was imported
already, and everything else is known by the protocols that it speaks (`__array__`, DLPack).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_array", "bfloat16_bits"]

_NUMBERS = (bool, int, float, np.bool_, np.number)


def as_array(values: object, *, argument: str) -> NDArray[Any]:
    """Return `values` as a NumPy array of numbers or bools, without a copy where that is possible.

    Takes NumPy arrays and scalars, Python numbers, nested lists and tuples, torch tensors on any
    device and with or without gradients, and every object with `__array__` or DLPack. bfloat16 and
    the 8-bit floats become float32, which holds each of their values exactly.

    Args:
        values: the numbers, any shape; read, never modified.
        argument: the name of the caller's argument, for messages.

    Returns:
        An array of the shape of `values`, in native byte order; its dtype is a bool, integer or
        real floating type. It may share memory with `values`.

    Raises:
        TypeError: complex numbers, strings, objects, dates, or something that is no array at all.
        ValueError: a tensor without data (device "meta"), or rows of different lengths.

    Example:
        >>> as_array([[1, 2], [3, 4]], argument="values").shape
        (2, 2)
    """
    if type(values) is np.ndarray and values.dtype.kind in "fiub" and values.dtype.isnative:
        return values
    bits = bfloat16_bits(values, argument=argument)
    if bits is not None:
        return _widened(bits)
    return _checked(_converted(values, argument), values, argument)


def bfloat16_bits(values: object, *, argument: str) -> NDArray[np.uint16] | None:
    """Return the bit patterns of a bfloat16 array, or None when `values` is anything else.

    Args:
        values: a torch tensor, or an array whose dtype is ml_dtypes.bfloat16.
        argument: the name of the caller's argument, for messages.

    Returns:
        uint16 array of the shape of `values`: the upper halves of the float32 bits.

    Raises:
        TypeError: a bfloat16 tensor that is sparse.
        ValueError: a bfloat16 tensor without data (device "meta").

    Example:
        >>> bfloat16_bits([1.0], argument="values") is None
        True
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        if values.dtype != torch.bfloat16:
            return None
        # numpy has no bfloat16: the same 16 bits as integers are all that can be handed over.
        tensor = _dense(values, argument).view(torch.int16)
        bits: NDArray[np.uint16] = tensor.numpy().view(np.uint16)
        return bits
    # The name of a dtype is costly to make: only foreign dtypes are asked for it.
    if (
        isinstance(values, (np.ndarray, np.generic))
        and values.dtype.kind == "V"
        and values.dtype.name == "bfloat16"
    ):
        return np.asarray(values).view(np.uint16)
    return None


def _converted(values: object, argument: str) -> NDArray[Any]:
    """Turn `values` into some NumPy array; its dtype is not checked yet."""
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(
            f"{argument} must not be a masked array, which has no value where it is masked: "
            "pass .compressed() or .filled(value)"
        )
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(values, torch.Tensor):
        return _from_torch(values, argument)
    if isinstance(values, list | tuple) and any(_is_foreign(value) for value in values):
        return _from_numpy([as_array(value, argument=argument) for value in values], argument)
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        return _from_dlpack(values, argument)
    array = _from_numpy(values, argument)
    # Paddle hands bfloat16 over as its bits, without saying so.
    if array.dtype == np.uint16 and "bfloat16" in str(getattr(values, "dtype", "")):
        return _widened(array)
    return array


def _widened(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Make float32 of bfloat16 bits: they are its upper half."""
    widened: NDArray[np.float32] = (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return widened


def _is_foreign(value: object) -> bool:
    """Tell whether an element of a list is an array of another library, as a 0-d tensor is."""
    return not isinstance(value, (*_NUMBERS, np.ndarray, list, tuple, str, bytes))


def _from_numpy(values: object, argument: str) -> NDArray[Any]:
    """Let NumPy convert, and put the argument's name in front of what it says."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{argument} must be a rectangular array of numbers: {error}") from error
    except (TypeError, RuntimeError) as error:
        raise TypeError(
            f"{argument} must be an array of numbers, got {_name(values)}, which NumPy cannot "
            f"read ({error}); copy it to the CPU first?"
        ) from error


def _from_dlpack(values: Any, argument: str) -> NDArray[Any]:
    """Borrow an array that speaks DLPack but not NumPy's own protocol."""
    try:
        return np.from_dlpack(values)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"{argument} must be an array of numbers in the CPU's memory, got {_name(values)} "
            f"({error}); copy it to the CPU first?"
        ) from error


def _from_torch(tensor: Any, argument: str) -> NDArray[Any]:
    """Detach a tensor, bring it to the CPU, and borrow its memory."""
    if tensor.is_complex():
        raise TypeError(
            f"{argument} must be real, got a {tensor.dtype} tensor; pass .abs() or .real?"
        )
    dense = _dense(tensor, argument)
    if dense.is_floating_point() and dense.element_size() == 1:
        dense = dense.float()  # float8: NumPy has none; float32 holds every value
    array: NDArray[Any] = dense.numpy()
    return array


def _dense(tensor: Any, argument: str) -> Any:
    """Return `tensor` detached, strided and on the CPU."""
    if tensor.is_meta:
        raise ValueError(
            f"{argument} is a tensor on the device 'meta' (shape {tuple(tensor.shape)}), which "
            "has no values; materialize it first"
        )
    if tensor.is_sparse or str(tensor.layout) != "torch.strided":
        raise TypeError(
            f"{argument} must be a dense tensor, got layout {tensor.layout}; pass .to_dense()?"
        )
    if tensor.is_quantized:
        raise TypeError(
            f"{argument} must not be quantized, got {tensor.dtype}; pass .dequantize()?"
        )
    return tensor.detach().cpu().resolve_neg()


def _checked(array: NDArray[Any], values: object, argument: str) -> NDArray[Any]:
    """Refuse what is not numbers; make the byte order native."""
    dtype = array.dtype
    if dtype.kind in "fiub":
        return array if dtype.isnative else array.astype(dtype.newbyteorder("="))
    if dtype.type.__module__ == "ml_dtypes" and dtype.kind == "V":
        return array.astype(np.float32)  # 8-bit floats and 4-bit integers
    if dtype.kind == "c":
        raise TypeError(f"{argument} must be real, got {dtype}; pass abs(x) or x.real?")
    raise TypeError(f"{argument} must be numbers, got {_name(values)} of dtype {dtype}")


def _name(values: object) -> str:
    """Describe a wrong value in a few words."""
    if isinstance(values, str | bytes | int | type(None)):
        return repr(values)[:80]
    kind = type(values)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
