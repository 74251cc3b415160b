"""Histograms of values: bucket edges, counts and moments, by TensorFlow's or NumPy's rules."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.arrays import as_array, bfloat16_bits

__all__ = ["Bins", "Histogram", "count_arguments", "histogram"]

Bins = str | int | Sequence[float] | NDArray[Any]

MAX_BINS = 1_000_000
RULES = ("auto", "doane", "fd", "rice", "scott", "sqrt", "stone", "sturges")


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
    """What the native functions are told about values and bins."""

    values: NDArray[Any]
    bfloat16: bool
    edges: NDArray[np.float64] | None
    uniform: bool


def count_arguments(values: object, bins: Bins) -> CountArguments:
    """Check `values` and `bins` and bring them into the form that the native functions take.

    Args:
        values: as in histogram().
        bins: as in histogram().

    Returns:
        Contiguous values, whether they are the bits of bfloat16, the edges or None for the default
        ones, and whether the edges are uniform.

    Raises:
        TypeError: as in histogram().
        ValueError: as in histogram().
    """
    if isinstance(bins, str) and bins == "tensorflow":
        if type(values) is np.ndarray and values.dtype.kind != "V":
            return CountArguments(_flat(values), False, None, False)
        bits = bfloat16_bits(values, argument="values")
        if bits is not None:
            return CountArguments(bits.ravel(order="K"), True, None, False)
        return CountArguments(_flat(values), False, None, False)
    flat = _flat(values)
    if isinstance(bins, str | int | np.integer):
        return CountArguments(flat, False, _uniform_edges(flat, bins), True)
    return CountArguments(flat, False, _given_edges(bins), False)


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


def _uniform_edges(values: NDArray[Any], bins: str | int | np.integer[Any]) -> NDArray[np.float64]:
    """Return numpy's edges for `values` as float64, without ever allocating too many."""
    if values.size == 0:
        raise ValueError("values must hold one number at least, got an empty array")
    wide = values.astype(np.float64, copy=False)
    ends = np.array([wide.min(), wide.max()])
    if not np.isfinite(ends).all():
        raise ValueError(
            f"values must be finite where bins={bins!r}, got the range {ends[0]} to {ends[1]}; "
            'drop NaN and infinities first, or use bins="tensorflow"'
        )
    if isinstance(bins, str):
        if bins not in RULES:
            rules = ", ".join(map(repr, ("tensorflow", *RULES)))
            raise ValueError(f"bins must be a number, edges or one of {rules}, got {bins!r}")
        if bins == "fd" or (bins == "auto" and np.lib.NumpyVersion(np.__version__) < "2.3.0"):
            # The quartiles may lie arbitrarily close together: numpy would allocate any number
            # of edges before it can be asked how many.
            count = _freedman_diaconis(wide, ends)
            if bins == "fd" or count > MAX_BINS:
                return _edges(ends, count)
        edges: NDArray[np.float64] = np.histogram_bin_edges(wide, bins=bins)
        _check_bins(edges.size - 1)
        return edges
    return _edges(ends, operator.index(bins))


def _freedman_diaconis(values: NDArray[np.float64], ends: NDArray[np.float64]) -> int:
    """How many buckets numpy's rule "fd" makes: each is 2 IQR / cbrt(n) wide."""
    upper, lower = np.percentile(values, [75, 25])
    width = 2.0 * (upper - lower) * values.size ** (-1.0 / 3.0)
    if not width:
        return 1
    first, last = (ends[0], ends[1]) if ends[0] != ends[1] else (ends[0] - 0.5, ends[1] + 0.5)
    count = np.ceil((last - first) / width)
    return int(min(count, MAX_BINS + 1.0))


def _edges(ends: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the edges of `count` buckets; numpy looks only at the smallest and largest value."""
    _check_bins(count)
    edges: NDArray[np.float64] = np.histogram_bin_edges(ends, bins=count)
    return edges


def _check_bins(count: int) -> None:
    if not 1 <= count <= MAX_BINS:
        got = count if count <= MAX_BINS else f"more ({count})"
        raise ValueError(
            f"bins must make 1 to {MAX_BINS} buckets, got {got}; "
            'pass a number, edges, or bins="tensorflow"'
        )
