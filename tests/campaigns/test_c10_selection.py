"""C10 (P17): what is read of some tags and steps is what is read of everything, filtered."""

from __future__ import annotations

import os
import random
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from harness.event_records import event_files, read_event_file
from harness.generated_logs import draw_events, frame, write_run
from harness.scanned import scan_file
from tensorboard.compat.proto.event_pb2 import Event

import eventcodec
from eventcodec import _native

TRIALS = {"fast": 100, "long": 20_000}
SMALLEST_PART = 300  # bytes, so that small files have many, in several rounds
TIMELESS = {"hparams", "custom_scalars", "graphs"}
EVERY_STEP = (-(1 << 63), (1 << 63) - 1)
GLOBS = ["a*", "*/simple", "*tensor*", "[!c]*", "loss/*", "nothing"]

Rows = list[tuple[Any, ...]]


def mixed_file(rng: random.Random) -> list[Any]:
    """Events of tags that have several kinds, with metadata that come late or contradict."""
    events = []
    step = 0
    for _ in range(rng.randint(5, 80)):
        event = Event(step=step, wall_time=rng.random())
        if rng.random() < 0.05:
            event.session_log.status = 1
            step = rng.randint(0, step)
        for _ in range(0 if event.HasField("session_log") else rng.choice([1, 1, 1, 3])):
            value = event.summary.value.add(tag=rng.choice("abc"))
            choice = rng.randrange(8)
            if choice < 5:
                value.simple_value = rng.random()
            elif choice == 5:
                value.histo.num = 1.0
            else:
                value.tensor.dtype = 1
                value.tensor.float_val.append(rng.random())
            if rng.random() < 0.15:
                value.metadata.plugin_data.plugin_name = rng.choice(["scalars", "x", "hparams"])
                value.metadata.display_name = rng.choice(["", "one", "two"])
        events.append(event)
        step += rng.choice([0, 1, 1, 2])
    return events


def draw_file(rng: random.Random) -> bytes:
    events = mixed_file(rng) if rng.random() < 0.5 else draw_events(rng, rng.randint(5, 120))
    data = bytearray(b"".join(frame(each.SerializeToString()) for each in events))
    for _ in range(rng.choice([0, 0, 0, 1, 3])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)) :]
    return bytes(data)


def draw_steps(rng: random.Random, known: list[int]) -> tuple[int, int]:
    """Return the first and the last step that are wanted: all, or between some that there are."""
    if rng.random() < 0.3 or not known:
        return EVERY_STEP
    first, last = sorted((rng.choice(known), rng.choice(known)))
    return rng.choice([(first, last), (EVERY_STEP[0], last), (first, EVERY_STEP[1])])


def rows_in(file: Any, number: int) -> Rows:
    """The rows of a series, bit by bit."""
    columns = [each.view(np.int64) for each in file.columns(number) if each is not None]
    if len(columns) == 2:
        columns.append(file.items(number))
    return list(zip(*(column.tolist() for column in columns), strict=True))


def look(file: Any) -> tuple[Any, ...]:
    """Everything of a file that a selection must not change; the series with their rows; restarts.

    A series is (tag, kind, plugin, display name, description), its form and its rows.
    """
    numbered = enumerate(zip(file.series(), file.forms(), strict=True))
    series = [(each[:5], form, rows_in(file, number)) for number, (each, form) in numbered]
    rest = (file.records, file.pending, file.damage(), file.plugins())
    return rest, series, file.session_starts()


def filtered(seen: tuple[Any, ...], glob: str | None, steps: tuple[int, int]) -> tuple[Any, ...]:
    """What look() must show of a file of which some tags and steps were read."""
    rest, series, starts = seen
    kept = [
        [
            kind in TIMELESS
            or ((glob is None or fnmatchcase(tag, glob)) and steps[0] <= row[0] <= steps[1])
            for row in rows
        ]
        for (tag, kind, *_), _, rows in series
    ]
    left = [
        (described, form, [row for row, keep in zip(rows, keeps, strict=True) if keep])
        for (described, form, rows), keeps in zip(series, kept, strict=True)
    ]
    counted = [
        (step, [sum(kept[number][:count]) for number, count in enumerate(before)])
        for step, before in starts
    ]
    return rest, left, counted


def selected(path: Path, glob: str | None, steps: tuple[int, int]) -> Any:
    wanted = None if glob is None else lambda tag, _: fnmatchcase(tag, glob)
    return _native.EventFile(os.fsencode(path), _native.Selection(*steps, wanted))


def test_c10_selection_of_a_file(campaign: Any, tmp_path: Path) -> None:
    """Sequentially, split over threads, while it grows, and out of an index's pieces."""
    rng = campaign.random
    path = tmp_path / "events.tfevents.0"
    trials = round(TRIALS[campaign.scale] * campaign.share)
    hits = 0
    for _ in range(trials):
        data = draw_file(rng)
        path.write_bytes(data)
        everything = _native.EventFile(os.fsencode(path))
        scan_file(everything)
        whole = look(everything)
        known = [row[0] for _, _, rows in whole[1] for row in rows]
        glob, steps = rng.choice([None, "[ab]", *GLOBS]), draw_steps(rng, known)
        want = filtered(whole, glob, steps)
        hits += want != whole

        one = selected(path, glob, steps)
        scan_file(one)
        assert look(one) == want
        split = selected(path, glob, steps)
        scan_file(split, threads=rng.randint(2, 4), least_part=SMALLEST_PART)
        assert look(split) == want
        growing = selected(path, glob, steps)
        for stop in sorted({rng.randint(0, len(data)), rng.randint(0, len(data)), len(data)}):
            path.write_bytes(data[:stop])
            scan_file(growing, threads=rng.choice([1, 3]), least_part=SMALLEST_PART)
        # A record that was not whole at first may have ended a search for the next.
        assert look(growing)[1:] == want[1:]

        with (tmp_path / "segment").open("w+b") as segment:
            kept = _native.EventFile(os.fsencode(path))
            writer = _native.SegmentWriter(segment.fileno(), least_rows=rng.choice([1, 16]))
            _, _, _, *state = kept.index_into(
                writer, stretch=rng.choice([300, 4000]), keep=0, tail=0
            )
            writer.flush()
            pieces = _native.Segment(os.fsencode(tmp_path / "segment"))
            restored = selected(path, glob, steps)
            places = [(pieces, offset, size) for offset, size, _ in kept.pieces()]
            assert restored.restore(pieces, *state, places)
        assert look(restored) == want
    campaign.report("C10 tags and steps of a file", "P17", trials=trials, hits=hits, lost=0)


def expected_scalars(run: Path, tags: re.Pattern[str], steps: range) -> dict[str, list[Any]]:
    """The values of simple_value, from protobuf, with TensorBoard's purge, then filtered."""
    found: dict[str, list[Any]] = {}
    for content in (read_event_file(path) for path in event_files(run)):
        for event in content.events:
            if event.session_log.status == 1:
                for tag, points in found.items():
                    found[tag] = [point for point in points if point[0] < event.step]
            for value in event.summary.value:
                if value.HasField("simple_value") and tags.search(value.tag):
                    point = (event.step, event.wall_time, np.float64(value.simple_value).tobytes())
                    found.setdefault(value.tag, []).append(point)
    left = {tag: [each for each in rows if each[0] in steps] for tag, rows in found.items()}
    return {tag: rows for tag, rows in left.items() if rows}


def test_c10_selection_of_a_run(campaign: Any, tmp_path: Path) -> None:
    """Several files with restarts between them: the values of protobuf."""
    rng = campaign.random
    trials = round(TRIALS[campaign.scale] * campaign.share)
    hits = 0
    for number in range(trials):
        run = tmp_path / str(number)
        write_run(run, rng, events=30)
        everything = eventcodec.open(run)["."]
        known = [int(s) for tag in everything.scalars for s in everything.scalars[tag].steps]
        if not known:
            continue
        start, stop = sorted((rng.choice(known), rng.choice(known)))
        tags = re.compile(rng.choice(["simple", "simple", "^a", "loss", "e", "^$"]))
        want = expected_scalars(run, tags, range(start, stop))
        got = eventcodec.open(run, tags=tags, steps=(start, stop))["."]
        mine = {
            tag: [
                (point.step, point.wall_time, np.float64(point.value).tobytes()) for point in rows
            ]
            for tag, rows in got.scalars.items()
            if tag.endswith("/simple")
        }
        assert mine == want
        hits += bool(want)
        assert all(tags.search(tag) or t.kind in TIMELESS for tag, t in got.tags.items())
        assert list(got.tags) == [tag for tag in everything.tags if tag in got.tags]
        for tag, entry in got.contents():
            if entry.kind in TIMELESS:
                continue
            whole = (
                getattr(everything, entry.kind)[tag] if entry.kind != "raw" else everything.raw[tag]
            )
            inside = [step for step in whole.steps.tolist() if start <= step < stop]
            assert (entry.count, entry.first_step, entry.last_step) == (
                len(inside),
                inside[0],
                inside[-1],
            )
    campaign.report("C10 tags and steps of a run", "P17", trials=trials, hits=hits, lost=0)
