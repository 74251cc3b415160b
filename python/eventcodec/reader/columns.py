"""The columns of a Table: each as a NumPy array, for pandas, and for Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ArrowColumn", "Column", "Lists", "Names", "Numbers", "Strings", "arrow_table"]

# (name, format, length, null_count, buffers, children, dictionary), see register_arrow.cc
ArrowColumn = tuple[str, str, int, int, list[Any], list[Any], Any]
_FORMATS = {"i": "l", "f": "g"}


def _text_column(name: str, offsets: NDArray[np.int64], text: bytes, form: str) -> ArrowColumn:
    """Return a column of strings; the large form where the small one cannot hold them."""
    large = form == "U" or len(text) > np.iinfo(np.int32).max
    ends = offsets if large else offsets.astype(np.int32)
    return (name, "U" if large else "u", len(offsets) - 1, 0, [None, ends, text], [], None)


def _offsets(lengths: list[int]) -> NDArray[np.int64]:
    return np.array([0, *accumulate(lengths)], dtype=np.int64)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class Numbers:
    """int64 or float64; NaN stands for what is missing."""

    values: NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)

    def array(self) -> NDArray[Any]:
        """Return the column as it is in NumPy."""
        return self.values

    def pandas(self) -> Any:
        """Return the column as pandas takes it."""
        return self.values

    def arrow(self, name: str, requested: str | None) -> ArrowColumn:
        """Describe the column for Arrow; `requested` is the format that is asked for."""
        del requested
        values = np.ascontiguousarray(self.values)
        return (name, _FORMATS[values.dtype.kind], len(values), 0, [None, values], [], None)


@dataclass(frozen=True)
class Names:
    """Few names on many rows.

    Attributes:
        names: each once.
        places: int32[n], of each part of the column: where in `names` its name is.
        lengths: int64[n], the rows of each part.
    """

    names: list[str]
    places: NDArray[np.int32]
    lengths: NDArray[np.int64]

    @classmethod
    def of_parts(cls, parts: list[str], lengths: NDArray[np.int64]) -> Names:
        """Return the column whose parts have these names."""
        names = list(dict.fromkeys(parts))
        place = {name: at for at, name in enumerate(names)}
        return cls(names, np.array([place[name] for name in parts], dtype=np.int32), lengths)

    def __len__(self) -> int:
        return int(self.lengths.sum())

    def array(self) -> NDArray[Any]:
        """Return str objects."""
        return np.repeat(np.array(self.names, dtype=object)[self.places], self.lengths)

    def _codes(self) -> NDArray[np.int32]:
        return np.repeat(self.places, self.lengths)

    def pandas(self) -> Any:
        """Return a categorical."""
        import pandas as pd

        # Text of pandas is UTF-8, which names of files need not be.
        whole = all(each.isascii() or _is_utf8(each) for each in self.names)
        names = pd.Index(self.names, dtype="str" if whole else object)
        return pd.Categorical.from_codes(self._codes(), names)

    def arrow(self, name: str, requested: str | None) -> ArrowColumn:
        """Describe a dictionary, or plain strings where these are asked for."""
        encoded = [_encode(each) for each in self.names]
        sizes = np.array([len(each) for each in encoded], dtype=np.int64)
        if requested in ("u", "U", "vu"):
            ends = np.cumsum(np.repeat(sizes[self.places], self.lengths))
            offsets = np.concatenate([np.zeros(1, np.int64), ends])
            parts = zip(self.places.tolist(), self.lengths.tolist(), strict=True)
            text = b"".join(encoded[place] * count for place, count in parts)
            return _text_column(name, offsets, text, requested)
        codes = self._codes()
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        dictionary = _text_column("", offsets, b"".join(encoded), "u")
        return (name, "i", len(codes), 0, [None, codes], [], dictionary)


@dataclass(frozen=True)
class Strings:
    """A text on each row; None for what is missing."""

    values: list[str | None]

    def __len__(self) -> int:
        return len(self.values)

    def array(self) -> NDArray[Any]:
        """Return str objects and None."""
        column = np.empty(len(self.values), dtype=object)
        column[:] = self.values
        return column

    def pandas(self) -> Any:
        """Return the column as pandas takes it."""
        return self.array()

    def arrow(self, name: str, requested: str | None) -> ArrowColumn:
        """Describe strings with a bitmap of those that are there."""
        encoded = [_encode(text or "") for text in self.values]
        form = "U" if requested == "U" else "u"
        column = _text_column(name, _offsets([len(e) for e in encoded]), b"".join(encoded), form)
        missing = sum(text is None for text in self.values)
        if missing == 0:
            return column
        there = np.array([text is not None for text in self.values])
        buffers = [np.packbits(there, bitorder="little"), *column[4][1:]]
        return (*column[:3], missing, buffers, [], None)


@dataclass(frozen=True)
class Lists:
    """An array of float64 on each row.

    Attributes:
        values: of all rows, one after the other.
        offsets: int64[n + 1], where in `values` each row begins, and the end.
    """

    values: NDArray[np.float64]
    offsets: NDArray[np.int64]

    @classmethod
    def of_lengths(cls, values: NDArray[np.float64], lengths: NDArray[np.int64]) -> Lists:
        """Return the column whose rows have so many values."""
        return cls(values, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def array(self) -> NDArray[Any]:
        """Return objects that are arrays."""
        column = np.empty(len(self), dtype=object)
        for row, (begin, end) in enumerate(pairwise(self.offsets.tolist())):
            column[row] = self.values[begin:end]
        return column

    def pandas(self) -> Any:
        """Return the column as pandas takes it."""
        return self.array()

    def arrow(self, name: str, requested: str | None) -> ArrowColumn:
        """Describe large lists."""
        item = Numbers(self.values).arrow("item", requested)
        return (name, "+L", len(self), 0, [None, self.offsets], [item], None)


Column = Numbers | Names | Strings | Lists


def arrow_table(columns: dict[str, Column], requested: dict[str, str]) -> ArrowColumn:
    """Describe a table for Arrow: the struct of its columns."""
    children = [column.arrow(name, requested.get(name)) for name, column in columns.items()]
    rows = len(next(iter(columns.values()))) if columns else 0
    return ("", "+s", rows, 0, [None], children, None)
