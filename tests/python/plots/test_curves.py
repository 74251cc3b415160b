"""Smoothing as TensorBoard does it, reduction that keeps the picture, round ticks."""

import numpy as np
import pytest

from eventcodec.plots.curves import break_where_x_falls, nice_ticks, reduce_to_columns, smooth


def tensorboard_smoothing(values, weight):
    """The algorithm of TensorBoard's line chart, written out."""
    last, count, out = 0.0, 0, []
    for value in values:
        if not np.isfinite(value):
            out.append(value)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        debias = 1.0 if weight == 1 else 1.0 - weight**count
        out.append(last / debias)
    return np.array(out)


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.99])
def test_smoothing_is_that_of_tensorboard(weight):
    values = np.random.default_rng(1).normal(size=500)
    values[[3, 77, 78]] = [np.nan, np.inf, -np.inf]
    got = smooth(values, weight)
    np.testing.assert_allclose(got, tensorboard_smoothing(values, weight), rtol=1e-12)


def test_smoothing_keeps_a_constant_and_copies():
    values = np.full(10, 0.1)
    got = smooth(values, 0.9)
    assert got.tolist() == values.tolist()
    assert got is not values
    assert smooth(np.array([]), 0.5).size == 0


@pytest.mark.parametrize("weight", [-0.1, 1.0, float("nan")])
def test_smoothing_refuses_weights_outside(weight):
    with pytest.raises(ValueError, match="smoothing must be"):
        smooth(np.zeros(3), weight)


def test_reduction_keeps_each_columns_extremes():
    generator = np.random.default_rng(2)
    x = np.arange(50_000, dtype=float)
    y = generator.normal(size=x.size)
    kept_x, kept_y = reduce_to_columns(x, y, 100)
    assert kept_x.size <= 4 * 101
    assert (np.diff(kept_x) > 0).all()
    column, kept_column = (x / x[-1] * 100).astype(int), (kept_x / x[-1] * 100).astype(int)
    for c in range(100):
        assert kept_y[kept_column == c].min() == y[column == c].min()
        assert kept_y[kept_column == c].max() == y[column == c].max()


def test_reduction_leaves_short_series_and_gaps():
    x = np.arange(10.0)
    assert reduce_to_columns(x, x, 100)[0] is x
    y = np.zeros(10_000)
    y[5000] = np.nan
    _, kept = reduce_to_columns(np.arange(10_000.0), y, 10)
    assert np.isnan(kept).sum() == 1


def test_a_restart_breaks_the_line():
    x, y = break_where_x_falls(np.array([0.0, 1, 2, 1, 2]), np.arange(5.0))
    assert np.isnan(x).tolist() == [False, False, False, True, False, False]
    assert y[-1] == 4


def test_ticks_are_round_and_inside():
    assert nice_ticks(0, 1, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert nice_ticks(-3.2, 7.9, 4) == [0, 5]
    assert nice_ticks(5, 5, 3) == [5]
    assert nice_ticks(0, float("inf"), 3) == [0]
