"""Goals are of cases and contenders that exist, and are judged the right way round."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from eventcodec.bench.cases import CASES, build_case
from eventcodec.bench.goals import GOALS, outcomes
from eventcodec.bench.measure import Row, quiet_peers
from eventcodec.bench.sizes import Sizes
from eventcodec.cli.bench_report import goal_cells, goal_summary

# The peers warn about their own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")


def row(case: str, contender: str, call: float, slower: float = 1.0, stored: float = 0.0) -> Row:
    return Row(
        case=case,
        contender=contender,
        unit="call",
        count=1,
        size=1000,
        call=call,
        total=2 * call,
        closes=True,
        best=call,
        slower=slower,
        total_slower=slower,
        stored=stored,
    )


TINY = replace(
    Sizes.quick(),
    scanned=200,
    long_scanned=300,
    files=3,
    file_scalars=20,
    blob_bytes=1_000_000,
    image_side=32,
    picture_side=30,
)


class Asked(dict):
    """Rows of which each exists, and which were asked for."""

    def __missing__(self, key: tuple[str, str]) -> Row:
        self[key] = row(*key, 1.0, stored=1.0)
        return self[key]


def test_every_goal_can_be_measured() -> None:
    asked = Asked()
    for goal in GOALS:
        goal.measure(asked)
    contenders = defaultdict(set)
    for case, contender in asked:
        contenders[case].add(contender)
    # C floors need a compiler, fpng and others are not installed for tests: those that are.
    optional = {"C floor", "rustboard, all"}
    for case, wanted in contenders.items():
        if case == "png/astronaut" and case not in CASES:
            continue  # scikit-image's picture, which only the extra "bench" installs
        assert case in CASES
        with quiet_peers():
            there = {contender.name for contender in build_case(case, TINY).contenders}
        assert wanted - optional <= there, case


def test_outcomes_are_judged_the_right_way_round() -> None:
    name = "add_histogram/1e3"
    for call, slower, want in ((4e-6, 61, ["reached"] * 2), (6e-6, 59, ["MISSED"] * 2)):
        rows = [row(name, "eventcodec", call), row(name, "torch", call * slower, slower)]
        lines = goal_cells(rows)[1]
        assert [line[-1] for line in lines] == want
        assert goal_summary(lines).startswith(f"{want.count('reached')} of the 2 goals")
    picture = [
        row("png/plot", "eventcodec", 1e-3, stored=131),
        row("png/plot", "Pillow", 1e-3, stored=100),
    ]
    assert [outcome.reached for outcome in outcomes(picture)] == [False]
    floor = [row("scan/scalars", "eventcodec", 1e-3), row("scan/scalars", "C floor", 1e-3, 0.9)]
    (outcome,) = outcomes(floor)
    assert outcome.measured == pytest.approx(1 / 0.9)
    assert not outcome.reached
