"""Precision-recall curves to Summary bytes, and how one is counted."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array
from eventcodec.summary.message import float_tensor, metadata_of, tensor_value

__all__ = ["compute_curve", "pr_curve_raw_summary", "pr_curve_summary"]

_SMALLEST_COUNT = 1e-7  # keeps 0 / 0 from happening


def pr_curve_summary(
    tag: str,
    labels: object,
    predictions: object,
    *,
    num_thresholds: int = 127,
    weights: object = None,
) -> bytes:
    """Count and encode a precision-recall curve.

    Args:
        tag: name of the series.
        labels: n bools or numbers 0 and 1, any shape.
        predictions: n numbers from 0 to 1, in the shape of `labels`.
        num_thresholds: how many evenly spaced thresholds from 0 to 1, at least 1.
        weights: of each prediction, or one for all; None is 1.

    Returns:
        A serialized Summary: a float32 tensor (6, num_thresholds) with true positives, false
        positives, true negatives, false negatives, precision and recall; plugin "pr_curves".

    Raises:
        TypeError: something is no array of numbers.
        ValueError: shapes differ, a label or prediction is outside of 0 to 1, or there are fewer
            than one threshold.

    Source: tensorboard/plugins/pr_curve/summary.py.

    Example:
        >>> b"pr_curves" in pr_curve_summary("pr", [0, 1], [0.2, 0.9], num_thresholds=3)
        True
    """
    label_array = as_array(labels, argument="labels")
    prediction_array = as_array(predictions, argument="predictions")
    thresholds = operator.index(num_thresholds)
    if thresholds < 1:
        raise ValueError(f"num_thresholds must be at least 1, got {num_thresholds!r}")
    if label_array.shape != prediction_array.shape:
        raise ValueError(
            f"labels and predictions must have one shape, got {label_array.shape} and "
            f"{prediction_array.shape}"
        )
    for name, array in (("labels", label_array), ("predictions", prediction_array)):
        wrong = array[~((array >= 0) & (array <= 1))]
        if wrong.size:
            raise ValueError(f"{name} must be between 0 and 1, got {wrong[0]!r}")
    weight_array = None if weights is None else as_array(weights, argument="weights")
    if weight_array is not None and weight_array.shape not in ((), label_array.shape):
        raise ValueError(
            f"weights must be one number or have the shape of labels, {label_array.shape}, got "
            f"{weight_array.shape}"
        )
    curve = compute_curve(label_array, prediction_array, thresholds, weight_array)
    return _encode(tag, curve, thresholds)


def pr_curve_raw_summary(
    tag: str,
    true_positives: object,
    false_positives: object,
    true_negatives: object,
    false_negatives: object,
    precision: object,
    recall: object,
    *,
    num_thresholds: int = 127,
) -> bytes:
    """Encode a precision-recall curve that was counted elsewhere, as it is.

    Args:
        tag: name of the series.
        true_positives: numbers (n,), one for each threshold.
        false_positives: numbers (n,).
        true_negatives: numbers (n,).
        false_negatives: numbers (n,).
        precision: numbers (n,).
        recall: numbers (n,).
        num_thresholds: stored beside the curve; TensorBoard goes by n.

    Returns:
        A serialized Summary as of pr_curve_summary.

    Raises:
        TypeError: something is no array of numbers.
        ValueError: lengths differ.

    Example:
        >>> b"pr_curves" in pr_curve_raw_summary("pr", *[[0.5, 1.0]] * 6)
        True
    """
    names = (
        "true_positives",
        "false_positives",
        "true_negatives",
        "false_negatives",
        "precision",
        "recall",
    )
    given = (true_positives, false_positives, true_negatives, false_negatives, precision, recall)
    rows = [as_array(row, argument=name) for name, row in zip(names, given, strict=True)]
    for name, row in zip(names, rows, strict=True):
        if row.ndim != 1 or len(row) != len(rows[0]):
            raise ValueError(
                f"{name} must be one number for each threshold, got shape {row.shape} beside "
                f"{rows[0].shape}"
            )
    return _encode(tag, np.stack([row.astype(np.float64) for row in rows]), num_thresholds)


def compute_curve(
    labels: NDArray[Any],
    predictions: NDArray[Any],
    num_thresholds: int,
    weights: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Count a curve: float64 (6, num_thresholds), rows as in pr_curve_summary.

    A prediction counts for the thresholds up to floor(prediction * (num_thresholds - 1)); one
    outside of 0 to 1 does not count.
    """
    each = 1.0 if weights is None else weights
    positive = labels.astype(np.float64)
    bucket = np.int32(np.floor(predictions * (num_thresholds - 1)))

    def at_or_above(weight: Any) -> NDArray[np.float64]:
        counts, _ = np.histogram(
            bucket, bins=num_thresholds, range=(0, num_thresholds - 1), weights=weight
        )
        sums: NDArray[np.float64] = np.cumsum(counts[::-1])[::-1]
        return sums

    tp = at_or_above(positive * each)
    fp = at_or_above((1.0 - positive) * each)
    tn, fn = fp[0] - fp, tp[0] - tp
    precision = tp / np.maximum(_SMALLEST_COUNT, tp + fp)
    recall = tp / np.maximum(_SMALLEST_COUNT, tp + fn)
    return np.stack((tp, fp, tn, fn, precision, recall))


def _encode(tag: str, curve: NDArray[Any], num_thresholds: int) -> bytes:
    from eventcodec.proto import PrCurvePluginData

    content = PrCurvePluginData(num_thresholds=num_thresholds).SerializeToString()
    metadata = metadata_of("pr_curves", content)
    return tensor_value(tag, float_tensor(curve), metadata).SerializeToString()
