"""Compares a run with a saved one: what changed by more than the noise of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventcodec.bench.measure import Row
from eventcodec.bench.trial import OURS

__all__ = ["Change", "compare"]

# A difference counts when it is this many standard errors, and never when it is below the floor:
# two runs of one program differ by some per cent wherever its memory happens to lie.
ERRORS = 3.0
LEAST = 0.03
# The standard error of a median, from the median distance to it, for normal noise.
ERROR_OF_MEDIAN = 1.2533 * 1.4826


@dataclass(frozen=True)
class Change:
    """One case, before and now.

    Attributes:
        case: the name.
        before, now: median seconds a unit of eventcodec.
        ratio: `now` over `before`, after what the neighbours of both runs changed by is taken out.
        noise: how far from 1 the ratio may be by chance.
        verdict: "faster", "slower" or "same".
    """

    case: str
    before: float
    now: float
    ratio: float
    noise: float
    verdict: str


def compare(before: Sequence[dict[str, Any]], now: Sequence[Row]) -> list[Change]:
    """Compare eventcodec's figures of two runs, case by case.

    Args:
        before: the rows of a saved run, as `--json` writes them.
        now: the rows of this one.

    Returns:
        A Change for each case that both have, in the order of `now`. The machine may be slower or
        faster as a whole: what the other contenders of a case changed by, their median, is taken
        out.
    """
    old = {(row["case"], row["contender"]): row for row in before}
    changes = []
    for row in now:
        saved = old.get((row.case, OURS))
        if row.contender != OURS or saved is None:
            continue
        others = [
            (other, old[other.case, other.contender])
            for other in now
            if other.case == row.case
            and other.contender != OURS
            and (other.case, other.contender) in old
        ]
        drifts = [other.call / was["call"] for other, was in others]
        drift = statistics.median(drifts) if drifts else 1.0
        errors = [error_of(row.trials), error_of(saved["trials"])]
        if others:
            each = [
                math.hypot(error_of(other.trials), error_of(was["trials"])) for other, was in others
            ]
            errors.append(statistics.median(each))
        ratio = row.call / saved["call"] / drift
        noise = max(LEAST, ERRORS * math.hypot(*errors))
        verdict = "same" if abs(math.log(ratio)) <= math.log1p(noise) else ""
        verdict = verdict or ("slower" if ratio > 1 else "faster")
        changes.append(Change(row.case, saved["call"], row.call, ratio, noise, verdict))
    return changes


def error_of(trials: Sequence[float]) -> float:
    """Estimate the standard error of the median of some times, relative to it."""
    if len(trials) < 2:
        return 1.0
    median = statistics.median(trials)
    distance = statistics.median(abs(time - median) for time in trials)
    return ERROR_OF_MEDIAN * distance / median / math.sqrt(len(trials))
