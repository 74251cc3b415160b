"""The cases of histograms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import eventcodec
from eventcodec.bench import baselines, limits, peers
from eventcodec.bench.inputs import normal
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect
from eventcodec.bench.writer_case import event_files, writer_case

__all__ = ["HISTOGRAM_CASES"]


def add_histogram_case(name: str, length: int, count: int, dtype: str = "float32") -> Case:
    """Log histograms of values from a normal distribution, TensorFlow's buckets."""
    values = normal(length).astype(dtype)

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
        name,
        "call",
        count,
        work,
        check,
        size=values.nbytes,
        only=peers_with_histograms,
        limit=limits.memory_read(values.nbytes, count),
    )


def count_case(name: str, length: int, count: int, bins: str | int, dtype: str = "float64") -> Case:
    """Count values in uniform buckets, by numpy's rule or so many from -5 to 5."""
    values = normal(length).astype(dtype).clip(-5, 5)
    values[:2] = (-5, 5)
    want, edges = np.histogram(values.astype(np.float64), bins)
    used = np.flatnonzero(want)
    want = want[used[0] : used[-1] + 1]

    def plain(array: Any) -> Any:
        lowest, buckets = float(edges[0]), len(edges) - 1
        scale = buckets / float(edges[-1] - edges[0])
        counts = [0] * buckets
        for value in array.tolist():
            counts[min(int((value - lowest) * scale), buckets - 1)] += 1
        return np.array(counts)

    functions: dict[str, Callable[[Any], Any]] = {
        OURS: lambda array: eventcodec.histogram(array, bins).counts,
        PLAIN: plain,
        "numpy": lambda array: np.histogram(array, bins)[0],
        **(peers.histogram_functions(bins) if isinstance(bins, int) else {}),
    }

    def contender(label: str, function: Callable[[Any], Any]) -> Contender:
        times = max(1, count // 20) if label == PLAIN else count

        def run() -> None:
            for _ in range(times):
                function(values)

        def check() -> None:
            got = np.trim_zeros(np.asarray(function(values)))
            # All but numpy leave values beside an edge to rounding, and some the last edge out.
            expect(length - 9 <= got.sum() <= length, f"{label}: {got.sum()} values are counted")
            # NumPy counts float32 between edges of float32.
            exact = label == OURS or (label == "numpy" and values.dtype == np.float64)
            expect(not exact or np.array_equal(got, want), f"{label}: wrong counts")

        return Contender(label, lambda _: Trial(run, check=check), times)

    contenders = [contender(*item) for item in functions.items()]
    limit = limits.memory_read(values.nbytes, count)
    return Case(name, "call", count, values.nbytes, (*contenders, *limit), closes=False)


HISTOGRAM_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "add_histogram/1e3": lambda name, s: add_histogram_case(name, 1000, s.small_histograms),
    "add_histogram/1e6": lambda name, s: add_histogram_case(name, 1_000_000, s.large_histograms),
    "add_histogram/1e6 float16": lambda name, s: add_histogram_case(
        name, 1_000_000, s.large_histograms, "float16"
    ),
    "histogram/64 bins, 1e3": lambda name, s: count_case(name, 1000, s.small_histograms, 64),
    "histogram/64 bins, 1e6": lambda name, s: count_case(name, 1_000_000, s.large_histograms, 64),
    "histogram/64 bins, 1e6 float32": lambda name, s: count_case(
        name, 1_000_000, s.large_histograms, 64, "float32"
    ),
    "histogram/auto, 1e3": lambda name, s: count_case(name, 1000, s.small_histograms, "auto"),
    "histogram/auto, 1e6": lambda name, s: count_case(name, 1_000_000, s.large_histograms, "auto"),
}
