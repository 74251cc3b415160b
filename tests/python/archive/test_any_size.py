"""Bulk work at any size: bounded memory, and no row written or read again and again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import eventcodec
from eventcodec import _native
from eventcodec.archive import index, query

# A process that may have so much address space beyond what it has with everything imported.
CHILD = """
import os, resource, sys
import eventcodec
from eventcodec import archive
import numpy, sqlite3, json, fcntl, secrets, concurrent.futures.thread, eventcodec.archive.index
work, megabytes = sys.argv[1], int(sys.argv[2])
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + (megabytes << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(eval(work))
"""


def run_limited(work: str, megabytes: int) -> str:
    """Evaluate an expression in a process with a limit; return what it printed."""
    command = [sys.executable, "-c", CHILD, work, str(megabytes)]
    environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_scalars(path: Path, events: int, *, restart_at: int | None = None) -> None:
    """Scalars of two tags; of the second, NaN at every hundredth."""
    path.parent.mkdir(parents=True, exist_ok=True)
    steps = np.arange(events // 2)
    loss = np.sin(steps).astype(np.float32).astype(np.float64)
    odd = np.where(steps % 100 == 0, np.nan, -loss)
    with path.open("wb") as file:
        file.write(_native.version_record(1.7e9))
        for tag, values in (("loss", loss), ("odd", odd)):
            file.write(_native.scalar_records(tag, steps, 1.7e9 + steps, values))
        if restart_at is not None:
            from tensorboard.compat.proto.event_pb2 import Event, SessionLog

            event = Event(wall_time=1.7e9, step=restart_at)
            event.session_log.status = SessionLog.START
            file.write(_native.frame(event.SerializeToString()))
            after = np.arange(restart_at, restart_at + 5)
            file.write(_native.scalar_records("loss", after, 1.8e9 + after, np.full(5, 7.0)))


@pytest.mark.parametrize("restart_at", [None, 1_000_000])
def test_memory_does_not_grow_with_a_file(tmp_path: Path, restart_at: int | None) -> None:
    events = 4_000_000  # columns of 96 MB
    path = tmp_path / "logs" / "events.out.tfevents.1"
    write_scalars(path, events, restart_at=restart_at)
    work = f"archive.index({str(tmp_path / 'logs')!r}, workers=2).bytes_read"
    assert int(run_limited(work, 80)) == path.stat().st_size
    log = eventcodec.open(tmp_path / "logs")
    plain = eventcodec.open(tmp_path / "logs", index=False)
    rows = []
    for tag in ("loss", "odd"):
        series, expected = log["."].scalars[tag], plain["."].scalars[tag]
        assert np.array_equal(series.steps, expected.steps)
        assert np.array_equal(series.wall_times, expected.wall_times)
        assert np.array_equal(series.values, expected.values, equal_nan=True)
        values = expected.values
        last = None if np.isnan(values[-1]) else values[-1]
        rows.append((tag, len(values), np.nanmin(values), np.nanmax(values), last,
                     np.isnan(values).sum(), expected.steps[0], expected.steps[-1]))  # fmt: skip
    sql = "SELECT tag, count, min, max, last, nan_count, first_step, last_step FROM tags"
    assert sorted(query(tmp_path / "logs", sql, dialect="sqlite").rows) == rows


def test_a_growing_file_is_not_written_again_each_time(tmp_path: Path) -> None:
    """Bytes written by 64 passes over a file that grows: far from the square of their number."""
    logs = tmp_path / "logs"
    path = logs / "events.out.tfevents.1"
    written = 0
    known: set[Path] = set()
    for number in range(64):
        steps = np.arange(number * 4000, (number + 1) * 4000)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(_native.scalar_records("loss", steps, 1.7e9 + steps, steps / 2))
        place = Path(index(logs).location)
        segments = set(place.glob("*.columns"))
        written += sum(segment.stat().st_size for segment in segments - known)
        known = segments
    columns = 64 * 4000 * 24
    assert written < 8 * columns  # each row once, and again when pieces are joined; not 32 times
    assert sum(segment.stat().st_size for segment in known) < 3 * columns
    series = eventcodec.open(logs)["."].scalars["loss"]
    assert np.array_equal(series.steps, np.arange(64 * 4000))
    assert np.array_equal(series.values, np.arange(64 * 4000) / 2)


def test_few_bytes_are_read_for_one_tag(tmp_path: Path) -> None:
    """open() with an index reads the columns that are asked for, and when they are."""
    write_scalars(tmp_path / "logs/events.out.tfevents.1", 400_000)
    index(tmp_path / "logs")

    def read() -> int:
        fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(fields["rchar"])

    before = read()
    log = eventcodec.open(tmp_path / "logs")
    assert list(log["."].tags) == ["loss", "odd"]
    assert log["."].tags["odd"].count == 200_000
    opened = read()
    assert opened - before < 100_000
    assert len(log["."].scalars["odd"].values) == 200_000
    assert 200_000 * 24 <= read() - opened < 200_000 * 24 + 50_000


@pytest.mark.parametrize("change", ["flipped", "short", "gone"])
def test_damaged_columns_are_read_from_the_log(tmp_path: Path, change: str) -> None:
    path = tmp_path / "logs/events.out.tfevents.1"
    write_scalars(path, 400_000)
    [segment] = Path(index(tmp_path / "logs").location).glob("*.columns")
    log = eventcodec.open(tmp_path / "logs")
    content = bytearray(segment.read_bytes())
    if change == "gone":
        # What is open stays readable; a log that is opened now has no use for the index.
        segment.unlink()
    elif change == "short":
        os.truncate(segment, len(content) // 4)
    else:
        content[len(content) // 4] ^= 1
        segment.write_bytes(content)
    expected = eventcodec.open(tmp_path / "logs", index=False)
    for opened in (log, eventcodec.open(tmp_path / "logs")):
        for tag in ("loss", "odd"):
            one, other = opened["."].scalars[tag], expected["."].scalars[tag]
            assert np.array_equal(one.values, other.values, equal_nan=True)
            assert np.array_equal(one.steps, other.steps)
    if change == "gone":
        return
    # The log is another one by now: no answer is better than a wrong one.
    late = eventcodec.open(tmp_path / "logs") if change == "flipped" else log
    path.unlink()
    write_scalars(path, 400)
    if change == "flipped":
        with pytest.raises(eventcodec.CorruptRecordError, match="index"):
            _ = [late["."].scalars[tag].values for tag in ("loss", "odd")]


def test_reducing_takes_the_memory_of_one_tag(tmp_path: Path) -> None:
    """Of two runs with columns of 77 MB together, tag by tag."""
    steps = np.arange(200_000)
    for run in ("a", "b"):
        path = tmp_path / "logs" / run / "events.out.tfevents.1"
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            for tag in range(8):
                values = steps * float(tag + (run == "b"))
                file.write(_native.scalar_records(f"t{tag}", steps, 1.7e9 + steps, values))
    logs, out = str(tmp_path / "logs"), str(tmp_path / "out")
    work = f"sum(r.points for r in archive.reduce_runs([{logs!r}], {out!r}, operations=['mean']))"
    assert int(run_limited(work, 120)) == 8 * len(steps)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "out"]
    series = eventcodec.open(out)["mean"].scalars["t3"]
    assert np.array_equal(series.steps, steps)
    assert np.array_equal(series.values, steps * 3.5)


def test_memory_of_many_tags(tmp_path: Path) -> None:
    """Each tag takes about what its name and its few rows do, in memory and in the index."""
    tags, points = 30_000, 8
    path = tmp_path / "logs" / "events.out.tfevents.1"
    path.parent.mkdir()
    steps = np.arange(1, points + 1)
    columns = (steps, 1.7e9 + steps, steps / 2)
    with path.open("wb") as file:
        file.write(_native.version_record(1.7e9))
        of_tag = [_native.scalar_records(f"layer/{n:06d}/norm", *columns) for n in range(tags)]
        size = len(of_tag[0]) // points
        for at in range(0, points * size, size):  # as a training loop does: all tags at each step
            file.write(b"".join(each[at : at + size] for each in of_tag))
    work = f"archive.index({str(tmp_path / 'logs')!r}, workers=16).bytes_read"  # small stretches
    assert int(run_limited(work, 60)) == path.stat().st_size
    segments = list((tmp_path / "logs" / ".eventcodec").glob("*.columns"))
    assert sum(each.stat().st_size for each in segments) < tags * (points * 24 + 300)
    log = eventcodec.open(tmp_path / "logs")
    assert np.array_equal(log["."].scalars["layer/029999/norm"].values, steps / 2)
    sql = "SELECT count(*), min(count), max(count), min(bytes), max(bytes), sum(last) FROM tags"
    wanted = (tags, points, points, points * size, points * size, tags * points / 2)
    assert query(tmp_path / "logs", sql, dialect="sqlite").rows == [wanted]
