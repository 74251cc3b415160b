"""Which values TensorBoard's EventAccumulator keeps: a fixed sample of each tag, drawn anew alike.

Source: tensorboard/backend/event_processing/reservoir.py (random.Random(0) for each tag).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.reader.series import Part

__all__ = ["Reservoir"]

Rows = NDArray[np.intp]
Make = Callable[[Part], list[Any]]


class Reservoir:
    """Tags and the values of each that were kept, which are made when they are asked for.

    Attributes:
        size: how many values of a tag are kept at most; 0 for all.
        always_keep_last: whether the newest value is always among them.
    """

    def __init__(self, size: int, make: Make, *, always_keep_last: bool = True) -> None:
        if size < 0 or size % 1:
            raise ValueError(f"size must be a whole number of at least 0, got {size}")
        self.size = size
        self.always_keep_last = always_keep_last
        self._make = make
        self._samples: dict[str, _Sample] = {}

    def Keys(self) -> list[str]:  # noqa: N802
        """Return the tags in the order of their first values."""
        return list(self._samples)

    def Items(self, key: str) -> list[Any]:  # noqa: N802
        """Return the kept values of a tag.

        Raises:
            KeyError: there is no such tag.
        """
        return [value for part in self.parts(key) for value in self._make(part)]

    def parts(self, key: str) -> list[Part]:
        """Return where the kept values of a tag stand.

        Raises:
            KeyError: there is no such tag.
        """
        if key not in self._samples:
            raise KeyError(f"Key {key} was not found in Reservoir")
        return self._samples[key].parts()

    def add(self, key: str, part: Part) -> None:
        """Add the values of a tag that stand in a part, which names its rows."""
        if key not in self._samples:
            self._samples[key] = _Sample(self.size, keep_last=self.always_keep_last)
        self._samples[key].add(part)

    def purge(self, step: int, key: str | None = None) -> None:
        """Drop the values from a step on, of one tag or of all."""
        for tag, sample in self._samples.items():
            if key is None or tag == key:
                sample.purge(step)


class _Sample:
    """The kept values of one tag, as ascending numbers of the values that were ever added."""

    def __init__(self, size: int, *, keep_last: bool) -> None:
        self._size = size
        self._keep_last = keep_last
        self._random = random.Random(0)
        self._parts: list[Part] = []
        self._ends: list[int] = []
        self._seen = 0  # what the odds count; a purge lowers it
        self._kept: list[int] = []  # used with a size
        self._all: Rows = np.empty(0, np.intp)  # used without

    def add(self, part: Part) -> None:
        assert part.rows is not None
        first = self._ends[-1] if self._ends else 0
        self._parts.append(part)
        self._ends.append(first + len(part.rows))
        numbers = range(first, self._ends[-1])
        if self._size == 0:
            self._all = np.concatenate((self._all, np.arange(numbers.start, numbers.stop)))
        else:
            self._draw(numbers)

    def _draw(self, numbers: range) -> None:
        room = max(self._size - len(self._kept), 0)
        self._kept += numbers[:room]
        self._seen += len(numbers[:room])
        for number in numbers[room:]:
            drawn = self._random.randint(0, self._seen)
            if drawn < self._size:
                self._kept.pop(drawn)
                self._kept.append(number)
            elif self._keep_last:
                self._kept[-1] = number
            self._seen += 1

    def purge(self, step: int) -> None:
        parts = self.parts()
        if not parts:
            return
        stay = np.concatenate([part.columns()[0] for part in parts]) < step
        before = len(stay)
        kept = self._numbers()[stay]
        self._all, self._kept = kept, kept.tolist()
        self._seen = round(self._seen * (len(kept) / before))

    def parts(self) -> list[Part]:
        numbers = self._numbers()
        bounds = np.searchsorted(numbers, [0, *self._ends])
        kept = []
        starts = [0, *self._ends[:-1]]
        for part, first, (begin, end) in zip(self._parts, starts, pairwise(bounds), strict=True):
            if end > begin and part.rows is not None:
                kept.append(Part(part.file, part.series, part.rows[numbers[begin:end] - first]))
        return kept

    def _numbers(self) -> Rows:
        return np.array(self._kept, dtype=np.intp) if self._size else self._all
