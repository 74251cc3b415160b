"""VisualDL's own reader and the calls of its server on what LogWriter writes, every component."""

from __future__ import annotations

import inspect
import io
import json
import math
import wave

import numpy as np
import pytest

from eventcodec.compat.visualdl import LogWriter

MILLISECONDS = 1700000000250
COMPONENTS = {
    "scalar", "scalars", "image", "text", "audio", "histogram", "embeddings", "pr_curve",
    "roc_curve", "hyper_parameters", "meta_data",
}  # fmt: skip


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def curve():
    generator = np.random.default_rng(1)
    labels = generator.integers(0, 2, 400)
    return labels, np.clip(labels * 0.3 + generator.random(400) * 0.7, 0, 1)


@pytest.fixture(scope="module")
def log_directory(tmp_path_factory, pixels, curve):
    directory = tmp_path_factory.mktemp("vdl")
    run = directory / "exp" / "one"
    with LogWriter(str(run), display_name="first") as writer:
        for step, value in enumerate((0.5, math.inf, math.nan, -0.0, 1e-40, 3e38)):
            writer.add_scalar("train/loss", value, step, MILLISECONDS + step)
        writer.add_scalars("waves", {"sin": 0.25, "cos": 0.75}, 3, MILLISECONDS)
        writer.add_image("pictures/a", pixels, 1, MILLISECONDS)
        writer.add_image_matrix("grid", [pixels] * 5, 1)
        writer.add_text("note", "größer 大", 2)
        writer.add_text("note", "no step")
        writer.add_audio("beep", np.sin(np.arange(800) / 8), 4, 8000)
        writer.add_histogram("weights", np.arange(1000.0), 5, buckets=7)
        writer.add_embeddings("words", [[1.5, 2.5], [3.5, 4.5]], ["a", "b"])
        writer.add_embeddings("columns", np.eye(2), [["a", "b"], ["c", "d"]], ["x", "y"])
        writer.add_pr_curve("pr", *curve, 6, num_thresholds=11)
        writer.add_roc_curve("roc", *curve, 7)
        writer.add_hparams({"lr": 0.1, "layers": 3, "act": "relu", "none": None}, ["train/loss"])
    return directory


@pytest.fixture(scope="module")
def call(visualdl_server, log_directory):
    """The calls that VisualDL's server answers, without a server."""
    api = visualdl_server(log_directory)

    def get(path, **arguments):
        answer = json.loads(api(path, arguments)[0])
        assert answer["status"] == 0, answer
        return answer["data"]

    return get


@pytest.fixture(scope="module")
def run(log_directory):
    return str(log_directory / "exp" / "one")


@pytest.fixture(scope="module")
def theirs(visualdl, log_directory):
    (file,) = log_directory.rglob("vdlrecords*.log")
    return visualdl.LogReader(file_path=str(file))


def test_their_reader_finds_every_component(theirs):
    assert set(theirs.get_tags()) == COMPONENTS
    assert theirs.name2tags == {"first": str(theirs.reader._filepath)}


def test_scalars_bit_for_bit(theirs):
    values = theirs.get_data("scalar", "train/loss")
    assert [(v.id, v.timestamp) for v in values] == [(s, MILLISECONDS + s) for s in range(6)]
    want = np.array([0.5, math.inf, math.nan, -0.0, 1e-40, 3e38], np.float32)
    assert np.array([v.value for v in values], np.float32).tobytes() == want.tobytes()
    waves = theirs.get_data("scalars", "waves")
    assert [(v.tag_value.tag, v.tag_value.value) for v in waves] == [("sin", 0.25), ("cos", 0.75)]


def test_pictures(theirs, pixels):
    from PIL import Image

    def decoded(tag):
        (value,) = theirs.get_data("image", tag)
        return np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string)))

    np.testing.assert_array_equal(decoded("pictures/a"), pixels)
    grid = decoded("grid")
    assert grid.shape == (36, 40, 3)
    np.testing.assert_array_equal(grid[24:, :20], pixels)
    assert not grid[24:, 20:].any()


def test_clips_texts_and_numbers(theirs, curve):
    (clip,) = theirs.get_data("audio", "beep")
    with wave.open(io.BytesIO(clip.audio.encoded_audio_string)) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 800)
    assert [(v.id, v.text.encoded_text_string) for v in theirs.get_data("text", "note")] == [
        (2, "größer 大"),
        (0, "no step"),
    ]
    (histogram,) = theirs.get_data("histogram", "weights")
    counts, edges = np.histogram(np.arange(1000.0), 7)
    np.testing.assert_array_equal(histogram.histogram.hist, counts)
    np.testing.assert_array_equal(histogram.histogram.bin_edges, edges)
    (columns,) = theirs.get_data("embeddings", "columns")
    assert list(columns.embeddings.label_meta) == ["x", "y"]
    assert list(columns.embeddings.embeddings[1].label) == ["b", "d"]
    (hparam,) = theirs.get_data("hyper_parameters", "hparam")
    infos = {i.name: getattr(i, i.WhichOneof("type")) for i in hparam.hparam.hparamInfos}
    assert infos == {"lr": 0.1, "layers": 3, "act": "relu"}


def test_curves_are_those_of_the_original_on_an_older_numpy(visualdl, theirs, curve, monkeypatch):
    """visualdl 2.5.3 uses np.float, which numpy dropped: with it given back it is the oracle."""
    base_component = visualdl.component.base_component

    with pytest.raises(AttributeError):
        base_component.compute_curve(*curve, 11)
    monkeypatch.setattr(np, "float", float, raising=False)
    (pr,) = theirs.get_data("pr_curve", "pr")
    want = base_component.compute_curve(*curve, 11)
    for name in ("TP", "FP", "TN", "FN", "precision", "recall"):
        np.testing.assert_array_equal(getattr(pr.pr_curve, name), want[name.lower()])
    (roc,) = theirs.get_data("roc_curve", "roc")
    want = base_component.compute_roc_curve(*curve, 10)
    for name in ("TP", "FP", "TN", "FN", "fpr"):
        np.testing.assert_array_equal(getattr(roc.roc_curve, name), want[name.lower()])
    positives = np.array(want["tp"]) / sum(curve[0])
    np.testing.assert_allclose(roc.roc_curve.tpr, positives)  # theirs divides by the negatives


def test_server_lists_runs_and_tags(call, run):
    assert call("runs") == ["first"]
    tags = call("scalar/tags")
    assert tags == {
        "runs": ["first", f"{run}/waves_sin", f"{run}/waves_cos"],
        "tags": [["train/loss"], ["waves"], ["waves"]],
    }


def test_server_answers_for_every_component(call, run):
    points = call("scalar/list", run="first", tag="train/loss")
    assert [point[:2] for point in points] == [[MILLISECONDS + s, s] for s in range(6)]
    assert [points[0][2], points[1][2]] == [0.5, "inf"]
    assert call("scalar/list", run=f"{run}/waves_cos", tag="waves") == [[MILLISECONDS, 3, 0.75]]
    assert [each["step"] for each in call("image/list", run="first", tag="pictures/a")] == [1]
    assert [each["step"] for each in call("text/list", run="first", tag="note")] == [2, 0]
    assert [each["step"] for each in call("audio/list", run="first", tag="beep")] == [4]
    assert call("histogram/list", run="first", tag="weights")[0][1] == 5
    assert call("pr-curve/list", run="first", tag="pr")[0][1] == 6
    assert call("roc-curve/list", run="first", tag="roc")[0][1] == 7
    assert call("hparams/list")[0]["hparams"] == {"lr": 0.1, "layers": 3, "act": "relu"}
    assert {each["name"] for each in call("embedding/list")} == {f"{run}/words", f"{run}/columns"}


def test_server_serves_what_was_logged(visualdl_server, log_directory, pixels, run):
    from PIL import Image

    api = visualdl_server(log_directory)
    picture = api("image/image", {"run": "first", "tag": "pictures/a", "index": 0})[0]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(picture))), pixels)
    clip = api("audio/audio", {"run": "first", "tag": "beep", "index": 0})[0]
    with wave.open(io.BytesIO(clip)) as file:
        assert file.getnframes() == 800
    assert api("text/text", {"run": "first", "tag": "note", "index": 0})[0] == "größer 大"
    embeddings = json.loads(api("embedding/list", {})[0])["data"]  # must be asked for first
    assert len(embeddings) == 2
    vectors = api("embedding/tensor", {"name": f"{run}/words"})[0]
    assert np.frombuffer(vectors, np.float32).tolist() == [1.5, 2.5, 3.5, 4.5]


def _methods(cls):
    return {
        name: inspect.signature(value)
        for name, value in vars(cls).items()
        if not name.startswith("_") and callable(value)
    }


def test_signatures_are_visualdls(visualdl):
    theirs = visualdl.LogWriter

    def shape(signature):
        return [
            (p.name, p.kind, p.default)
            for p in signature.parameters.values()
            if p.name not in {"self", "durable"}
        ]

    ours = {name: inspect.signature(getattr(LogWriter, name)) for name in _methods(theirs)}
    for name, signature in _methods(theirs).items():
        assert shape(ours[name]) == shape(signature), name
    assert shape(inspect.signature(LogWriter.__init__)) == shape(inspect.signature(theirs.__init__))
    assert {"logdir", "file_name"} <= set(dir(LogWriter))
