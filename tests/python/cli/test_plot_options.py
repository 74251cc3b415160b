"""`plot` with logarithmic axes and styles of histograms: what is drawn, said and refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import eventcodec
from eventcodec.cli.main import cli
from eventcodec.cli.plot import HistogramDrawing


def invoke(*args):
    return CliRunner().invoke(cli, ["plot", *map(str, args)], prog_name="eventcodec")


@pytest.fixture
def signed(tmp_path):
    """A tag with some values at or below 0, and one with no others."""
    with eventcodec.SummaryWriter(str(tmp_path / "log")) as writer:
        for step in range(30):
            writer.add_scalar("gain", step - 4.0, step)
            writer.add_scalar("debt", -1.0 - step, step)
    return tmp_path / "log"


@pytest.mark.parametrize("picture", [False, True])
def test_log_y_says_what_it_leaves_out(signed, tmp_path, picture):
    output = ["-o", tmp_path / "x.png"] if picture else []
    result = invoke(signed, "--tag", "gain", "--log-y", *output)
    assert result.exit_code == 0
    note = "eventcodec plot: left out 5 point(s) with y <= 0"
    assert result.stderr.splitlines()[0] == note
    assert picture or "left out" not in result.stdout
    both = invoke(signed, "--log-y", "--log-x")
    assert "35 point(s) with x or y <= 0, all of debt" in both.stderr
    assert "debt" not in both.stdout


@pytest.mark.parametrize("picture", [False, True])
def test_nothing_left_is_wrong_usage_and_writes_nothing(signed, tmp_path, picture):
    output = ["-o", tmp_path / "x.png"] if picture else []
    result = invoke(signed, "--tag", "debt", "--log-y", *output)
    assert result.exit_code == 2
    assert "nothing is left to draw: no point of debt lies above 0 in y" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "x.png").exists()


def test_log_axes_have_decades_and_fit(log_dir):
    result = invoke(log_dir, "--tag", "loss", "--log-x", "--log-y", "--width", 70)
    assert result.exit_code == 0
    assert "0.1 ┤" in result.stdout
    assert " 10 " in result.stdout
    assert all(len(line) <= 70 for line in result.stdout.splitlines())


def test_ridges_are_another_picture(log_dir, tmp_path):
    pictures = {}
    for style in (None, "heat", "ridge"):
        path = tmp_path / f"{style}.png"
        asked = ["--style", style] if style else []
        size = ("--width", 900, "--height", 600)
        result = invoke(log_dir, "--kind", "histograms", *asked, *size, "-o", path)
        assert result.exit_code == 0
        pictures[style] = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
    assert {p.shape for p in pictures.values()} == {(600, 900, 3)}
    assert np.array_equal(pictures[None], pictures["heat"])
    assert (pictures["ridge"] != pictures["heat"]).mean() > 0.1
    # Ridges have their steps on the right; the lines of the medians are of the other style.
    drawn = HistogramDrawing(eventcodec.open(log_dir), ["a"], ["weights"], "ridge")
    (axis,) = drawn.figure("t", None).axes
    assert (axis.get_ylabel(), len(axis.lines), len(axis.collections)) == ("step", 0, 3)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--log-x", "--x", "wall"), "--log-x needs --x step or --x relative"),
        (("--log-y", "--kind", "histograms"), "are for scalars, not for histograms"),
        (("--style", "ridge"), "--style is for pictures of histograms"),
        (("--style", "ridge", "--kind", "histograms"), "--style is for pictures of histograms"),
        (("--smoothing", "nan"), "'--smoothing': nan is no finite number"),
        (("--smoothing", "1"), "'--smoothing': 1.0 is not in the range 0<=x<1"),
    ],
)
def test_what_does_not_fit_together_is_wrong_usage(log_dir, args, said):
    result = invoke(log_dir, *args)
    assert result.exit_code == 2
    assert said in result.stderr
