"""C10 (P17): one file read by several threads gives what one thread finds, whatever it holds."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from harness.generated_logs import draw_events, frame
from harness.scanned import look, scan, scan_file
from tensorboard.compat.proto.event_pb2 import Event

from eventcodec import _native

TRIALS = {"fast": 400, "long": 100_000}
SMALLEST_PART = 300  # bytes, so that small files have many, in several rounds


def nested_event(rng: random.Random) -> Event:
    """An event whose payload is an event file, in which records start that are none."""
    inner = b"".join(frame(each.SerializeToString()) for each in draw_events(rng, 15))
    event = Event(step=rng.randrange(100), wall_time=1.0)
    value = event.summary.value.add(tag="nested")
    value.tensor.dtype = 7
    value.tensor.string_val.append(inner)
    return event


def draw_file(rng: random.Random) -> bytes:
    events = draw_events(rng, rng.randint(5, 120))
    for _ in range(rng.choice([0, 0, 1, 3])):
        events.insert(rng.randrange(len(events)), nested_event(rng))
    data = bytearray(b"".join(frame(each.SerializeToString()) for each in events))
    for _ in range(rng.choice([0, 0, 0, 1, 3])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        start = rng.randrange(len(data))
        del data[start : start + rng.choice([1, 30, 500])]
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)) :]
    return bytes(data)


def test_c10_split_equals_sequential(campaign: Any, tmp_path: Path) -> None:
    rng = campaign.random
    path = tmp_path / "events.tfevents.0"
    trials = round(TRIALS[campaign.scale] * campaign.share)
    for _ in range(trials):
        path.write_bytes(draw_file(rng))
        mode = rng.choice(["salvage", "salvage", "prefix"])
        want = scan(path, mode=mode)
        parts = {"mode": mode, "threads": rng.randint(2, 6), "least_part": SMALLEST_PART}
        assert scan(path, **parts) == want
    campaign.report("C10 split files", "P17", trials=trials, hits=trials, lost=0)


def test_c10_split_while_growing(campaign: Any, tmp_path: Path) -> None:
    rng = campaign.random
    path = tmp_path / "events.tfevents.0"
    trials = round(TRIALS[campaign.scale] * campaign.share) // 4
    for _ in range(trials):
        data = draw_file(rng)
        path.write_bytes(b"")
        one, many = (_native.EventFile(os.fsencode(path)) for _ in range(2))
        for stop in sorted({rng.randrange(len(data)), rng.randrange(len(data)), len(data)}):
            path.write_bytes(data[:stop])
            scan_file(one)
            scan_file(many, threads=4, least_part=SMALLEST_PART)
            assert look(many) == look(one)
    campaign.report("C10 split growing files", "P17, P20", trials=trials, hits=trials, lost=0)
