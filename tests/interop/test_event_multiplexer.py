"""compat.event_multiplexer.EventMultiplexer beside TensorBoard's own, on the same runs."""

from __future__ import annotations

import inspect
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from harness.generated_logs import write_run
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer as Theirs
from test_event_accumulator import GUIDANCE, READERS, plain

from eventcodec.compat.event_multiplexer import EventMultiplexer as Ours

OF_A_TAG = ["RunMetadata", "SummaryMetadata", *READERS.values()]
OF_A_RUN = ["FirstEventTimestamp", "GetSourceWriter", "Graph", "MetaGraph"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    for seed, run in enumerate((".", "a", "a/train", "b/deep/er")):
        write_run(tmp_path / "log" / run / "x", random.Random(seed))
        for file in (tmp_path / "log" / run / "x").iterdir():
            shutil.move(file, tmp_path / "log" / run)
        (tmp_path / "log" / run / "x").rmdir()
    return tmp_path / "log"


def outcome(call: Any, *args: Any) -> Any:
    """What a call gives, or how it fails."""
    try:
        return plain(call(*args))
    except (KeyError, ValueError) as error:
        return type(error).__name__


def content(runs: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {"runs": runs.Runs(), "paths": runs.RunPaths()}
    for run, tags in [*runs.Runs().items(), ("nowhere", {})]:
        for name in OF_A_RUN:
            found[run, name] = outcome(getattr(runs, name), run)
        every = {tag for each in tags.values() if isinstance(each, list) for tag in each}
        for tag in [*sorted(every), "nothing"]:
            for name in OF_A_TAG:
                found[run, name, tag] = outcome(getattr(runs, name), run, tag)
    for plugin in ("scalars", "images", "nothing"):
        found[plugin] = runs.PluginRunToTagToContent(plugin)
        found[plugin, "assets"] = runs.PluginAssets(plugin)
    return found


@pytest.mark.parametrize("guidance", GUIDANCE.values(), ids=GUIDANCE)
@pytest.mark.parametrize("name", [None, "top"])
def test_runs_of_a_directory(log: Path, guidance: Any, name: Any) -> None:
    got, want = (
        content(each(size_guidance=guidance).AddRunsFromDirectory(str(log), name).Reload())
        for each in (Ours, Theirs)
    )
    assert len(want["runs"]) == 4
    assert set(got["runs"]) == set(want["runs"])
    for key, value in want.items():
        assert got[key] == value, key


def test_runs_come_change_and_go(log: Path) -> None:
    pair = [each({"one": str(log / "a")}).Reload() for each in (Ours, Theirs)]
    for runs in pair:
        assert runs.AddRun(str(log / "b" / "deep" / "er")) is runs  # read at once, from now on
        runs.AddRun(str(log / "a" / "train"), "one")  # another path under a known name
        runs.AddRunsFromDirectory(str(log / "nothing"))
        with pytest.raises(ValueError, match="director"):
            runs.AddRunsFromDirectory(str(next(log.glob("*tfevents*"))))
        with pytest.raises(KeyError):
            runs.GetAccumulator("two")
    assert content(pair[0]) == content(pair[1])
    shutil.rmtree(log / "a")
    for runs in pair:
        runs.Reload()
    assert content(pair[0]) == content(pair[1])
    assert list(pair[0].Runs()) == [str(log / "b" / "deep" / "er")]


def test_signatures() -> None:
    for name, theirs in inspect.getmembers(Theirs, inspect.isfunction):
        if name.startswith("_") and name != "__init__":
            continue
        wanted = [(p.name, p.default) for p in inspect.signature(theirs).parameters.values()]
        ours = inspect.signature(getattr(Ours, name)).parameters.values()
        assert [(p.name, p.default) for p in ours] == wanted, name
