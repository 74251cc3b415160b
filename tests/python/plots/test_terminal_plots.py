"""Panels, histograms and images as text: they fit, they show what they should, nothing fails."""

from types import SimpleNamespace

import numpy as np
import pytest

from eventcodec.plots.blocks import draw_density, draw_image
from eventcodec.plots.braille import BRAILLE_START, draw_panel
from eventcodec.plots.curves import Curve, Panel
from eventcodec.plots.density import density_of


def panel(*curves, title="loss"):
    return Panel(title, "step", tuple(Curve(f"run{i}", *c) for i, c in enumerate(curves)))


def dots_of(line):
    return [i for i, ch in enumerate(line.plain) if ord(ch) > BRAILLE_START and ord(ch) < 0x2900]


@pytest.mark.parametrize("width", [30, 80, 200])
def test_a_rising_line_rises_and_fits(width):
    x = np.arange(1000.0)
    lines = draw_panel(panel((x, x), (x, x / 2)), width=width, height=10)
    assert all(len(line.plain) <= width for line in lines)
    rows = [dots_of(line) for line in lines[1:11]]
    assert rows[0][-1] > rows[-1][0]
    ends = [row[-1] for row in rows if row]
    assert ends[0] == max(ends)
    assert lines[0].plain == "loss"
    assert "A run0" in lines[-1].plain
    assert "B run1" in lines[-1].plain


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [2.0, 2.0], [np.nan, np.nan], [1e300, -1e300], [0.0, np.inf, 1.0], [1e-320, 0.0]],
)
def test_odd_series_draw_without_failing(values):
    y = np.array(values, dtype=float)
    lines = draw_panel(panel((np.arange(y.size, dtype=float), y)), width=60, height=5)
    assert len(lines) == 1 + 5 + 2


def test_a_nan_leaves_a_gap():
    x = np.arange(101.0)
    y = np.zeros(101)
    y[40:61] = np.nan
    lines = draw_panel(panel((x, y)), width=80, height=5)
    columns = sorted(column for line in lines[1:6] for column in dots_of(line))
    assert max(np.diff(columns)) > 10


def test_more_curves_than_rows_draw():
    x = np.arange(20.0)
    lines = draw_panel(panel(*[(x, x + i) for i in range(30)]), width=60, height=4)
    assert all(len(line.plain) <= 60 for line in lines)


def test_wall_times_are_labelled_as_times():
    x = 1.7e9 + np.arange(100.0) * 30
    clock = Panel("loss", "time", (Curve("a", x, x),), clock=True)
    axis = draw_panel(clock, width=80, height=5)[-1].plain
    assert axis.count(":") >= 2


def histograms(count):
    generator = np.random.default_rng(3)
    for step in range(count):
        values = generator.normal(0, 1 + step, 1000)
        counts, edges = np.histogram(values, 30)
        yield SimpleNamespace(
            left=edges[:-1],
            right=edges[1:],
            counts=counts.astype(float),
            min=values.min(),
            max=values.max(),
        )


def test_density_has_all_mass_and_the_right_median():
    density = density_of(np.arange(8), histograms(8))
    np.testing.assert_allclose(density.mass.sum(axis=1), 1.0)
    width = density.edges[1] - density.edges[0]
    np.testing.assert_allclose(density.quantile(0.5), 0, atol=3 * width)
    for line in draw_density(density, "w", width=60, height=8):
        assert len(line.plain) <= 60


def test_density_of_degenerate_histograms():
    flat = SimpleNamespace(
        left=np.array([1.0]), right=np.array([1.1]), counts=np.array([5.0]), min=1.0, max=1.0
    )
    open_ended = SimpleNamespace(
        left=np.array([-np.inf, 0.0]),
        right=np.array([0.0, 1.7976931348623157e308]),
        counts=np.array([1.0, 3.0]),
        min=-2.0,
        max=2.0,
    )
    empty = SimpleNamespace(
        left=np.array([]), right=np.array([]), counts=np.array([]), min=np.nan, max=np.nan
    )
    density = density_of(np.arange(3), [flat, open_ended, empty])
    np.testing.assert_allclose(density.mass.sum(axis=1), [1, 1, 0])
    assert np.isfinite(density.mass).all()
    only = density_of(np.arange(1), [flat])
    assert only.mass.sum() == pytest.approx(1)


@pytest.mark.parametrize("shape", [(8, 8, 1), (9, 7, 3), (1, 1, 4), (300, 500, 3), (1, 900, 3)])
@pytest.mark.parametrize("colours", [True, False])
def test_images_fit(shape, colours):
    pixels = np.random.default_rng(4).integers(0, 256, shape, dtype=np.uint8)
    lines = draw_image(pixels, width=40, colours=colours)
    assert lines
    assert all(0 < len(line.plain) <= max(40, 1) + 3 for line in lines)


def test_a_level_line_sets_the_dots_of_its_own_row():
    x = np.arange(500.0)
    lines = draw_panel(panel((x, np.ones(500))), width=60, height=5)
    drawn = {ch for line in lines[1:6] for ch in line.plain if ord(ch) > BRAILLE_START}
    # 20 rows of dots, the middle one is dot row 10: the third row of the third character.
    assert drawn == {chr(BRAILLE_START + 0x04 + 0x20)}
    assert chr(BRAILLE_START + 0x24) in lines[3].plain
