"""Pictures: right format, right size, the same when drawn twice, no trace in matplotlib."""

import io
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from eventcodec.plots.curves import Curve, Panel
from eventcodec.plots.picture import draw_images, draw_panels, save


def opened(path):
    return Image.open(io.BytesIO(path.read_bytes()))


def figure(smoothing=0.0, title="a $\\frac$ <run>"):
    x = np.arange(100.0)
    curves = (Curve("train $x$", x, np.sin(x / 9)), Curve("_test", x, np.cos(x / 9)))
    return draw_panels([Panel("loss_$", "step", curves)], title=title, smoothing=smoothing)


def test_png_has_the_asked_size(tmp_path):
    path = tmp_path / "a.png"
    panel = Panel("loss", "step", (Curve("a", np.arange(3.0), np.arange(3.0)),))
    save(draw_panels([panel], title="t", size=(4, 2)), path, title="t")
    picture = opened(path)
    assert picture.size == (600, 300)
    colours = picture.convert("RGB").getcolors(1 << 20)
    assert len(colours) > 10


def test_svg_is_xml_and_deterministic(tmp_path):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    save(figure(0.5), first, title="t")
    save(figure(0.5), second, title="t")
    assert first.read_bytes() == second.read_bytes()
    assert ET.fromstring(first.read_text()).tag.endswith("svg")


def test_html_stands_alone_and_escapes(tmp_path):
    path = tmp_path / "a.html"
    save(figure(), path, title="<script>alert(1)</script>")
    page = path.read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<svg" in page
    assert 'src="http' not in page
    assert "<link" not in page


def test_matplotlib_settings_are_left_alone():
    before = dict(mpl.rcParams)
    figure()
    assert dict(mpl.rcParams) == before


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.html"):
        save(figure(), tmp_path / "a.gif", title="t")


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_grids_of_images(count, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    drawn = draw_images(
        [(f"${i}", pixels[:, :, : 1 + 2 * (i % 2)]) for i in range(count)], title="t"
    )
    save(drawn, tmp_path / "a.png", title="t")
    assert opened(tmp_path / "a.png").size[0] > 100
