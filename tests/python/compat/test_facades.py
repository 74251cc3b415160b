"""What frameworks and scripts rely on beyond the records: attributes, reopening, trackers."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import pickle
import sys
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest
import tensorboardX
import torch.utils.tensorboard
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

import eventcodec
from eventcodec.compat import tensorboardx
from eventcodec.compat import torch as our_torch
from eventcodec.compat.tensorboardx import event_file_writer, record_writer
from eventcodec.compat.tensorboardx import writer as tensorboardx_writer

WRITERS = [our_torch.SummaryWriter, tensorboardx.SummaryWriter]
both = pytest.mark.parametrize("writer_class", WRITERS, ids=["torch", "tensorboardx"])


def event_files(directory):
    return sorted(Path(directory).rglob("*tfevents*"))


def scalars_of(directory):
    """{run: {tag: [(step, value)]}}."""
    log = eventcodec.open(directory)
    assert log.damage == []
    return {
        name: {
            tag: list(zip(series.steps.tolist(), series.values.tolist(), strict=True))
            for tag, series in run.scalars.items()
        }
        for name, run in log.runs.items()
    }


@both
def test_a_call_after_close_begins_a_new_file(tmp_path, writer_class):
    writer = writer_class(tmp_path)
    writer.add_scalar("a", 1, 1)
    writer.close()
    assert writer.file_writer is None
    assert writer.all_writers is None
    writer.close()
    writer.flush()
    writer.add_scalar("a", 2, 2)
    writer.add_text("t", "again", 2)
    assert writer.file_writer is not None
    writer.close()
    assert len(event_files(tmp_path)) == 2
    assert scalars_of(tmp_path) == {".": {"a": [(1, 1.0), (2, 2.0)]}}


@both
def test_closing_while_other_threads_log_loses_nothing(tmp_path, writer_class):
    writer = writer_class(tmp_path)

    def log(number):
        for step in range(100):
            writer.add_scalar(f"thread/{number}", step, step)
            time.sleep(0)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        writer.close()
        time.sleep(0.001)
    for thread in threads:
        thread.join()
    writer.close()
    found = scalars_of(tmp_path)["."]
    wanted = [(step, float(step)) for step in range(100)]
    assert {tag: sorted(points) for tag, points in found.items()} == {
        f"thread/{number}": wanted for number in range(4)
    }


@both
def test_get_file_writer_opens_a_closed_writer(tmp_path, writer_class):
    writer = writer_class(tmp_path)
    writer.close()
    writer._get_file_writer().add_summary(Summary(value=[Summary.Value(tag="a", simple_value=1)]))
    writer.close()
    assert scalars_of(tmp_path) == {".": {"a": [(0, 1.0)]}}


@both
def test_messages_of_any_package_go_to_the_same_file(tmp_path, writer_class):
    with writer_class(tmp_path) as writer:
        message = Summary(value=[Summary.Value(tag="b", simple_value=2)])
        writer.add_scalar("a", 1, 3)
        writer.file_writer.add_summary(message, np.int64(4))
        event = Event(summary=message)
        writer._get_file_writer().add_event(event, 5, 7.5)
        assert (event.step, event.wall_time) == (5, 7.5)
        writer.file_writer.event_writer.add_event(Event(step=6, summary=message))
    assert len(event_files(tmp_path)) == 1
    assert scalars_of(tmp_path) == {".": {"a": [(3, 1.0)], "b": [(4, 2.0), (5, 2.0), (6, 2.0)]}}


def test_events_are_stored_as_they_are(tmp_path):
    event = Event(step=3, wall_time=1.5, graph_def=b"abc")
    event.ParseFromString(event.SerializeToString() + b"\xfa\x3f\x01x")  # a field nobody knows
    writer = event_file_writer.EventFileWriter(str(tmp_path), filename_suffix=".mine")
    writer.add_event(event)
    name = writer._ev_writer._file_name
    writer.close()
    assert name.endswith(".mine")
    with eventcodec.RecordReader(name) as reader:
        assert list(reader)[1] == event.SerializeToString()


def test_event_file_writers_after_close(tmp_path):
    theirs = our_torch.EventFileWriter(str(tmp_path))
    theirs.close()
    with pytest.raises(OSError, match="closed"):
        theirs.add_event(Event())
    quiet = event_file_writer.EventFileWriter(str(tmp_path))
    quiet.close()
    quiet.add_event(Event())
    quiet.reopen()
    quiet.add_event(Event(summary=Summary(value=[Summary.Value(tag="a", simple_value=1)])))
    quiet.close()
    assert scalars_of(tmp_path) == {".": {"a": [(0, 1.0)]}}


@both
def test_default_bins_are_torchs_and_may_be_set(tmp_path, writer_class):
    with writer_class(tmp_path / "ours") as writer:
        with torch.utils.tensorboard.SummaryWriter(tmp_path / "theirs") as theirs:
            assert writer.default_bins == theirs.default_bins
        writer.default_bins = [0.0, 1.0, 2.0]
        writer.add_histogram("h", [0.5, 1.5, 1.6], 1)
    histogram = eventcodec.open(tmp_path / "ours")["."].histograms["h"][0]
    assert histogram.counts.tolist() == [1.0, 2.0]


@both
def test_all_writers_names_every_open_file(tmp_path, writer_class):
    writer = writer_class(str(tmp_path))
    writer.add_scalars("group", {"a": 1, "b": 2}, 1)
    found = writer.all_writers
    assert found[str(tmp_path)] is writer.file_writer
    assert len(found) == 3
    for directory, each in found.items():
        assert Path(each.get_logdir()) == Path(directory)
    writer.close()
    assert len(event_files(tmp_path)) == 3


@both
@pytest.mark.parametrize(
    ("main_tag", "name"), [("/etc/x", "a"), ("a", "/b"), ("../..", ".."), ("..", "../../c")]
)
def test_runs_of_curves_stay_in_the_log_directory(tmp_path, writer_class, main_tag, name):
    log_dir = tmp_path / "log"
    with writer_class(log_dir) as writer:
        writer.add_scalars(main_tag, {name: 1.0}, 1)
    assert len(event_files(log_dir)) == 2
    assert event_files(tmp_path) == event_files(log_dir)


@both
def test_pickled_writers_log_to_files_of_their_own(tmp_path, writer_class):
    writer = writer_class(tmp_path)
    copy = pickle.loads(pickle.dumps(writer))
    writer.add_scalar("a", 1, 1)
    copy.add_scalar("b", 1, 1)
    assert type(copy) is writer_class
    writer.close()
    copy.close()
    assert len(event_files(tmp_path)) == 2


# ---- trackers


def logged(writer):
    """Log of most kinds; returns how many events a tracker of FileWriter must have seen."""
    writer.add_scalar("scalar", 1.5, 3)
    writer.add_scalars("group", {"a": 1.0}, 3)
    writer.add_histogram("histogram", [1.0, 2.0], 3)
    writer.add_image("image", np.zeros((3, 4, 4)), 3)
    writer.add_text("text", "x", 3)
    writer.add_metrics({"m1": 1.0, "m2": 2.0}, 3)
    return 6


TARGETS = [
    (our_torch.SummaryWriter, our_torch.FileWriter, "add_event"),
    (our_torch.SummaryWriter, our_torch.FileWriter, "add_summary"),
    (our_torch.SummaryWriter, our_torch.EventFileWriter, "add_event"),
    (tensorboardx.SummaryWriter, tensorboardx.FileWriter, "add_event"),
    (tensorboardx.SummaryWriter, tensorboardx.FileWriter, "add_summary"),
    (tensorboardx.SummaryWriter, event_file_writer.EventFileWriter, "add_event"),
]


@pytest.mark.parametrize("before", [True, False], ids=["before", "while"])
@pytest.mark.parametrize(
    ("writer_class", "target", "name"), TARGETS, ids=[f"{t.__module__}.{n}" for _, t, n in TARGETS]
)
def test_replaced_methods_see_every_call(tmp_path, monkeypatch, writer_class, target, name, before):
    seen = []
    original = getattr(target, name)

    def spy(self, message, *args, **kwargs):
        seen.append(type(message).FromString(message.SerializeToString()))
        return original(self, message, *args, **kwargs)

    if before:
        monkeypatch.setattr(target, name, spy)
    writer = writer_class(tmp_path / "watched")
    if not before:
        monkeypatch.setattr(target, name, spy)
    count = logged(writer)
    assert len(seen) == count
    summaries = [getattr(each, "summary", each) for each in seen]
    tags = {value.tag for summary in summaries for value in summary.value}
    assert {"scalar", "group", "histogram", "image", "m1", "m2"} <= tags
    monkeypatch.undo()
    writer.add_scalar("unseen", 1.0, 4)
    assert len(seen) == count
    writer.close()
    with writer_class(tmp_path / "alone") as alone:
        logged(alone)
        alone.add_scalar("unseen", 1.0, 4)
    assert scalars_of(tmp_path / "watched") == scalars_of(tmp_path / "alone")


# The originals, too: so it is that trackers see the metrics of a trial.
@pytest.mark.parametrize(
    "writer_class",
    [
        *WRITERS,
        eventcodec.SummaryWriter,
        torch.utils.tensorboard.SummaryWriter,
        tensorboardX.SummaryWriter,
    ],
    ids=lambda each: each.__module__,
)
def test_a_class_patch_is_what_is_called(tmp_path, monkeypatch, writer_class):
    seen = []
    original = writer_class.add_scalar

    def add_scalar(self, *args, **kwargs):
        seen.append(args)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(writer_class, "add_scalar", add_scalar)
    with writer_class(tmp_path) as writer:
        writer.add_scalar("a", 1.0, 2)
        run_name = "name" if "tensorboardx" in writer_class.__module__.lower() else "run_name"
        writer.add_hparams({"x": 1}, {"m": 2.0}, **{run_name: "trial"})
    assert [each[:2] for each in seen] == [("a", 1.0), ("m", 2.0)]
    assert scalars_of(tmp_path) == {".": {"a": [(2, 1.0)]}, "trial": {"m": [(0, 2.0)]}}


MODULES = [
    (our_torch.SummaryWriter, our_torch.EventFileWriter, "torch.utils.tensorboard.writer"),
    (tensorboardx.SummaryWriter, event_file_writer.EventFileWriter, "tensorboardX.writer"),
]


@pytest.mark.parametrize("ours", [True, False], ids=["patched after", "patched before"])
@pytest.mark.parametrize(("writer_class", "own", "module"), MODULES, ids=["torch", "tensorboardx"])
def test_a_tracker_in_the_module_learns_every_directory(
    tmp_path, monkeypatch, writer_class, own, module, ours
):
    """As sync_tensorboard of Weights & Biases: a subclass put where the package looks it up."""
    told = []
    theirs = importlib.import_module(module).EventFileWriter
    original = own if ours else theirs

    def __init__(self, logdir, *args, **kwargs):  # noqa: N807
        told.append(str(logdir))
        original.__init__(self, logdir, *args, **kwargs)

    body = {"__init__": __init__, "__module__": "tracker.patches"}
    tracker = types.new_class("TrackedWriter", (original,), exec_body=lambda ns: ns.update(body))
    monkeypatch.setattr(sys.modules[module], "EventFileWriter", tracker)
    with writer_class(tmp_path) as writer:
        writer.add_scalar("a", 1.0, 1)
        writer.add_scalars("g", {"x": 1.0}, 1)
    assert len(told) == 2
    assert told[0] == str(tmp_path)
    assert Path(told[1]).is_relative_to(tmp_path)
    assert scalars_of(tmp_path)["."] == {"a": [(1, 1.0)]}


# ---- tensorboardX only


def test_write_to_disk_false_writes_nothing(tmp_path):
    directory = tmp_path / "none"
    with tensorboardx.SummaryWriter(directory, write_to_disk=False) as writer:
        logged(writer)
        writer.add_embedding(np.eye(3))
        writer.add_hparams({"a": 1}, {"b": 2})
        with pytest.raises(ValueError, match="dimensions"):
            writer.add_image("x", np.zeros(3))
    assert not directory.exists()


def test_log_dir_is_another_name_of_logdir(tmp_path):
    with tensorboardx.SummaryWriter(log_dir=tmp_path / "a") as writer:
        assert writer.logdir == str(tmp_path / "a")
    with tensorboardx.SummaryWriter(tmp_path / "b", log_dir=tmp_path / "c") as writer:
        assert writer.logdir == str(tmp_path / "b")
    with pytest.raises(TypeError, match="unknown"):
        tensorboardx.SummaryWriter(tmp_path / "d", unknown=1)


def test_use_metadata(tmp_path):
    with tensorboardx.SummaryWriter(tmp_path) as writer:
        with writer.use_metadata(global_step=17, walltime=13.0):
            writer.add_scalar("a", 1)
            writer.add_scalar("a", 2, global_step=18)
            writer.add_histogram("h", [1.0, 2.0])
            with pytest.raises(AssertionError), writer.use_metadata(walltime=1.0):
                pass
        with pytest.raises(AssertionError), writer.use_metadata():
            pass
        writer.add_scalar("b", 3)
    run = eventcodec.open(tmp_path)["."]
    assert run.scalars["a"].steps.tolist() == [17, 18]
    assert run.scalars["a"].wall_times.tolist() == [13.0, 13.0]
    assert run.histograms["h"].steps.tolist() == [17]
    assert run.scalars["b"].steps.tolist() == [0]


def test_export_scalars_to_json(tmp_path):
    with tensorboardx.SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalars("g", {"a": 1.5}, 3, 10.0)
        writer.add_scalar("not there", 1.0)
        writer.export_scalars_to_json(tmp_path / "all.json")
        assert writer.scalar_dict == {}
    assert json.loads((tmp_path / "all.json").read_text()) == {f"{tmp_path}/g/a": [[10.0, 3, 1.5]]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<net", "no XML"),
        ("<net><layers/></net>", "no layers"),
        (
            "<net><layers><layer id='0'/></layers><edges><edge from-layer='7'/></edges></net>",
            "an edge between layers that are not there",
        ),
    ],
)
def test_what_is_no_openvino_model(tmp_path, text, message):
    path = tmp_path / "model.xml"
    path.write_text(text)
    with tensorboardx.SummaryWriter(tmp_path / "log") as writer:
        with pytest.raises(ValueError, match=rf"model\.xml: .*{message}"):
            writer.add_openvino_graph(path)
        assert writer.stats().accepted == 0


def test_registered_factories_open_record_files(tmp_path, monkeypatch):
    monkeypatch.setattr(record_writer, "REGISTERED_FACTORIES", {})

    class Factory:
        def open(self, path):
            return (tmp_path / path.split("//", 1)[1]).open("wb")

    record_writer.register_writer_factory("mine", Factory())
    writer = tensorboardx.RecordWriter("mine://file")
    writer.write(b"hello")
    writer.close()
    with eventcodec.RecordReader(tmp_path / "file") as reader:
        assert list(reader) == [b"hello"]


def log_some(writer, count):
    for _ in range(count):
        writer.add_scalar("shared", 1.0)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_log_through_the_global_writer(tmp_path, method):
    writer = tensorboardx.GlobalSummaryWriter(tmp_path)
    context = multiprocessing.get_context(method)
    children = [context.Process(target=log_some, args=(writer, 20)) for _ in range(2)]
    for child in children:
        child.start()
    log_some(writer, 20)
    for child in children:
        child.join()
        assert child.exitcode == 0
    writer.add_text("note", "done")
    writer.close()
    assert len(event_files(tmp_path)) == 1
    assert scalars_of(tmp_path)["."]["shared"] == [(step, 1.0) for step in range(60)]


def test_the_shared_global_writer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tensorboardx.global_writer, "_writer", None)
    writer = tensorboardx.GlobalSummaryWriter.getSummaryWriter()
    assert tensorboardx.GlobalSummaryWriter.getSummaryWriter() is writer
    writer.close()


def test_comet_is_refused(tmp_path):
    with pytest.raises(ValueError, match="comet_config"):
        tensorboardx_writer.SummaryWriter(tmp_path, comet_config={"disabled": False})
