"""Runs the contenders of cases in rounds, one after the other, and takes medians.

Interleaving matters on a shared machine: a slow minute then hits everyone alike. Each contender's
result is checked once, in an untimed trial that also warms it up.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eventcodec.bench.trial import OURS, Case, Trial

__all__ = ["Row", "measure", "measure_case", "quiet_peers"]


FEWEST_ROUNDS = 2


@dataclass(frozen=True)
class Row:
    """What one contender of one case took.

    Attributes:
        case, contender: the names.
        unit: what the times are for: "call", "event" or "record".
        count: how many units a trial did.
        size: bytes of input a unit; 0 where bytes are not the point.
        call: median seconds a unit, in the calling thread.
        total: median seconds a unit until the result is complete, close() included.
        closes: whether `total` is a figure of its own.
        best: the fastest trial's `call`.
        slower: `call` over eventcodec's `call`.
        total_slower: `total` over eventcodec's `total`.
        stored: bytes that came out a unit; 0 where that is not the point.
        limit: whether this is what the machine allows, and no contender.
        share: the machine's limit over `total`; 0 where there is none.
        spread: half the distance of the quartiles of `call`, over `call`.
        trials: seconds a unit of each timed trial, one after the other.
    """

    case: str
    contender: str
    unit: str
    count: int
    size: int
    call: float
    total: float
    closes: bool
    best: float
    slower: float
    total_slower: float
    stored: float = 0.0
    limit: bool = False
    share: float = 0.0
    spread: float = 0.0
    trials: tuple[float, ...] = ()


def time_trial(trial: Trial, *, check: bool) -> tuple[float, float]:
    """Run one trial; give the seconds of its work and until its end."""
    gc.collect()
    try:
        start = time.perf_counter()
        trial.run()
        ran = time.perf_counter()
        trial.finish()
        finished = time.perf_counter()
        if check:
            trial.check()
    finally:
        trial.clean()
    return ran - start, finished - start


def bytes_stored(trial: Trial, case: Case, directory: Path) -> int:
    """Give what a trial says that came out, or else the sizes of its files."""
    if trial.stored is not None:
        return trial.stored()
    if not case.closes:
        return 0
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def spread_of(times: Sequence[float]) -> float:
    """Give half the distance of the quartiles, relative to the median."""
    if len(times) < 2:
        return 0.0
    lower, median, upper = statistics.quantiles(times, n=4, method="inclusive")
    return (upper - lower) / 2 / median


def measure_case(
    case: Case,
    directory: Path,
    *,
    rounds: int,
    case_seconds: float = 4.0,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Row]:
    """Measure one case.

    Args:
        case: with eventcodec as its first contender.
        directory: an existing directory to write into.
        rounds: how many timed trials each contender runs.
        case_seconds: after this, two timed trials of each are enough.
        advance: called after each trial with how many have been run.
    """
    times: dict[str, list[tuple[float, float]]] = {c.name: [] for c in case.contenders}
    units = {c.name: c.count or case.count for c in case.contenders}
    stored = {}
    trials = 0
    started = time.monotonic()
    for turn in range(-1, rounds):
        # A case of slow contenders ends early, so that a whole run takes minutes.
        if turn >= FEWEST_ROUNDS and time.monotonic() - started > case_seconds:
            break
        # Another one starts each round, so that no one always runs after the same neighbour.
        shift = turn % len(case.contenders)
        for contender in case.contenders[shift:] + case.contenders[:shift]:
            place = directory / f"{contender.name.replace(' ', '-')}-{turn + 1}"
            place.mkdir(parents=True)
            trial = contender.start(place)
            taken = time_trial(trial, check=turn < 0)
            if turn >= 0:
                times[contender.name].append(taken)
            elif not contender.limit:
                stored[contender.name] = bytes_stored(trial, case, place) / units[contender.name]
            trials += 1
            advance(trials)
    call = {name: statistics.median(t[0] for t in times[name]) / units[name] for name in times}
    total = {name: statistics.median(t[1] for t in times[name]) / units[name] for name in times}
    limits = {contender.name for contender in case.contenders if contender.limit}
    least = min((total[name] for name in limits), default=0.0)
    return [
        Row(
            case=case.name,
            contender=name,
            unit=case.unit,
            count=units[name],
            size=case.size,
            call=call[name],
            total=total[name],
            closes=case.closes,
            best=min(t[0] for t in times[name]) / units[name],
            slower=call[name] / call[OURS],
            total_slower=total[name] / total[OURS],
            stored=stored.get(name, 0.0),
            limit=name in limits,
            share=least / total[name],
            spread=spread_of([t[0] for t in times[name]]),
            trials=tuple(t[0] / units[name] for t in times[name]),
        )
        for name in times
    ]


@contextmanager
def quiet_peers() -> Iterator[None]:
    """Drop the peers' warnings about their own dependencies: nobody asked for them here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def measure(
    build: Callable[[], Case], rounds: int, advance: Callable[[int], None] = lambda _: None
) -> list[Row]:
    """Build a case and measure it in a temporary directory of its own.

    Args:
        build: makes the case; imports the peers.
        rounds: how many timed trials each contender runs.
        advance: called after each trial with how many have been run.
    """
    with tempfile.TemporaryDirectory(prefix="eventcodec-bench-") as name, quiet_peers():
        return measure_case(build(), Path(name), rounds=rounds, advance=advance)
