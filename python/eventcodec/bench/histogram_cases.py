"""The cases of histograms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eventcodec.bench import baselines
from eventcodec.bench.inputs import normal
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import Case, expect
from eventcodec.bench.writer_case import event_files, writer_case

__all__ = ["HISTOGRAM_CASES"]


def add_histogram_case(name: str, length: int, count: int) -> Case:
    """Log histograms of float32 values from a normal distribution, TensorFlow's buckets."""
    values = normal(length)

    def work(writer: Any) -> None:
        for step in range(count):
            writer.add_histogram("weights", values, step)

    def check(directory: Path) -> None:
        (path,) = event_files(directory)
        stored = list(baselines.read_values(path))
        expect(len(stored) == count, f"{path}: {len(stored)} histograms")
        for _, _, _, content in stored:
            histogram = dict(baselines.fields(baselines.bytes_of(content, 5)))
            counts = baselines.bytes_of(histogram, 7)
            total = float(np.frombuffer(counts, dtype="<f8").sum())
            expect(total == length, f"{path}: buckets hold {total} values")

    peers_with_histograms = ("torch", "tensorboardX")
    return writer_case(
        name, "call", count, work, check, size=values.nbytes, only=peers_with_histograms
    )


HISTOGRAM_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "add_histogram/1e3": lambda name, s: add_histogram_case(name, 1000, s.small_histograms),
    "add_histogram/1e6": lambda name, s: add_histogram_case(name, 1_000_000, s.large_histograms),
}
