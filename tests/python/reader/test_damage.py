"""Damage costs the damaged records only, and each loss is reported."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventcodec
from eventcodec import _native
from eventcodec.archive import verify

WriteRecords = Callable[..., Path]
FIRST_RECORD = 40  # brain.Event:2
MODES = ["salvage", "prefix", "strict"]


def boundaries(content: bytes) -> list[int]:
    """Where each record ends, by the lengths in the file."""
    ends, at = [0], 0
    while at < len(content):
        at += struct.unpack_from("<Q", content, at)[0] + 16
        ends.append(at)
    return ends


def covered(path: Path) -> None:
    """Records, skipped regions and the pending tail make up the file exactly."""
    [report] = verify(path)
    content = path.read_bytes()
    at, records = 0, 0
    skipped = {region.offset: region.length for region in report.damage}
    while at < len(content) - report.pending_bytes:
        if at in skipped:
            at += skipped[at]
        else:
            at += struct.unpack_from("<Q", content, at)[0] + 16
            records += 1
    assert at == len(content) - report.pending_bytes
    assert records == report.records


@pytest.fixture
def mixed(write_records: WriteRecords, event: Any) -> Path:
    """Scalars, several values in an event, a histogram, an image, a text."""
    events = []
    for step in range(3):
        events += [event(step, a=step), event(step, a=step, b=-step)]
        message = event(step)
        message.summary.value.add(tag="h").histo.bucket_limit.extend([0.0, 1.0])
        message.summary.value[0].histo.bucket.extend([0.0, 1.0])
        message.summary.value.add(tag="x").image.encoded_image_string = b"png"
        events.append(message)
        message = event(step)
        text = message.summary.value.add(tag="t")
        text.metadata.plugin_data.plugin_name = "text"
        text.tensor.dtype = 7
        text.tensor.string_val.append(b"hello")
        events.append(message)
    return write_records(*events)


def rows(log: eventcodec.Log) -> int:
    return sum(tag.count for run in log.runs.values() for tag in run.tags.values())


def test_truncation_at_every_byte(mixed: Path, tmp_path: Path) -> None:
    content = mixed.read_bytes()
    ends = boundaries(content)
    rows_at = []  # after each whole record
    path = tmp_path / "events.tfevents.cut"
    for end in ends:
        path.write_bytes(content[:end])
        rows_at.append(rows(eventcodec.open(path)))
    assert rows_at[-1] == 3 * 6
    for size in range(len(content) + 1):
        path.write_bytes(content[:size])
        log = eventcodec.open(path, threads=1)
        whole = sum(end <= size for end in ends) - 1
        assert log.damage == []
        assert rows(log) == rows_at[whole]
        assert sum(log.pending.values()) == size - ends[whole]


@pytest.mark.parametrize("seed", range(8))
def test_one_flipped_bit_costs_one_record(mixed: Path, seed: int) -> None:
    content = mixed.read_bytes()
    ends = boundaries(content)
    rng = np.random.default_rng(seed)
    for bit in rng.choice(len(content) * 8, 40, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << (bit % 8)
        mixed.write_bytes(damaged)
        [report] = verify(mixed)
        record = sum(end <= bit // 8 for end in ends) - 1
        last = record == len(ends) - 2
        assert [(each.offset, each.length) for each in report.damage] == [
            (ends[record], ends[record + 1] - ends[record])
        ]
        assert report.records == len(ends) - 2
        assert report.records_before == [record]
        assert last or report.damage[0].reason in (
            "payload checksum mismatch",
            "length checksum mismatch",
        )
        assert eventcodec.open(mixed).damage == report.damage
        covered(mixed)


def test_values_beside_damage_are_right(write_records: WriteRecords, event: Any) -> None:
    path = write_records(*[event(step, a=step) for step in range(1, 100)])
    content = bytearray(path.read_bytes())
    ends = boundaries(content)
    content[ends[40] + 20] ^= 4  # a payload
    content[ends[60] + 1] ^= 4  # a length
    content[ends[80] + 9] ^= 4  # a length's checksum
    path.write_bytes(content)
    log = eventcodec.open(path)
    wanted = [step for step in range(1, 100) if step not in (40, 60, 80)]
    assert log["."].scalars["a"].steps.tolist() == wanted
    assert log["."].scalars["a"].values.tolist() == wanted
    assert [(each.offset, each.length, each.reason) for each in log.damage] == [
        (ends[40], ends[41] - ends[40], "payload checksum mismatch"),
        (ends[60], ends[61] - ends[60], "length checksum mismatch"),
        (ends[80], ends[81] - ends[80], "length checksum mismatch"),
    ]
    assert {each.path for each in log.damage} == {str(path)}
    covered(path)


def test_verify_false_still_finds_broken_lengths(write_records: WriteRecords, event: Any) -> None:
    path = write_records(*[event(step, a=1.0) for step in range(1, 9)])
    content = bytearray(path.read_bytes())
    ends = boundaries(content)
    content[ends[5] - 1] ^= 1  # checksum of a payload
    content[ends[6]] ^= 1
    path.write_bytes(content)
    assert len(eventcodec.open(path, verify=False).damage) == 1
    assert len(eventcodec.open(path).damage) == 2


def test_modes(write_records: WriteRecords, event: Any) -> None:
    path = write_records(*[event(step, a=1.0) for step in range(1, 9)])
    content = bytearray(path.read_bytes())
    ends = boundaries(content)
    for at in (ends[4] + 20, ends[4] + 2):
        damaged = bytearray(content)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        assert len(eventcodec.open(path)["."].scalars["a"]) == 7
        prefix = eventcodec.open(path, mode="prefix")
        assert prefix["."].scalars["a"].steps.tolist() == [1, 2, 3]
        assert [(each.offset, each.length) for each in prefix.damage] == [
            (ends[4], len(content) - ends[4])
        ]
        with pytest.raises(eventcodec.CorruptRecordError, match=f"at byte {ends[4]}") as caught:
            eventcodec.open(path, mode="strict")
        assert (caught.value.path, caught.value.offset) == (str(path), ends[4])
    with pytest.raises(ValueError, match="got 'careful'"):
        eventcodec.open(path, mode="careful")  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("zeros", [1, 11, 12, 16, 4096, 3_000_000])
def test_zero_tail_is_pending(
    write_records: WriteRecords, event: Any, mode: Any, zeros: int
) -> None:
    path = write_records(event(1, a=1.0))
    with path.open("ab") as file:
        file.write(bytes(zeros))
    log = eventcodec.open(path, mode=mode)
    assert log.damage == []
    assert log.pending == {str(path): zeros}


@pytest.mark.parametrize("mode", MODES)
def test_torn_tail_is_pending(write_records: WriteRecords, event: Any, mode: Any) -> None:
    path = write_records(event(1, a=1.0), event(2, a=2.0))
    os.truncate(path, path.stat().st_size - 3)
    log = eventcodec.open(path, mode=mode)
    assert log.damage == []
    assert list(log.pending) == [str(path)]
    assert log["."].scalars["a"].steps.tolist() == [1]


def test_records_after_a_hole(write_records: WriteRecords, event: Any, frame: Any) -> None:
    path = write_records(event(1, a=1.0))
    size = path.stat().st_size
    hole = 2_000_000
    with path.open("ab") as file:
        file.write(bytes(hole))
        for step in (2, 3):
            file.write(frame(event(step, a=step).SerializeToString()))
        file.write(frame(event(4, a=4.0).SerializeToString())[:-5])
    log = eventcodec.open(path)
    assert log["."].scalars["a"].values.tolist() == [1, 2, 3]
    assert [(each.offset, each.length) for each in log.damage] == [(size, hole)]
    assert list(log.pending.values()) == [log.pending[str(path)]]
    covered(path)


def test_unfinished_record_after_damage(
    write_records: WriteRecords, event: Any, frame: Any
) -> None:
    path = write_records(event(1, a=1.0))
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"garbage" * 10)
        file.write(frame(event(4, a=4.0).SerializeToString())[:-5])
    log = eventcodec.open(path)
    assert [(each.offset, each.length) for each in log.damage] == [(size, 70)]
    rest = frame(event(4, a=4.0).SerializeToString())[-5:]
    with path.open("ab") as file:
        file.write(rest)
    log.refresh()
    assert log["."].scalars["a"].values.tolist() == [1, 4]
    assert (len(log.damage), log.pending) == (1, {})


def test_garbage_tail_is_damage_until_records_follow(
    write_records: WriteRecords, event: Any, frame: Any
) -> None:
    path = write_records(event(1, a=1.0))
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"\xff" * 50)
    log = eventcodec.open(path)
    assert [(each.offset, each.length) for each in log.damage] == [(size, 50)]
    with path.open("ab") as file:
        file.write(b"\xff" * 20 + frame(event(2, a=2.0).SerializeToString()))
    log.refresh()
    assert [(each.offset, each.length) for each in log.damage] == [(size, 70)]
    assert log["."].scalars["a"].steps.tolist() == [1, 2]


@pytest.mark.parametrize(
    "payload",
    [
        b"\x09\x00",  # a fixed64 cut short
        b"\x2a\x05\x0a",  # a length beyond the end
        b"\x2a\x04\x0a\x02\x0a\x05",  # the same inside a value
        b"\x00\x00",  # field number 0
        b"\x10" + b"\xff" * 10,  # a varint of eleven bytes
        b"\x0b" * 40,  # groups in groups
        b"\x0c",  # the end of no group
        b"\x2a\x08\x0a\x06\x0a\x01a\x2a\x01\xff",  # a histogram that is no message
    ],
)
def test_malformed_event_costs_one_record(
    write_records: WriteRecords, event: Any, payload: bytes
) -> None:
    path = write_records(event(1, a=1.0), payload, event(2, a=2.0))
    log = eventcodec.open(path)
    assert log["."].scalars["a"].values.tolist() == [1, 2]
    assert [(each.length, each.reason) for each in log.damage] == [
        (len(payload) + 16, "malformed event")
    ]
    with pytest.raises(eventcodec.CorruptRecordError, match="malformed event at byte"):
        eventcodec.open(path, mode="strict")


def test_half_of_a_malformed_event_is_not_kept(write_records: WriteRecords, event: Any) -> None:
    good = event(5, a=5.0).SerializeToString()
    path = write_records(event(1, a=1.0), good + b"\x2a\x02\x0a\x05", event(2, a=2.0))
    assert eventcodec.open(path)["."].scalars["a"].values.tolist() == [1, 2]


def test_nested_event_file_is_not_surfaced(
    write_records: WriteRecords, event: Any, frame: Any
) -> None:
    inner = b"".join(frame(event(step, inner=1.0).SerializeToString()) for step in range(200))
    message = event(1)
    message.summary.value.add(tag="x").image.encoded_image_string = inner
    path = write_records(event(1, a=1.0), message, event(2, a=2.0))
    log = eventcodec.open(path)
    assert set(log["."].tags) == {"a", "x"}
    assert log["."].images["x"][0].encoded == inner
    content = bytearray(path.read_bytes())
    content[boundaries(content)[3] - 1] ^= 1  # the checksum behind the nested records
    path.write_bytes(content)
    log = eventcodec.open(path)
    assert set(log["."].tags) == {"a"}
    assert len(log.damage) == 1


@pytest.mark.parametrize("length", [2**31, 2**62, 2**64 - 1, 2**31 - 1])
def test_hostile_lengths(write_records: WriteRecords, event: Any, frame: Any, length: int) -> None:
    path = write_records(event(1, a=1.0))
    header = struct.pack("<Q", length)
    with path.open("ab") as file:
        file.write(header + struct.pack("<I", eventcodec.masked_crc32c(header)))
        file.write(frame(event(2, a=2.0).SerializeToString()))
    log = eventcodec.open(path)
    if length < 2**31:  # may still be written: 2 GiB are not allocated for it
        assert (log.damage, len(log.pending)) == ([], 1)
    else:
        assert [each.reason for each in log.damage] == ["length over 2 GiB"]
        assert log["."].scalars["a"].values.tolist() == [1, 2]


def test_one_bad_file_never_costs_another(write_records: WriteRecords, event: Any) -> None:
    paths = [write_records(event(1, a=1.0)) for _ in range(4)]
    paths[0].write_bytes(b"")
    paths[1].write_bytes(os.urandom(1000))
    log = eventcodec.open(paths[0].parents[1])
    assert log[paths[3].parent.name].scalars["a"].values.tolist() == [1]
    assert log[paths[2].parent.name].scalars["a"].values.tolist() == [1]
    reasons = {Path(each.path).parent.name: each.reason for each in log.damage}
    assert reasons[paths[1].parent.name] == "length checksum mismatch"
    assert paths[3].parent.name not in reasons


def test_a_file_that_vanished_costs_no_other(write_records: WriteRecords, event: Any) -> None:
    good = _native.EventFile(os.fsencode(write_records(event(1, a=1.0))))
    gone = _native.EventFile(b"/nonexistent/x.tfevents")
    results = _native.scan_files(
        [gone, good], mode="salvage", verify=True, threads=2, keep_rows=True
    )
    assert isinstance(results[0], FileNotFoundError)
    assert (results[1], good.records, len(good.series())) == (None, 2, 1)


def test_damage_after_opening_is_found_when_a_value_is_read(mixed: Path) -> None:
    run = eventcodec.open(mixed)["."]
    content = bytearray(mixed.read_bytes())
    ends = boundaries(content)
    content[ends[4] - 10] ^= 1
    mixed.write_bytes(content)
    with pytest.raises(eventcodec.CorruptRecordError, match="payload checksum mismatch at byte"):
        run.images["x"][0]
    assert run.images["x"][1].encoded == b"png"
    mixed.unlink()
    with pytest.raises(FileNotFoundError):
        run.images["x"][1]


@pytest.mark.parametrize("left", range(13))
def test_the_last_record_behind_one_that_lost_bytes(
    write_records: WriteRecords, event: Any, frame: Any, left: int
) -> None:
    """It ends where the damaged header says that its own does, or a little behind."""
    last = frame(event(9, b=2.0).SerializeToString())
    lost = len(last) - left
    payload = event(8, **{"x" * 150: 1.0}).SerializeToString()
    damaged = frame(payload)[: 12 + 60] + frame(payload)[12 + 60 + lost :]
    path = write_records(event(7, a=1.0))
    whole = path.read_bytes()
    path.write_bytes(whole + damaged + last)
    log = eventcodec.open(path)
    assert log["."].scalars["b"].values.tolist() == [2.0]
    assert [(each.offset, each.length, each.recovered) for each in log.damage] == [
        (len(whole), len(damaged), True)
    ]
    assert log.pending == {}
    with eventcodec.RecordReader(path) as reader:
        assert list(reader)[-1] == last[12:-4]
        assert [(each.offset, each.length) for each in reader.damage] == [
            (len(whole), len(damaged))
        ]
    path.write_bytes(whole + frame(payload)[:-1] + b"\0" + last[:left])  # a torn record behind it
    log = eventcodec.open(path).refresh()
    assert [each.length for each in log.damage] == [len(frame(payload))]
    assert log.pending == ({str(path): left} if left else {})
