"""The index: equal answers with and without, only new bytes read, nothing harmed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_logs import VERSION, append, histogram, image, restart, scalar
from tensorboard.compat.proto.event_pb2 import Event

import eventcodec
from eventcodec import _native
from eventcodec.archive import compact, index, query
from eventcodec.reader.saved_scans import DATABASE, cache_directory, restore_files


def facts(log: eventcodec.Log) -> dict[str, Any]:
    """Everything that a log says."""
    found: dict[str, Any] = {"damage": log.damage, "pending": log.pending}
    for name, run in log.runs.items():
        found[name] = {
            "tags": dict(run.tags),
            "scalars": {
                tag: (s.steps.tolist(), s.wall_times.tobytes(), s.values.tobytes())
                for tag, s in run.scalars.items()
            },
            "histograms": {
                tag: [(h.counts.tolist(), h.right.tolist()) for h in series]
                for tag, series in run.histograms.items()
            },
            "raw": {tag: list(series) for tag, series in run.raw.items()},
        }
    return found


def assert_equal_answers(place: Path, location: Path | None = None) -> None:
    indexed = eventcodec.open(place, index=True if location is None else location)
    plain = eventcodec.open(place, index=False)
    assert facts(indexed) == facts(plain)
    purged = eventcodec.open(place, purge=False)
    assert facts(purged) == facts(eventcodec.open(place, purge=False, index=False))


def test_a_second_pass_reads_nothing(logs: Path) -> None:
    first = index(logs)
    assert (first.files, first.read, first.bytes_read > 0) == (6, 6, True)
    before = {p: p.stat().st_mtime_ns for p in Path(first.location).iterdir()}
    second = index(logs)
    assert (second.read, second.unchanged, second.bytes_read) == (0, 6, 0)
    assert {p: p.stat().st_mtime_ns for p in Path(first.location).iterdir()} == before
    assert all("tfevents" not in path.name for path in before)
    assert_equal_answers(logs)


def test_only_new_bytes_are_read(logs: Path) -> None:
    index(logs)
    path = logs / "a/events.out.tfevents.1"
    size = path.stat().st_size
    append(path, scalar(40), histogram(41), scalar(42, "new"))
    # Answers are right also while the index is behind.
    assert_equal_answers(logs)
    report = index(logs)
    assert (report.read, report.bytes_read) == (1, path.stat().st_size - size)
    assert_equal_answers(logs)
    [(total,)] = query(logs, "SELECT sum(bytes) FROM tags WHERE run = 'a'", dialect="sqlite").rows
    sizes = [len(_native.frame(p)) for p in (VERSION, VERSION, restart(20))]
    whole = sum(p.stat().st_size for p in (logs / "a").iterdir())
    assert total == whole - sum(sizes)


def test_open_uses_the_index(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was indexed is not read again: a change that keeps size and time stays unseen."""
    index(logs)
    path = logs / "a/events.out.tfevents.1"
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert eventcodec.open(logs).damage == []
    assert len(eventcodec.open(logs, index=False).damage) == 1
    assert len(eventcodec.open(logs, mode="prefix").damage) == 1
    # A subdirectory or a file is covered as well.
    assert eventcodec.open(logs / "a").damage == []
    assert eventcodec.open(path).damage == []


@pytest.mark.parametrize("what", ["replaced", "rewritten", "cut", "gone", "damaged", "zeros"])
def test_changed_files_are_noticed(logs: Path, what: str) -> None:
    index(logs)
    path = logs / "a/events.out.tfevents.1"
    content = path.read_bytes()
    if what == "replaced":
        other = logs / "new"
        append(other, VERSION, *map(scalar, range(100, 200)))
        other.replace(path)
    elif what == "rewritten":  # the same inode, other bytes, longer than before
        path.write_bytes(b"")
        append(path, VERSION, *map(scalar, range(100, 200)))
    elif what == "cut":
        with path.open("r+b") as file:
            file.truncate(len(content) // 2)
    elif what == "gone":
        path.unlink()
    elif what == "damaged":
        path.write_bytes(content[:100] + b"\xff" + content[101:])
    else:
        path.write_bytes(content + bytes(1000))
    assert_equal_answers(logs)
    report = index(logs)
    assert report.removed == (what == "gone")
    assert report.read == (what != "gone")
    assert_equal_answers(logs)
    regions = query(logs, "SELECT path, offset FROM damage", dialect="sqlite").rows
    assert [Path(logs, each[0]) for each in regions] == [
        Path(region.path) for region in eventcodec.open(logs, index=False).damage
    ]


@pytest.mark.parametrize("seed", range(4))
def test_equal_answers_whatever_happens(tmp_path: Path, seed: int) -> None:
    """A property: after any history of changes and passes, open() says what the files say."""
    rng = np.random.default_rng(seed)
    place = tmp_path / "logs"
    paths = [place / run / f"events.out.tfevents.{n}" for run in ("a", "b") for n in (1, 2)]
    step = 0
    append(paths[0], VERSION)
    for _ in range(25):
        path = paths[int(rng.integers(4))]
        act = rng.choice(["add", "add", "add", "cut", "flip", "torn", "unlink", "index", "index"])
        if act == "add" or not path.exists():
            makers = [scalar, histogram, image, restart]
            append(path, *(makers[int(rng.integers(4))](step := step + 1) for _ in range(10)))
        elif act == "cut":
            os.truncate(path, int(rng.integers(path.stat().st_size + 1)))
        elif act == "flip" and path.stat().st_size:
            content = bytearray(path.read_bytes())
            content[int(rng.integers(len(content)))] ^= 8
            path.with_suffix(".new").write_bytes(content)
            path.with_suffix(".new").replace(path)
        elif act == "torn":
            with path.open("ab") as file:
                file.write(_native.frame(scalar(step))[:-7])
        elif act == "unlink" and len(list(place.rglob("*tfevents*"))) > 1:
            path.unlink()
        else:
            index(place)
        assert_equal_answers(place)


@pytest.mark.parametrize("harm", ["garbage", "empty", "version", "segment", "short", "flipped"])
def test_a_harmed_index_is_no_harm(logs: Path, harm: str) -> None:
    place = Path(index(logs).location)
    [segment] = place.glob("*.columns")
    if harm == "garbage":
        (place / DATABASE).write_bytes(os.urandom(5000))
    elif harm == "empty":
        (place / DATABASE).write_bytes(b"")
    elif harm == "version":
        with sqlite3.connect(place / DATABASE) as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
    elif harm == "segment":
        segment.unlink()
    elif harm == "short":
        os.truncate(segment, segment.stat().st_size // 2)
    else:
        content = bytearray(segment.read_bytes())
        for at in range(5, len(content), 97):
            content[at] ^= 0x40
        segment.write_bytes(content)
    assert_equal_answers(logs)
    append(logs / "a/events.out.tfevents.1", scalar(50))
    assert_equal_answers(logs)


def test_hostile_states_are_refused(logs: Path) -> None:
    """Any bytes with a right checksum: no crash, and no memory that is not there."""
    path = logs / "a/events.out.tfevents.1"
    file = _native.EventFile(os.fsencode(path))
    with (logs / "segment").open("w+b") as target:
        writer = _native.SegmentWriter(target.fileno(), least_rows=1)
        # Rows in two pieces, and some in the state.
        file.index_into(writer, stretch=path.stat().st_size // 2, keep=0, tail=1)
        assert len(file.pieces()) == 2
        append(path, scalar(50))
        failure, _, _, offset, length = file.index_into(
            writer, stretch=1 << 20, keep=1 << 20, tail=1
        )
        writer.flush()
    assert failure is None
    segment = _native.Segment(os.fsencode(logs / "segment"))
    pieces = [(segment, offset, size) for offset, size, _ in file.pieces()]
    state = (logs / "segment").read_bytes()[offset : offset + length - 4]
    rng = np.random.default_rng(0)
    wholes = []
    for _ in range(3000):
        changed = bytearray(state)
        for _ in range(int(rng.integers(1, 6))):
            at = int(rng.integers(len(changed)))
            changed[at : at + 8] = rng.bytes(8) if rng.random() < 0.5 else b"\xff" * 8
        wholes.append(bytes(changed) + _native.masked_crc32c(changed).to_bytes(4, "little"))
    (logs / "states").write_bytes(b"".join(wholes))
    states = _native.Segment(os.fsencode(logs / "states"))
    at = taken = 0
    for whole in wholes:
        other = _native.EventFile(b"/nowhere")
        begin, at = at, at + len(whole)
        if other.restore(states, begin, len(whole), pieces):
            taken += 1
            for number, described in enumerate(other.series()):
                # Extents that are not where rows were saved have another checksum, and the file
                # is read instead, which is not there.
                with contextlib.suppress(FileNotFoundError):
                    assert len(other.columns(number)[0]) == described[5]
            other.session_starts()
            other.damage()
            other.tag_bytes()
    nowhere = _native.EventFile(b"/nowhere")
    assert not nowhere.restore(segment, offset, length // 2, pieces)
    assert not nowhere.restore(segment, offset + 1, length, pieces)
    assert not nowhere.restore(segment, offset, length, [])
    assert nowhere.restore(segment, offset, length, pieces)
    assert taken


def tensor(step: int, plugin: str = "") -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    value = event.summary.value.add(tag="loss")
    value.tensor.dtype = 1
    value.tensor.float_val.append(step)
    value.tensor.tensor_shape.SetInParent()
    if plugin:
        value.metadata.plugin_data.plugin_name = plugin
    return event.SerializeToString()


def test_files_that_need_an_earlier_one(tmp_path: Path) -> None:
    """TensorFlow 1 after reopen(): what an earlier file says of a tag, while it says so."""
    logs = tmp_path / "logs"
    first, later = (logs / f"events.out.tfevents.{n}" for n in (1, 2))
    asked = "SELECT kind, count, bytes FROM tags"
    append(first, VERSION, tensor(1, "scalars"))
    append(later, *map(tensor, range(2, 2000)))
    index(logs)
    assert index(logs).bytes_read == 0
    append(later, tensor(2000))
    assert index(logs).bytes_read == len(_native.frame(tensor(2000)))
    known: dict[str, _native.EventFile] = {}
    restore_files([str(first), str(later)], known, None, logs, None)
    assert _native.carry_metadata(list(known.values())) == []  # none is to be read once more
    assert_equal_answers(logs)
    of_tag = later.stat().st_size + len(_native.frame(tensor(1, "scalars")))
    assert query(logs, asked, dialect="sqlite").rows == [("scalars", 2000, of_tag)]
    whole = first.read_bytes()
    for change in (tensor(1, "images"), tensor(1)):  # it says something else, or nothing
        first.write_bytes(b"".join(map(_native.frame, (VERSION, change))))
        assert_equal_answers(logs)
        assert index(logs).read == 2
        assert index(logs).bytes_read == 0
        assert_equal_answers(logs)
    first.write_bytes(whole)
    index(logs)
    first.unlink()
    assert index(logs).bytes_read == later.stat().st_size
    assert_equal_answers(logs)
    assert query(logs, asked, dialect="sqlite").rows == [("tensors", 1999, later.stat().st_size)]


def test_bytes_of_tags_are_those_of_their_records(logs: Path) -> None:
    """As compact() counts them, which takes events apart by itself."""
    event = Event(wall_time=1.7e9, step=3)
    for number in range(3):
        event.summary.value.add(tag=f"several/{number}", simple_value=number)
    append(logs / "a/events.out.tfevents.1", event.SerializeToString(), scalar(9), scalar(10, "x"))
    counted = {
        (change.run, tag.tag): tag.bytes_before
        for change in compact(logs, logs / "unused", dry_run=True)
        for tag in change.tags
    }
    rows = query(logs, "SELECT run, tag, bytes FROM tags", dialect="sqlite").rows
    assert {(run, tag): size for run, tag, size in rows} == counted


def _index_often(place: str, times: int) -> None:
    for _ in range(times):
        index(place)


def test_two_processes_at_once(logs: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_index_often, args=(str(logs), 8)) for _ in range(2)]
    for process in processes:
        process.start()
    for step in range(100, 130):
        append(logs / "a/events.out.tfevents.1", scalar(step))
        append(logs / f"new{step}/events.out.tfevents.1", VERSION, scalar(step))
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert_equal_answers(logs)
    index(logs)
    assert index(logs).read == 0
    assert_equal_answers(logs)


def test_a_location_of_choice(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = index(logs, location=tmp_path / "mine")
    assert report.location == str(tmp_path / "mine")
    assert not (logs / ".eventcodec").exists()
    assert_equal_answers(logs, tmp_path / "mine")
    assert query(logs, "SELECT count(*) FROM files", location=tmp_path / "mine").rows == [(6,)]
    # Where the log directory takes no index, the user's cache does.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (logs / ".eventcodec").write_bytes(b"a file in the way")
    report = index(logs)
    assert report.location == str(cache_directory(logs))
    assert index(logs).read == 0
    assert_equal_answers(logs)


def test_many_small_passes_keep_few_segments(logs: Path) -> None:
    for step in range(100, 240):
        append(logs / "a/events.out.tfevents.1", scalar(step))
        append(logs / f"x{step}/events.out.tfevents.1", VERSION, scalar(step))
        place = Path(index(logs).location)
    assert len(list(place.glob("*.columns"))) <= 65
    assert_equal_answers(logs)


def test_links_are_indexed(logs: Path, tmp_path: Path) -> None:
    shutil.move(logs / "b", tmp_path / "elsewhere")
    (logs / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "alias").symlink_to(logs)
    assert index(tmp_path / "alias").read == 6
    assert index(logs).read == 0
    assert_equal_answers(logs)
    assert_equal_answers(tmp_path / "alias")


def test_names_that_are_not_text(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path) + b"/logs/r\xff\n"
    append(Path(os.fsdecode(directory)) / "events.out.tfevents.1", VERSION, scalar(1, "t\x1b[31m"))
    assert index(tmp_path / "logs").read == 1
    assert index(tmp_path / "logs").read == 0
    assert_equal_answers(tmp_path / "logs")
    assert query(tmp_path / "logs", "SELECT run, tag FROM tags", dialect="sqlite").rows == [
        ("r\\xff\n", "t\x1b[31m")
    ]


def test_wrong_calls(tmp_path: Path, logs: Path) -> None:
    with pytest.raises(FileNotFoundError):
        index(tmp_path / "none")
    with pytest.raises(NotADirectoryError):
        index(logs / "a/events.out.tfevents.1")
    with pytest.raises(FileNotFoundError, match="eventcodec index"):
        query(logs, "SELECT 1", update=False)
