"""One precision-recall curve of a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventcodec.reader.tensor import to_ndarray

if TYPE_CHECKING:
    from eventcodec.proto import Summary

__all__ = ["PrCurve", "from_value"]


@dataclass(frozen=True, eq=False)
class PrCurve:
    """A precision-recall curve as it was logged; every array is float64[thresholds].

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        thresholds: evenly spaced from 0 to 1, which is what TensorBoard shows.
        true_positives: counts, or sums of weights, of what is at or above each threshold.
        false_positives: likewise.
        true_negatives: likewise.
        false_negatives: likewise.
        precision: true positives among what is at or above the threshold.
        recall: true positives among what is positive.
    """

    step: int
    wall_time: float
    thresholds: NDArray[np.float64]
    true_positives: NDArray[np.float64]
    false_positives: NDArray[np.float64]
    true_negatives: NDArray[np.float64]
    false_negatives: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def __repr__(self) -> str:
        return (
            f"PrCurve(step={self.step}, wall_time={self.wall_time!r}, "
            f"{len(self.thresholds)} thresholds)"
        )


def from_value(value: Summary.Value, step: int, wall_time: float) -> PrCurve:
    """Return the curve of a value: a tensor of the six rows after the thresholds.

    Raises:
        ValueError: it has another shape.

    Source: tensorboard/plugins/pr_curve/summary.py.
    """
    rows = to_ndarray(value.tensor)
    if rows.ndim != 2 or rows.shape[0] != 6 or rows.dtype.kind not in "fiu":
        raise ValueError(f"a PR curve has the shape (6, thresholds), got {rows.shape}")
    thresholds = np.linspace(0.0, 1.0, rows.shape[1])
    return PrCurve(step, wall_time, thresholds, *rows.astype(np.float64))
