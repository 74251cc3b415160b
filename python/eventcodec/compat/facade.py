"""What the SummaryWriters of torch and tensorboardX have in common, beyond that of this package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from eventcodec.arrays import as_array
from eventcodec.compat.file_writer import FileWriter
from eventcodec.compat.observed_log import ObservedLog
from eventcodec.writer import SummaryWriter
from eventcodec.writer.log_directory import sub_directory

__all__ = ["Facade"]

# Both store no more than this many thresholds of a curve.
_MOST_THRESHOLDS = 127


class Facade(ObservedLog, SummaryWriter):
    """A SummaryWriter with the attributes that frameworks use, and forgiving where they are."""

    @property
    def all_writers(self) -> dict[str, FileWriter] | None:
        """The FileWriter of every open file by its directory; None after close()."""
        writer = self.file_writer
        if writer is None:
            return None
        writers = {self.log_dir: writer}
        for name, log in self._sub_logs.items():
            if isinstance(log, ObservedLog) and log.file_writer is not None:
                writers[sub_directory(self.log_dir, name)] = log.file_writer
        return writers

    @cached_property
    def default_bins(self) -> list[float]:
        """The edges that add_histogram(bins="tensorflow") takes; may be set."""
        above = []
        edge = 1e-12
        while edge < 1e20:
            above.append(edge)
            edge *= 1.1
        return [-edge for edge in reversed(above)] + [0.0] + above

    @staticmethod
    def _encode(rawstr: str) -> str:
        """Return the name of an embedding's folder."""
        return rawstr.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Log the distribution of an array or tensor, see eventcodec.SummaryWriter."""
        if isinstance(bins, str) and bins == "tensorflow" and "default_bins" in vars(self):
            bins = self.default_bins
        super().add_histogram(tag, values, global_step, bins, walltime, max_bins)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Log a precision-recall curve, see eventcodec.SummaryWriter.

        At most 127 thresholds are kept, and predictions outside of 0 to 1 do not count.
        """
        kept = as_array(labels, argument="labels").reshape(-1)
        given = as_array(predictions, argument="predictions").reshape(-1)
        each = None if weights is None else as_array(weights, argument="weights").reshape(-1)
        if kept.shape == given.shape and not ((given >= 0) & (given <= 1)).all():
            inside = (given >= 0) & (given <= 1)
            if each is not None and each.size == given.size:
                each = each[inside]
            kept, given = kept[inside], given[inside]
        if each is not None and each.size == 1:
            each = np.asarray(each.item())
        count = min(num_thresholds, _MOST_THRESHOLDS)
        super().add_pr_curve(tag, kept, given, global_step, count, each, walltime)

    def add_pr_curve_raw(
        self,
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
        """Log a precision-recall curve that was counted, see eventcodec.SummaryWriter."""
        super().add_pr_curve_raw(
            tag,
            true_positive_counts,
            false_positive_counts,
            true_negative_counts,
            false_negative_counts,
            precision,
            recall,
            global_step,
            min(num_thresholds, _MOST_THRESHOLDS),
            weights,
            walltime,
        )

    def _open_run(self, name: str) -> ObservedLog:
        directory = sub_directory(self._directory, name)
        return self._sub_run_class(directory, **self._options_of_sub_run())

    @cached_property
    def _sub_run_class(self) -> type[ObservedLog]:
        """The logs of add_scalars and add_hparams, with FileWriters of the same package."""
        own = {"_file_writer_class": self._file_writer_class}
        return type("SubRun", (ObservedLog,), own)

    @staticmethod
    def _labels_of_boxes(labels: str | Sequence[str] | None, boxes: Any) -> list[str] | None:
        """Drop labels that are not one for each box, as both packages do."""
        if labels is None:
            return None
        texts = [labels] if isinstance(labels, str) else list(labels)
        return texts if len(texts) == len(boxes) else None
