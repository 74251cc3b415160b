"""Checks of what callers ask the reader for: a wrong value is an error that quotes it."""

from __future__ import annotations

import math
import operator
from typing import Any

__all__ = [
    "checked_callback",
    "checked_count",
    "checked_flag",
    "checked_range",
    "checked_seconds",
]

_BEYOND_STEPS = 1 << 63  # they are int64


def checked_flag(name: str, value: Any) -> bool:
    """Return a flag; TypeError for what is neither True nor False."""
    if value is not True and value is not False:
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def checked_callback(name: str, value: Any) -> Any:
    """Return a function, or None; TypeError for what cannot be called."""
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be a function or None, got {value!r}")
    return value


def checked_count(name: str, value: Any, least: int) -> int:
    """Return a count as int.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is less than `least`.
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number, got {value!r}") from None
    if count < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return count


def checked_seconds(name: str, value: Any) -> float:
    """Return a time in seconds.

    Raises:
        TypeError: it is no number.
        ValueError: it is negative, or NaN.
    """
    try:
        number = float(value + 0)
    except TypeError:
        raise TypeError(f"{name} must be a number of seconds, got {value!r}") from None
    if not number >= 0:
        raise ValueError(f"{name} must not be negative, got {value}")
    return number


def checked_range(steps: Any) -> tuple[int | None, int | None, int | None]:
    """Return start, stop and every of a range of steps.

    Raises:
        TypeError: it is none.
        ValueError: every is less than 1.
    """
    every = None
    try:
        if isinstance(steps, slice):
            start, stop, every = steps.start, steps.stop, steps.step
        elif isinstance(steps, str):
            raise TypeError
        else:
            start, stop = (None, None) if steps is None else steps
        ends = [None if end is None else _as_step(end) for end in (start, stop)]
        every = None if every is None else operator.index(every)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            "steps must be (start, stop) or slice(start, stop, every) of numbers or None, "
            f"got {steps!r}"
        ) from None
    if every is not None and every < 1:
        raise ValueError(f"steps must have an every of at least 1, got {steps!r}")
    return ends[0], ends[1], every


def _as_step(end: Any) -> int:
    """Return the least step that is not below a number; infinities lie beyond all steps."""
    if end in (math.inf, -math.inf):
        return _BEYOND_STEPS if end > 0 else -_BEYOND_STEPS
    step: int = math.ceil(end)
    return max(-_BEYOND_STEPS, min(step, _BEYOND_STEPS))
