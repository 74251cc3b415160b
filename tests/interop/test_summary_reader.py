"""compat.tbparse.SummaryReader beside tbparse's own, on the same logs."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from harness.generated_logs import write_log
from tbparse import SummaryReader as Theirs

from eventcodec.compat.tbparse import SummaryReader as Ours

# Without TensorFlow tbparse reads no images and no audio.
TYPES = ("scalars", "tensors", "histograms", "hparams", "text")
COLUMNS = [
    None,
    {"dir_name"},
    {"dir_name", "file_name", "wall_time"},
    {"wall_time", "min", "max", "num", "sum", "sum_squares"},
]
# tbparse 0.0.9 fails on integers and on texts of several parts.
TOO_MUCH = {"text_parts", "integers", "hparams_tensor"}

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # in peers' own code
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # tensorboardX leaves its file open
]


def assert_same(path: Path, **options: Any) -> int:
    got = Ours(str(path), event_types=set(TYPES), **options)
    want = Theirs(str(path), event_types=set(TYPES), **options)
    rows = 0
    for each in TYPES:
        pd.testing.assert_frame_equal(got.get_events(each), want.get_events(each))
        rows += len(want.get_events(each))
    assert {k: set(v) for k, v in got.tags.items()} == {k: set(v) for k, v in want.tags.items()}
    assert list(got.children) == list(want.children)
    return rows


def torch_log(path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    fill(SummaryWriter(str(path)))


def tensorboardx_log(path: Path) -> None:
    from tensorboardX import SummaryWriter

    fill(SummaryWriter(str(path)))


def fill(writer: Any) -> None:
    rng = np.random.default_rng(4)
    for step in range(20):
        writer.add_scalar("loss", rng.normal(), step)
        writer.add_scalar("double", rng.normal(), step // 2)  # two values for a step
        writer.add_scalars("group", {"a": step, "b": -step}, step)
        writer.add_histogram("weights", rng.normal(size=100), step)
        writer.add_text("note", f"text {step} ü", step)
    writer.add_pr_curve("pr", rng.integers(0, 2, 50), rng.random(50), 1)
    writer.add_hparams({"lr": 0.1, "name": "x", "flag": True}, {"metric": 0.5})
    writer.close()


def torch_new_style(path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(path))
    for step in range(9):
        writer.add_scalar("new", step / 7, step, new_style=True, double_precision=step > 5)
    writer.add_hparams({"lr": 0.1, "name": "x", "flag": True}, {"metric": 0.5}, run_name=".")
    writer.close()


@pytest.mark.parametrize("pivot", [False, True])
@pytest.mark.parametrize("write", [torch_log, tensorboardx_log, torch_new_style])
def test_logs_of_peers(write: Any, pivot: bool, tmp_path: Path) -> None:
    write(tmp_path / "log" / "run")
    write(tmp_path / "log" / "other" / "run")
    (tmp_path / "log" / "notes.txt").write_text("no event file")
    for columns in COLUMNS:
        assert assert_same(tmp_path / "log", pivot=pivot, extra_columns=columns) > 0


@pytest.mark.parametrize("pivot", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_generated_logs(seed: int, pivot: bool, tmp_path: Path) -> None:
    rng = random.Random(seed)
    write_log(tmp_path / "log", rng, rng.randint(1, 3), without=TOO_MUCH)
    for columns in COLUMNS:
        assert_same(tmp_path / "log", pivot=pivot, extra_columns=columns)


def test_logs_of_another_project() -> None:
    root = Path(__file__).parents[2].parent / "shared" / "logs" / "tensorboard-reducer"
    if not root.is_dir():
        pytest.skip(f"no logs at {root}")
    for pivot in (False, True):
        assert assert_same(root / "strict", pivot=pivot, extra_columns={"dir_name"}) > 0
    assert assert_same(root, extra_columns={"dir_name", "wall_time"}) > 0


def test_raw_events_of_a_file(tmp_path: Path) -> None:
    torch_log(tmp_path / "run")
    (file,) = (each for each in (tmp_path / "run").iterdir() if each.is_file())
    got, want = Ours(str(file)), Theirs(str(file))
    assert got.raw_tags == want.raw_tags
    assert got.get_raw_tags("text") == ["note/text_summary"]
    for each in ("scalars", "histograms", "tensors", "text"):
        mine, peer = got.get_raw_events(each), want.get_raw_events(each)
        assert {tag: len(events) for tag, events in mine.items()} == {
            tag: len(events) for tag, events in peer.items()
        }
    assert [event.value for event in got.get_raw_events("scalars", "loss")] == [
        event.value for event in want.get_raw_events("scalars", "loss")
    ]
    assert set(got.raw_events) == set(want.raw_events)
    with pytest.raises(ValueError, match="tag shouldn't be set"):
        got.get_raw_events(None, "loss")
    with pytest.raises(ValueError, match="Not an event file"):
        _ = Ours(str(tmp_path)).raw_tags


def test_images_and_audio(tmp_path: Path) -> None:
    import wave

    import torch
    from PIL import Image
    from torch.utils.tensorboard import SummaryWriter

    picture = np.random.default_rng(3).integers(0, 255, (5, 4, 3), dtype=np.uint8)
    writer = SummaryWriter(str(tmp_path))
    writer.add_image("image", picture, 3, dataformats="HWC")
    writer.add_audio("sound", torch.rand(1, 50) * 2 - 1, 4, sample_rate=8000)
    writer.close()
    reader = Ours(
        str(tmp_path),
        extra_columns={"width", "height", "content_type", "length_frames", "sample_rate"},
    )
    (row,) = reader.images.to_dict("records")
    np.testing.assert_array_equal(row.pop("value"), picture)
    assert row == {"step": 3, "tag": "image", "width": 4, "height": 5}
    (clip,) = reader.audio.to_dict("records")
    event = next(iter(reader.children.values())).get_raw_events("audio", "sound")[0]
    with wave.open(io.BytesIO(event.encoded_audio_string)) as wav:
        samples = np.frombuffer(wav.readframes(50), "<i2").astype(np.float32)[:, None] / 2**15
    np.testing.assert_array_equal(clip.pop("value"), samples)
    assert clip == {
        "step": 4,
        "tag": "sound",
        "content_type": "audio/wav",
        "length_frames": 50,
        "sample_rate": 8000.0,
    }
    strings = np.array([b"4", b"5", reader_png(picture), reader_png(picture)], dtype=object)
    images = Ours.tensor_to_image(strings)
    np.testing.assert_array_equal(images["image"], np.stack([picture, picture]))
    assert (images["width"], images["height"]) == (4, 5)
    clips = Ours.tensor_to_audio(np.array([[event.encoded_audio_string, b""]], dtype=object))
    np.testing.assert_array_equal(clips["audio"], samples)
    assert (clips["length_frames"], clips["sample_rate"]) == (50, 8000)
    out = io.BytesIO()
    frames = [Image.fromarray(picture), Image.fromarray(255 - picture)]
    frames[0].save(out, "gif", save_all=True, append_images=frames[1:])
    film = Ours.tensor_to_image(np.array([b"4", b"5", out.getvalue()], dtype=object))["image"]
    assert film.shape == (2, 5, 4, 3)


def reader_png(picture: Any) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, "png")
    return out.getvalue()


def test_conversions_of_histograms() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        counts, edges = np.histogram(rng.normal(size=80), bins=rng.integers(1, 9))
        rows = np.stack([edges[:-1], edges[1:], counts], axis=1)
        mine, peer = Ours.tensor_to_histogram(rows), Theirs.tensor_to_histogram(rows)
        for name in peer:
            np.testing.assert_array_equal(mine[name], peer[name], name)
        points = np.unique(np.r_[rng.normal(size=9) * 2, edges[:2]])
        for name in ("histogram_to_cdf", "histogram_to_pdf"):
            got = getattr(Ours, name)(peer["counts"], peer["limits"], points)
            want = getattr(Theirs, name)(peer["counts"], peer["limits"], points)
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)
        for bounds in ((None, None), (float(edges[0]), float(edges[-1])), (1.0, 1.0)):
            got = Ours.histogram_to_bins(peer["counts"], peer["limits"], *bounds, 7)
            want = Theirs.histogram_to_bins(peer["counts"], peer["limits"], *bounds, 7)
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)
    with pytest.raises(ValueError, match="x must ascend"):
        Ours.histogram_to_cdf([0, 1], [0, 1], [1, 0])


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not found"):
        Ours(str(tmp_path / "nowhere"))
    with pytest.raises(KeyError, match="wal_time"):
        Ours(str(tmp_path), extra_columns={"wal_time"})
    with pytest.raises(ValueError, match="event_types must be a set"):
        Ours(str(tmp_path), event_types=["scalars"])  # type: ignore[arg-type]
    reader = Ours(str(tmp_path), event_types={"scalars"})
    assert reader.scalars.empty
    assert repr(reader) == repr(Theirs(str(tmp_path)))
    with pytest.raises(ValueError, match="ignored by user"):
        _ = reader.text
    with pytest.raises(ValueError, match="Unknown event_type: 'scalar'"):
        reader.get_events("scalar")
    with pytest.raises(ValueError, match="Unknown event_type"):
        reader.get_tags("scalar")
