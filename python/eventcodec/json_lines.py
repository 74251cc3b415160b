"""One JSON object on one line of printable ASCII, whatever the data hold."""

from __future__ import annotations

import json
import math

__all__ = ["to_json"]


def to_json(value: object) -> str:
    """Encode one JSON object as one line of printable ASCII.

    NaN and the infinities, which JSON lacks, become the strings "NaN", "Infinity" and
    "-Infinity", as in protobuf's JSON mapping.

    Args:
        value: dicts, lists, strings, numbers, None; NumPy scalars as Python numbers.

    Returns:
        A line without its line feed.

    Example:
        >>> to_json({"loss": float("nan")})
        '{"loss": "NaN"}'
    """
    # DEL is the one control character that json leaves as it is; it can only stand in a string.
    return json.dumps(_without_nan(value), allow_nan=False).replace("\x7f", "\\u007f")


def _without_nan(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value
