"""C5 (P18, P19): zeros, garbage, holes, doubled and swapped blocks; event files inside payloads."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.generated_logs import frame
from harness.scanned import record_bounds
from tensorboard.compat.proto.event_pb2 import Event

import eventcodec

TRIALS = {"fast": 1_500, "long": 1_000_000}
SIZES = (1, 16, 512, 4096)
IN_PLACE = ("zero", "garbage", "prefix")


def event_of(number: int, rng: random.Random, nested: bytes = b"") -> bytes:
    """An event that is known by its step; some hold a whole event file of other steps."""
    event = Event(step=number, wall_time=1.0)
    value = event.summary.value.add(tag="x" * rng.choice([1, 1, 30, 300]))
    if nested:
        value.tensor.dtype = 7
        value.tensor.string_val.append(nested)
    else:
        value.simple_value = number
    return event.SerializeToString()


def draw_file(rng: random.Random) -> list[bytes]:
    """Return records of even steps; those nested in number n have odd steps from 1000 n on."""
    records = []
    for number in range(rng.randint(5, 60)):
        nested = b""
        if rng.random() < 0.2:
            inner = (event_of(1000 * number + 2 * k + 1, rng) for k in range(rng.randint(1, 8)))
            nested = b"".join(map(frame, inner))
        records.append(frame(event_of(2 * number, rng, nested)))
    return records


def damage(data: bytes, rng: random.Random) -> tuple[bytes, int, int, str]:
    """Return damaged bytes, and which bytes of the original were touched."""
    size = min(rng.choice(SIZES), len(data))
    start = rng.randrange(len(data) - size + 1)
    stop = start + size
    kind = rng.choice(["zero", "garbage", "hole", "double", "swap", "prefix"])
    if kind == "zero":
        return data[:start] + bytes(size) + data[stop:], start, stop, kind
    if kind == "garbage":
        return data[:start] + rng.randbytes(size) + data[stop:], start, stop, kind
    if kind == "hole":
        return data[:start] + data[stop:], start, stop, kind
    if kind == "double":
        return data[:stop] + data[start:stop] + data[stop:], stop, stop, kind
    if kind == "swap" and stop + size <= len(data):
        swapped = data[:start] + data[stop : stop + size] + data[start:stop] + data[stop + size :]
        return swapped, start, stop + size, kind
    return rng.randbytes(rng.randint(0, 4096)) + data, 0, 0, kind


def test_c05_structured_damage(campaign: Any, tmp_path: Path) -> None:
    rng = campaign.random
    trials = round(TRIALS[campaign.scale] * campaign.share)
    path = tmp_path / "events.out.tfevents.1"
    hits = records = not_found = 0
    for _ in range(trials):
        data = b"".join(draw_file(rng))
        bounds = record_bounds(data)
        broken, first, last, kind = damage(data, rng)
        path.write_bytes(broken)
        reader = eventcodec.EventReader(path)
        with reader:
            steps = [event.step for event in reader]
            regions = [(region.offset, region.length) for region in reader.damage]
            pending = reader.pending_bytes
        intact = {
            number
            for number, (start, stop) in enumerate(pairwise(bounds))
            if stop <= first or start >= last
        }
        log = eventcodec.open(path)
        found = [(each.offset, each.length) for each in log.damage]
        assert found == regions
        assert log.pending.get(str(path), 0) == pending
        hits += bool(regions)
        missing = intact - {step // 2 for step in steps if step % 2 == 0}
        surfaced = {step for step in steps if step % 2 and step // 1000 in intact}
        if kind in IN_PLACE:
            assert not missing, (kind, first, last)
            assert not surfaced, (kind, first, last)
        # Where bytes have moved, a length that is right by its checksum leads to the wrong place.
        # Sometimes what stands on the way may just as well be inside an unfinished record.
        records += len(intact)
        not_found += len(missing)
    assert hits > trials // 4
    assert not_found <= 10 + records / 100_000
    figures = f"{not_found} of {records} records not found, where bytes are missing or have moved"
    campaign.report(
        "C5 structured damage", "P18, P19", trials=trials, hits=hits, lost=0, figures=figures
    )
