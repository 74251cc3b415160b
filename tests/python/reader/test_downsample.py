"""Selections of points that look like all, beside tsdownsample's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tsdownsample import LTTBDownsampler

import eventcodec
from eventcodec.reader.downsample import largest_triangles

Thesis = Callable[[np.ndarray, np.ndarray, int], list[int]]


@pytest.mark.parametrize("seed", range(12))
def test_equals_tsdownsample(seed: int, as_in_the_thesis: Thesis) -> None:
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


def by_the_rule(steps: np.ndarray, values: np.ndarray, points: int) -> list[int]:
    """The same with numpy's means of what is finite, and corners that are finite."""
    every = (len(values) - 2) / (points - 2)
    edges = [int(bucket * every) + 1 for bucket in range(points - 1)]
    edges[-1] = len(values) - 1
    x, finite = (steps - steps[0]).astype(float), np.isfinite(values)
    chosen = [0]
    for bucket in range(points - 2):
        here = np.arange(edges[bucket], edges[bucket + 1])
        end = edges[bucket + 2] if bucket + 2 < len(edges) else len(values)
        behind = np.arange(edges[bucket + 1], end)
        behind = behind[finite[behind]]
        corners = [row for row in chosen if finite[row]]
        some = here[finite[here]]
        if not len(some):
            chosen.append(int(here[0]))
        elif not corners or not len(behind):
            chosen.append(int(some[0]))
        else:
            ax, ay = x[corners[-1]], values[corners[-1]]
            cx, cy = x[behind].mean(), values[behind].mean()
            area = np.abs((x[some] - ax) * (cy - ay) - (values[some] - ay) * (cx - ax))
            chosen.append(int(some[area.argmax()]))
    return [*chosen, len(values) - 1]


@pytest.mark.parametrize("seed", range(12))
def test_values_that_are_not_finite(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(20, 3000))
    points = int(rng.integers(3, count // 2))
    steps = np.cumsum(rng.integers(-1, 9, count)) - 2**40
    values = np.cumsum(rng.normal(size=count))
    values[rng.random(count) < rng.choice([0.01, 0.3, 0.95])] = np.nan
    values[rng.random(count) < 0.05] = np.inf
    values[: rng.integers(0, 5)] = -np.inf
    begin = int(rng.integers(count))
    values[begin : begin + 3 * count // points] = rng.choice([np.nan, np.inf])
    assert largest_triangles(steps, values, points).tolist() == by_the_rule(steps, values, points)


def test_odd_values() -> None:
    steps = np.arange(1000)
    assert largest_triangles(steps, np.full(1000, np.nan), 10)[[0, -1]].tolist() == [0, 999]
    assert largest_triangles(steps, np.ones(1000), 2).tolist() == [0, 999]
    assert largest_triangles(np.zeros(50, np.int64), np.ones(50), 5)[-1] == 49
    huge = np.where(np.arange(1000) % 2, 1.7e308, -1.7e308)
    huge[500] = np.nan
    rows = largest_triangles(steps * (2**63 // 1000), huge, 50)
    assert np.all(np.diff(rows) > 0)
    assert np.isfinite(huge[rows]).all()
    spike = np.zeros(1000)
    spike[617] = 50
    assert 617 in largest_triangles(steps, spike, 20)
    with pytest.raises(ValueError, match="points must be at least 2, got 1"):
        largest_triangles(steps, spike, 1)


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
