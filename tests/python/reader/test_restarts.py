"""Points that a restart voids: not there by default, there with purge=False."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary

import eventcodec


def write(path: Path, events: list[Event]) -> None:
    with eventcodec.RecordWriter(path) as writer:
        for event in [Event(wall_time=1.0, file_version="brain.Event:2"), *events]:
            writer.write(event.SerializeToString())


def point(tag: str, step: int, value: float) -> Event:
    return Event(
        wall_time=step, step=step, summary=Summary(value=[{"tag": tag, "simple_value": value}])
    )


def session(step: int, status: Any = SessionLog.START) -> Event:
    return Event(wall_time=step, step=step, session_log=SessionLog(status=status))


def scalars(path: Path, **options: Any) -> dict[str, list[tuple[int, float]]]:
    log = eventcodec.open(path, **options)
    return {
        tag: list(zip(series.steps.tolist(), series.values.tolist(), strict=True))
        for tag, series in log["."].scalars.items()
    }


def test_a_start_voids_what_stands_before_it_in_the_files(tmp_path: Path) -> None:
    write(
        tmp_path / "1.tfevents",
        [*(point("a", s, s) for s in range(6)), point("gone", 4, 1), point("rare", 0, 1)],
    )
    write(
        tmp_path / "2.tfevents",
        [
            session(3),
            point("a", 3, 30),
            point("a", 4, 40),
            session(4),
            point("a", 4, 41),
            session(0, SessionLog.STOP),
            session(0, SessionLog.CHECKPOINT),
        ],
    )
    write(tmp_path / "3.tfevents", [point("a", 5, 50), session(9), point("a", 0, 60)])
    assert scalars(tmp_path) == {
        "a": [(0, 0), (1, 1), (2, 2), (3, 30), (4, 41), (5, 50), (0, 60)],
        "rare": [(0, 1)],
    }
    raw = scalars(tmp_path, purge=False)
    assert [len(points) for points in raw.values()] == [11, 1, 1]
    tags = eventcodec.open(tmp_path)["."].tags
    assert set(tags) == {"a", "rare"}
    assert (tags["a"].count, tags["a"].first_step, tags["a"].last_step) == (7, 0, 0)
    assert tags["a"].last_wall_time == 0
    assert eventcodec.open(tmp_path).scalars(tags="a")["step"].tolist() == [0, 1, 2, 3, 4, 5, 0]


def test_values_of_every_kind_are_those_of_their_rows(tmp_path: Path) -> None:
    with eventcodec.SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_histogram("h", np.full(3, step), step)
            writer.add_image("i", np.full((1, 2, 2), step, np.uint8), step)
            writer.add_text("t", f"first {step}", step)
    log = eventcodec.open(tmp_path)
    with eventcodec.SummaryWriter(tmp_path, resume=6) as writer:
        writer.add_text("t", "second 6", 6)
        writer.flush()
        log.refresh()
    run = log["."]
    assert [text.value for text in run.texts["t/text_summary"]] == [
        *(f"first {step}" for step in range(6)),
        "second 6",
    ]
    assert run.texts["t/text_summary"][-1].step == 6
    assert [h.min for h in run.histograms["h"][1:4]] == [1, 2, 3]
    assert [image.to_array().max() for image in run.images["i"]] == [0, 1, 2, 3, 4, 5]
    assert run.tags["h"].count == 6


@pytest.mark.parametrize("purge", [True, False])
def test_the_marks_that_hide_are_no_values(tmp_path: Path, purge: bool) -> None:
    for resume in (None, 0):
        with eventcodec.SummaryWriter(tmp_path, resume=resume) as writer:
            writer.add_scalar("a", 1, 1)
    run = eventcodec.open(tmp_path, purge=purge)["."]
    assert {tag: (each.kind, each.count) for tag, each in run.tags.items()} == {
        "a": ("scalars", 1 if purge else 2)
    }


def test_restarts_without_end_cost_no_memory(tmp_path: Path) -> None:
    count = 3000
    write(
        tmp_path / "1.tfevents",
        [event for i in range(count) for event in (point(f"tag{i}", 1, 1), session(5))],
    )
    file = eventcodec._native.EventFile(str(tmp_path / "1.tfevents"))
    eventcodec._native.scan_files([file], mode="strict", verify=True, threads=1, keep_rows=True)
    starts = file.session_starts()
    assert len(starts) == count
    assert sum(len(rows) for _, rows in starts) <= 1 << 20
