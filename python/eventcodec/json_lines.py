"""One JSON object on one line of printable ASCII, whatever the data hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

__all__ = ["JsonRows", "to_json"]


_MOST_TEXTS = 1 << 16  # that are kept


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


class JsonRows:
    """Encodes many objects with the same keys, each as to_json() would: of rows, millions.

    Example:
        >>> JsonRows(["step", "tag"]).encode([3, "loss"])
        '{"step": 3, "tag": "loss"}'
    """

    def __init__(self, keys: Iterable[str]) -> None:
        fields = (to_json(key).replace("%", "%%") + ": %s" for key in keys)
        self._form = "{" + ", ".join(fields) + "}"
        self._texts: dict[str, str] = {}  # most are names that come again

    def encode(self, row: Iterable[object]) -> str:
        """Encode one object, given by its values."""
        return self._form % tuple(map(self._encode, row))

    def _encode(self, value: object) -> str:
        kind = type(value)
        if kind is float and math.isfinite(value):  # type: ignore[arg-type]
            return repr(value)
        if kind is int:
            return repr(value)
        if kind is not str:
            return to_json(value)
        text: str | None = self._texts.get(value)  # type: ignore[call-overload]
        if text is None:
            text = to_json(value)
            if len(self._texts) < _MOST_TEXTS:
                self._texts[value] = text  # type: ignore[index]
        return text


def _without_nan(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value
