"""EventReader against TensorBoard's messages, and on damaged files."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

import eventcodec
from eventcodec import EventReader, RecordWriter
from eventcodec.proto import Event

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
BROKEN = b"\x09only"  # claims eight bytes


def _events(count):
    return [Event(wall_time=i, step=i, file_version="x" * (i % 5)) for i in range(count)]


def _file(payloads) -> bytes:
    out = io.BytesIO()
    with RecordWriter(out) as writer:
        for payload in payloads:
            writer.write(payload)
    return out.getvalue()


def _bytes_of(events):
    return [event.SerializeToString() for event in events]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/events*")), ids=lambda p: p.parent.name)
def test_equals_tensorboards_loader(path):
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    want = [
        e.SerializeToString(deterministic=True) for e in LegacyEventFileLoader(str(path)).Load()
    ]
    with EventReader(path) as reader:
        got = [event.SerializeToString(deterministic=True) for event in reader]
        assert got == want
        assert reader.damage == []
        assert reader.pending_bytes == 0
        assert reader.path == str(path)
    assert want[0].find(b"brain.Event:2") > 0


def test_malformed_event_costs_itself():
    events = _events(5)
    payloads = _bytes_of(events)
    data = _file([*payloads[:2], BROKEN, *payloads[2:]])
    offset = len(_file(payloads[:2]))
    reader = EventReader(io.BytesIO(data))
    assert list(reader) == events
    region = eventcodec.SkippedRegion("", offset, len(BROKEN) + 16, "malformed event")
    assert reader.damage == [region]

    with pytest.raises(eventcodec.CorruptRecordError, match=f"malformed event at byte {offset}"):
        list(EventReader(io.BytesIO(data), mode="strict"))

    reader = EventReader(io.BytesIO(data + b"tail"), mode="prefix")
    assert list(reader) == events[:2]
    assert list(reader) == []
    (region,) = reader.damage
    assert (region.offset, region.offset + region.length) == (offset, len(data) + 4)


def test_positions_count_damaged_records_too():
    """A flipped bit before a malformed event, and one after it: three regions, in file order."""
    payloads = _bytes_of(_events(6))
    sizes = [len(p) + 16 for p in payloads]
    parts = [*payloads[:3], BROKEN, *payloads[3:]]
    data = bytearray(_file(parts))
    data[sizes[0] + 14] ^= 0x10  # payload of event 1
    after = sum(sizes[:3]) + len(BROKEN) + 16 + sizes[3]
    data[after + 2] ^= 0x01  # length of event 4
    reader = EventReader(io.BytesIO(bytes(data)))
    assert [event.step for event in reader] == [0, 2, 3, 5]
    assert [(r.offset, r.length) for r in reader.damage] == [
        (sizes[0], sizes[1]),
        (sum(sizes[:3]), len(BROKEN) + 16),
        (after, sizes[4]),
    ]


def test_goes_on_when_the_file_grows(tmp_path):
    events = _events(3)
    data = _file(_bytes_of(events))
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(data[:-3])
    with EventReader(path) as reader:
        assert list(reader) == events[:2]
        assert reader.pending_bytes > 0
        with path.open("ab") as file:
            file.write(data[-3:])
        assert list(reader) == events[2:]
        assert reader.damage == []


def test_unknown_mode_is_quoted():
    with pytest.raises(ValueError, match="'slavage'"):
        EventReader(io.BytesIO(b""), mode="slavage")


def test_import_leaves_protobuf_alone():
    command = (
        "import sys, eventcodec; eventcodec.EventReader;"
        "assert 'google.protobuf' not in sys.modules;"
        "list(eventcodec.EventReader(__import__('io').BytesIO()));"
        "assert 'google.protobuf' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", command], check=True, timeout=60)
