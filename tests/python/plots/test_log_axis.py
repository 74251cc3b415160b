"""Logarithmic axes: equal ratios are equal distances, what is not above 0 is a counted gap."""

import numpy as np
import pytest
from matplotlib.ticker import NullFormatter

from eventcodec.plots.braille import BRAILLE_START, draw_panel
from eventcodec.plots.curves import Curve, Panel, reduce_to_columns
from eventcodec.plots.log_axis import log_ticks, on_log_axes
from eventcodec.plots.picture import draw_panels


def panel(x, y, **axes):
    curve = Curve("a", np.array(x, dtype=float), np.array(y, dtype=float))
    return Panel("loss", "step", (curve,), **axes)


def dot_columns(lines, height):
    """For each row of characters, the columns in which dots are set."""
    return [
        [i for i, ch in enumerate(line.plain) if BRAILLE_START < ord(ch) < 0x2900]
        for line in lines[1 : height + 1]
    ]


def test_a_power_law_is_straight_on_two_log_axes():
    x = np.geomspace(1, 1e6, 500)
    lines = draw_panel(panel(x, x**2, log_x=True, log_y=True), width=80, height=12)
    rows = dot_columns(lines, 12)
    middles = np.array([np.mean(row) for row in rows])
    np.testing.assert_allclose(np.diff(middles), np.diff(middles).mean(), atol=1.5)
    linear = dot_columns(draw_panel(panel(x, x**2), width=80, height=12), 12)
    assert np.ptp(np.diff([np.mean(row) for row in linear])) > 10


def test_what_is_not_above_zero_is_counted_and_left_out():
    y = [1.0, 0.0, -2.0, np.nan, np.inf, 4.0]
    kept, left_out, emptied = on_log_axes([panel(range(6), y)], log_x=False, log_y=True)
    assert (len(kept), left_out, emptied) == (1, 2, [])
    assert kept[0].log_y
    assert not kept[0].log_x
    _, left_out, _ = on_log_axes([panel(range(6), y)], log_x=True, log_y=True)
    assert left_out == 3
    kept, left_out, emptied = on_log_axes([panel([0, 1], [0, -1])], log_x=False, log_y=True)
    assert (kept, left_out, emptied) == ([], 2, ["loss"])


@pytest.mark.parametrize(
    "values", [[5e-324, 1.7e308], [1.7e308], [5e-324], [3.0, 3.0], [-1.0, 0.0, 2.0], [1.0, 1.01]]
)
def test_odd_values_draw_on_log_axes(values):
    drawn = panel(range(1, len(values) + 1), values, log_x=True, log_y=True)
    lines = draw_panel(drawn, width=60, height=5)
    assert len(lines) == 1 + 5 + 2
    assert all(len(line.plain) <= 60 for line in lines)
    draw_panels([drawn], title="t").canvas.draw()
    linear = panel(range(1, len(values) + 1), values, log_y=True)
    figure = draw_panels([linear], title="t")
    figure.canvas.draw()
    left, right = figure.axes[0].get_xlim()
    assert left <= 1 + sum(value <= 0 for value in values)
    assert right >= len(values)
    assert left < right < 2 * len(values) + 1


@pytest.mark.parametrize(
    ("low", "high", "numbers"),
    [
        (-3, 2, [1e-3, 1e-2, 0.1, 1, 10, 100]),
        (0, 1, [1, 2, 5, 10]),
        (-12, 12, [1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12]),
        (np.log10(3), np.log10(4), [3.0, 3.2, 3.4, 3.6, 3.8, 4.0]),
    ],
)
def test_log_ticks_are_round_and_inside(low, high, numbers):
    ticks = log_ticks(low, high, 6)
    assert [number for _, number in ticks] == pytest.approx(numbers)
    np.testing.assert_allclose([place for place, _ in ticks], np.log10(numbers), atol=1e-12)


def test_pictures_have_log_axes_with_the_same_ticks_and_gaps():
    x, y = np.arange(2000.0), np.arange(2000.0) - 100
    (axis,) = draw_panels([panel(x, y, log_x=True, log_y=True)], title="t").axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    assert [t for t in axis.yaxis.get_majorticklocs() if t >= 1] == [1.0, 10.0, 100.0, 1000.0]
    assert isinstance(axis.xaxis.get_minor_formatter(), NullFormatter)
    drawn = axis.lines[0].get_ydata()
    assert np.nanmin(drawn) == 1
    assert np.isnan(drawn).sum() == 101


def test_reduction_on_a_log_axis_keeps_the_first_decades():
    x = np.arange(1.0, 1e6)
    y = np.sin(x)
    kept, _ = reduce_to_columns(x, y, 600, log_x=True)
    assert kept.size <= 4 * 601
    assert kept[:90].tolist() == list(range(1, 91))
    assert not np.array_equal(reduce_to_columns(x, y, 600)[0][:90], x[:90])
