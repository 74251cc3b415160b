"""Histograms become Summary bytes: one Value with a HistogramProto, as torch writes it."""

from __future__ import annotations

import operator

import numpy as np

from eventcodec import _native
from eventcodec.arrays import as_array
from eventcodec.histogram import Bins, count_arguments, is_plain

__all__ = ["histogram_raw_summary", "histogram_summary"]

_DEFAULT = "tensorflow"


def histogram_summary(
    tag: str, values: object, *, bins: Bins = _DEFAULT, max_bins: int | None = None
) -> bytes:
    """Encode a histogram of `values`.

    Args:
        tag: the name of the series.
        values: as in eventcodec.histogram: real numbers, any shape and dtype.
        bins: as in eventcodec.histogram.
        max_bins: add neighbouring buckets together when there are more than this; fewer than twice
            as many are left. None keeps them all.

    Returns:
        A serialized Summary. The first bucket limit is the left edge of the first bucket that is
        not empty, stored with the count 0; each other limit is the right edge of its bucket.

    Raises:
        TypeError: `tag`, `values`, `bins` or `max_bins` are of a wrong type.
        ValueError: as in eventcodec.histogram, or `max_bins` is less than 1.

    Source: torch/utils/tensorboard/summary.py (make_histogram).

    Example:
        >>> len(histogram_summary("weights", [0.0, 1.0]))
        4729
    """
    if bins is _DEFAULT and max_bins is None and is_plain(values):
        return _native.histogram_summary(tag, values, False, None, 0)
    limit = 0
    if max_bins is not None:
        limit = operator.index(max_bins)
        if limit < 1:
            raise ValueError(f"max_bins must be None or at least 1, got {max_bins}")
    return _native.histogram_summary(tag, *count_arguments(values, bins), limit)


def histogram_raw_summary(
    tag: str,
    min: float,
    max: float,
    num: float,
    sum: float,
    sum_squares: float,
    bucket_limits: object,
    bucket_counts: object,
) -> bytes:
    """Encode a histogram that was counted elsewhere, as it is.

    Args:
        tag: the name of the series.
        min: the smallest value.
        max: the largest value.
        num: how many values there were.
        sum: their sum.
        sum_squares: the sum of their squares.
        bucket_limits: numbers (k,), the right edge of every bucket.
        bucket_counts: numbers (k,), how many values lie in every bucket.

    Returns:
        A serialized Summary.

    Raises:
        TypeError: something is not a number or an array of numbers.
        ValueError: limits and counts are of different lengths.

    Source: torch/utils/tensorboard/summary.py (histogram_raw).

    Example:
        >>> len(histogram_raw_summary("w", 0.0, 1.0, 2, 1.0, 1.0, [0.5, 1.0], [1, 1]))
        79
    """
    limits, counts = (
        np.ascontiguousarray(as_array(numbers, argument=argument).ravel(), dtype=np.float64)
        for numbers, argument in (
            (bucket_limits, "bucket_limits"),
            (bucket_counts, "bucket_counts"),
        )
    )
    return _native.histogram_raw_summary(tag, min, max, num, sum, sum_squares, limits, counts)
