"""What TensorBoard's tests of its writers ask for, asked of its classes and of ours in their place.

Its wheel has no tests: these say in our words what they are known to check of EventFileWriter,
RecordWriter, and of tensorboard.summary.Writer, which writes through an EventFileWriter.
"""

from __future__ import annotations

import io
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import tensorboard.summary
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_SCALAR, Summary
from tensorboard.summary.writer import event_file_writer as their_module
from tensorboard.summary.writer.record_writer import RecordWriter as TheirRecordWriter
from tensorboard.util.tensor_util import make_ndarray
from written import event_files, read_events

from eventcodec.compat import torch as ours

WRITERS = {"tensorboard": their_module.EventFileWriter, "ours": ours.EventFileWriter}
each_writer = pytest.mark.parametrize("writer_class", WRITERS.values(), ids=WRITERS)
each_record_writer = pytest.mark.parametrize(
    "writer_class", [TheirRecordWriter, ours.RecordWriter], ids=["tensorboard", "ours"]
)


def an_event(step=0):
    value = Summary.Value(tag="a", simple_value=step)
    return Event(wall_time=1.5, step=step, summary=Summary(value=[value]))


def events_of(directory):
    (path,) = event_files(directory)
    return read_events(path)


# ---- EventFileWriter


@each_writer
def test_an_event_comes_back_as_it_was(tmp_path, writer_class):
    directory = tmp_path / "made" / "for it"
    writer = writer_class(str(directory))
    writer.add_event(an_event(3))
    writer.close()
    first, second = events_of(directory)
    assert first.file_version == "brain.Event:2"
    assert abs(first.wall_time - time.time()) < 60
    assert second.SerializeToString() == an_event(3).SerializeToString()
    assert writer.get_logdir() == str(directory)


@pytest.mark.parametrize(
    ("writer_class", "name"),
    [
        (WRITERS["tensorboard"], "tensorboard.summary.writer.event_file_writer"),
        (WRITERS["ours"], "eventcodec"),
    ],
)
def test_the_first_event_says_who_wrote(tmp_path, writer_class, name):
    writer_class(str(tmp_path)).close()
    (first,) = events_of(tmp_path)
    assert first.source_metadata.writer == name


@each_writer
def test_a_suffix_ends_the_name(tmp_path, writer_class):
    writer_class(str(tmp_path), filename_suffix=".event_horizon").close()
    (path,) = event_files(tmp_path)
    assert path.name.endswith(".event_horizon")
    assert path.name.startswith("events.out.tfevents.")


@each_writer
def test_more_events_than_the_queue_holds(tmp_path, writer_class):
    writer = writer_class(str(tmp_path), 1)
    for step in range(50):
        writer.add_event(an_event(step))
    writer.close()
    assert [event.step for event in events_of(tmp_path)[1:]] == list(range(50))


@each_writer
def test_events_of_several_threads(tmp_path, writer_class):
    writer = writer_class(str(tmp_path), 2)

    def add(begin):
        for step in range(begin, begin + 50):
            writer.add_event(an_event(step))

    threads = [threading.Thread(target=add, args=(begin,)) for begin in (0, 50, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    steps = [event.step for event in events_of(tmp_path)[1:]]
    assert sorted(steps) == list(range(150))
    for begin in (0, 50, 100):  # of one thread they stand in the order of its calls
        own = [step for step in steps if begin <= step < begin + 50]
        assert own == sorted(own)


@each_writer
def test_events_arrive_without_a_flush(tmp_path, writer_class):
    writer = writer_class(str(tmp_path), flush_secs=0.1)
    writer.add_event(an_event(1))
    end = time.monotonic() + 10
    while len(events_of(tmp_path)) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    writer.close()


@each_writer
def test_flush_waits_for_all(tmp_path, writer_class):
    writer = writer_class(str(tmp_path), 100)
    for step in range(20):
        writer.add_event(an_event(step))
    writer.flush()
    assert len(events_of(tmp_path)) == 21
    writer.close()


@each_writer
def test_closed_writers(tmp_path, writer_class):
    writer = writer_class(str(tmp_path))
    writer.close()
    writer.close()
    with pytest.raises(OSError, match="Writer is closed"):
        writer.add_event(an_event())
    assert len(events_of(tmp_path)) == 1


@each_writer
def test_what_is_no_event(tmp_path, writer_class):
    writer = writer_class(str(tmp_path))
    with pytest.raises(TypeError):
        writer.add_event("an event")
    writer.close()
    assert len(events_of(tmp_path)) == 1


# ---- RecordWriter


@each_record_writer
@pytest.mark.parametrize("data", [b"", b"x" * 64], ids=["empty", "64 bytes"])
def test_a_record_has_sixteen_bytes_more(writer_class, data):
    file = io.BytesIO()
    writer = writer_class(file)
    writer.write(data)
    writer.flush()
    assert len(file.getvalue()) == 8 + 4 + len(data) + 4
    assert struct.unpack_from("<Q", file.getvalue()) == (len(data),)
    assert not writer.closed
    writer.close()
    assert writer.closed
    assert file.closed


@each_record_writer
def test_records_are_there_at_once(tmp_path: Path, writer_class):
    path = tmp_path / "events.out.tfevents.1.a"
    with path.open("wb") as file:
        writer = writer_class(file)
        for step in range(5):
            writer.write(an_event(step).SerializeToString())
            writer.flush()
            assert [event.step for event in read_events(path)] == list(range(step + 1))


# ---- tensorboard.summary.Writer over its EventFileWriter, and over ours


@pytest.fixture(params=WRITERS)
def summary_writer(request, monkeypatch, tmp_path):
    monkeypatch.setattr(their_module, "EventFileWriter", WRITERS[request.param])
    return tensorboard.summary.Writer(str(tmp_path))


def test_a_scalar_with_a_description(tmp_path, summary_writer):
    summary_writer.add_scalar("loss", 0.5, 12, wall_time=7.25, description="what it *is*")
    summary_writer.close()
    _, event = events_of(tmp_path)
    (value,) = event.summary.value
    assert (event.step, event.wall_time, value.tag) == (12, 7.25, "loss")
    assert make_ndarray(value.tensor) == np.float32(0.5)
    assert value.metadata.plugin_data.plugin_name == "scalars"
    assert value.metadata.summary_description == "what it *is*"
    assert value.metadata.data_class == DATA_CLASS_SCALAR


@pytest.mark.parametrize("number", [2, True, np.float64(2), np.array(2), 2.0])
def test_numbers_of_any_type(tmp_path, summary_writer, number):
    summary_writer.add_scalar("a", number, np.int32(3))
    summary_writer.close()
    _, event = events_of(tmp_path)
    assert make_ndarray(event.summary.value[0].tensor) == np.float32(number)
    assert event.step == 3
    assert abs(event.wall_time - time.time()) < 60


def test_what_is_no_scalar(tmp_path, summary_writer):
    with pytest.raises(ValueError, match="data"):
        summary_writer.add_scalar("a", np.ones(2), 1)
    with pytest.raises(ValueError, match="step"):
        summary_writer.add_scalar("a", 1, np.ones(2))
    summary_writer.close()
    assert len(events_of(tmp_path)) == 1


def test_flush_and_close(tmp_path, summary_writer):
    summary_writer.add_scalar("a", 1, 1)
    summary_writer.flush()
    assert len(events_of(tmp_path)) == 2
    summary_writer.close()
    for call in (
        summary_writer.flush,
        summary_writer.close,
        lambda: summary_writer.add_scalar("a", 1, 1),
    ):
        with pytest.raises(RuntimeError, match="already closed"):
            call()
