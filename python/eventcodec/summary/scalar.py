"""Numbers and steps from what callers pass; the native writer comes here for all but plain ones."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

__all__ = ["as_number", "as_step"]


def as_number(value: Any, name: str) -> float:
    """Convert one real number, or an array or tensor that holds exactly one, to a float.

    Args:
        value: a number, np.number, 0-d or one-element array or tensor on any device, or anything
            with ``__float__`` or ``__array__``.
        name: the argument's name, for messages.

    Returns:
        The value as a float; NaN and infinities are values like any other.

    Raises:
        TypeError: the value is no real number.
        ValueError: it holds none or several.

    Example:
        >>> as_number(np.array([0.5], np.float32), "scalar_value")
        0.5
    """
    if isinstance(value, (str, bytes, bytearray, complex, np.complexfloating)):
        raise TypeError(f"{name} must be a real number, got {value!r}")
    if not isinstance(value, np.generic):
        elements = _element_count(value)
        if elements is not None and elements != 1:
            shape = tuple(value.shape)
            raise ValueError(f"{name} must hold exactly one number, got shape {shape}")
    try:
        # .item() reads the one element of an array or tensor of any rank, and knows bfloat16.
        item = value.item() if hasattr(value, "item") else value
        if isinstance(item, complex):
            raise TypeError(f"{name} must be a real number, got {item!r}")
        if hasattr(item, "__float__") or hasattr(item, "__index__"):
            return float(item)
        if hasattr(item, "__array__"):
            return as_number(np.asarray(item), name)
    except OverflowError:
        raise ValueError(f"{name} is too large for a float, got {value!r}") from None
    raise TypeError(f"{name} must be a real number, got {value!r} of type {type(value).__name__}")


def as_step(value: Any, name: str) -> int:
    """Convert a step as torch does: int() of a real number, or of what holds one.

    Args:
        value: an int, a float (truncated), or an array or tensor with one element.
        name: the argument's name, for messages.

    Returns:
        The step, of any size.

    Raises:
        TypeError: the value is no real number.
        ValueError: it is NaN or infinite, or holds none or several numbers.

    Example:
        >>> as_step(np.int64(7), "global_step")
        7
    """
    if isinstance(value, numbers.Integral):
        return int(value)
    if hasattr(value, "item") and _element_count(value) in (None, 1):
        item = value.item()
        if isinstance(item, int):
            return item
    number = as_number(value, name)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return int(number)


def _element_count(value: Any) -> int | None:
    """How many numbers an array or tensor holds; None for what has no shape."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return None
    count = 1
    for side in shape:
        count *= int(side)
    return count
