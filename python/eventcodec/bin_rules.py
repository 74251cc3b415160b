"""How many buckets of one width NumPy's rules make, from statistics that the native core takes.

NumPy's own functions sort or copy the values several times over; the number of buckets follows from
their range, quartiles and deviations. Where rounding could decide, sums are made as NumPy makes
them; where a future NumPy has another rule, NumPy is asked.
Source: numpy/lib/_histograms_impl.py.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native

__all__ = ["MAX_BINS", "RULES", "UniformBins", "uniform_bins"]

MAX_BINS = 1_000_000
# How far, relatively, sums may be from NumPy's, whose additions have another order.
_DOUBT = 1e-7
# Beyond this, the mean of the values is so much larger than their spread that sums are not trusted.
_MOST_OFFSET = 1e3
# A bucket must be wider than this part of its edges for their rounding not to matter.
_FINEST = 1e-9
_SMALLEST = 1e-280


class UniformBins(NamedTuple):
    """Buckets of one width, and what was learnt of the values, as the native functions take them.

    Attributes:
        first: the outermost edge on the left.
        last: the outermost edge on the right.
        buckets: how many lie between them.
        moments: min, max, num, sum and sum of squares of the values.
    """

    first: float
    last: float
    buckets: int
    moments: tuple[float, float, float, float, float]


class _Values(NamedTuple):
    """What a rule is told: contiguous values, how many, largest minus smallest, and the mean."""

    array: NDArray[Any]
    size: int
    spread: float
    mean: float


def uniform_bins(values: NDArray[Any], bins: str | int | np.integer[Any]) -> UniformBins:
    """Return NumPy's buckets for `values` as float64.

    Args:
        values: contiguous real numbers.
        bins: the name of a rule, or how many buckets.

    Returns:
        The outer edges, the number of buckets between them, and the moments of `values`.

    Raises:
        TypeError: `bins` is neither.
        ValueError: `values` are none or not finite, `bins` is an unknown rule, or it makes other
            than 1 to a million buckets.

    Example:
        >>> uniform_bins(np.arange(100.0), "sturges")[:3]
        (0.0, 99.0, 8)
    """
    moments = _native.histogram_moments(values)
    smallest, largest, _, total, _ = moments
    if not (math.isfinite(smallest) and math.isfinite(largest)):
        raise ValueError(
            f"values must be finite where bins={bins!r}, got the range {smallest} to {largest}; "
            'drop NaN and infinities first, or use bins="tensorflow"'
        )
    first, last = smallest, largest
    if first == last:
        first, last = first - 0.5, last + 0.5
    if isinstance(bins, str):
        if bins not in RULES:
            rules = ", ".join(map(repr, ("tensorflow", *RULES)))
            raise ValueError(f"bins must be a number, edges or one of {rules}, got {bins!r}")
        if not math.isfinite(last - first):
            raise ValueError(
                f"the range of the values is too wide for uniform bins: {smallest} to {largest}"
            )
        size = values.size
        count = _count(_Values(values, size, largest - smallest, total / size), bins, last - first)
    else:
        count = operator.index(bins)
    if not 1 <= count <= MAX_BINS:
        got = count if count <= MAX_BINS else f"more ({count})"
        raise ValueError(
            f"bins must make 1 to {MAX_BINS} buckets, got {got}; "
            'pass a number, edges, or bins="tensorflow"'
        )
    return UniformBins(first, last, count, moments)


def _count(values: _Values, rule: str, width: float) -> int:
    """How many buckets a rule makes of a range that is `width` wide."""
    bucket = _WIDTHS[rule](values) if _is_numpys(rule) else None
    if bucket is None:
        return int(np.histogram_bin_edges(values.array.astype(np.float64), bins=rule).size - 1)
    if not bucket:
        return 1
    exact = width / bucket
    if rule in _OF_SUMS and not _is_clear(exact):
        bucket = _OF_SUMS[rule](values)
        exact = width / bucket if bucket else 1.0
    return math.ceil(min(exact, 1e15))


def _is_clear(exact: float) -> bool:
    """Whether a slightly different number would be rounded up to the same whole one."""
    if math.isnan(exact) or math.isinf(exact):
        return False
    return math.ceil(exact * (1 - _DOUBT)) == math.ceil(exact * (1 + _DOUBT))


@cache
def _is_numpys(rule: str) -> bool:
    """Whether the installed NumPy still has the rule that is written here."""
    # Skewed, with ties and an outlier, so that all statistics matter.
    sample = np.concatenate([np.arange(90.0) ** 1.5, np.full(9, 7.25), [3e3]])
    bucket = _WIDTHS[rule](_Values(sample, sample.size, 3e3, float(sample.mean())))
    return (
        bucket is not None
        and math.ceil(3e3 / bucket) == np.histogram_bin_edges(sample, bins=rule).size - 1
    )


def _sqrt(values: _Values) -> float:
    return values.spread / math.sqrt(values.size)


def _sturges(values: _Values) -> float:
    return values.spread / (float(np.log2(values.size)) + 1.0)


def _rice(values: _Values) -> float:
    return float(values.spread / (2.0 * values.size ** (1.0 / 3)))


def _freedman_diaconis(values: _Values) -> float:
    lower, upper = _native.histogram_quartiles(values.array)
    return float(2.0 * (upper - lower) * values.size ** (-1.0 / 3.0))


def _auto(values: _Values) -> float:
    wide = _freedman_diaconis(values)
    if np.lib.NumpyVersion(np.__version__) < "2.3.0":
        return min(wide, _sturges(values)) if wide else _sturges(values)
    return min(max(wide, _sqrt(values) / 2), _sturges(values))


def _deviations(values: _Values) -> tuple[float, float]:
    """Standard deviation and skewness; NaN where sums cannot be trusted."""
    squares, cubes = _native.histogram_deviations(values.array, values.mean)
    deviation = math.sqrt(squares)
    in_range = 1e-90 < deviation < 1e90  # its cube neither vanishes nor overflows
    if not in_range or abs(values.mean) > _MOST_OFFSET * deviation:
        return math.nan, math.nan
    return deviation, cubes / deviation / squares


def _scott(values: _Values) -> float:
    deviation, _ = _deviations(values)
    return float((24.0 * np.pi**0.5 / values.size) ** (1.0 / 3.0) * deviation)


def _doane(values: _Values) -> float:
    size = values.size
    if size <= 2:
        return 0.0
    _, skewness = _deviations(values)
    spread = math.sqrt(6.0 * (size - 2) / ((size + 1.0) * (size + 3)))
    return values.spread / (1.0 + math.log2(size) + math.log2(1.0 + abs(skewness) / spread))


def _exact_scott(values: _Values) -> float:
    deviation = float(np.std(values.array.astype(np.float64)))
    return float((24.0 * np.pi**0.5 / values.size) ** (1.0 / 3.0) * deviation)


def _exact_doane(values: _Values) -> float:
    size = values.size
    wide = values.array.astype(np.float64)
    deviation = np.std(wide)
    if not deviation > 0.0:
        return 0.0
    skewness = np.mean(np.power((wide - np.mean(wide)) / deviation, 3))
    spread = np.sqrt(6.0 * (size - 2) / ((size + 1.0) * (size + 3)))
    return float(
        values.spread / (1.0 + np.log2(size) + np.log2(1.0 + np.absolute(skewness) / spread))
    )


def _stone(values: _Values) -> float | None:
    """Choose the number of buckets that has the least estimated error.

    NumPy counts all values for each number; here they are sorted once, and their ranks among the
    edges tell the counts. None where edges may be too close together for that to be the same.
    """
    size, spread = values.size, values.spread
    if size <= 1 or spread == 0:
        return 0.0
    ordered = np.sort(values.array, axis=None).astype(np.float64)
    first, last = float(ordered[0]), float(ordered[-1])
    most = max(100, int(math.sqrt(size)))
    if not spread / most > _FINEST * max(abs(first), abs(last), _SMALLEST):
        return None
    best, least = 0, math.inf
    for buckets in range(1, most + 1):
        edges = np.arange(buckets + 1) * (spread / buckets) + first
        edges[-1] = last
        ranks = np.searchsorted(ordered, edges)
        ranks[-1] = size
        shares = np.diff(ranks) / size
        error = (2 - (size + 1) * shares.dot(shares)) / (spread / buckets)
        if error < least:
            best, least = buckets, error
    if best == most:
        warnings.warn("The number of bins estimated may be suboptimal.", RuntimeWarning, 2)
    return spread / best if best else None


_WIDTHS: dict[str, Callable[[_Values], float | None]] = {
    "auto": _auto,
    "doane": _doane,
    "fd": _freedman_diaconis,
    "rice": _rice,
    "scott": _scott,
    "sqrt": _sqrt,
    "stone": _stone,
    "sturges": _sturges,
}
# Those whose width NumPy adds up in an order of its own, as NumPy does it. They are not left to
# NumPy whole: of values that are all alike but for rounding it would make any number of edges.
_OF_SUMS = {"doane": _exact_doane, "scott": _exact_scott}
RULES = (*_WIDTHS,)
