"""Selections of points that look like all, beside tsdownsample's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tsdownsample import LTTBDownsampler

import eventcodec
from eventcodec.reader.downsample import largest_triangles


def as_in_the_thesis(x: np.ndarray, y: np.ndarray, points: int) -> list[int]:
    """The pseudocode of S. Steinarsson's thesis, point by point."""
    every = (len(x) - 2) / (points - 2)
    chosen = [0]
    for bucket in range(points - 2):
        first, second, third = (int((bucket + k) * every) + 1 for k in range(3))
        third = min(third, len(x))
        mean_x, mean_y = x[second:third].mean(), y[second:third].mean()
        a = chosen[-1]
        areas = [
            abs((x[a] - mean_x) * (y[j] - y[a]) - (x[a] - x[j]) * (mean_y - y[a]))
            for j in range(first, second)
        ]
        chosen.append(first + areas.index(max(areas)))
    return [*chosen, len(x) - 1]


@pytest.mark.parametrize("seed", range(12))
def test_equals_tsdownsample(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, points = int(rng.integers(3, 5000)), int(rng.integers(3, 400))
    steps = np.cumsum(rng.integers(1, 9, count)) + rng.integers(0, 2**30)
    values = np.cumsum(rng.normal(size=count))
    rows = largest_triangles(steps, values, points)
    if count <= points:
        assert rows.tolist() == list(range(count))
        return
    # It takes the x as they are; here they begin at 0, which is the same but for rounding.
    x = (steps - steps[0]).astype(np.float64)
    want = LTTBDownsampler().downsample(x, values, n_out=points)
    assert rows.tolist() == as_in_the_thesis(x, values, points)
    assert np.mean(rows == want) > 0.9  # whose buckets begin elsewhere by one now and then


def test_odd_values() -> None:
    steps = np.arange(1000)
    values = np.sin(steps / 50.0)
    values[100:130] = np.nan
    values[500] = np.inf
    rows = largest_triangles(steps, values, 50)
    assert (rows[0], rows[-1], len(rows)) == (0, 999, 50)
    assert np.all(np.diff(rows) > 0)
    assert np.isfinite(values[rows]).sum() >= 47
    assert len(largest_triangles(steps, np.full(1000, np.nan), 10)) == 10
    assert largest_triangles(np.zeros(50, np.int64), np.ones(50), 5)[-1] == 49


def test_of_a_log(tmp_path: Path) -> None:
    with eventcodec.SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar_series("long", np.sin(np.arange(5000) / 99), np.arange(5000))
        writer.add_scalar("short", 1.0, 3)
    log = eventcodec.open(tmp_path)
    table = log.scalars(points=100)
    assert (table["tag"] == "long").sum() == 100
    assert (table["tag"] == "short").sum() == 1
    few = log.scalars(tags="long", steps=(1000, 2000), every=2, points=10)
    assert (few["step"][0], few["step"][-1], len(few)) == (1000, 1998, 10)
    with pytest.raises(ValueError, match="points must be at least 3, got 2"):
        log.scalars(points=2)
