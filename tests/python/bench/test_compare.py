"""Runs are compared against the noise of both, and without what the whole machine changed by."""

import dataclasses

import numpy as np
import pytest

from eventcodec.bench.compare import compare
from eventcodec.bench.measure import Row
from eventcodec.bench.trial import OURS


def run_of(rng, *, ours=1.0, others=1.0, noise=0.01, trials=15):
    """The rows of one case with eventcodec and two others, whose times scatter by `noise`."""
    rows = []
    for contender, scale in ((OURS, ours), ("a", 5 * others), ("b", 9 * others)):
        times = scale * (1 + noise * rng.normal(size=trials))
        call = float(np.median(times))
        row = Row("case", contender, "call", 1, 0, call, call, False, call, 1.0, 1.0)
        rows.append(dataclasses.replace(row, trials=tuple(times.tolist())))
    return rows


def verdict(before, now):
    (change,) = compare([dataclasses.asdict(row) for row in before], now)
    return change.verdict


def test_the_same_program_is_rarely_told_to_differ():
    rng = np.random.default_rng(1)
    verdicts = [verdict(run_of(rng), run_of(rng)) for _ in range(200)]
    assert verdicts.count("same") >= 190


@pytest.mark.parametrize(("ours", "want"), [(1.5, "slower"), (0.6, "faster")])
def test_a_difference_beyond_the_noise_is_told(ours, want):
    rng = np.random.default_rng(2)
    verdicts = [verdict(run_of(rng), run_of(rng, ours=ours)) for _ in range(100)]
    assert verdicts.count(want) == 100


def test_a_difference_within_the_noise_is_not():
    rng = np.random.default_rng(3)
    wild = [verdict(run_of(rng, noise=0.3), run_of(rng, ours=1.1, noise=0.3)) for _ in range(100)]
    assert wild.count("same") >= 90


def test_a_slower_machine_is_no_slower_program():
    rng = np.random.default_rng(4)
    assert verdict(run_of(rng), run_of(rng, ours=2.0, others=2.0)) == "same"
    assert verdict(run_of(rng), run_of(rng, ours=2.0, others=1.0)) == "slower"


def test_cases_of_one_run_only_are_left_out():
    rng = np.random.default_rng(5)
    assert compare([], run_of(rng)) == []
