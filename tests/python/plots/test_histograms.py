"""Ridgelines: a ridge for a step, standing on it, as high as its share of values."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from eventcodec.plots.density import Density
from eventcodec.plots.histograms import MOST_RIDGES, RISE, draw_densities, draw_ridges


def density(steps):
    generator = np.random.default_rng(5)
    mass = generator.random((len(steps), 20))
    return Density(
        steps=np.array(steps), edges=np.linspace(-2, 3, 21), mass=mass / mass.sum(1)[:, None]
    )


def ridges(axis):
    return [c for c in axis.collections if isinstance(c, PolyCollection)]


def test_each_ridge_stands_on_its_step_and_rises_by_its_mass():
    drawn = density([0, 10, 40, 100])
    (axis,) = draw_ridges([("w", drawn)], title="t").axes
    shapes = ridges(axis)
    assert len(shapes) == 4
    for shape, step, row in zip(shapes, drawn.steps, drawn.mass, strict=True):
        corners = shape.get_paths()[0].vertices
        assert corners[:, 1].max() == step
        rise = row.max() / drawn.mass.max() * RISE * 100
        assert corners[:, 1].min() == pytest.approx(step - rise)
        top = corners[corners[:, 1].argmin(), 0]
        assert top == pytest.approx(-2 + 0.25 * (row.argmax() + 0.5))


def test_the_newest_is_in_front_below_and_palest():
    (axis,) = draw_ridges([("w", density([7, 3, 5]))], title="t").axes
    shapes = ridges(axis)
    assert [s.get_paths()[0].vertices[:, 1].max() for s in shapes] == [3, 5, 7]
    assert [s.get_zorder() for s in shapes] == sorted(s.get_zorder() for s in shapes)
    light = [s.get_facecolor()[0][:3].sum() for s in shapes]
    assert light == sorted(light)
    bottom, top = axis.get_ylim()
    assert bottom > 7
    assert top < 3


def test_of_many_steps_some_are_chosen_with_both_ends():
    (axis,) = draw_ridges([("w", density(range(0, 5000, 5)))], title="t").axes
    bases = [s.get_paths()[0].vertices[:, 1].max() for s in ridges(axis)]
    assert len(bases) == MOST_RIDGES
    assert (bases[0], bases[-1]) == (0, 4995)


@pytest.mark.parametrize("steps", [[4], [4, 4], [2**62, 2**62 + 1], [-5, 0]])
@pytest.mark.parametrize("draw", [draw_densities, draw_ridges])
def test_odd_steps_draw(draw, steps):
    empty = Density(np.array([1]), np.linspace(0, 1, 21), np.zeros((1, 20)))
    figure = draw([("a $x$", density(steps)), ("b", empty)], title="t")
    figure.canvas.draw()
    assert len(figure.axes) == 2
