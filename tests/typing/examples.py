"""Read by mypy, never run: what a user's editor says about the public names."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

import eventcodec
from eventcodec.proto import DataType, Event, SessionStartInfo, Summary

assert_type(eventcodec.crc32c(b"abc"), int)
assert_type(eventcodec.crc32c(memoryview(b"abc"), 7), int)
assert_type(eventcodec.masked_crc32c(bytearray(3)), int)
assert_type(eventcodec.build_info().kernels["crc32c"].available, tuple[str, ...])
eventcodec.crc32c("text")  # type: ignore[arg-type]
eventcodec.crc32c()  # type: ignore[call-arg]

event = Event(wall_time=1.0, step=3, summary=Summary(value=[Summary.Value(tag="a")]))
assert_type(event, Event)
assert_type(event.summary.value[0], Summary.Value)
assert_type(event.summary.value[0].simple_value, float)
assert_type(event.summary.value.add(tag="b"), Summary.Value)
assert_type(Event.FromString(b""), Event)
assert_type(event.WhichOneof("what"), str | None)
assert_type(event.SerializeToString(), bytes)
assert_type(DataType.Name(1), str)
assert_type(SessionStartInfo().start_time_secs, float)
event.stpe = 3  # type: ignore[attr-defined]
Event(step="3")  # type: ignore[arg-type]

with eventcodec.SummaryWriter("runs/x", flush_secs=1.5, durability="sync") as writer:
    assert_type(writer, eventcodec.SummaryWriter)
    writer.add_scalar("loss", 0.5, 3, walltime=1.0)
    writer.add_metrics({"loss": 0.5}, global_step=3)
    assert_type(writer.stats(), eventcodec.WriterStats)
    assert_type(writer.stats().dropped, int)
eventcodec.SummaryWriter("runs/x", durability="always")  # type: ignore[arg-type]
eventcodec.SummaryWriter("runs/x", flush_sec=1)  # type: ignore[call-arg]

log = eventcodec.open("runs")
assert_type(log, eventcodec.Log)
run = log["x"]
assert_type(run.scalars["loss"].values, NDArray[np.float64])
assert_type(run.scalars["loss"].steps, NDArray[np.int64])
assert_type(run.histograms["w"][0].counts, NDArray[np.float64])
assert_type(run.images["i"][0].encoded, bytes)
assert_type(run.images["i"][0].to_array(), NDArray[np.uint8])
assert_type(run.texts["t"][0].value, str)
assert_type(log.damage, list[eventcodec.SkippedRegion])
assert_type(len(log.scalars(runs="a*", tags=["loss"])), int)
eventcodec.open("runs", mode="lenient")  # type: ignore[arg-type]

with eventcodec.EventReader("runs/x/events.out.tfevents.1") as reader:
    assert_type(list(reader), list[Event])
    assert_type(reader.damage, list[eventcodec.SkippedRegion])
with eventcodec.RecordReader(Path("data.tfrecord").open("rb")) as records:
    assert_type(next(iter(records)), bytes)
