"""Cases of SummaryWriters: who takes part, and how the file that they leave is checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import eventcodec
from eventcodec.bench import baselines, c_floor, peers
from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect

__all__ = ["Check", "Work", "check_scalars", "event_files", "openers", "writer_case"]

# What a writer does in one trial, and what must be in the file afterwards.
Work = Callable[[Any], None]
Check = Callable[[Path], None]


def writer_case(
    name: str,
    unit: str,
    count: int,
    work: Work,
    check: Check,
    *,
    ours: Work | None = None,
    floor: Work | None = None,
    others: int = 0,
    size: int = 0,
    only: tuple[str, ...] = (),
    limit: tuple[Contender, ...] = (),
) -> Case:
    """Make a case of SummaryWriters.

    Args:
        name, unit, count, size: as in Case.
        work: what is done with each writer.
        check: looks at the directory after close.
        ours: what is done with our writer instead, where it offers a better call.
        floor: what is done with the C floor; None when it does not take part.
        others: how many units `work` does, when that is not `count`.
        only: the peers that can do this work; () for all.
        limit: what the machine allows: see limits.py.
    """
    bodies: dict[str, Work | None] = {FLOOR: floor}
    if ours is not None:
        bodies[OURS] = ours

    def contender(label: str, open_writer: Callable[[Path], Any]) -> Contender | None:
        body = bodies.get(label, work)
        if body is None:
            return None
        run = body

        def start(directory: Path) -> Trial:
            writer = open_writer(directory)
            return Trial(lambda: run(writer), writer.close, lambda: check(directory))

        return Contender(label, start, others if body is work else 0)

    contenders = [contender(*item) for item in openers(only).items()]
    return Case(name, unit, count, size, (*(c for c in contenders if c is not None), *limit))


def openers(only: tuple[str, ...] = ()) -> dict[str, Callable[[Path], Any]]:
    """Give, for each contender, a function that opens its writer in a directory.

    Args:
        only: the peers that are wanted; () for all.
    """
    writers = peers.summary_writers()
    return {
        OURS: lambda directory: eventcodec.SummaryWriter(str(directory)),
        PLAIN: baselines.PlainWriter,
        **{peer: make for peer, make in writers.items() if not only or peer in only},
        **({FLOOR: c_floor.FloorWriter} if c_floor.available() else {}),
    }


def event_files(directory: Path) -> list[Path]:
    """List the event files that a trial left; VisualDL's own kind stands for them."""
    return sorted([*directory.glob("*tfevents*"), *directory.glob("vdlrecords*")])


def check_scalars(directory: Path, want: dict[str, tuple[list[int], list[float]]]) -> None:
    """Compare all scalars of a directory, as plain Python reads them, with what was logged."""
    (path,) = event_files(directory)
    columns = baselines.scan(path)
    expect(set(columns) == set(want), f"{path}: wrong tags")
    for tag, (steps, values) in want.items():
        got_steps, _, got_values = columns[tag]
        expect(got_steps == steps, f"{path}: wrong steps of {tag}")
        stored = np.asarray(values, dtype=np.float32).astype(np.float64).tolist()
        expect(got_values == stored, f"{path}: wrong values of {tag}")
