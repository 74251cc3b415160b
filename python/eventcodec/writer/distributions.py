"""Methods of SummaryWriter for distributions: histograms and precision-recall curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventcodec import _native
from eventcodec.summary.histogram import histogram_raw_summary, histogram_summary
from eventcodec.summary.pr_curve import pr_curve_raw_summary, pr_curve_summary

if TYPE_CHECKING:
    from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["add_histogram", "add_histogram_raw", "add_pr_curve", "add_pr_curve_raw"]


def add_histogram(
    self: SummaryWriter,
    tag: str,
    values: Any,
    global_step: Any = None,
    bins: Any = "tensorflow",
    walltime: float | None = None,
    max_bins: int | None = None,
) -> None:
    """Log the distribution of an array or tensor.

    Args:
        tag: name of the series.
        values: real numbers, any shape and dtype, on any device; at least one.
        global_step: the step; None is 0.
        bins: "tensorflow" for TensorFlow's 1549 exponential edges, or what numpy.histogram
            takes: a number of bins, increasing edges, or the name of a rule such as "auto".
        walltime: finite seconds since 1970; None is now.
        max_bins: merge neighbouring bins until there are at most about this many.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_histogram("weights", np.random.default_rng(0).normal(size=1000), 1)
    """
    _native.check_tag(tag)
    summary = histogram_summary(tag, values, bins=bins, max_bins=max_bins)
    self._log_summary(summary, global_step, walltime)


def add_histogram_raw(
    self: SummaryWriter,
    tag: str,
    min: float,
    max: float,
    num: float,
    sum: float,
    sum_squares: float,
    bucket_limits: Any,
    bucket_counts: Any,
    global_step: Any = None,
    walltime: float | None = None,
) -> None:
    """Log a histogram that was counted elsewhere, as it is.

    Args:
        tag: name of the series.
        min: the smallest value.
        max: the largest value.
        num: how many values there were.
        sum: their sum.
        sum_squares: the sum of their squares.
        bucket_limits: k numbers, the right edge of every bucket.
        bucket_counts: k numbers, how many values lie in every bucket.
        global_step: the step; None is 0.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_histogram_raw("w", 0.0, 1.0, 3, 1.5, 1.25, [0.5, 1.0], [2, 1], 7)
    """
    _native.check_tag(tag)
    summary = histogram_raw_summary(
        tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts
    )
    self._log_summary(summary, global_step, walltime)


def add_pr_curve(
    self: SummaryWriter,
    tag: str,
    labels: Any,
    predictions: Any,
    global_step: Any = None,
    num_thresholds: int = 127,
    weights: Any = None,
    walltime: float | None = None,
) -> None:
    """Log a precision-recall curve of a binary classifier.

    Args:
        tag: name of the series.
        labels: n bools or numbers 0 and 1: the truth.
        predictions: n numbers from 0 to 1: how probable a 1 is, in the shape of `labels`.
        global_step: the step; None is 0.
        num_thresholds: how many thresholds from 0 to 1 the curve has points for, at least 1.
        weights: of each prediction, or one for all; None is 1.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_pr_curve("cat or dog", [0, 1, 1], [0.1, 0.4, 0.8], 7)
    """
    _native.check_tag(tag)
    summary = pr_curve_summary(
        tag, labels, predictions, num_thresholds=num_thresholds, weights=weights
    )
    self._log_summary(summary, global_step, walltime)


def add_pr_curve_raw(
    self: SummaryWriter,
    tag: str,
    true_positive_counts: Any,
    false_positive_counts: Any,
    true_negative_counts: Any,
    false_negative_counts: Any,
    precision: Any,
    recall: Any,
    global_step: Any = None,
    num_thresholds: int = 127,
    weights: Any = None,
    walltime: float | None = None,
) -> None:
    """Log a precision-recall curve that was counted elsewhere, as it is.

    Args:
        tag: name of the series.
        true_positive_counts: n numbers, one for each of n evenly spaced thresholds from 0 to 1.
        false_positive_counts: n numbers.
        true_negative_counts: n numbers.
        false_negative_counts: n numbers.
        precision: n numbers.
        recall: n numbers.
        global_step: the step; None is 0.
        num_thresholds: stored beside the curve; TensorBoard goes by n.
        weights: accepted for torch's sake; what is counted is counted.
        walltime: finite seconds since 1970; None is now.

    Raises:
        TypeError, ValueError: a bad argument, quoted; then nothing is written.
        WriterClosedError: the writer is closed.

    Example:
        >>> writer.add_pr_curve_raw("pr", [2, 1], [1, 0], [0, 1], [0, 1], [0.7, 1], [1, 0.5], 7)
    """
    del weights
    _native.check_tag(tag)
    summary = pr_curve_raw_summary(
        tag,
        true_positive_counts,
        false_positive_counts,
        true_negative_counts,
        false_negative_counts,
        precision,
        recall,
        num_thresholds=num_thresholds,
    )
    self._log_summary(summary, global_step, walltime)
