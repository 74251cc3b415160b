"""Files that other software wrote, read here with what TensorBoard's own reader finds in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import eventcodec

SEED = 20240607

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # in peers' own code
    # tensorboardX leaves its file to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def accumulate(path: Path) -> EventAccumulator:
    everything = dict.fromkeys(
        ("scalars", "histograms", "images", "tensors", "audio", "distributions"), 0
    )
    return EventAccumulator(str(path), everything).Reload()


def log_everything(writer: Any) -> None:
    rng = np.random.default_rng(SEED)
    for step in range(20):
        writer.add_scalar("loss", float(rng.normal()), step)
        writer.add_scalar("train/lr", 10.0**-step, step)
        writer.add_histogram("weights", rng.normal(size=100), step)
        if step % 5 == 0:
            writer.add_image("digit", rng.random((3, 5, 7), dtype=np.float32), step)
            writer.add_image("grey", rng.random((1, 4, 4), dtype=np.float32), step)
            writer.add_text("note", f"step **{step}** ü", step)
    writer.add_scalar("odd", float("nan"), -5)
    writer.add_scalar("odd", float("inf"), 2**62)
    writer.add_scalar("odd", -0.0, 0)
    writer.close()


def torch_writer(path: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(path))


def tensorboardx_writer(path: Path) -> Any:
    from tensorboardX import SummaryWriter

    return SummaryWriter(str(path))


@pytest.fixture(scope="module", params=[torch_writer, tensorboardx_writer])
def logged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log")
    log_everything(request.param(path))
    return path


def test_scalars_equal(logged: Path) -> None:
    run, peer = eventcodec.open(logged)["."], accumulate(logged)
    assert set(run.scalars) == set(peer.Tags()["scalars"]) == {"loss", "train/lr", "odd"}
    for tag in run.scalars:
        wanted = peer.Scalars(tag)
        series = run.scalars[tag]
        assert series.steps.tolist() == [each.step for each in wanted]
        assert series.wall_times.tolist() == [each.wall_time for each in wanted]
        np.testing.assert_array_equal(series.values, [each.value for each in wanted])
        assert [tuple(point)[:2] for point in series] == [
            (each.step, each.wall_time) for each in wanted
        ]
    assert np.signbit(run.scalars["odd"].values[-1])


def test_histograms_equal(logged: Path) -> None:
    series, peer = eventcodec.open(logged)["."].histograms["weights"], accumulate(logged)
    wanted = peer.Histograms("weights")
    assert series.steps.tolist() == [each.step for each in wanted]
    for ours, theirs in zip(series, wanted, strict=True):
        value = theirs.histogram_value
        assert (ours.min, ours.max, ours.num, ours.sum, ours.sum_squares) == (
            value.min,
            value.max,
            value.num,
            value.sum,
            value.sum_squares,
        )
        assert value.bucket[0] == 0
        np.testing.assert_array_equal(ours.right, value.bucket_limit[1:])
        np.testing.assert_array_equal(ours.left, value.bucket_limit[:-1])
        np.testing.assert_array_equal(ours.counts, value.bucket[1:])


def test_images_equal(logged: Path) -> None:
    run, peer = eventcodec.open(logged)["."], accumulate(logged)
    assert set(run.images) == {"digit", "grey"}
    for tag in run.images:
        wanted = peer.Images(tag)
        assert len(run.images[tag]) == len(wanted) == 4
        for ours, theirs in zip(run.images[tag], wanted, strict=True):
            assert (ours.step, ours.wall_time) == (theirs.step, theirs.wall_time)
            assert (ours.width, ours.height) == (theirs.width, theirs.height)
            assert ours.encoded == theirs.encoded_image_string
            pixels = np.asarray(Pillow.open(io.BytesIO(theirs.encoded_image_string)))
            np.testing.assert_array_equal(ours.to_array().squeeze(), pixels.squeeze())
            assert ours.to_array().shape[:2] == (ours.height, ours.width)


def test_texts_equal(logged: Path) -> None:
    run, peer = eventcodec.open(logged)["."], accumulate(logged)
    series = run.texts["note/text_summary"]
    wanted = peer.Tensors("note/text_summary")
    assert [each.value for each in series] == [
        each.tensor_proto.string_val[0].decode() for each in wanted
    ]
    assert [(each.step, each.wall_time) for each in series] == [
        (each.step, each.wall_time) for each in wanted
    ]


def test_tags_say_what_there_is(logged: Path) -> None:
    tags = eventcodec.open(logged)["."].tags
    assert {name: (tag.kind, tag.plugin, tag.count) for name, tag in tags.items()} == {
        "loss": ("scalars", "scalars", 20),
        "train/lr": ("scalars", "scalars", 20),
        "weights": ("histograms", "histograms", 20),
        "digit": ("images", "images", 4),
        "grey": ("images", "images", 4),
        "note/text_summary": ("texts", "text", 4),
        "odd": ("scalars", "scalars", 3),
    }
    assert (tags["odd"].first_step, tags["odd"].last_step) == (-5, 0)


@pytest.mark.parametrize("double_precision", [False, True])
def test_new_style_scalars_of_torch(tmp_path: Path, double_precision: bool) -> None:
    writer = torch_writer(tmp_path)
    values = np.random.default_rng(SEED).normal(size=50)
    for step, value in enumerate(values):
        writer.add_scalar("a", value, step, new_style=True, double_precision=double_precision)
        writer.add_scalar("b", value, step)
    writer.close()
    run = eventcodec.open(tmp_path)["."]
    stored = values if double_precision else values.astype(np.float32).astype(np.float64)
    np.testing.assert_array_equal(run.scalars["a"].values, stored)
    np.testing.assert_array_equal(run.scalars["b"].values, values.astype(np.float32))
    assert run.scalars["a"].steps.tolist() == list(range(50))


def test_tensorboards_own_writer(tmp_path: Path) -> None:
    from tensorboard.summary import Writer

    writer = Writer(str(tmp_path))
    for step in range(30):
        writer.add_scalar("s", step / 3, step, description="thirds")
    writer.flush()
    writer.close()
    run = eventcodec.open(tmp_path)["."]
    assert run.scalars["s"].values.tolist() == [float(np.float32(i / 3)) for i in range(30)]
    assert run.tags["s"].description == "thirds"


def test_audio_hparams_graphs_are_listed(tmp_path: Path) -> None:
    import torch

    writer = torch_writer(tmp_path)
    writer.add_pr_curve("pr", np.array([0, 1, 1]), np.array([0.1, 0.6, 0.9]), 3)
    writer.add_mesh("mesh", torch.zeros(1, 3, 3))
    writer.add_custom_scalars({"a": {"b": ["Multiline", ["loss"]]}})
    writer.add_hparams({"lr": 0.1}, {"accuracy": 1.0}, run_name=".")
    writer.add_tensor("t", torch.arange(4.0)) if hasattr(writer, "add_tensor") else None
    writer.close()
    tags = eventcodec.open(tmp_path)["."].tags
    listed = {(tag.kind, tag.plugin) for tag in tags.values()}
    assert {
        ("pr_curves", "pr_curves"),
        ("meshes", "mesh"),
        ("custom_scalars", "custom_scalars"),
        ("hparams", "hparams"),
    } <= listed
    peer = accumulate(tmp_path)
    assert set(peer.Tags()["tensors"]) <= set(tags)


def test_logs_of_another_project() -> None:
    root = Path(__file__).parents[3].parent / "shared" / "logs" / "tensorboard-reducer"
    if not root.is_dir():
        pytest.skip(f"no logs at {root}")
    log = eventcodec.open(root)
    assert log.damage == []
    files = [file for file in root.rglob("*tfevents*") if file.is_file()]
    assert len(log) == len({file.parent for file in files}) > 0
    for name, run in log.runs.items():
        peer = accumulate(root / name)
        assert set(run.scalars) == set(peer.Tags()["scalars"])
        for tag, series in run.scalars.items():
            wanted = peer.Scalars(tag)
            assert series.steps.tolist() == [each.step for each in wanted]
            assert series.wall_times.tolist() == [each.wall_time for each in wanted]
            np.testing.assert_array_equal(series.values, [each.value for each in wanted])
            middle = wanted[len(wanted) // 2].step
            some = eventcodec.open(root / name, tags=[tag], steps=(middle, None))["."].scalars
            late = [each for each in wanted if each.step >= middle]
            assert list(some) == [tag]
            assert some[tag].steps.tolist() == [each.step for each in late]
            np.testing.assert_array_equal(some[tag].values, [each.value for each in late])
