"""What visualdl.LogWriter writes, read here: the values that its own reader gives."""

from __future__ import annotations

import io

import numpy as np
import pytest

import eventcodec
from eventcodec.compat.visualdl import LogReader

STEPS = 50


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def log_directory(visualdl, tmp_path_factory, pixels):
    directory = tmp_path_factory.mktemp("vdl")
    with visualdl.LogWriter(str(directory / "run"), display_name="shown") as writer:
        for step in range(STEPS):
            writer.add_scalar("train/loss", 1 / (step + 1), step)
            writer.add_scalars("waves", {"sin": np.sin(step), "cos": np.cos(step)}, step)
        writer.add_image("picture", pixels.copy(), 1)
        writer.add_text("note", "größer", 2)
        writer.add_audio("beep", np.sin(np.arange(800) / 8), 4, 8000)
        writer.add_histogram("weights", np.arange(1000.0), 5, buckets=7)
        writer.add_embeddings("words", [[1.5, 2.5], [3.5, 4.5]], ["a", "b"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(np, "float", float, raising=False)
            writer.add_pr_curve("pr", np.arange(100) % 2, np.linspace(0, 1, 100), 6)
            writer.add_roc_curve("roc", np.arange(100) % 2, np.linspace(0, 1, 100), 7)
        writer.add_hparams({"lr": 0.1, "layers": 3, "act": "relu"}, ["train/loss"])
    return directory


@pytest.fixture(scope="module")
def path(log_directory):
    (found,) = log_directory.rglob("vdlrecords*")
    return found


@pytest.fixture(scope="module")
def theirs(visualdl, path):
    return visualdl.LogReader(file_path=str(path))


@pytest.fixture(scope="module")
def run(log_directory):
    log = eventcodec.open(log_directory)
    assert (log.damage, log.pending) == ([], {})
    return log["run"]


def test_columns(run, theirs):
    assert run.display_name == "shown"
    loss = run.scalars["train/loss"]
    values = theirs.get_data("scalar", "train/loss")
    assert loss.values.tolist() == [v.value for v in values]
    assert loss.steps.tolist() == [v.id for v in values]
    assert loss.wall_times.tolist() == [v.timestamp / 1000 for v in values]
    waves = theirs.get_data("scalars", "waves")
    for name in ("sin", "cos"):
        want = [v.tag_value.value for v in waves if v.tag_value.tag == name]
        assert run.scalars[f"waves/{name}"].values.tolist() == want
        assert run.tags[f"waves/{name}"].display_name == name


def test_messages(run, theirs, pixels):
    (image,) = run.images["picture"]
    assert (image.width, image.height) == (8, 6)
    np.testing.assert_array_equal(image.to_array(), pixels)
    assert run.texts["note"][0].value == "größer"
    (clip,) = run.audio["beep"]
    (their_clip,) = theirs.get_data("audio", "beep")
    assert clip.encoded == their_clip.audio.encoded_audio_string
    assert (clip.sample_rate, clip.channels, clip.frames) == (8000, 1, 800)
    (histogram,) = run.histograms["weights"]
    (their_histogram,) = theirs.get_data("histogram", "weights")
    assert histogram.counts.tolist() == list(their_histogram.histogram.hist)
    edges = [*histogram.left, histogram.right[-1]]
    assert edges == list(their_histogram.histogram.bin_edges)
    assert (histogram.min, histogram.max, histogram.num) == (0, 999, 1000)
    (curve,) = run.pr_curves["pr"]
    (their_curve,) = theirs.get_data("pr_curve", "pr")
    assert curve.true_positives.tolist() == list(their_curve.pr_curve.TP)
    assert curve.precision.tolist() == list(their_curve.pr_curve.precision)
    (roc,) = theirs.get_data("roc_curve", "roc")
    rows = run.tensors["roc"][0].value
    assert rows[4].tolist() == list(roc.roc_curve.tpr)
    assert run.hparams.hparams == {"lr": 0.1, "layers": 3.0, "act": "relu"}
    assert run.hparams.metrics == {"train/loss": np.float32(1 / STEPS)}
    words = run.embeddings["words"]
    assert words.to_array().tolist() == [[1.5, 2.5], [3.5, 4.5]]
    assert words.metadata() == {"label": ["a", "b"]}


def test_reader_gives_the_same_messages(theirs, path):
    ours = LogReader(file_path=str(path))
    assert ours.get_tags() == theirs.get_tags()
    for component, tags in theirs.get_tags().items():
        for tag in tags:
            want = [v.SerializeToString() for v in theirs.get_data(component, tag)]
            assert [v.SerializeToString() for v in ours.get_data(component, tag)] == want, tag
    assert ours.get_scalar("train/loss")[1].value == theirs.get_scalar("train/loss")[1].value
    assert ours.damage == []


def test_reader_of_a_directory_has_the_same_names(visualdl, log_directory):
    theirs = visualdl.LogReader(str(log_directory))
    ours = LogReader(str(log_directory))
    assert ours.runs() == theirs.runs()
    assert ours.logs() == theirs.logs()
    assert ours.tags() == theirs.tags()
    assert ours.components() == theirs.components()
    assert ours.component_tabs() == theirs.component_tabs()
    assert ours.name2tags == theirs.name2tags
    assert ours.tags2name == theirs.tags2name
    (run,) = ours.runs()
    for component, tag in (("scalar", "train/loss"), ("scalars", "waves"), ("text", "note")):
        got = ours.get_log_data(component, run, tag)
        want = theirs.get_log_data(component, run, tag.replace("/", "%"))
        assert [str(each) for each in got] == [str(each) for each in want]
        # Theirs has curves of charts as runs with scalars.
        where = (run, tag) if component != "scalars" else (f"{run}/{tag}_sin", tag)
        kind = "scalar" if component == "scalars" else component
        reservoirs = (r.data_manager.get_reservoir(kind) for r in (ours, theirs))
        mine, other = (r.get_items(where[0], where[1].replace("/", "%")) for r in reservoirs)
        assert [v.id for v in mine] == [v.id for v in other]


def test_every_file_of_a_directory_counts(visualdl, tmp_path):
    for name in ("vdlrecords.1700000000.log", "vdlrecords.1700000009.log"):
        with visualdl.LogWriter(str(tmp_path), file_name=name) as writer:
            writer.add_scalar("loss", float(name[-5]), int(name[-5]))
    (run,) = LogReader(str(tmp_path)).runs()
    values = LogReader(str(tmp_path)).get_data("scalar", "loss")
    assert [(v.id, v.value) for v in values] == [(0, 0.0), (9, 9.0)]
    assert [v.id for v in visualdl.LogReader(str(tmp_path)).data_manager.get_reservoir("scalar")
            .get_items(run, "loss")] == [9]  # fmt: skip


def test_a_log_that_grows_and_one_that_is_torn(visualdl, path, tmp_path):
    data = path.read_bytes()
    growing = tmp_path / "vdlrecords.1700000000.log"
    whole = LogReader(file_path=str(path))
    counts = [sum(len(v) for tags in whole.log_data.values() for v in tags.values())]
    growing.write_bytes(data[: len(data) // 2])
    reader = LogReader(file_path=str(growing))
    with growing.open("ab") as file:
        file.write(data[len(data) // 2 :])
    reader.load_new_data()
    counts.append(sum(len(v) for tags in reader.log_data.values() for v in tags.values()))
    assert counts[0] == counts[1]
    # A killed writer's half record, with more behind it.
    growing.write_bytes(data[: len(data) - 20] + data)
    torn = LogReader(file_path=str(growing))
    (region,) = torn.damage
    assert region.offset + region.length == len(data) - 20
    assert len(torn.get_data("scalar", "train/loss")) == 2 * STEPS
    with pytest.raises((OverflowError, MemoryError)):
        visualdl.LogReader(file_path=str(growing))


def test_pictures_of_the_original_are_decoded(run):
    from PIL import Image

    assert Image.open(io.BytesIO(run.images["picture"][0].encoded)).size == (8, 6)
