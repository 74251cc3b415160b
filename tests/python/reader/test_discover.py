"""Which files are found, and in what order; the oracle is os.walk."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from eventcodec.reader.discover import find_by_directory, find_event_paths


def find(root: Path) -> list[tuple[str, list[str]]]:
    return [(each.run, each.paths) for each in find_by_directory(root, root)]


def by_os_walk(root: Path) -> list[tuple[str, list[str]]]:
    """Directories before those inside them, in the order of names; no links."""
    found = []
    for where, inside, names in os.walk(root):
        inside.sort()
        marked = sorted(name for name in names if "tfevents" in name or "vdlrecords" in name)
        found.append((Path(where).relative_to(root).as_posix(), [f"{where}/{n}" for n in marked]))
    return found


def test_a_tree_of_any_names(tmp_path: Path) -> None:
    rng = random.Random(3)
    parts = ["a", "B", "a-b", "é", "日", " ", "tfevents", "x.vdlrecords.y", "\udcff", "🙂", "z"]
    places = [tmp_path]
    for _ in range(200):
        place = rng.choice(places) / (rng.choice(parts) + rng.choice(parts))
        if place.exists():
            continue
        if rng.random() < 0.6:
            place.mkdir()
            places.append(place)
        else:
            place.touch()
    found = find(tmp_path)
    assert sum(len(paths) for _, paths in found) > 10
    assert sorted(found) == sorted(by_os_walk(tmp_path))
    ascii_only = [each for each in found if each[0].isascii()]
    assert ascii_only == [each for each in by_os_walk(tmp_path) if each[0].isascii()]


def test_links_and_what_cannot_be_read(tmp_path: Path) -> None:
    log, other = tmp_path / "log", tmp_path / "other"
    for directory in (log / "a" / "b", other):
        directory.mkdir(parents=True)
        (directory / "events.out.tfevents.1").touch()
    (log / "a" / "up").symlink_to(log)  # in a circle
    (log / "z").symlink_to(other)
    (log / "zz").symlink_to(other)  # once more
    (log / "self").symlink_to(log / "self")
    (log / "tfevents.gone").symlink_to(tmp_path / "nothing")
    (log / "tfevents.link").symlink_to(other / "events.out.tfevents.1")
    os.mkfifo(log / "tfevents.pipe")
    assert find_event_paths([log]) == {
        ".": [f"{log}/tfevents.link"],
        "a/b": [f"{log}/a/b/events.out.tfevents.1"],
        "z": [f"{log}/z/events.out.tfevents.1"],
    }
    assert find(tmp_path / "log" / "a" / "b") == [(".", [f"{log}/a/b/events.out.tfevents.1"])]


def test_the_current_directory_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "tfevents").touch()
    (tmp_path / "tfevents").touch()
    monkeypatch.chdir(tmp_path)
    assert find_event_paths([Path()]) == {".": ["tfevents"], "a": ["a/tfevents"]}
