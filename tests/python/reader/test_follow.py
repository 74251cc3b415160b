"""follow() over directories that grow, rotate, are replaced and gain runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

import eventcodec
from eventcodec.compat.visualdl import LogWriter
from eventcodec.reader import watch

WRITER = """
import sys, time, eventcodec
for part in range(3):
    for run in ("a", "b") if part else ("a",):
        with eventcodec.SummaryWriter(f"{sys.argv[1]}/{run}") as writer:
            for step in range(part * 50, part * 50 + 50):
                writer.add_scalar("loss", step / 4, step)
                if step % 10 == 0:
                    writer.flush()
                    time.sleep(0.01)
"""


def test_a_writer_in_another_process(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)])
    try:
        seen: dict[str, list[tuple[int, float]]] = {}
        for point in eventcodec.follow(tmp_path, timeout=20):
            seen.setdefault(point.run, []).append((point.step, point.value))
            if sum(map(len, seen.values())) == 250:
                break
    finally:
        process.wait(timeout=60)
    assert process.returncode == 0
    assert seen["a"] == [(step, step / 4) for step in range(150)]
    assert seen["b"] == [(step, step / 4) for step in range(50, 150)]


def test_each_point_once_and_soon(tmp_path: Path, frame: Any, event: Any) -> None:
    points = eventcodec.follow(tmp_path, timeout=1.0)
    path = tmp_path / "events.out.tfevents.1.h"
    for step in range(5):
        with path.open("ab") as file:
            file.write(frame(event(step, wall_time=float(step), x=float(step)).SerializeToString()))
        began = time.monotonic()
        assert next(points) == (".", "x", step, float(step), float(step))
        assert time.monotonic() - began < 1.0  # 0.1 s on an idle machine
    assert list(points) == []


def test_a_replaced_file(tmp_path: Path, frame: Any, event: Any) -> None:
    def records(values: list[float]) -> bytes:
        events = [event(i, wall_time=float(i), x=value) for i, value in enumerate(values)]
        return b"".join(frame(each.SerializeToString()) for each in events)

    path = tmp_path / "events.out.tfevents.1.h"
    path.write_bytes(records([0.0, 1.0]))
    points = eventcodec.follow(tmp_path, timeout=0.3)
    assert [next(points).value for _ in range(2)] == [0.0, 1.0]
    for values, wanted in (([0.0, 1.0, 2.0], [2.0]), ([9.0, 8.0], [9.0, 8.0])):
        copy = tmp_path / "copy"
        copy.write_bytes(records(values))
        copy.replace(path)
        assert [next(points).value for _ in wanted] == wanted
    assert list(points) == []


def test_events_of_every_kind(tmp_path: Path) -> None:
    """Each record once and in order, as TensorBoard's loader gives them; files grow and rotate."""
    events = eventcodec.follow(tmp_path, events=True, timeout=1.0)
    given: list[Any] = []
    with eventcodec.SummaryWriter(tmp_path / "run", max_file_bytes=1 << 16) as writer:
        for step in range(20):
            writer.add_scalar("loss", step / 4, step)
            writer.add_text("note", f"step {step} " * 1000, step)
            writer.add_histogram("weights", [0.0, 1.0, float(step)], step)
            if step % 7 == 0:
                writer.flush()
                given += [next(events) for _ in range(3)]
    given += events
    files = sorted((tmp_path / "run").iterdir())
    assert len(files) > 2
    assert {each.run for each in given} == {"run"}
    for path in files:
        loaded = list(LegacyEventFileLoader(str(path)).Load())
        here = [each.event for each in given if each.path == str(path)]
        assert [each.SerializeToString() for each in here] == [
            each.SerializeToString() for each in loaded
        ]
    assert len(given) == 60 + len(files)  # and the version records


def test_events_of_a_file_that_is_replaced_cut_or_damaged(
    tmp_path: Path, frame: Any, event: Any
) -> None:
    path = tmp_path / "events.out.tfevents.1.h"

    def replace(steps: list[int], tail: bytes = b"") -> None:
        copy = tmp_path / "copy"
        copy.write_bytes(b"".join(frame(event(s, x=1.0).SerializeToString()) for s in steps) + tail)
        copy.replace(path)

    def steps(count: int) -> list[int]:
        return [next(events).event.step for _ in range(count)]

    replace([0, 1, 2])
    events = eventcodec.follow(tmp_path, events=True, timeout=0.3)
    assert steps(3) == [0, 1, 2]
    replace([0, 1, 2, 3])  # as rsync does
    assert steps(1) == [3]
    replace([0, 1])  # cut: what follows is new
    assert list(events) == []
    events = eventcodec.follow(tmp_path, events=True, timeout=0.3)
    assert steps(2) == [0, 1]
    os.truncate(path, path.stat().st_size - 1)
    assert steps(0) == []
    replace([0, 5, 6])  # another file
    assert steps(3) == [0, 5, 6]
    replace([0, 5, 6], tail=b"\xff" * 40)
    with path.open("ab") as file:
        file.write(frame(event(7, x=1.0).SerializeToString()))
    assert steps(1) == [7]
    assert list(events) == []


@pytest.mark.parametrize("events", [False, True])
def test_damage_is_told_once(tmp_path: Path, frame: Any, event: Any, events: bool) -> None:
    """Before what stands behind it; at the end of a file once more when its end is known."""
    path = tmp_path / "events.out.tfevents.1.h"
    one = frame(event(0, x=1.0).SerializeToString())
    size = len(one)

    def append(data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    def told() -> list[tuple[int, int, str]]:
        new = [(each.offset, each.length, each.reason) for each in regions]
        assert {each.path for each in regions} <= {str(path)}
        regions.clear()
        return new

    regions: list[Any] = []
    append(one + one[:-1] + b"?" + one)
    points = eventcodec.follow(tmp_path, events=events, timeout=0.3, on_damage=regions.append)
    next(points)
    assert told() == [(size, size, "payload checksum mismatch")]
    next(points)
    append(b"\xff" * 20)
    assert list(points) == []
    assert told() == [(3 * size, 20, "length checksum mismatch")]
    points = eventcodec.follow(tmp_path, events=events, timeout=0.3, on_damage=regions.append)
    assert [next(points) is not None for _ in range(2)] == [True, True]
    assert len(told()) == 2
    append(b"\xff" * 20)
    append(one[:30])  # unfinished: no damage
    assert list(points) == []
    assert told() == [(3 * size, 40, "length checksum mismatch")]
    points = eventcodec.follow(tmp_path, events=events, timeout=0.3, on_damage=regions.append)
    assert len([next(points) for _ in range(2)]) == len(told()) == 2
    append(one[30:])
    assert len(list(points)) == 1
    assert told() == []


def test_events_of_visualdl_logs(tmp_path: Path) -> None:
    with LogWriter(logdir=str(tmp_path)) as writer:
        writer.add_scalar("loss", 1.0, 0)
    assert list(eventcodec.follow(tmp_path, events=True, timeout=0.1)) == []
    assert len(list(eventcodec.follow(tmp_path, timeout=0.1))) == 1


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        eventcodec.follow(tmp_path / "nothing")
    with pytest.raises(ValueError, match="timeout must not be negative, got -1"):
        eventcodec.follow(tmp_path, timeout=-1)
    with pytest.raises(TypeError, match=r"on_damage must be a function or None, got 'print'"):
        eventcodec.follow(tmp_path, on_damage="print")  # type: ignore[call-overload]


def test_summary_iterator(tmp_path: Path, frame: Any, event: Any) -> None:
    path = tmp_path / "events.out.tfevents.1.h"
    whole = b"".join(frame(event(step, x=1.0).SerializeToString()) for step in range(3))
    path.write_bytes(whole[:-1])
    assert [each.step for each in eventcodec.summary_iterator(path)] == [0, 1]
    path.write_bytes(whole[:20] + b"\xff" + whole[21:])
    with pytest.raises(eventcodec.CorruptRecordError):
        list(eventcodec.summary_iterator(path))


def test_many_idle_files_cost_little(tmp_path: Path) -> None:
    """One processor's hundredth, give or take, for files that nobody writes to."""
    for number in range(1000):
        (tmp_path / f"run{number}").mkdir()
        (tmp_path / f"run{number}" / "events.out.tfevents.1").write_bytes(b"")
    started, cpu = time.monotonic(), time.process_time()
    assert list(eventcodec.follow(tmp_path, timeout=2.0)) == []
    share = (time.process_time() - cpu) / (time.monotonic() - started)
    assert share < 0.1  # of which opening the log is most; ten looks a second take three times that


def test_a_busy_file_among_idle_ones_is_seen_at_once(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"run{number}").mkdir()
        (tmp_path / f"run{number}" / "events.out.tfevents.1").write_bytes(b"")
    with eventcodec.SummaryWriter(str(tmp_path / "busy"), durability="process") as writer:
        writer.add_scalar("loss", 0.0, 0)
        points = eventcodec.follow(tmp_path, timeout=60)
        assert next(points).step == 0
        looks = []
        for step in range(1, 6):
            writer.add_scalar("loss", 1.0, step)
            started = time.monotonic()
            assert next(points).step == step
            looks.append(time.monotonic() - started)
        assert min(looks) < 1.0


def test_files_that_lay_idle_and_those_that_come_and_go(
    tmp_path: Path, frame: Any, event: Any
) -> None:
    """More old files than one look goes through: each turn finds what the last one could not."""

    def add(run: str, step: int) -> None:
        path = tmp_path / run / "events.out.tfevents.1.h"
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(frame(event(step, x=1.0).SerializeToString()))

    runs = [f"r{number:03}" for number in range(150)]
    for run in runs:
        add(run, 0)
        os.utime(tmp_path / run / "events.out.tfevents.1.h", (1e9, 1e9))
    points = eventcodec.follow(tmp_path, timeout=30)
    assert sorted(next(points).run for _ in runs) == runs
    (tmp_path / "r100" / "events.out.tfevents.1.h").rename(tmp_path / "kept")  # so is its inode
    for run in ("r050", "r149", "r000", "r050", "new"):
        add(run, 7)
        point = next(points)
        assert (point.run, point.step) == (run, 7)
    add("r100", 8)  # another file under a name that was gone
    assert next(points)[:3] == ("r100", "x", 8)


def test_tensors_whose_metadata_stand_in_an_earlier_file(
    tmp_path: Path, frame: Any, event: Any
) -> None:
    def write(name: str, step: int, *, described: bool) -> None:
        message = event(step)
        value = message.summary.value.add(tag="x")
        if described:
            value.metadata.plugin_data.plugin_name = "scalars"
        value.tensor.dtype = 1
        value.tensor.float_val.append(step / 4)
        (tmp_path / name).write_bytes(frame(message.SerializeToString()))

    write("events.out.tfevents.1.h", 1, described=True)
    write("events.out.tfevents.2.h", 2, described=False)
    points = eventcodec.follow(tmp_path, timeout=30)
    assert [(next(points).step) for _ in range(2)] == [1, 2]
    write("events.out.tfevents.3.h", 3, described=False)
    assert next(points).value == 0.75


def test_the_kernel_tells_of_files_that_lay_idle(
    tmp_path: Path, frame: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a turn to look at idle files and directories: the kernel says what has changed."""
    if not sys.platform.startswith("linux"):
        pytest.skip("inotify is Linux's")
    monkeypatch.setattr(watch, "_SHARE", 0.0)

    def add(run: str, step: int, name: str = "events.out.tfevents.1.h") -> None:
        path = tmp_path / "log" / run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(frame(event(step, x=1.0).SerializeToString()))

    for run in ("a", "b"):
        add(run, 0)
        os.utime(tmp_path / "log" / run / "events.out.tfevents.1.h", (1e9, 1e9))
    points = eventcodec.follow(tmp_path / "log", timeout=30)
    assert sorted(next(points).run for _ in range(2)) == ["a", "b"]
    for run, name in [
        ("b", "events.out.tfevents.1.h"),
        ("a", "events.out.tfevents.2.h"),  # another file of a run
        ("c/d/e", "events.out.tfevents.1.h"),  # directories that were not there
        ("c/d/e", "events.out.tfevents.2.h"),
        (".", "events.out.tfevents.1.h"),
    ]:
        add(run, 7, name)
        point = next(points)
        assert (point.run, point.step) == (run, 7)
    moved = tmp_path / "moved" / "f"  # a whole directory, as some tools put it in place
    moved.mkdir(parents=True)
    (moved / "events.out.tfevents.1.h").write_bytes(frame(event(8, x=1.0).SerializeToString()))
    (tmp_path / "moved").rename(tmp_path / "log" / "g")
    assert next(points)[:3] == ("g/f", "x", 8)
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "link").symlink_to(tmp_path / "log" / "a")  # gives nothing twice
    (tmp_path / "moved").rename(tmp_path / "log" / "h")
    add("a", 10)
    assert next(points)[:3] == ("a", "x", 10)
    shutil.rmtree(tmp_path / "log" / "b")
    add("b", 9)
    assert next(points)[:3] == ("b", "x", 9)


def test_files_are_found_where_the_kernel_tells_nothing(
    tmp_path: Path, frame: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def add(self, directory: bytes) -> bool:
            return False

        def take(self) -> list[tuple[str, str, bool]]:
            return []

    monkeypatch.setattr(watch._native, "Changes", Silent)
    path = tmp_path / "run" / "events.out.tfevents.1.h"
    path.parent.mkdir()
    path.write_bytes(frame(event(0, x=1.0).SerializeToString()))
    os.utime(path, (1e9, 1e9))
    points = eventcodec.follow(tmp_path, timeout=30)
    assert next(points).step == 0
    with path.open("ab") as file:
        file.write(frame(event(1, x=1.0).SerializeToString()))
    assert next(points).step == 1
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / path.name).write_bytes(frame(event(2, x=1.0).SerializeToString()))
    assert next(points)[:3] == ("new", "x", 2)
