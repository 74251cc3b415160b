"""Files of other writers, kept with what TensorBoard reads in them, read by eventcodec.open."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import eventcodec

HERE = Path(__file__).resolve().parent
CASES = sorted(path.parent for path in HERE.glob("*/expect.json"))


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture
def run(case):
    log = eventcodec.open(case)
    assert log.damage == []
    assert list(log.runs) == ["."]
    return log.runs["."]


@pytest.fixture
def want(case):
    return json.loads((case / "expect.json").read_text())


def _bits(values) -> list[str]:
    return [float(value).hex() for value in values]


def _check_axis(series, points):
    assert list(series.steps) == [step for step, _, _ in points]
    assert _bits(series.wall_times) == [wall_time for _, wall_time, _ in points]
    assert len(series) == len(points)


def test_every_case_says_where_it_is_from():
    assert {"torch", "tensorboardx", "tensors_v2"} <= {case.name for case in CASES}
    for case in CASES:
        origin = (case / "ORIGIN").read_text()
        assert f"python tests/golden/make.py {case.name}" in origin
        assert "torch 2." in origin


def test_scalars(run, want):
    assert sorted(run.scalars) == sorted(want["scalars"])
    for tag, points in want["scalars"].items():
        series = run.scalars[tag]
        _check_axis(series, points)
        assert _bits(series.values) == [value for _, _, value in points]


def _check_triples(histogram, triples):
    got = np.stack([histogram.left, histogram.right, histogram.counts], axis=1)
    assert [_bits(row) for row in got] == triples


def _check_limits(histogram, want):
    """The first bucket on disk has count 0 and only carries the left edge."""
    assert want["counts"][0] == (0.0).hex()
    assert _bits(histogram.counts) == want["counts"][1:]
    assert _bits(histogram.right) == want["limits"][1:]
    assert _bits(histogram.left) == want["limits"][:-1]
    for name in ("min", "max", "num", "sum", "sum_squares"):
        assert float(getattr(histogram, name)).hex() == want[name]


def test_histograms(run, want):
    assert sorted(run.histograms) == sorted(want["histograms"])
    for tag, points in want["histograms"].items():
        series = run.histograms[tag]
        _check_axis(series, points)
        for i, (_, _, histogram) in enumerate(points):
            if "triples" in histogram:
                _check_triples(series[i], histogram["triples"])
            else:
                _check_limits(series[i], histogram)


def test_texts(run, want):
    assert sorted(run.texts) == sorted(want["texts"])
    for tag, points in want["texts"].items():
        series = run.texts[tag]
        _check_axis(series, points)
        assert [series[i].value for i in range(len(series))] == [text for _, _, text in points]


def _one_image_each(points):
    """An event of the second form may hold several images: each is a point of its own."""
    return [
        (step, wall_time, image["width"], image["height"], digest)
        for step, wall_time, image in points
        for digest in image["sha256"]
    ]


def test_images(run, want, case):
    assert sorted(run.images) == sorted(want["images"])
    for tag, points in want["images"].items():
        series = run.images[tag]
        got = [
            (
                image.step,
                float(image.wall_time).hex(),
                image.width,
                image.height,
                hashlib.sha256(image.encoded).hexdigest(),
            )
            for image in series
        ]
        assert got == _one_image_each(points)
        assert list(series.steps) == [step for step, *_ in got]
        assert all(image.to_array().shape == (image.height, image.width, 3) for image in series)


@pytest.mark.parametrize("name", ["torch", "tensorboardx"])
def test_gradient_has_the_pixels_that_make_py_drew(name):
    y, x = np.mgrid[0:8, 0:12]
    pixels = np.stack([20 * x, 30 * y, 10 * (x + y)], axis=-1).astype(np.uint8)
    for image in eventcodec.open(HERE / name).runs["."].images["gradient"]:
        assert np.array_equal(image.to_array(), pixels)
