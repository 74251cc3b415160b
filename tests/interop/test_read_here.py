"""What torch, tensorboardX and tensorboard write, read here as EventAccumulator reads it."""

from __future__ import annotations

import numpy as np
import pytest
from harness.generated_logs import frame
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_tensor_proto

import eventcodec
from eventcodec import _native, archive

SEED = 7


def _plain(log) -> dict:
    """A Log in the form of conftest.py."""

    def points(series, value):
        rows = zip(series.steps.tolist(), series.wall_times.tolist(), strict=True)
        return [(step, at, value(series, i)) for i, (step, at) in enumerate(rows)]

    def buckets(series, i):
        histogram = series[i]
        return np.stack([histogram.left, histogram.right, histogram.counts], axis=1)

    def kind(run, name, value):
        return {tag: points(series, value) for tag, series in getattr(run, name).items()}

    return {
        name: {
            "scalars": kind(run, "scalars", lambda series, i: float(series.values[i])),
            "histograms": kind(run, "histograms", buckets),
            "images": kind(run, "images", lambda series, i: [series[i].encoded]),
            "texts": kind(run, "texts", lambda series, i: series[i].value),
        }
        for name, run in log.runs.items()
    }


def _write_everything(writer, rng):
    for step in range(200):
        writer.add_scalar("loss", rng.normal(), step, walltime=rng.random() * 1e9)
        writer.add_scalar("other/loss", rng.normal() * 1e30, 200 - step, walltime=0.5)
    for step in range(5):
        writer.add_histogram("h", rng.normal(size=500), step, walltime=step)
        writer.add_histogram("auto", rng.normal(size=500), step, bins="auto", walltime=step)
        writer.add_image("im", rng.random((3, 6, 5)), step, walltime=step)
        writer.add_images("grid", rng.random((3, 1, 6, 5)), step, walltime=step)
        writer.add_text("t", f"text {step} ü", step, walltime=step)
    writer.add_scalars("group", {"a": 1.0, "b": 2.0}, 3, walltime=9.0)
    writer.add_pr_curve("pr", rng.integers(0, 2, 50), rng.random(50), 1)
    writer.add_hparams({"lr": 0.1, "name": "x"}, {"metric": 0.5})
    writer.close()


def _torch(folder):
    from torch.utils.tensorboard import SummaryWriter

    _write_everything(SummaryWriter(str(folder)), np.random.default_rng(SEED))


def _tensorboardx(folder):
    from tensorboardX import SummaryWriter

    _write_everything(SummaryWriter(str(folder)), np.random.default_rng(SEED))


def _tensorboard(folder):
    from tensorboard.summary import Writer

    rng = np.random.default_rng(SEED)
    writer = Writer(str(folder))
    for step in range(100):
        writer.add_scalar("acc", rng.random(), step, wall_time=step, description="d")
    writer.close()


def _assert_equal(got, want):
    assert set(got) == set(want)
    for run in want:
        for kind in ("scalars", "images", "texts"):
            assert got[run][kind] == want[run][kind], (run, kind)
        assert set(got[run]["histograms"]) == set(want[run]["histograms"])
        for tag, points in want[run]["histograms"].items():
            pairs = list(zip(got[run]["histograms"][tag], points, strict=True))
            assert [a[:2] for a, _ in pairs] == [b[:2] for _, b in pairs]
            assert all(np.array_equal(a[2], b[2]) for a, b in pairs), (run, tag)


@pytest.mark.parametrize("write", [_torch, _tensorboardx, _tensorboard], ids=lambda f: f.__name__)
def test_same_points_as_event_accumulator(write, tmp_path, event_accumulator):
    print(f"seed {SEED}")
    write(tmp_path / "run")
    log = eventcodec.open(tmp_path)
    assert log.damage == []
    _assert_equal(_plain(log), event_accumulator(tmp_path))


@pytest.mark.parametrize("write", [_torch, _tensorboardx], ids=lambda f: f.__name__)
def test_same_points_as_the_data_server(write, tmp_path, data_server):
    """The data server thins out nothing here: one file of increasing steps for each run."""
    write(tmp_path / "run")
    got, want = _plain(eventcodec.open(tmp_path)), data_server(tmp_path)
    for run in want:
        loss = {t: p for t, p in want[run]["scalars"].items() if t != "other/loss"}
        assert {t: p for t, p in got[run]["scalars"].items() if t != "other/loss"} == loss
        assert got[run]["texts"] == want[run]["texts"]
        assert got[run]["images"] == want[run]["images"]


def _as_tensorflow_1_goes_on(folder):
    """TensorFlow 1's FileWriter gives the metadata of a tag once, and not again after reopen()."""
    numbers = {"scalars": np.float32, "histograms": lambda x: np.array([[0.0, x, x]])}
    strings = {
        "text": lambda x: np.array([f"text {x}".encode()], dtype=object),
        "images": lambda x: np.array([b"2", b"1", b"one%d" % x, b"two%d" % x], dtype=object),
    }
    folder.mkdir()
    for file in range(3):
        events = [Event(wall_time=1.0, file_version="brain.Event:2")]
        for plugin, value_at in (numbers | strings).items():
            for first in (1, 2) if plugin != "text" else (file,):
                step = first + 10 * file
                event = Event(step=step, wall_time=float(step))
                value = event.summary.value.add(tag=f"a/{plugin}")
                value.tensor.CopyFrom(make_tensor_proto(value_at(step)))
                if step == 1 or (plugin == "text" and file == 0):
                    value.metadata.plugin_data.plugin_name = plugin
                events.append(event)
        path = folder / f"events.out.tfevents.{1_700_000_000 + file}.host"
        path.write_bytes(b"".join(frame(each.SerializeToString()) for each in events))


def test_metadata_of_an_earlier_file_count(tmp_path, event_accumulator, data_server):
    _as_tensorflow_1_goes_on(tmp_path / "run")
    log = eventcodec.open(tmp_path)
    (tags,) = ({tag: each.kind for tag, each in run.contents()} for run in log.runs.values())
    assert tags == {
        "a/scalars": "scalars",
        "a/histograms": "histograms",
        "a/text": "texts",
        "a/images": "images",
    }
    images = log["run"].images["a/images"]
    assert [each.encoded for each in images] == [
        b"%s%d" % (name, step) for step in (1, 2, 11, 12, 21, 22) for name in (b"one", b"two")
    ]
    for want in (event_accumulator(tmp_path), data_server(tmp_path)):
        got = _plain(log)["run"]
        assert got["scalars"] == want["run"]["scalars"]
        assert got["texts"] == want["run"]["texts"]
        assert [point[:2] for point in got["histograms"]["a/histograms"]] == [
            point[:2] for point in want["run"]["histograms"]["a/histograms"]
        ]
    log.refresh()
    assert [each.encoded for each in log["run"].images["a/images"]] == [e.encoded for e in images]
    archive.index(tmp_path)
    again = eventcodec.open(tmp_path)
    assert _plain(again)["run"]["texts"] == _plain(log)["run"]["texts"]
    assert again["run"].scalars["a/scalars"].values.tolist() == [1, 2, 11, 12, 21, 22]
    asked = "SELECT tag, kind, count FROM tags"
    assert set(archive.query(tmp_path, asked).rows) == {
        (tag, each.kind, each.count) for tag, each in again["run"].contents()
    }


def _own_plugins(folder):
    """Tensors of a plugin that no reader knows, of each class; metadata in the first file."""
    tensors = {
        "number": np.float32(1.5),
        "double": np.float64(0.1),
        "whole": np.int64(-3),
        "one": np.array([4.5], np.float32),
        "several": np.array([1.0, 2.0], np.float32),
        "strings": np.array([b"x", b"y"], dtype=object),
    }
    folder.mkdir()
    for file in range(2):
        events = [Event(wall_time=1.0, file_version="brain.Event:2")]
        for data_class in range(5):
            for name, tensor in tensors.items():
                step = 1 + file
                event = Event(step=step, wall_time=float(step))
                value = event.summary.value.add(tag=f"{data_class}/{name}")
                value.tensor.CopyFrom(make_tensor_proto(tensor))
                if file == 0:
                    value.metadata.plugin_data.plugin_name = "own"
                    value.metadata.data_class = data_class
                events.append(event)
        path = folder / f"events.out.tfevents.{1_700_000_000 + file}.host"
        path.write_bytes(b"".join(frame(each.SerializeToString()) for each in events))


def test_what_a_plugin_of_ones_own_says_is_a_scalar_is_one(tmp_path):
    """TensorBoard's data provider is asked for the scalars of that plugin, tag by tag."""
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.data.provider import RunTagFilter

    _own_plugins(tmp_path / "run")
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(tmp_path)).Reload()
    provider = MultiplexerDataProvider(multiplexer, str(tmp_path))
    asked = {"experiment_id": "", "plugin_name": "own"}

    def points(tag):
        chosen = RunTagFilter(runs=["run"], tags=[tag])
        try:
            found = provider.read_scalars(
                RequestContext(), downsample=99, run_tag_filter=chosen, **asked
            )
        except ValueError:  # more than one number: TensorBoard has no answer
            return None
        return [(each.step, each.wall_time, each.value) for each in found["run"][tag]]

    scalars = provider.list_scalars(RequestContext(), **asked)["run"]
    want = {tag: points(tag) for tag in scalars}
    want = {tag: found for tag, found in want.items() if found is not None}
    assert set(want) == {"1/number", "1/double", "1/whole", "1/one"}
    log = eventcodec.open(tmp_path)
    everything = set(log["run"].tags)
    assert everything == set(multiplexer.Runs()["run"]["tensors"])
    archive.index(tmp_path)
    for each in (
        log,
        log.refresh(),
        eventcodec.open(tmp_path),
        eventcodec.open(tmp_path, tags="*"),
    ):
        run = each["run"]
        assert _plain(each)["run"]["scalars"] == want
        assert set(run.tensors) == everything - set(want)
        assert {entry.plugin for entry in run.tags.values()} == {"own"}
    for tag in provider.list_tensors(RequestContext(), **asked)["run"]:
        (data,) = provider.read_tensors(
            RequestContext(),
            downsample=99,
            run_tag_filter=RunTagFilter(runs=["run"], tags=[tag]),
            **asked,
        ).values()
        series = log["run"].tensors[tag]
        assert all(map(np.array_equal, [t.value for t in series], [t.numpy for t in data[tag]]))


def test_metadata_are_carried_into_files_that_several_threads_read(tmp_path):
    _as_tensorflow_1_goes_on(tmp_path / "run")
    files = [_native.EventFile(str(path).encode()) for path in sorted((tmp_path / "run").iterdir())]
    options = {"mode": "salvage", "verify": True, "keep_rows": True}
    for least_part in (64, 1 << 22):
        _native.scan_files(files, threads=2, least_part=least_part, **options)
        assert _native.carry_metadata(files) == ([1, 2] if least_part == 64 else [])
    assert [described[1] for described in files[2].series()] == [
        "scalars",
        "histograms",
        "texts",
        "images",
    ]
