"""Every kind beyond scalars, histograms, images and texts, as torch and tensorboardX write it."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, TaggedRunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.types_pb2 import DataType
from tensorboard.util.tensor_util import make_ndarray, make_tensor_proto

import eventcodec

WriteRecords = Callable[..., Path]


def accumulate(path: Path) -> EventAccumulator:
    kinds = ("scalars", "histograms", "images", "tensors", "audio", "distributions")
    return EventAccumulator(str(path), size_guidance=dict.fromkeys(kinds, 0)).Reload()


def tensor_event(tag: str, tensor: Any, plugin: str, content: bytes = b"", step: int = 0) -> Event:
    event = Event(step=step, wall_time=2.0)
    value = event.summary.value.add(tag=tag, tensor=tensor)
    value.metadata.plugin_data.plugin_name = plugin
    value.metadata.plugin_data.content = content
    return event


def wav_bytes(samples: np.ndarray, rate: int = 8000) -> bytes:
    """A WAV file of integer samples [frames, channels], made by the standard library."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(samples.dtype.itemsize)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def test_audio_of_torch(tmp_path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    sine = np.sin(np.arange(400) / 10).astype(np.float32)
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_audio("sine", sine[None], 3, sample_rate=8000, walltime=5.0)
    clips = eventcodec.open(tmp_path)["."].audio["sine"]
    (peer,) = accumulate(tmp_path).Audio("sine")
    clip = clips[0]
    assert (clip.step, clip.wall_time, clip.sample_rate) == (3, 5.0, 8000.0)
    assert (clip.encoded, clip.content_type, clip.frames) == (
        peer.encoded_audio_string,
        peer.content_type,
        peer.length_frames,
    )
    assert clip.channels == 1
    assert clip.to_array().shape == (400, 1)
    np.testing.assert_allclose(clip.to_array()[:, 0], sine, atol=2 / 32768)


@pytest.mark.parametrize("columns", ["", "clip", "clip, label", "clip, label, more"])
def test_audio_in_tensors(write_records: WriteRecords, columns: str) -> None:
    samples = [np.array([[0, 1], [-32768, 32767]], "<i2"), np.array([[5], [6], [7]], "<i2")]
    encoded = [wav_bytes(each) for each in samples]
    others = [b"label", b"more"][: columns.count(",")]
    strings = [[each, *others] for each in encoded] if columns else encoded
    tensor = make_tensor_proto(np.array(strings, dtype=object))
    path = write_records(tensor_event("two", tensor, "audio", b"\x10\x0b", step=9))
    clips = eventcodec.open(path)["."].audio["two"]
    assert clips.steps.tolist() == [9, 9]
    assert [clip.encoded for clip in clips] == encoded
    assert [(c.sample_rate, c.channels, c.frames) for c in clips] == [(8000, 2, 2), (8000, 1, 3)]
    assert clips[0].to_array().tolist() == [[0, 1 / 32768], [-1, 32767 / 32768]]


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_samples_of_every_size(bits: int) -> None:
    from eventcodec.reader import Audio

    levels = np.array([-1.0, -0.5, 0.0, 0.25])
    whole = (levels * 2.0 ** (bits - 1)).astype("<i4")
    raw = b"".join(
        struct.pack("<i", v)[: bits // 8] if bits > 8 else bytes([v + 128]) for v in whole.tolist()
    )
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(bits // 8)
        file.setframerate(44100)
        file.writeframes(raw)
    clip = Audio(0, 0.0, 44100.0, 2, 2, out.getvalue(), "audio/wav")
    assert clip.to_array().reshape(-1).tolist() == levels.tolist()


def test_hostile_wav_is_a_value_error() -> None:
    from eventcodec.reader import Audio

    whole = wav_bytes(np.array([[1], [2]], "<i2"))
    for size in range(len(whole)):
        clip = Audio(1, 0.0, 0.0, 0, 0, whole[:size], "audio/wav")
        if size < 44:  # within the header
            with pytest.raises(ValueError, match="is no WAV"):
                clip.to_array()
        else:
            assert len(clip.to_array()) == (size - 44) // 2
    no_channels = whole[:22] + b"\0\0" + whole[24:]
    with pytest.raises(ValueError, match="is no WAV"):
        Audio(1, 0.0, 0.0, 0, 0, no_channels, "audio/wav").to_array()


def test_pr_curves(peer_writer: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    labels, guesses = rng.integers(0, 2, 100), rng.random(100)
    peer_writer.add_pr_curve("curve", labels, guesses, 4, num_thresholds=11)
    peer_writer.close()
    curve = eventcodec.open(tmp_path)["."].pr_curves["curve"][0]
    (event,) = accumulate(tmp_path).Tensors("curve")
    rows = make_ndarray(event.tensor_proto)
    ours = [
        curve.true_positives,
        curve.false_positives,
        curve.true_negatives,
        curve.false_negatives,
        curve.precision,
        curve.recall,
    ]
    np.testing.assert_array_equal(ours, rows)
    assert curve.thresholds.tolist() == np.linspace(0, 1, 11).tolist()
    assert curve.step == 4
    assert repr(curve) == f"PrCurve(step=4, wall_time={curve.wall_time!r}, 11 thresholds)"


def test_meshes(peer_writer: Any, tmp_path: Path) -> None:
    vertices = np.random.default_rng(1).normal(size=(1, 5, 3)).astype(np.float32)
    faces = np.array([[[0, 1, 2], [2, 3, 4]]], np.int32)
    if type(peer_writer).__module__.startswith("torch"):
        import torch

        mesh = torch.as_tensor(vertices), None, torch.as_tensor(faces)
    else:
        mesh = vertices, None, faces
    peer_writer.add_mesh("m", *mesh, config_dict={"k": 1}, global_step=2)
    peer_writer.close()
    meshes = eventcodec.open(tmp_path)["."].meshes
    parts = {series[0].content: series[0] for series in meshes.values()}
    assert set(parts) == {"vertices", "faces"}
    np.testing.assert_array_equal(parts["vertices"].value, vertices)
    np.testing.assert_array_equal(parts["faces"].value, faces)
    assert {part.step for part in parts.values()} == {2}
    assert {part.config.get("k") for part in parts.values()} == {1}
    peer = accumulate(tmp_path)
    for tag, series in meshes.items():
        (event,) = peer.Tensors(tag)
        np.testing.assert_array_equal(series[0].value, make_ndarray(event.tensor_proto))


def test_meshes_whose_first_value_alone_says_what_they_are(tmp_path: Path, frame: Any) -> None:
    """TensorFlow 1 writes the metadata of a tag once, and not again in the next file of the run."""
    from tensorboard.plugins.mesh import metadata as mesh_metadata
    from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData

    described = mesh_metadata.create_summary_metadata(
        "m", "m_FACE", MeshPluginData.ContentType.Value("FACE"), 3, [1, 2, 3], None, "{}"
    )
    faces = np.arange(6, dtype=np.int32).reshape(1, 2, 3)
    for file in range(2):
        records = [Event(wall_time=1.0, file_version="brain.Event:2")]
        for step in (2 * file, 2 * file + 1):
            event = Event(step=step, wall_time=1.0)
            value = event.summary.value.add(tag="m_FACE", tensor=make_tensor_proto(faces + step))
            if step == 0:
                value.metadata.CopyFrom(described)
            records.append(event)
        data = b"".join(frame(each.SerializeToString()) for each in records)
        (tmp_path / f"events.out.tfevents.{file}").write_bytes(data)
    peer = mesh_metadata.parse_plugin_metadata(
        accumulate(tmp_path).SummaryMetadata("m_FACE").plugin_data.content
    )
    series = eventcodec.open(tmp_path)["."].meshes["m_FACE"]
    for values in (list(series), [series[i] for i in range(4)], list(series[::-1])[::-1]):
        assert [(each.name, each.content) for each in values] == [(peer.name, "faces")] * 4
        assert [each.value.tolist() for each in values] == [(faces + i).tolist() for i in range(4)]


def test_hparams(peer_writer: Any, tmp_path: Path) -> None:
    hparams = {"lr": 0.1, "layers": 3, "name": "größer", "bias": True}
    peer_writer.add_hparams(hparams, {"accuracy": 0.5, "loss": 0.25})
    peer_writer.close()
    log = eventcodec.open(tmp_path)
    (found,) = [run.hparams for run in log.runs.values() if run.hparams is not None]
    assert found.hparams == {"lr": 0.1, "layers": 3.0, "name": "größer", "bias": True}
    assert found.metrics == {"accuracy": 0.5, "loss": 0.25}
    assert found.status == "success"
    assert found.experiment is not None
    assert found.experiment.metrics == (("", "accuracy"), ("", "loss"))
    assert set(found.experiment.hparams) == set(hparams)
    table = log.hparams()
    assert len(table) == 1
    assert table["hparams/lr"].tolist() == [0.1]
    stored = [1.0] if type(found.hparams["bias"]) is float else ["true"]  # torch stores a number
    assert table["hparams/bias"].tolist() == stored
    assert table["metrics/loss"].tolist() == [0.25]
    assert len(log.hparams(runs="nothing*")) == 0


def test_hparams_of_an_experiment_above(tmp_path: Path, frame: Any) -> None:
    from tensorboard.plugins.hparams import plugin_data_pb2 as plugin

    def record(data: Any) -> bytes:
        event = Event(wall_time=1.0)
        value = event.summary.value.add(tag="_hparams_/x")
        value.metadata.plugin_data.plugin_name = "hparams"
        value.metadata.plugin_data.content = data.SerializeToString()
        return frame(event.SerializeToString())

    experiment = plugin.HParamsPluginData()
    experiment.experiment.metric_infos.add().name.tag = "acc"
    valid = experiment.experiment.metric_infos.add().name
    valid.group, valid.tag = "validation", "acc"
    (tmp_path / "events.out.tfevents.1.h").write_bytes(record(experiment))
    for name, lr in (("a", 0.5), ("b", None)):
        start = plugin.HParamsPluginData()
        start.session_start_info.group_name = "g"
        if lr is not None:
            start.session_start_info.hparams["lr"].number_value = lr
        scalar = Event(wall_time=2.0)
        scalar.summary.value.add(tag="acc", simple_value=0.75)
        folder = tmp_path / name
        (folder / "validation").mkdir(parents=True)
        (folder / "events.out.tfevents.1.h").write_bytes(record(start))
        (folder / "validation" / "events.out.tfevents.1.h").write_bytes(
            frame(scalar.SerializeToString())
        )
    table = eventcodec.open(tmp_path).hparams()
    assert table["run"].tolist() == ["a", "b"]
    assert table["status"].tolist() == ["running", "running"]
    assert table["metrics/validation/acc"].tolist() == [0.75, 0.75]
    np.testing.assert_array_equal(table["hparams/lr"], [0.5, np.nan])
    assert "metrics/acc" not in table.columns


def test_custom_scalars(peer_writer: Any, tmp_path: Path) -> None:
    layout = {
        "Taiwan": {"twse": ["Multiline", ["twse/0050", "twse/2330"]]},
        "USA": {"dow": ["Margin", ["dow/aaa", "dow/bbb", "dow/ccc"]]},
    }
    peer_writer.add_custom_scalars(layout)
    peer_writer.close()
    run = eventcodec.open(tmp_path)["."]
    margin = {"value": "dow/aaa", "lower": "dow/bbb", "upper": "dow/ccc"}
    assert run.custom_scalars == [
        {
            "title": "Taiwan",
            "closed": False,
            "charts": [{"title": "twse", "kind": "multiline", "tags": ["twse/0050", "twse/2330"]}],
        },
        {
            "title": "USA",
            "closed": False,
            "charts": [{"title": "dow", "kind": "margin", "series": [margin]}],
        },
    ]


def test_runs_without_these_kinds(write_records: WriteRecords, event: Any) -> None:
    run = eventcodec.open(write_records(event(a=1.0)))["."]
    assert run.hparams is None
    assert run.custom_scalars == []
    for kind in ("audio", "tensors", "pr_curves", "meshes", "graphs", "embeddings", "raw"):
        assert dict(getattr(run, kind)) == {}


def test_graphs(write_records: WriteRecords) -> None:
    graph = GraphDef()
    graph.node.add(name="a", op="Const")
    content = make_tensor_proto(np.array(b"\x0a\x00", dtype=object))
    events = [
        Event(wall_time=1.0, step=1, graph_def=graph.SerializeToString()),
        Event(wall_time=2.0, step=2, meta_graph_def=b"\x0a\x00"),
        Event(
            wall_time=3.0,
            step=3,
            tagged_run_metadata=TaggedRunMetadata(tag="step3", run_metadata=b"\x12\x00"),
        ),
        tensor_event("keras", content, "graph_keras_model", step=4),
    ]
    run = eventcodec.open(write_records(*events))["."]
    assert run.raw["__run_graph__"][0] == graph.SerializeToString()
    found = {tag: series[0] for tag, series in run.graphs.items()}
    assert found["__run_graph__"].data == graph.SerializeToString()
    assert [node.name for node in found["__run_graph__"].message().node] == ["a"]
    assert found["__meta_graph__"].data == b"\x0a\x00"
    assert not found["__meta_graph__"].message().graph_def.node
    with pytest.raises(ValueError, match="keras_model is no message"):
        found["keras"].message()
    assert (found["step3"].content, found["step3"].data) == ("run_metadata", b"\x12\x00")
    assert (found["keras"].content, found["keras"].data, found["keras"].step) == (
        "keras_model",
        b"\x0a\x00",
        4,
    )


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_graph_of_torch(tmp_path: Path) -> None:
    import torch
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_graph(torch.nn.Linear(3, 2), torch.zeros(1, 3))
    run = eventcodec.open(tmp_path)["."]
    peer = accumulate(tmp_path)
    ours = run.graphs["__run_graph__"][0].message()
    assert ours.SerializeToString(deterministic=True) == peer.Graph().SerializeToString(
        deterministic=True
    )
    (tag,) = peer.Tags()["run_metadata"]
    metadata = run.graphs[tag][0]
    assert metadata.message().SerializeToString() == peer.RunMetadata(tag).SerializeToString()


def test_unknown_kinds_are_raw(write_records: WriteRecords) -> None:
    tensor = make_tensor_proto(np.array([1.0, 2.0]))
    old = Event(step=5, wall_time=1.0)
    old.summary.value.add(tag="old", obsolete_old_style_histogram=b"abc")
    empty = Event(step=6, wall_time=1.0)
    value = empty.summary.value.add(tag="empty")
    value.metadata.plugin_data.plugin_name = "mystery"
    value.metadata.plugin_data.content = b"content"
    events = [tensor_event("other", tensor, "mystery"), old, empty]
    run = eventcodec.open(write_records(*events))["."]
    assert {tag: entry.kind for tag, entry in run.tags.items()} == {
        "other": "tensors",
        "old": "raw",
        "empty": "raw",
    }
    assert run.tensors["other"][0].value.tolist() == [1.0, 2.0]
    for each in events:
        (value,) = each.summary.value
        assert Summary.Value.FromString(run.raw[value.tag][0]) == value


def test_malformed_contents_are_errors_of_their_record(write_records: WriteRecords) -> None:
    bad = make_tensor_proto(np.array([b"\xff\xff"], dtype=object))
    numbers = make_tensor_proto(np.zeros((2, 2)))
    hparams = Event(wall_time=1.0)
    value = hparams.summary.value.add(tag="h")
    value.metadata.plugin_data.plugin_name = "hparams"
    value.metadata.plugin_data.content = b"\xff\xff"
    path = write_records(
        tensor_event("layout", bad, "custom_scalars"),
        tensor_event("curve", numbers, "pr_curves"),
        hparams,
        tensor_event("a_resource", type(numbers)(dtype=DataType.DT_RESOURCE), "mystery"),
    )
    run = eventcodec.open(path)["."]
    for read in (
        lambda: run.custom_scalars,
        lambda: run.pr_curves["curve"][0],
        lambda: run.hparams,
        lambda: run.tensors["a_resource"][0],
    ):
        with pytest.raises(eventcodec.CorruptRecordError, match="malformed value in the record"):
            read()


def test_tags_are_made_once_until_refresh(write_records: WriteRecords, event: Any) -> None:
    log = eventcodec.open(write_records(event(a=1.0)))
    run = log["."]
    tags = run.tags
    assert run.tags is tags
    log.refresh()
    assert log["."].tags is not tags
