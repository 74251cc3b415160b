"""The methods of SummaryWriter: what is stored where torch has no say, and errors."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from PIL import Image, ImageSequence
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from torch.utils.tensorboard._utils import _prepare_video

import eventcodec
from eventcodec import SummaryWriter, WriterClosedError


def logged(directory: Path, call: Any) -> Any:
    """The run that a call logs."""
    with SummaryWriter(directory) as writer:
        call(writer)
    log = eventcodec.open(directory)
    assert log.damage == []
    return log["."]


def event_files(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*tfevents*"))


# ---- one file for a run


def test_add_scalars_in_one_file(tmp_path: Path) -> None:
    def call(writer: SummaryWriter) -> None:
        for step in range(3):
            writer.add_scalars("loss", {"train": step, "test": 2 * step}, step, layout="single")
        writer.add_scalars("loss", {"other.1": 9}, 4, layout="single")

    run = logged(tmp_path, call)
    assert len(event_files(tmp_path)) == 1
    assert run.scalars["loss/test"].values.tolist() == [0.0, 2.0, 4.0]
    (category,) = run.custom_scalars
    (chart,) = category["charts"]
    assert chart["title"] == "loss"
    assert chart["tags"] == ["^loss/train$", "^loss/test$", r"^loss/other\.1$"]


def test_charts_add_up(tmp_path: Path) -> None:
    def call(writer: SummaryWriter) -> None:
        writer.add_custom_scalars_multilinechart(["a", "b"], title="first")
        writer.add_custom_scalars_marginchart(["a", "b", "c"], title="second")
        writer.add_custom_scalars_multilinechart(["d"], title="first")

    (category,) = logged(tmp_path, call).custom_scalars
    charts = {chart["title"]: chart for chart in category["charts"]}
    assert charts["first"]["tags"] == ["d"]
    assert charts["second"]["series"] == [{"value": "a", "lower": "b", "upper": "c"}]


def test_add_hparams_in_one_file(tmp_path: Path) -> None:
    run = logged(
        tmp_path,
        lambda w: w.add_hparams(
            {"lr": 0.5, "on": True}, {"acc": 1}, global_step=3, layout="single"
        ),
    )
    assert len(event_files(tmp_path)) == 1
    assert run.hparams.hparams == {"lr": 0.5, "on": True}
    assert run.hparams.metrics == {"acc": 1.0}
    assert run.hparams.status == "success"
    assert run.scalars["acc"].steps.tolist() == [3]


def test_hparams_of_any_type(tmp_path: Path) -> None:
    given = {
        "numpy": np.float32(0.5),
        "integer": np.int64(3),
        "flag": np.bool_(True),
        "tensor": torch.tensor(2.0),
        "function": len,
        "list": [1, 2],
        "path": Path("a/b"),
        "none": None,
        "nested": {"x": 1, "deeper": {"y": "z"}},
    }
    run = logged(tmp_path, lambda w: w.add_hparams(given, {}, layout="single"))
    assert run.hparams.hparams == {
        "numpy": 0.5,
        "integer": 3.0,
        "flag": True,
        "tensor": 2.0,
        "function": "len",
        "list": "[1, 2]",
        "path": "a/b",
        "nested/x": 1.0,
        "nested/deeper/y": "z",
    }


def test_runs_below_share_the_options(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, filename_suffix=".mine") as writer:
        writer.add_scalars("g", {"a": 1}, 1)
        writer.add_hparams({"x": 1}, {"m": 2}, run_name="trial")
        writer.flush()
        assert {path.name[-5:] for path in event_files(tmp_path)} == {".mine"}
    names = {path.parent.relative_to(tmp_path).as_posix() for path in event_files(tmp_path)}
    assert names == {".", "g_a", "trial"}


def test_runs_below_after_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with SummaryWriter("log") as writer:
        os.chdir("elsewhere")
        writer.add_scalars("g", {"a": 1}, 1)
        writer.add_embedding(np.eye(2))
    assert len(event_files(tmp_path / "log")) == 2
    assert (tmp_path / "log" / "projector_config.pbtxt").exists()


# ---- sounds and videos


@pytest.mark.parametrize(
    ("shape", "frames", "channels"),
    [((90,), 90, 1), ((1, 90), 90, 1), ((90, 1), 90, 1), ((90, 2), 90, 2), ((2, 90), 90, 2)],
)
def test_audio(tmp_path: Path, shape: tuple[int, ...], frames: int, channels: int) -> None:
    sound = np.linspace(-1, 1, frames * channels).reshape(shape)
    clip = logged(tmp_path, lambda w: w.add_audio("a", sound, 1, 8000)).audio["a"][0]
    with wave.open(io.BytesIO(clip.encoded)) as file:
        assert file.getparams()[:4] == (channels, 2, 8000, frames)
        found = np.frombuffer(file.readframes(frames), "<i2").reshape(frames, channels)
    wanted = sound.reshape(frames, 1) if channels == 1 else sound.reshape(shape)
    wanted = wanted.T if wanted.shape != found.shape else wanted
    assert np.abs(found / 32767 - wanted).max() < 1e-4


def test_audio_of_bits_and_nan(tmp_path: Path) -> None:
    bits = np.array([-32768, 0, 32767], np.int16)
    run = logged(
        tmp_path, lambda w: (w.add_audio("bits", bits), w.add_audio("nan", np.array([np.nan, 3])))
    )
    assert run.audio["bits"][0].encoded[44:] == bits.tobytes()
    assert np.frombuffer(run.audio["nan"][0].encoded[44:], "<i2").tolist() == [0, 32767]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_video_is_laid_out_as_torch_does(tmp_path: Path, count: int, channels: int) -> None:
    rng = np.random.default_rng(count)
    # Few colours, which a GIF keeps; frames that differ.
    video = rng.integers(0, 2, (count, 4, channels, 6, 5)).astype(np.float32)
    image = logged(tmp_path, lambda w: w.add_video("v", video, 1, fps=5)).images["v"][0]
    wanted = _prepare_video(video) * 255
    with Image.open(io.BytesIO(image.encoded)) as gif:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
        assert gif.info["duration"] == 200
        assert gif.info["loop"] == 0
    assert (image.height, image.width) == wanted.shape[1:3]
    assert len(frames) == 4
    for frame, want in zip(frames, wanted, strict=True):
        assert np.array_equal(frame, np.broadcast_to(want, frame.shape))


def test_video_in_another_order(tmp_path: Path) -> None:
    video = np.random.default_rng(0).integers(0, 256, (1, 3, 3, 8, 9)).astype(np.uint8)
    run = logged(
        tmp_path,
        lambda w: (
            w.add_video("a", video),
            w.add_video("b", video.transpose(0, 1, 3, 4, 2), dataformats="NTHWC"),
        ),
    )
    assert run.images["a"][0].encoded == run.images["b"][0].encoded


# ---- tensors: TensorBoard reads back what torch's writer stores in a form that it cannot read


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool"]
)
def test_tensors_are_read_back_by_tensorboard(tmp_path: Path, dtype: str) -> None:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.util.tensor_util import make_ndarray

    array = (np.arange(6).reshape(2, 3) % 5).astype(dtype)
    run = logged(
        tmp_path, lambda w: (w.add_tensor("n", array), w.add_tensor("t", torch.tensor(array)))
    )
    for tag in "nt":
        found = make_ndarray(Summary.Value.FromString(run.raw[tag][0]).tensor)
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)


def test_bfloat16_tensors(tmp_path: Path) -> None:
    tensor = torch.tensor([1e10, -0.1, float("inf")], dtype=torch.bfloat16)
    run = logged(tmp_path, lambda w: w.add_tensor("x", tensor))
    assert run.tensors["x"][0].value.astype(float).tolist() == tensor.double().tolist()


# ---- embeddings


def config_of(directory: Path) -> ProjectorConfig:
    return text_format.Parse((directory / "projector_config.pbtxt").read_text(), ProjectorConfig())


def test_embeddings_of_several_writers_are_kept(tmp_path: Path) -> None:
    theirs = 'embeddings {\n  tensor_name: "theirs"\n  tensor_path: "x.tsv"\n}'
    (tmp_path / "projector_config.pbtxt").write_text(theirs)
    for tag in ("one", "two", "one"):
        with SummaryWriter(tmp_path) as writer:
            writer.add_embedding(np.eye(2), metadata=["a", "b"], tag=tag)
    names = [each.tensor_name for each in config_of(tmp_path).embeddings]
    assert names == ["theirs", "one:00000", "two:00000"]


def test_a_configuration_that_cannot_be_read_is_added_to(tmp_path: Path) -> None:
    (tmp_path / "projector_config.pbtxt").write_text("what { is this")
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.eye(2), tag="mine")
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert text.startswith("what { is this\nembeddings {")
    assert '"mine:00000"' in text


@pytest.mark.parametrize("tag", ['a"b\n', "..", "../../x", "a\\b", "%41", "é/ü", "."])
def test_names_of_embeddings(tmp_path: Path, tag: str) -> None:
    log_dir = tmp_path / "log"
    vectors = np.arange(4.0).reshape(2, 2) / 3
    with SummaryWriter(log_dir) as writer:
        writer.add_embedding(vectors, ["x\ty", "z\nw"], tag=tag)
    (entry,) = config_of(log_dir).embeddings
    assert entry.tensor_name == f"{tag}:00000"
    found = eventcodec.open(log_dir)["."].embeddings[entry.tensor_name]
    assert np.array_equal(found.to_array(), vectors.astype(np.float32))
    assert found.metadata() == {"label": ["x\\ty", "z\\nw"]}
    outside = [path for path in tmp_path.rglob("*.tsv") if not path.is_relative_to(log_dir)]
    assert outside == []


def test_large_thumbnails_are_shrunk(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(np.eye(81), label_img=np.ones((81, 1, 1000, 1000), np.uint8) * 255)
    (entry,) = config_of(tmp_path).embeddings
    assert list(entry.sprite.single_image_dim) == [910, 910]
    with Image.open(tmp_path / entry.sprite.image_path) as sprite:
        assert sprite.size == (8190, 8190)


# ---- mistakes of the caller

MISTAKES: list[tuple[str, Any, str]] = [
    ("scalars", lambda w: w.add_scalars("g", {"a": "x"}), "a must be a real number, got 'x'"),
    ("scalars", lambda w: w.add_scalars("g", [1]), r"tag_scalar_dict must be a dict"),
    ("scalars", lambda w: w.add_scalars("g", {"a": 1}, layout="x"), "got 'x'"),
    ("hparams", lambda w: w.add_hparams({"a": 1}, {"m": "bad"}), "m must be a real number"),
    ("hparams", lambda w: w.add_hparams([1], {}), r"must be a dict, got \[1\]"),
    ("hparams", lambda w: w.add_hparams({"a": 1}, {}, {"b": [1]}), "got 'b'"),
    ("hparams", lambda w: w.add_hparams({"a": 1}, {}, {"a": ["x"]}), "got 'x'"),
    ("hparams", lambda w: w.add_hparams({}, {}, run_name="x", layout="single"), "got 'x'"),
    ("boxes", lambda w: w.add_image_with_boxes("b", np.zeros((3, 9, 9)), [[1, 2]]), r"\(1, 2\)"),
    (
        "boxes",
        lambda w: w.add_image_with_boxes("b", np.zeros((3, 9, 9)), [[1, 1, 2, 2]], labels=[]),
        "one for each box, got 0 for 1",
    ),
    ("figure", lambda w: w.add_figure("f", "no"), "matplotlib figure, got 'no'"),
    ("video", lambda w: w.add_video("v", np.zeros((2, 3, 8, 8))), r"got \(2, 3, 8, 8\)"),
    (
        "video",
        lambda w: w.add_video("v", np.zeros((1, 1, 3, 8, 8)), fps=0),
        "positive number, got 0",
    ),
    ("video", lambda w: w.add_video("v", np.zeros((1, 1, 2, 8, 8))), "1 or 3 channels, got 2"),
    ("audio", lambda w: w.add_audio("a", np.zeros((3, 5))), r"got \(3, 5\)"),
    ("audio", lambda w: w.add_audio("a", np.zeros(5), sample_rate=0), "at least 1, got 0"),
    ("audio", lambda w: w.add_audio("a", []), r"got \(0,\)"),
    ("mesh", lambda w: w.add_mesh("m", np.zeros((4, 3))), r"got \(4, 3\)"),
    ("mesh", lambda w: w.add_mesh("m", np.zeros((1, 4, 3)), config_dict={"a": {1}}), "JSON"),
    ("pr", lambda w: w.add_pr_curve("p", [0, 1], [0.5]), r"\(2,\) and \(1,\)"),
    ("pr", lambda w: w.add_pr_curve("p", [0, 1], [0.5, 1.5]), "between 0 and 1, got .*1.5"),
    ("pr", lambda w: w.add_pr_curve("p", [0, 1], [0.5, float("nan")]), "between 0 and 1, got"),
    ("pr raw", lambda w: w.add_pr_curve_raw("p", [1], [1], [1], [1], [1], [1, 2]), "recall"),
    ("charts", lambda w: w.add_custom_scalars({"a": {"b": ["Pie", ["x"]]}}), "got 'Pie'"),
    ("charts", lambda w: w.add_custom_scalars_marginchart(["x"]), r"three tags.*\['x'\]"),
    ("charts", lambda w: w.add_custom_scalars_multilinechart("loss"), "list of str, got 'loss'"),
    ("embedding", lambda w: w.add_embedding(np.zeros(3)), r"got \(3,\)"),
    ("embedding", lambda w: w.add_embedding(np.eye(3), ["a"]), "each of 3 vectors, got 1"),
    (
        "embedding",
        lambda w: w.add_embedding(np.eye(2), [[1, 2], [3]], metadata_header=["a", "b"]),
        r"2 values, got \[3\]",
    ),
    ("tensor", lambda w: w.add_tensor("t", ["x"]), "numbers"),
    ("tensor", lambda w: w.add_tensor("t", torch.zeros(2, device="meta")), "meta"),
    ("image", lambda w: w.add_image("i", torch.zeros(3, 4, 4, device="meta")), "meta"),
]


@pytest.mark.parametrize(("kind", "call", "message"), MISTAKES, ids=[k for k, _, _ in MISTAKES])
def test_mistakes_are_quoted_and_nothing_is_written(
    tmp_path: Path, kind: str, call: Any, message: str
) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError), match=message):
            call(writer)
        assert writer.stats().accepted == 0
    assert len(list(tmp_path.rglob("*"))) == 1


@pytest.mark.filterwarnings("ignore:.*is deprecated. Please switch to:DeprecationWarning")
def test_graphs_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "model.onnx"
    text.write_text("no model")
    with SummaryWriter(tmp_path / "log") as writer:
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
            writer.add_graph(torch.nn.Linear(3, 1), torch.zeros(1, 9))
        assert "Error occurs, No graph saved" in capsys.readouterr().out  # as torch says it
        with pytest.raises(ValueError, match=r"model\.onnx: no ONNX model"):
            writer.add_onnx_graph(text)
        with pytest.raises(FileNotFoundError):
            writer.add_onnx_graph(tmp_path / "missing.onnx")
        assert writer.stats().accepted == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda w: w.add_scalars("g", {"a": 1}),
        lambda w: w.add_hparams({"a": 1}, {"m": 1}),
        lambda w: w.add_text("t", "x"),
        lambda w: w.add_audio("a", np.zeros(3)),
    ],
)
def test_calls_on_a_closed_writer(tmp_path: Path, call: Any) -> None:
    writer = SummaryWriter(tmp_path)
    writer.close()
    with pytest.raises(WriterClosedError):
        call(writer)
    assert len(list(tmp_path.rglob("*"))) == 1


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with (
        SummaryWriter(tmp_path) as writer,
        pytest.raises(ImportError, match=r"eventcodec\[image\]"),
    ):
        writer.add_video("v", np.zeros((1, 1, 3, 8, 8)))


def test_muted(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "none", muted=True) as writer:
        writer.add_scalar("a", 1)
        writer.add_scalars("g", {"a": 1})
        writer.add_embedding(np.eye(2))
        writer.add_hparams({"a": 1}, {"b": 1})
    assert list(tmp_path.iterdir()) == []
