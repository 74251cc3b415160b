"""Log.scalars() beside TensorBoard's loader and numpy: which rows, in which order."""

from __future__ import annotations

import functools
import itertools
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event, SessionLog

import eventcodec
from eventcodec import _native
from eventcodec.archive import index, index_segments
from eventcodec.compat.visualdl import LogWriter

ODD = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45]
CHOICES: list[dict[str, Any]] = [
    {},
    {"steps": (5, 40)},
    {"steps": (None, 17)},
    {"steps": (4.5, 9.5)},
    {"steps": (1 << 70, None)},
    {"steps": (None, -(1 << 70))},
    {"steps": slice(3, None, 4)},
    {"steps": slice(None, 50, 7)},
    {"every": 3},
    {"last": 5},
    {"last": 0},
    {"every": 4, "last": 3},
    {"steps": (2, None), "every": 5, "last": 2},
    {"every": 1 << 70, "last": 1 << 70},
]
POINTS: list[dict[str, Any]] = [{"points": 3}, {"points": 9, "steps": (3, None), "every": 2}]


def write_run(rng: np.random.Generator, run: Path, files: int, restarts: int) -> None:
    run.mkdir(parents=True)
    tags = [f"train/{name}" for name in "abcde"] + ["größer", "x" * 200]
    for number in range(files):
        chosen = rng.permutation(tags)[: rng.integers(1, len(tags))]
        step = int(rng.integers(0, 20))
        events = [Event(wall_time=1.0, file_version="brain.Event:2")]
        starts = set(rng.integers(0, 60, restarts).tolist())
        for at in range(60):
            step += int(rng.integers(-1, 3))
            event = Event(wall_time=float(rng.random()), step=step)
            for tag in rng.permutation(chosen)[: rng.integers(0, 4)]:
                odd = rng.random() < 0.2 and tag != "train/a"
                value = rng.choice(ODD) if odd else rng.normal()
                event.summary.value.add(tag=tag, simple_value=value)
            if at in starts:
                event = Event(wall_time=1.0, step=step - int(rng.integers(0, 9)))
                event.session_log.status = SessionLog.START
            events.append(event)
        with eventcodec.RecordWriter(run / f"events.out.tfevents.{number}") as writer:
            for event in events:
                writer.write(event.SerializeToString())


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one file and of several, with restarts and without."""
    place = tmp_path_factory.mktemp("gather")
    rng = np.random.default_rng(7)
    for number, (files, restarts) in enumerate(itertools.product((1, 2, 4), (0, 1, 3))):
        write_run(rng, place / f"run{number % 2}" / str(number), files, restarts)
    with eventcodec.SummaryWriter(str(place / "no scalars")) as writer:
        writer.add_text("train/a", "text", 1)
    return place


Points = dict[str, list[tuple[int, float, float]]]


@functools.cache
def points_of(run: Path, *, purge: bool) -> Points:
    """What TensorBoard's loader finds, without what a later START voids."""
    found: list[tuple[str, int, float, float]] = []
    tags: dict[str, None] = {}  # in the order in which they appear, void or not
    for path in sorted(run.glob("*tfevents*")):
        for raw in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(raw)
            if event.session_log.status == SessionLog.START and purge:
                found = [point for point in found if point[1] < event.step]
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    tags[value.tag] = None
                    found.append((value.tag, event.step, event.wall_time, value.simple_value))
    series: Points = {tag: [] for tag in tags}
    for tag, *point in found:
        series[tag].append(tuple(point))  # type: ignore[arg-type]
    return {tag: points for tag, points in series.items() if points}


def rows_by_numpy(steps: Any, wanted: Any, every: int | None, last: int | None) -> Any:
    keep = np.ones(len(steps), bool)
    start, stop, stride = None, None, None
    if isinstance(wanted, slice):
        start, stop, stride = wanted.start, wanted.stop, wanted.step
    elif wanted is not None:
        start, stop = wanted
    exact = steps.astype(object)  # Python's numbers know no end
    keep &= True if start is None else (exact >= start).astype(bool)
    keep &= True if stop is None else (exact < stop).astype(bool)
    keep &= True if stride is None else (exact - (start or 0)) % stride == 0
    rows = np.flatnonzero(keep)[::every]
    return rows if last is None else rows[max(len(rows) - last, 0) :]


def everything(tag: str) -> bool:
    return bool(tag)


def only_a(tag: str) -> bool:
    return tag == "train/a"


def table_by_hand(
    logs: Path, tags: Any, choice: dict[str, Any], purge: bool, thesis: Any = None
) -> list[Any]:
    table = []
    runs = sorted({path.parent for path in logs.rglob("*tfevents*")})
    for run in runs:
        for tag, points in points_of(run, purge=purge).items():
            if not tags(tag):
                continue
            steps = np.array([point[0] for point in points])
            values = np.array([point[2] for point in points])
            rows = rows_by_numpy(
                steps, choice.get("steps"), choice.get("every"), choice.get("last")
            )
            if len(rows) > choice.get("points", len(rows)):
                x = (steps[rows] - steps[rows][0]).astype(float)
                rows = rows[thesis(x, values[rows], choice["points"])]
            name = run.relative_to(logs).as_posix()
            table += [(name, tag, *points[row]) for row in rows]
    return table


def rows_of_table(table: eventcodec.reader.table.Table) -> list[Any]:
    return list(zip(*(table[column].tolist() for column in table.columns), strict=True))


def assert_equal(table: eventcodec.reader.table.Table, want: list[Any]) -> None:
    assert repr(rows_of_table(table)) == repr(want)  # NaN equals NaN, and -0.0 not 0.0
    assert table.to_arrow()["tag"].to_pylist() == [row[1] for row in want]


@pytest.mark.parametrize("purge", [True, False])
@pytest.mark.parametrize("threads", [1, 2])
def test_every_choice(logs: Path, purge: bool, threads: int, as_in_the_thesis: Any) -> None:
    log = eventcodec.open(logs, purge=purge, threads=threads, index=False)
    for choice in CHOICES:
        assert_equal(log.scalars(**choice), table_by_hand(logs, everything, choice, purge))
    for choice in POINTS:  # the thesis knows finite values only
        want = table_by_hand(logs, only_a, choice, purge, as_in_the_thesis)
        assert_equal(log.scalars(tags="train/a", **choice), want)


def test_rows_in_an_index(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_in_the_thesis: Any
) -> None:
    """In pieces of half a file, and with one harmed: the rows are read from the file then."""
    monkeypatch.setattr(index_segments, "_KEPT", 0)
    monkeypatch.setattr(index_segments, "_LEAST_ROWS", 1)
    monkeypatch.setattr(sys.modules[index.__module__], "_MOST_STRETCH", 2000)  # bytes of a file
    place = tmp_path / "index"
    index(logs, location=place, workers=1)
    for harm in (False, True):
        if harm:
            for segment in place.glob("*.columns"):
                content = bytearray(segment.read_bytes())
                for at in range(5, len(content) // 2, 97):
                    content[at] ^= 0x40
                segment.write_bytes(content)
        for choice in CHOICES:
            log = eventcodec.open(logs, index=place, threads=2)
            assert harm or any(file.pieces() for _, files in log.files() for file in files)
            want = table_by_hand(logs, everything, choice, True)
            assert_equal(log.scalars(**choice), want)
        for choice in POINTS:
            log = eventcodec.open(logs, index=place, threads=2)
            want = table_by_hand(logs, only_a, choice, True, as_in_the_thesis)
            assert_equal(log.scalars(tags="train/a", **choice), want)


def test_a_log_of_some_tags_and_steps(logs: Path) -> None:
    log = eventcodec.open(logs, tags=["train/*", "größer"], steps=(3, 30), index=False)
    want = table_by_hand(logs, lambda tag: tag != "x" * 200, {"steps": (3, 30)}, True)
    assert_equal(log.scalars(), want)
    table = log.scalars(tags="train/[ab]", last=2)
    want = table_by_hand(
        logs, lambda tag: tag in ("train/a", "train/b"), {"steps": (3, 30), "last": 2}, True
    )
    assert_equal(table, want)
    few = eventcodec.open(logs, steps=(10**6, None), index=False).scalars()
    assert repr(few) == "Table(0 rows, 0 runs, 0 tags)"


def test_patterns_and_the_names_that_a_table_knows(logs: Path) -> None:
    log = eventcodec.open(logs)
    wanted = [re.compile("^gr"), "train/[bc]"]
    want = table_by_hand(logs, lambda tag: tag in ("größer", "train/b", "train/c"), {}, True)
    table = log.scalars(tags=wanted)
    assert_equal(table, want)
    assert repr(table) == f"Table({len(want)} rows, {len({row[0] for row in want})} runs, 3 tags)"
    assert_equal(log.scalars(runs="run1/*"), [
        row for row in table_by_hand(logs, everything, {}, True) if row[0].startswith("run1")
    ])  # fmt: skip
    assert len(log.scalars(runs=[])) == len(log.scalars(tags=[])) == 0


def test_runs_with_visualdl_logs(tmp_path: Path) -> None:
    """Their tags are those of run.scalars, whose values VisualDL's reader confirms elsewhere."""
    for run in ("a", "b"):
        with LogWriter(str(tmp_path / run)) as writer:
            for step in range(5):
                writer.add_scalars("a", {"b/c": step}, step)
                writer.add_scalars("a/b", {"c": 10 + step}, step)
                writer.add_scalar("a/b/c", 20 + step, step)
                writer.add_scalar("loss", step, step)
    write_run(np.random.default_rng(1), tmp_path / "c", 2, 1)
    with eventcodec.SummaryWriter(str(tmp_path / "b"), resume=3) as events:
        events.add_scalar("loss", 7, 3)
    log = eventcodec.open(tmp_path)
    assert len(log["a"].scalars) == 4
    for wanted in (None, "a/b/c (*", "loss"):
        want = [
            (name, tag, *point[:2], point[2])
            for name, run in log.runs.items()
            for tag, series in run.scalars.items()
            if wanted is None or tag.startswith(wanted.rstrip("*"))
            for point in series
        ]
        assert want
        assert_equal(log.scalars(tags=wanted), want)


def test_series_that_are_not_there(logs: Path) -> None:
    log = eventcodec.open(logs)
    (file,) = next(iter(log.files()))[1][:1]
    for series in (10_000, 0):
        with pytest.raises(IndexError, match="no such series"):
            _native.gather_scalars(
                [file],
                np.array([0], np.uint32),
                np.array([1 if series == 0 else 0], np.uint32),
                np.array([series], np.uint32),
                np.array([0], np.uint32),
                choice=(0, 9, 1, 0, 1, 9),
                points=0,
                purge=True,
                threads=1,
            )


def test_a_table_may_be_written_to_and_outlives_the_log(logs: Path) -> None:
    log = eventcodec.open(logs)
    table = log.scalars()
    kept = rows_of_table(table)
    steps = table["step"]
    steps += 1
    assert log.scalars()["step"].tolist() == [row[2] for row in kept]
    del log
    assert table["step"].tolist() == [row[2] + 1 for row in kept]
