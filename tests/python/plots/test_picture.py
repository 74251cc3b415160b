"""Pictures: right format, right size, the same when drawn twice, no trace in matplotlib."""

import io
import warnings
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from eventcodec.plots.braille import draw_panel
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


def test_words_that_no_font_has_are_told_and_stay_words_in_svg(tmp_path, recwarn):
    rare = "\U00013000"  # a hieroglyph
    panel = Panel(f"训练 🚀 {rare}", "step", (Curve("a", np.arange(3.0), np.arange(3.0)),))
    assert rare in save(draw_panels([panel], title="t"), tmp_path / "a.png", title="t")
    assert save(draw_panels([panel], title="t"), tmp_path / "a.svg", title="t") == set()
    words = "".join(ET.fromstring((tmp_path / "a.svg").read_text()).itertext())
    assert "训练 🚀" in words
    assert not recwarn


def test_other_warnings_of_matplotlib_are_not_lost(tmp_path):
    class Figure:
        def savefig(self, *args, **options):
            warnings.warn("something else", UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="something else"):
        save(Figure(), tmp_path / "a.png", title="t")


def test_long_labels_stay_beside_their_panel(tmp_path):
    tag = "validation/metrics/of_the_largest_model/" * 3
    panel = Panel(tag, "step", (Curve("a", np.arange(3.0), np.arange(3.0)),))
    drawn = draw_panels([panel, panel], title="t")
    save(drawn, tmp_path / "a.png", title="t")
    for axis in drawn.axes:
        assert axis.yaxis.label.get_window_extent().height < 1.3 * axis.bbox.height


def test_nothing_but_nan_says_so(tmp_path):
    panel = Panel("loss", "step", (Curve("a", np.arange(3.0), np.full(3, np.nan)),))
    drawn = draw_panels([panel], title="t")
    assert [text.get_text() for text in drawn.axes[0].texts] == ["no finite values"]
    assert "no finite values" in draw_panel(panel, width=60)[0].plain
    long = Panel("t" * 200, "step", panel.curves)
    assert all(line.cell_len <= 60 for line in draw_panel(long, width=60))
