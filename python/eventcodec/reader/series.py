"""Series: all values of one tag of one run, in the order in which they stand in the files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.histogram import Histogram
from eventcodec.reader.image import Image
from eventcodec.reader.text import Text

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "HistogramSeries",
    "ImageSeries",
    "ItemSeries",
    "Part",
    "Scalar",
    "ScalarSeries",
    "Series",
    "TextSeries",
]

_Value = TypeVar("_Value")
_Number = TypeVar("_Number", np.int64, np.float64)

# How many values are asked for at a time, however small they are.
_MOST_AT_ONCE = 1024


class Part(NamedTuple):
    """The series number `series` of a file, or some rows of it: where those of a tag come from."""

    file: _native.EventFile
    series: int
    rows: NDArray[np.intp] | None = None  # ascending; None for all

    def row_numbers(self) -> list[int]:
        """Return the numbers that the rows have in the file's series."""
        if self.rows is None:
            return list(range(len(self.file.columns(self.series)[0])))
        return [int(row) for row in self.rows]

    def columns(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64] | None]:
        """Return steps, wall times, and of scalars the values."""
        steps, wall_times, values = self.file.columns(self.series)
        if self.rows is None:
            return steps, wall_times, values
        return (
            _take(steps, self.rows),
            _take(wall_times, self.rows),
            None if values is None else _take(values, self.rows),
        )


class Scalar(NamedTuple):
    """One point of a scalar series."""

    step: int
    wall_time: float
    value: float


def _take(column: NDArray[_Number], rows: NDArray[np.intp]) -> NDArray[_Number]:
    taken = column[rows]
    taken.flags.writeable = False
    return taken


def _join(columns: list[NDArray[_Number]]) -> NDArray[_Number]:
    """Return one column as it is, several as one read-only copy."""
    if len(columns) == 1:
        return columns[0]
    joined = np.concatenate(columns)
    joined.flags.writeable = False
    return joined


class ScalarSeries(Sequence[Scalar]):
    """The points of one scalar tag.

    Attributes:
        tag: the tag as it stands in the files.
        steps: int64[n], read-only.
        wall_times: float64[n], seconds since 1970, read-only.
        values: float64[n], read-only; what was stored as float32 is widened exactly.

    Points keep the order of the files: steps may repeat or go back after a restart. An index gives
    a Scalar(step, wall_time, value), a slice a series.
    """

    __slots__ = ("steps", "tag", "values", "wall_times")

    def __init__(
        self,
        tag: str,
        steps: NDArray[np.int64],
        wall_times: NDArray[np.float64],
        values: NDArray[np.float64],
    ) -> None:
        self.tag = tag
        self.steps = steps
        self.wall_times = wall_times
        self.values = values

    @classmethod
    def from_parts(cls, tag: str, parts: list[Part]) -> ScalarSeries:
        """Return the series whose rows stand in `parts`."""
        if len(parts) == 1 and parts[0].rows is None:
            return cls(tag, *parts[0].file.columns(parts[0].series))  # type: ignore[arg-type]
        steps, wall_times, values = [], [], []
        for part in parts:
            step, wall_time, value = part.columns()
            assert value is not None
            steps.append(step)
            wall_times.append(wall_time)
            values.append(value)
        return cls(tag, _join(steps), _join(wall_times), _join(values))

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Scalar: ...
    @overload
    def __getitem__(self, index: slice) -> ScalarSeries: ...
    def __getitem__(self, index: int | slice) -> Scalar | ScalarSeries:
        if isinstance(index, slice):
            return ScalarSeries(
                self.tag, self.steps[index], self.wall_times[index], self.values[index]
            )
        try:
            return Scalar(
                int(self.steps[index]), float(self.wall_times[index]), float(self.values[index])
            )
        except (IndexError, TypeError):
            raise _wrong_index(self, index) from None

    def __iter__(self) -> Iterator[Scalar]:
        columns = (self.steps.tolist(), self.wall_times.tolist(), self.values.tolist())
        return map(Scalar, *columns)

    def __repr__(self) -> str:
        return _describe(self, self.tag, self.steps)


class Series(Sequence[_Value], Generic[_Value]):
    """Values that are read from the file, and checked again, when they are asked for.

    Attributes:
        tag: the tag as it stands in the files.
        steps: int64[n], read-only.
        wall_times: float64[n], seconds since 1970, read-only.

    An index gives a value, a slice a series. Reading a value raises CorruptRecordError when its
    record has been damaged since the log was opened, and OSError when the file is gone. Iterating
    reads a few MiB ahead, on several threads where the log was opened with them; an error comes
    when its value does.
    """

    __slots__ = ("_parts", "_rows", "_starts", "steps", "tag", "wall_times")

    def __init__(self, tag: str, parts: list[Part]) -> None:
        columns = [part.columns() for part in parts]
        self.tag = tag
        self.steps = _join([column[0] for column in columns])
        self.wall_times = _join([column[1] for column in columns])
        self._parts = parts
        self._starts = np.cumsum([0, *(len(column[0]) for column in columns)])
        self._rows: range | NDArray[np.int64] = range(len(self.steps))

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> _Value: ...
    @overload
    def __getitem__(self, index: slice) -> Series[_Value]: ...
    def __getitem__(self, index: int | slice) -> _Value | Series[_Value]:
        if isinstance(index, slice):
            return self._part(index, self._rows[index])
        try:
            at = range(len(self))[index]
        except (IndexError, TypeError):
            raise _wrong_index(self, index) from None
        part, rows = self._locate(at, 1)
        return next(self._read(part, rows, self._points(at, 1)))

    def __iter__(self) -> Iterator[_Value]:
        return self._values(1)

    def read_all(self) -> list[_Value]:
        """Return all values, read with no more calls than it takes."""
        return list(self._values(_MOST_AT_ONCE))

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return the series of some of the values, by their numbers in ascending order."""
        return self._part(rows, np.asarray(self._rows)[rows])

    def _values(self, count: int) -> Iterator[_Value]:
        """Yield all values; `count` are asked for at first."""
        at = 0
        while (first := at) < len(self):
            part, rows = self._locate(at, self._whole(at, count))
            for value in self._read(part, rows, self._points(at, len(rows))):
                yield value
                at += 1
            count = min(2 * (at - first), _MOST_AT_ONCE)  # about as many as the file gives

    def _whole(self, at: int, count: int) -> int:
        """Return how many values from number `at` on are read together, about `count`."""
        del at
        return count

    def _locate(self, at: int, count: int) -> tuple[Part, list[int]]:
        """Return where value number `at` stands, and the rows there of at most `count` from it."""
        wanted = self._rows[at : at + count]
        wanted = wanted if isinstance(wanted, range) else wanted.tolist()
        number = int(np.searchsorted(self._starts, wanted[0], side="right")) - 1
        part = self._parts[number]
        first, end = int(self._starts[number]), int(self._starts[number + 1])
        rows = [row - first for row in wanted if first <= row < end]
        return part, rows if part.rows is None else part.rows[rows].tolist()

    def _points(self, at: int, count: int) -> Iterator[tuple[int, float]]:
        """Yield the steps and wall times of `count` values from number `at` on."""
        here = slice(at, at + count)
        return zip(self.steps[here].tolist(), self.wall_times[here].tolist(), strict=True)

    def _part(self, index: slice | NDArray[np.int64], rows: range | NDArray[np.int64]) -> Self:
        copy = object.__new__(type(self))
        copy.tag = self.tag
        copy.steps = self.steps[index]
        copy.wall_times = self.wall_times[index]
        copy._parts = self._parts
        copy._starts = self._starts
        copy._rows = rows
        return copy

    @abstractmethod
    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[_Value]:
        """Yield the values of the first of `rows`; one at least; how many, the file chooses.

        Args:
            part: where they stand.
            rows: not empty.
            points: the step and wall time of each.
        """

    def __repr__(self) -> str:
        return _describe(self, self.tag, self.steps)


class HistogramSeries(Series[Histogram]):
    """The histograms of one tag; `series[i]` is a Histogram, `series.steps[i]` its step.

    Histograms that TensorFlow 2 wrote store neither sum nor sum of squares: they are NaN.
    """

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[Histogram]:
        del points
        return iter(part.file.histograms(part.series, rows, Histogram))

    def columns(self) -> Iterator[tuple[NDArray[Any], ...]]:
        """Yield all values as columns, some at a time.

        Yields:
            float64[n, 5], the moments of each: min, max, num, sum, sum_squares; int64[n], its
            buckets; then float64 of all buckets, one behind the other: left, right and counts.
        """
        at = 0
        while at < len(self):
            part, rows = self._locate(at, _MOST_AT_ONCE)
            moments, *columns = part.file.histogram_columns(part.series, rows)
            yield moments.reshape(-1, 5), *columns
            at += len(columns[0])


class ItemSeries(Series[_Value]):
    """A series of which several values may stand in one record, which is read once for all."""

    __slots__ = ("_items",)

    def __init__(self, tag: str, parts: list[Part]) -> None:
        super().__init__(tag, parts)
        self._items: NDArray[np.uint32] | None = None

    def _part(self, index: slice | NDArray[np.int64], rows: range | NDArray[np.int64]) -> Self:
        copy = super()._part(index, rows)
        copy._items = None
        return copy

    def _whole(self, at: int, count: int) -> int:
        if self._items is None:
            items = [part.file.items(part.series) for part in self._parts]
            pairs = zip(items, self._parts, strict=True)
            self._items = np.concatenate(
                [each if part.rows is None else each[part.rows] for each, part in pairs]
            )[np.asarray(self._rows)]
        end = at + count
        while end < len(self) and self._items[end] > self._items[end - 1]:
            end += 1
        return end - at


class ImageSeries(ItemSeries[Image]):
    """The images of one tag; `series[i]` is an Image. An event with several gives several."""

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[Image]:
        images = part.file.images(part.series, rows)
        for (step, wall_time), (width, height, encoded) in zip(points, images, strict=False):
            yield Image(step, wall_time, width, height, encoded)


class TextSeries(Series[Text]):
    """The texts of one tag; `series[i]` is a Text."""

    __slots__ = ()

    def _read(
        self, part: Part, rows: list[int], points: Iterable[tuple[int, float]]
    ) -> Iterator[Text]:
        for point, strings in zip(points, part.file.texts(part.series, rows), strict=False):
            yield Text(*point, "\n".join(strings), tuple(strings))


def _wrong_index(series: ScalarSeries | Series[Any], index: object) -> Exception:
    if isinstance(index, int | np.integer):
        count = f"{len(series)} value" + "s" * (len(series) != 1)
        return IndexError(f"index {index} is out of range: {series.tag!r} has {count}")
    return TypeError(
        f"an index must be a whole number or a slice, got {index!r}; the arrays .steps and "
        ".wall_times take any index of NumPy"
    )


def _describe(series: Sequence[object], tag: str, steps: NDArray[np.int64]) -> str:
    name = type(series).__name__
    if not len(steps):
        return f"{name}({tag!r}, empty)"
    return f"{name}({tag!r}, {len(steps)} values, steps {steps[0]}..{steps[-1]})"
