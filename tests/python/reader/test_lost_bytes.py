"""A record that has lost bytes and claims more than the file has: what follows it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import eventcodec
from eventcodec import EventReader, RecordReader

REASON = "unfinished record before others"


@pytest.fixture
def parts(frame: Any, event: Any) -> tuple[bytes, bytes, bytes]:
    """Two records, one of which 400 bytes are missing, and three records."""
    records = [frame(event(step, x=step).SerializeToString()) for step in range(6)]
    image = event(2)
    image.summary.value.add(tag="picture").image.encoded_image_string = b"\xee" * 600
    torn = frame(image.SerializeToString())
    return b"".join(records[:2]), torn[:50] + torn[450:], b"".join(records[3:])


@pytest.fixture
def path(tmp_path: Path, parts: tuple[bytes, bytes, bytes]) -> Path:
    path = tmp_path / "events.out.tfevents.1.h"
    path.write_bytes(b"".join(parts))
    return path


def steps(log: eventcodec.Log) -> list[int]:
    return [int(step) for step in log["."].scalars["x"].steps]


def test_open(path: Path, parts: tuple[bytes, bytes, bytes]) -> None:
    before, torn, after = map(len, parts)
    log = eventcodec.open(path)
    assert steps(log) == [0, 1, 3, 4, 5]
    assert log.damage == [eventcodec.SkippedRegion(str(path), before, torn, REASON)]
    assert log.damage[0].recovered
    assert log.pending == {}
    log = eventcodec.open(path, mode="prefix")
    assert steps(log) == [0, 1]
    assert log.damage == [eventcodec.SkippedRegion(str(path), before, torn + after, REASON)]
    with pytest.raises(eventcodec.CorruptRecordError, match=f"{REASON} at byte {before}") as caught:
        eventcodec.open(path, mode="strict")
    assert caught.value.offset == before


def test_iterators(path: Path, parts: tuple[bytes, bytes, bytes]) -> None:
    before, torn, after = map(len, parts)
    with EventReader(path) as events:
        assert [event.step for event in events] == [0, 1, 3, 4, 5]
        assert events.damage == [eventcodec.SkippedRegion(str(path), before, torn, REASON)]
        assert (events.damage[0].recovered, events.pending_bytes) == (True, 0)
    with RecordReader(path, mode="prefix") as records:
        assert len(list(records)) == 2
        assert records.damage == [eventcodec.SkippedRegion(str(path), before, torn + after, REASON)]
    with RecordReader(path, mode="strict") as records:
        message = f"{path}: {REASON} at byte {before}"
        with pytest.raises(eventcodec.CorruptRecordError) as caught:
            list(records)
        assert (str(caught.value), caught.value.offset) == (message, before)


def test_it_grows_on(path: Path, parts: tuple[bytes, bytes, bytes]) -> None:
    """Between records, also beyond the end that the header claims: as a reader of the whole."""
    path.write_bytes(parts[0])
    log = eventcodec.open(path)
    whole = b"".join(parts) + 20 * parts[2]
    record = len(parts[2]) // 3
    reasons = set()
    for size in range(len(parts[0] + parts[1]), len(whole) + 1, record):
        for written in (size - record + 7, size):  # in the midst of a record, too
            before = steps(log)
            path.write_bytes(whole[:written])
            log.refresh()
            assert steps(log)[: len(before)] == before
        again = eventcodec.open(path)
        assert (log.damage, log.pending) == (again.damage, again.pending)
        assert steps(log) == steps(again)
        reasons.update(region.reason for region in log.damage)
    assert steps(log) == [0, 1] + 21 * [3, 4, 5]
    assert reasons == {REASON, "payload checksum mismatch"}


def test_a_record_that_is_finished_after_all(path: Path, frame: Any, event: Any) -> None:
    """A cut where an event file inside it looks like records to the end of the file."""
    inner = frame(event(7, x=7.0).SerializeToString())
    image = event(1)
    image.summary.value.add(tag="picture").image.encoded_image_string = b"\xee" * 10 + inner
    whole = frame(event(0, x=0.0).SerializeToString()) + frame(image.SerializeToString())
    cut = whole.index(inner) + len(inner)
    path.write_bytes(whole[:cut])
    log = eventcodec.open(path)
    assert steps(log) == [0, 7]
    assert log.damage[0].recovered
    path.write_bytes(whole)
    log.refresh()
    assert (steps(log), log.damage, list(log["."].images)) == ([0], [], ["picture"])
