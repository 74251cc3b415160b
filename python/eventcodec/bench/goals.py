"""What we are after, and whether the rows of a run have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.measure import Row
from eventcodec.bench.rustboard import RUSTBOARD
from eventcodec.bench.trial import ONE_THREAD, OURS

__all__ = ["GOALS", "Goal", "Outcome", "outcomes"]

Figures = Mapping[tuple[str, str], Row]


@dataclass(frozen=True)
class Goal:
    """One figure that we want.

    Attributes:
        case: the case that it is of.
        text: what is measured, for people.
        unit: "x", "seconds", "B/s" or "/s".
        bound: the figure.
        at_least: whether more is better.
        measure: takes it from the rows of a run; KeyError where they are not all there.
    """

    case: str
    text: str
    unit: str
    bound: float
    at_least: bool
    measure: Callable[[Figures], float]


@dataclass(frozen=True)
class Outcome:
    """A goal and what a run measured."""

    goal: Goal
    measured: float

    @property
    def reached(self) -> bool:
        """Whether the run has what was wanted."""
        if self.goal.at_least:
            return self.measured >= self.goal.bound
        return self.measured <= self.goal.bound


def faster_than(case: str, peer: str, ratio: float) -> Goal:
    """So many times less time in the call than a peer."""
    text = f"times as fast as {peer}"
    return Goal(case, text, "x", ratio, True, lambda rows: rows[case, peer].slower)


def within(case: str, limit: str, ratio: float) -> Goal:
    """At most so many times the time that the machine needs."""
    text = f"the time of the {limit}"
    return Goal(case, text, "x", ratio, False, lambda rows: 1 / rows[case, limit].slower)


def within_case(case: str, other: str, ratio: float) -> Goal:
    """At most so many times the time of another case."""
    text = f"the time of {other}"
    return Goal(
        case, text, "x", ratio, False, lambda rows: rows[case, OURS].call / rows[other, OURS].call
    )


def quick(case: str, seconds: float) -> Goal:
    """At most so many seconds in the call."""
    return Goal(case, "in the call", "seconds", seconds, False, lambda rows: rows[case, OURS].call)


def units_a_second(case: str, rate: float) -> Goal:
    """At least so many units a second, to the end."""
    return Goal(case, "to the end", "/s", rate, True, lambda rows: 1 / rows[case, OURS].total)


def bytes_a_second(case: str, rate: float) -> Goal:
    """At least so many bytes of input a second."""

    def measure(rows: Figures) -> float:
        return rows[case, OURS].size / rows[case, OURS].total

    return Goal(case, "of input", "B/s", rate, True, measure)


def values_a_second(case: str, value_bytes: int, rate: float) -> Goal:
    """At least so many values of input a second, in the call."""

    def measure(rows: Figures) -> float:
        return rows[case, OURS].size / value_bytes / rows[case, OURS].call

    return Goal(case, "values in the call", "/s", rate, True, measure)


def smaller_than(case: str, peer: str, ratio: float) -> Goal:
    """A file of at most so many times the size of a peer's."""

    def measure(rows: Figures) -> float:
        return rows[case, OURS].stored / rows[case, peer].stored

    return Goal(case, f"the size of {peer}'s file", "x", ratio, False, measure)


def smaller_than_pixels(case: str, ratio: float) -> Goal:
    """A file of at most so many times the size of the pixels."""

    def measure(rows: Figures) -> float:
        return rows[case, OURS].stored / rows[case, OURS].size

    return Goal(case, "the size of the pixels", "x", ratio, False, measure)


GOALS = (
    faster_than("add_scalar/positional", "torch", 250),
    faster_than("add_scalar/positional", "tensorboardX", 250),
    within("add_scalar/positional", FLOOR, 1.6),
    within_case("add_scalar/keyword", "add_scalar/positional", 1.2),
    faster_than("add_scalar/torch", "torch", 150),
    quick("add_metrics/1000", 25e-9),
    units_a_second("add_scalar_series", 25e6),
    faster_than("crc32c/1KiB", "google-crc32c", 1.8),
    faster_than("crc32c/1MiB", "google-crc32c", 1.8),
    quick("crc32c/64B", 50e-9),
    faster_than("add_histogram/1e3", "torch", 60),
    quick("add_histogram/1e3", 5e-6),
    faster_than("add_histogram/1e6", "torch", 10),
    quick("add_histogram/1e6", 0.75e-3),
    values_a_second("add_histogram/1e6 float16", 2, 2e9),
    faster_than("histogram/64 bins, 1e6", "numpy", 5),
    faster_than("histogram/64 bins, 1e6 float32", "numpy", 5),
    faster_than("histogram/auto, 1e6", "numpy", 5),
    faster_than("add_image/float32", "torch", 40),
    quick("add_image/float32", 5e-3),
    *(faster_than(f"png/{name}", "Pillow", 45) for name in ("china", "flower", "astronaut")),
    *(smaller_than(f"png/{name}", "Pillow", 1.05) for name in ("china", "flower", "astronaut")),
    *(smaller_than(f"png/{name}", "Pillow", 1.3) for name in ("plot", "digits")),
    smaller_than_pixels("png/noise", 1.005),
    faster_than("scan/scalars", RUSTBOARD, 12),
    faster_than("scan/scalars", "tensorboard", 200),
    within("scan/scalars", FLOOR, 1.0),
    faster_than("scan/one tag", RUSTBOARD, 12),
    faster_than("scan/one tag", "tensorboard", 200),
    within_case("scan/one tag", "scan/scalars", 0.8),
    faster_than("scan/two threads", ONE_THREAD, 1.7),
    faster_than("scan/1000 files", RUSTBOARD, 4),
    faster_than("scan/1000 files", "tensorboard", 150),
    faster_than("scan/blobs", RUSTBOARD, 12),
    faster_than("scan/blobs", "tensorboard", 300),
    bytes_a_second("verify/scalars", 2e9),
    faster_than("visualdl/add_scalar", "visualdl", 200),
    faster_than("visualdl/add_histogram/1e3", "visualdl", 10),
    faster_than("visualdl/add_histogram/1e6", "visualdl", 10),
    faster_than("visualdl/add_image", "visualdl", 20),
    faster_than("visualdl/scan", "visualdl", 50),
)


def outcomes(rows: Sequence[Row]) -> list[Outcome]:
    """Compare a run with every goal whose contenders it measured."""
    figures = {(row.case, row.contender): row for row in rows}
    found = []
    for goal in GOALS:
        try:
            found.append(Outcome(goal, goal.measure(figures)))
        except KeyError:
            continue
    return found
