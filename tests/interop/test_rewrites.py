"""What TensorBoard's loaders show before and after compact, split, merge, rewind and shift."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventcodec.archive import compact, merge, rewind, shift, split

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> Path:
    """Files of six other writers, and a run of torch's that was restarted twice."""
    from torch.utils.tensorboard import SummaryWriter

    place = tmp_path_factory.mktemp("logs")
    for case in sorted(GOLDEN.iterdir()):
        files = list(case.glob("*tfevents*"))
        if files:
            (place / "golden" / case.name).mkdir(parents=True)
            shutil.copy(files[0], place / "golden" / case.name)
    rng = np.random.default_rng(0)
    for number, (begin, end) in enumerate([(0, 30), (20, 40), (25, 50)]):
        purge = begin if number else None
        run = str(place / "restarted")
        writer = SummaryWriter(run, purge_step=purge, filename_suffix=f".{number}.new")
        for step in range(begin, end):
            writer.add_scalar("loss", rng.random(), step)
            writer.add_scalar("loss2", rng.random(), step, new_style=True)
            if step % 10 == 5:
                writer.add_histogram("weights", rng.random(50), step)
                writer.add_image("x", rng.random((3, 4, 5)), step)
                writer.add_text("note", f"at {step}", step)
        writer.close()
        # Torch counts the writers of a second, without zeros in front: .10 sorts before .9.
        [made] = Path(run).glob(f"*.{number}.new")
        made.rename(made.with_name(f"events.out.tfevents.{1_700_000_000 + number}.host"))
    return place


def equal(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return set(one) == set(two) and all(equal(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(equal, one, two))
    if isinstance(one, np.ndarray):
        return np.array_equal(one, two)
    if isinstance(one, float):
        return np.float64(one).tobytes() == np.float64(two).tobytes()
    return one == two


def resolved(kinds: dict) -> dict:
    """Leave out what a restart voids, which not every loader of TensorBoard does for every kind.

    In these logs a step goes back only where a run was started again.
    """

    def of_tag(points: list) -> list:
        kept: list = []
        for point in reversed(points):
            if not kept or point[0] < kept[-1][0]:
                kept.append(point)
        return kept[::-1]

    return {
        kind: {tag: of_tag(points) for tag, points in tags.items()} for kind, tags in kinds.items()
    }


def shown(loader: Any, logs: Path) -> dict:
    """What a loader shows of the logs, as the restarts would have it."""
    runs = loader(logs)
    return {run: resolved(k) if run == "restarted" else k for run, k in runs.items()}


def assert_shown_alike(before: dict, after: dict) -> None:
    assert set(before) == set(after)
    for run, kinds in before.items():
        for kind, tags in kinds.items():
            for tag, points in tags.items():
                assert equal(points, after[run][kind].get(tag)), (run, kind, tag)
        assert equal(kinds, after[run]), run


@pytest.fixture(params=["event_accumulator", "slow_loader", "data_server"])
def loader(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_compact_shows_the_same(logs: Path, tmp_path: Path, loader: Any) -> None:
    changes = {change.run: change for change in compact(logs, tmp_path / "out")}
    for run in (tmp_path / "out").rglob("*tfevents*"):
        assert len(list(run.parent.iterdir())) == 1
    # Of the restarted run something is void.
    assert changes["restarted"].records_after < changes["restarted"].records_before
    assert changes["restarted"].records_unchanged == changes["restarted"].records_after
    assert_shown_alike(shown(loader, logs), loader(tmp_path / "out"))


def test_split_shows_the_same(logs: Path, tmp_path: Path, loader: Any) -> None:
    parts = [change.parts for change in split(logs, tmp_path / "out", max_bytes=700)]
    assert max(parts) > 5
    assert_shown_alike(loader(logs), loader(tmp_path / "out"))


def test_merge_shows_both(logs: Path, tmp_path: Path, loader: Any) -> None:
    sources = {"a": logs / "golden", "b": logs / "restarted"}
    list(merge(sources, tmp_path / "out"))
    before = {f"a/{run}": kinds for run, kinds in loader(logs / "golden").items()}
    before["b"] = loader(logs / "restarted")["."]
    assert_shown_alike(before, loader(tmp_path / "out"))


def test_metadata_stays_with_its_tag(logs: Path, tmp_path: Path, loader: Any) -> None:
    """TensorBoard reads a tag's metadata from its first value: what is first afterwards has it."""
    changes = list(compact(logs / "restarted", tmp_path / "out", keep_every=7, dedup="last"))
    assert changes[0].records_after < changes[0].records_before
    before, after = resolved(loader(logs / "restarted")["."]), loader(tmp_path / "out")["."]
    for kind, tags in before.items():
        assert set(after[kind]) == set(tags), kind
        for tag, points in tags.items():
            kept = points[::7]
            assert equal(kept, after[kind][tag]), (kind, tag)


def test_rewind_shows_what_was_before(logs: Path, tmp_path: Path, loader: Any) -> None:
    list(rewind(logs / "restarted", tmp_path / "out", step=27))
    before, after = resolved(loader(logs / "restarted")["."]), loader(tmp_path / "out")["."]
    for kind, tags in before.items():
        for tag, points in tags.items():
            kept = [point for point in points if point[0] < 27]
            assert equal(kept, after[kind].get(tag, [])), (kind, tag)


def test_shift_moves_everything(logs: Path, tmp_path: Path, loader: Any) -> None:
    list(shift(logs / "restarted", tmp_path / "out", step=1000, time=-3600.0))
    before, after = loader(logs / "restarted")["."], loader(tmp_path / "out")["."]
    for kind, tags in before.items():
        for tag, points in tags.items():
            moved = [(step + 1000, time - 3600.0, *value) for step, time, *value in points]
            assert equal(moved, [tuple(p) for p in after[kind][tag]]), (kind, tag)
