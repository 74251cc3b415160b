"""Histograms of values: bucket edges, counts and moments, by TensorFlow's or NumPy's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.arrays import as_array, bfloat16_bits
from eventcodec.bin_rules import MAX_BINS, UniformBins, uniform_bins

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["Bins", "Histogram", "count_arguments", "histogram", "is_plain"]

# Type codes of the numbers of up to 64 bits, but for bfloat16, which NumPy has not.
_PLAIN = "fdebhilqBHILQ?"
Bins = str | int | Sequence[float] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values lie in each bucket, and the moments of all of them.

    Attributes:
        left: float64[k], the left edge of every bucket.
        right: float64[k], the right edge of every bucket; never decreasing.
        counts: float64[k], how many values lie in [left, right); the last bucket has both edges.
        min: the smallest value; NaN when there is a NaN.
        max: the largest value; NaN when there is a NaN.
        num: how many values there were, with those in no bucket.
        sum: the sum of all values.
        sum_squares: the sum of the squares of all values.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    counts: NDArray[np.float64]
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float

    def __repr__(self) -> str:
        return (
            f"Histogram({len(self.counts)} buckets, num={self.num:g}, min={self.min:g}, "
            f"max={self.max:g}, sum={self.sum:g}, sum_squares={self.sum_squares:g})"
        )


def histogram(values: object, bins: Bins = "tensorflow") -> Histogram:
    """Count `values` in buckets and take their moments, in one native pass.

    Buckets before the first and after the last value are left out; empty ones between are kept.
    NaN, infinities and values outside the outermost edges lie in no bucket, but are part of
    min, max, num, sum and sum_squares.

    Args:
        values: real numbers, any shape and dtype: an array, a list, a torch tensor. They are
            counted as float64; bfloat16 exactly so, where torch makes float16 of it first.
        bins: "tensorflow" (1548 buckets between powers of 1.1, 1e-12 to 9.9e19, on both sides of
            0); the name of a rule of numpy.histogram_bin_edges ("auto", "fd", "doane", "scott",
            "stone", "rice", "sturges", "sqrt"); how many buckets of one width; or the edges.

    Returns:
        A Histogram; its counts and edges equal numpy.histogram's for the values as float64.

    Raises:
        TypeError: `values` or `bins` are of a wrong type.
        ValueError: no values, none of them in a bucket, NaN or infinities where the edges follow
            from the values, edges that decrease, or more than a million buckets.

    Source: torch/utils/tensorboard/summary.py (make_histogram); numpy.histogram.

    Example:
        >>> histogram([0.5, 1.5, 1.5], bins=[0, 1, 2]).counts
        array([1., 2.])
    """
    edges, counts, moments = _native.histogram_buckets(*count_arguments(values, bins), 0)
    limits = np.frombuffer(edges)
    return Histogram(limits[:-1], limits[1:], np.frombuffer(counts), *moments)


class CountArguments(NamedTuple):
    """What the native functions are told about values and bins.

    Attributes:
        values: contiguous numbers.
        bfloat16: whether they are the bits of bfloat16.
        edges: None for TensorFlow's, buckets of one width, or the edges themselves.
    """

    values: NDArray[Any]
    bfloat16: bool
    edges: NDArray[np.float64] | UniformBins | None


def count_arguments(values: object, bins: Bins) -> CountArguments:
    """Check `values` and `bins` and bring them into the form that the native functions take.

    Args:
        values: as in histogram().
        bins: as in histogram().

    Returns:
        The arguments, in the native functions' order.

    Raises:
        TypeError: as in histogram().
        ValueError: as in histogram().
    """
    if isinstance(bins, str) and bins == "tensorflow":
        if type(values) is np.ndarray and values.dtype.kind != "V":
            return CountArguments(_flat(values), False, None)
        bits = bfloat16_bits(values, argument="values")
        if bits is not None:
            return CountArguments(bits.ravel(order="K"), True, None)
        return CountArguments(_flat(values), False, None)
    flat = _flat(values)
    if isinstance(bins, str | int | np.integer):
        return CountArguments(flat, False, uniform_bins(flat, bins))
    return CountArguments(flat, False, _given_edges(bins))


def is_plain(values: object) -> TypeGuard[NDArray[Any]]:
    """Tell whether the native functions take `values` as they are."""
    if type(values) is not np.ndarray:
        return False
    dtype = values.dtype
    return dtype.char in _PLAIN and dtype.isnative and values.flags.c_contiguous


def _flat(values: object) -> NDArray[Any]:
    """Return the numbers one after another, in whatever order avoids a copy."""
    array = as_array(values, argument="values")
    if array.dtype.kind == "f" and array.itemsize > 8:
        array = array.astype(np.float64)  # longdouble: TensorBoard stores float64
    return array if array.flags.c_contiguous else array.ravel(order="K")


def _given_edges(bins: object) -> NDArray[np.float64]:
    """Check edges that the caller gave; the native code checks that they increase."""
    edges = as_array(bins, argument="bins")
    if edges.ndim != 1:
        raise ValueError(f"bins must be one row of edges, got an array of shape {edges.shape}")
    if edges.size > MAX_BINS + 1:
        raise ValueError(f"bins must be at most {MAX_BINS} buckets, got {edges.size} edges")
    return np.ascontiguousarray(edges, dtype=np.float64)
