"""After a repair both of TensorBoard's loaders show exactly what was salvaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from eventcodec.archive import repair

CORPUS = Path(__file__).parents[1] / "damage" / "corpus"
CASES = json.loads((CORPUS / "expected.json").read_text())["cases"]


@pytest.fixture(scope="module")
def repaired(tmp_path_factory) -> Path:
    """Every file of the corpus as a run of its own, repaired."""
    place = tmp_path_factory.mktemp("corpus")
    for name in CASES:
        (place / "damaged" / name).mkdir(parents=True)
        shutil.copy(CORPUS / f"{name}.tfevents", place / "damaged" / name / "events.out.tfevents.1")
    reports = list(repair(place / "damaged", place / "repaired"))
    assert len(reports) == len(CASES)
    return place / "repaired"


def shown(read) -> dict[str, list[int]]:
    """Run -> steps of everything, in order of steps and tags."""
    return {
        run: sorted(step for kind in kinds.values() for tag in kind.values() for step, *_ in tag)
        for run, kinds in read.items()
    }


def wanted(case: str) -> list[int]:
    steps = CASES[case]["steps"]
    # A restart at step 2 voids the first 2 and 3: the one reader by the restart, the other because
    # steps go back.
    if case == "restart":
        return [1, 2, 3]
    return sorted(steps)


def test_event_accumulator_shows_what_was_salvaged(repaired, event_accumulator):
    found = shown(event_accumulator(repaired))
    assert found == {case: wanted(case) for case in CASES}


def test_data_server_shows_what_was_salvaged(repaired, data_server):
    found = shown(data_server(repaired))
    wanted_runs = {case: wanted(case) for case in CASES}
    # It lists no run without data.
    assert {run: steps for run, steps in wanted_runs.items() if steps} == {
        run: steps for run, steps in found.items() if steps
    }
