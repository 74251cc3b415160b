"""open(tags=, steps=): which tags and steps are read. What must not change: campaign C10."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event, SessionLog

import eventcodec
from eventcodec import _native
from eventcodec.archive import index
from eventcodec.compat.visualdl import LogWriter

TAGS = ["loss", "val/loss", "lr", "[x]"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Ten steps of each tag and a few other values."""
    with eventcodec.SummaryWriter(str(tmp_path / "run")) as writer:
        for step in range(10):
            for number, tag in enumerate(TAGS):
                writer.add_scalar(tag, step + 100 * number, step)
        writer.add_histogram("weights", np.arange(5.0), 3)
        writer.add_text("note", "hello", 8)
        writer.add_custom_scalars({"c": {"d": ["Multiline", ["loss"]]}})
    return tmp_path / "run"


def names_of(log: eventcodec.reader.Log) -> list[str]:
    return [tag for tag in log["."].tags if tag != "custom_scalars__config__"]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (None, [*TAGS, "weights", "note/text_summary"]),
        ("*loss", ["loss", "val/loss"]),
        (["lr", "w*"], ["lr", "weights"]),
        (re.compile("^l"), ["loss", "lr"]),
        ("[x]", ["[x]"]),  # matches itself
        ("nothing", []),
        ([], []),
    ],
)
def test_tags(run: Path, tags: Any, found: list[str]) -> None:
    log = eventcodec.open(run, tags=tags)
    assert names_of(log) == found
    assert list(log["."].scalars) == [tag for tag in TAGS if tag in found]
    for tag in log["."].scalars:
        np.testing.assert_array_equal(
            log["."].scalars[tag].values, np.arange(10) + 100 * TAGS.index(tag)
        )
    assert log["."].custom_scalars[0]["title"] == "c"
    with pytest.raises(KeyError):
        log["."].scalars["none"]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ((2, 5), [2, 3, 4]),
        (slice(8, None), [8, 9]),
        ((None, 1), [0]),
        ((None, None), range(10)),
        (slice(None), range(10)),
        ((2.5, 5.0), [3, 4]),  # as Log.scalars(steps=)
        ((np.int64(9), np.int64(99)), [9]),
        ((-(10**30), 10**30), range(10)),
        ((5, 5), []),
        ((7, 3), []),
        ((10**30, None), []),
        ((100, 200), []),
    ],
)
def test_steps(run: Path, steps: Any, left: Any) -> None:
    log = eventcodec.open(run, steps=steps)
    scalars = log["."].scalars
    assert list(scalars) == (TAGS if len(left) else [])
    for tag in scalars:
        assert scalars[tag].steps.tolist() == list(left)
    others = {"weights": 3, "note/text_summary": 8}
    assert names_of(log) == [*scalars, *(tag for tag in others if others[tag] in left)]
    assert log["."].custom_scalars[0]["title"] == "c"  # has a step, too
    table = eventcodec.open(run).scalars(steps=steps)
    assert log.scalars()["value"].tolist() == table["value"].tolist()


@pytest.mark.parametrize(
    "steps", [slice(1, 9, 2), (1, 2, 3), (1,), 5, "ab", (float("nan"), 3), (0, float("nan"))]
)
def test_steps_that_are_no_range(run: Path, steps: Any) -> None:
    error = ValueError if isinstance(steps, slice) else TypeError
    with pytest.raises(error, match=re.escape(f"got {steps!r}")) as caught:
        eventcodec.open(run, steps=steps)
    assert ("every=n" in str(caught.value)) == isinstance(steps, slice)


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ((float("-inf"), 3), range(3)),
        ((5, float("inf")), range(5, 10)),
        ((2.5, 4.5), range(3, 5)),
        ((0, 1 << 70), range(10)),
        ((float("inf"), None), range(0)),
        ((None, float("-inf")), range(0)),
    ],
)
def test_ends_beyond_all_steps(tmp_path: Path, steps: Any, left: range) -> None:
    with eventcodec.SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_scalar("loss", 0.5, step)
    found = eventcodec.open(tmp_path, steps=steps).scalars()["step"]
    chosen = eventcodec.open(tmp_path).scalars(steps=steps)["step"]
    assert found.tolist() == chosen.tolist() == list(left)


def test_later_files_and_rows(run: Path) -> None:
    """What is added is selected, too, and so are new files; a file that is replaced."""
    log = eventcodec.open(run, tags=["l*", "new"], steps=(8, 12))
    with eventcodec.SummaryWriter(str(run)) as writer:
        for step in range(5, 20):
            writer.add_scalar("loss", 7.0, step)
            writer.add_scalar("new", 8.0, step)
            writer.add_scalar("other", 9.0, step)
    log.refresh()
    assert log["."].scalars["loss"].steps.tolist() == [8, 9, 8, 9, 10, 11]
    assert log["."].scalars["new"].steps.tolist() == [8, 9, 10, 11]
    assert list(log["."].scalars) == ["loss", "lr", "new"]
    first, last = sorted(run.iterdir())
    first.unlink()
    copy = last.with_name("copy")
    copy.write_bytes(last.read_bytes()[:-1])
    copy.rename(last)
    log.refresh()
    assert log["."].scalars["loss"].steps.tolist() == [8, 9, 10, 11]
    assert list(log.pending) == [str(last)]


def test_restarts_of_other_steps(
    write_records: Callable[..., Path], event: Callable[..., Any]
) -> None:
    """A restart voids rows whether its own step is wanted or not."""
    start = Event(step=3, session_log=SessionLog(status=SessionLog.START))
    before = [event(step, 1.0, a=1.0) for step in range(10)]
    after = [event(step, 2.0, a=2.0) for step in range(3, 6)]
    path = write_records(*before, start, *after)
    series = eventcodec.open(path, steps=(2, 9))["."].scalars["a"]
    assert series.steps.tolist() == [2, 3, 4, 5]
    assert series.values.tolist() == [1.0, 2.0, 2.0, 2.0]
    assert "a" not in eventcodec.open(path, steps=(6, 9))["."].scalars
    raw = eventcodec.open(path, steps=(6, 9), purge=False)["."].scalars["a"]
    assert raw.steps.tolist() == [6, 7, 8]


def test_damage_of_other_tags(run: Path) -> None:
    (path,) = run.iterdir()
    data = bytearray(path.read_bytes())
    data[data.index(b"lr") + 3] ^= 1
    path.write_bytes(data)
    want = eventcodec.open(run).damage
    assert len(want) == 1
    assert eventcodec.open(run, tags="loss", steps=(50, 60)).damage == want
    with pytest.raises(eventcodec.CorruptRecordError):
        eventcodec.open(run, tags="loss", mode="strict")


def test_metrics_are_those_that_are_read(tmp_path: Path) -> None:
    with eventcodec.SummaryWriter(str(tmp_path)) as writer:
        writer.add_hparams({"lr": 0.5}, {"a": 1.0, "b": 2.0}, run_name=".")
    found = eventcodec.open(tmp_path, tags="b")["."].hparams
    assert found is not None
    assert found.hparams == {"lr": 0.5}
    assert found.metrics == {"b": 2.0}


def test_an_index_gives_the_same(run: Path) -> None:
    index(run)
    for options in ({"tags": "*loss"}, {"steps": (4, 7)}, {"tags": "lr", "steps": (None, 3)}):
        indexed, read = (eventcodec.open(run, index=use, **options) for use in (True, False))
        assert dict(indexed["."].tags) == dict(read["."].tags)
        for tag, series in read["."].scalars.items():
            assert indexed["."].scalars[tag].steps.tolist() == series.steps.tolist()
            assert indexed["."].scalars[tag].values.tolist() == series.values.tolist()
    with eventcodec.SummaryWriter(str(run)) as writer:
        writer.add_scalar("loss", 50.0, 5)
    log = eventcodec.open(run, tags="loss", steps=(4, 7))
    assert log["."].scalars["loss"].values.tolist() == [4.0, 5.0, 6.0, 50.0]


class TestVisualDl:
    """Values that visualdl's own reader finds, of some tags and steps."""

    @pytest.fixture
    def log(self, tmp_path: Path) -> Path:
        with LogWriter(str(tmp_path), display_name="shown") as writer:
            for step in range(200):
                for tag in ("loss", "lr"):
                    writer.add_scalar(tag, step, step)
            writer.add_histogram("weights", np.arange(5.0), 3)
            writer.add_hparams({"lr": 0.5}, ["loss"])
            # A curve of a chart whose name is that of a scalar.
            writer.add_scalar("chart/one", 1.0, 7)
            writer.add_scalars("chart", {"one": 2.0, "two": 3.0}, 7)
        return tmp_path

    def test_tags_and_steps(self, log: Path) -> None:
        run = eventcodec.open(log, tags="l*", steps=(150, 153))["."]
        assert {tag: series.steps.tolist() for tag, series in run.scalars.items()} == {
            "loss": [150, 151, 152],
            "lr": [150, 151, 152],
        }
        assert run.scalars["loss"].values.tolist() == [150.0, 151.0, 152.0]
        assert run.display_name == "shown"
        assert run.hparams is not None
        assert run.hparams.hparams == {"lr": 0.5}
        assert not run.histograms

    def test_names_that_tell_curves_apart(self, log: Path) -> None:
        whole = eventcodec.open(log)["."].scalars
        names = [name for name in whole if name.startswith("chart")]
        assert len(names) == 3
        for name in names:
            some = eventcodec.open(log, tags=re.compile(rf"\A{re.escape(name)}\Z"))["."].scalars
            assert list(some) == [name]
            assert some[name].values.tolist() == whole[name].values.tolist()

    def test_growing(self, log: Path) -> None:
        (path,) = log.iterdir()
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 3])
        some = eventcodec.open(log, tags="lr", steps=(10, 150))
        path.write_bytes(data)
        assert some.refresh()["."].scalars["lr"].steps.tolist() == list(range(10, 150))


class TestAsking:
    """The native core asks Python which tags are wanted, while it holds files."""

    @pytest.fixture
    def path(self, write_records: Callable[..., Path], event: Callable[..., Any]) -> Path:
        return write_records(*(event(step, 1.0, **{f"t{step % 500}": 1.0}) for step in range(2000)))

    @staticmethod
    def scan(files: list[Any], threads: int = 4) -> Any:
        return _native.scan_files(
            files, mode="salvage", verify=True, threads=threads, keep_rows=True, least_part=5000
        )

    @pytest.mark.parametrize("threads", [1, 4])
    def test_what_it_raises_comes_out(self, path: Path, threads: int) -> None:
        calls = 0

        def wanted(tag: str, curve: str | None) -> bool:
            nonlocal calls
            calls += 1
            if calls == 100:
                raise KeyboardInterrupt
            assert curve is None
            return tag == "t499"

        file = _native.EventFile(str(path), _native.Selection(0, 1 << 40, wanted))
        with pytest.raises(KeyboardInterrupt):
            self.scan([file], threads)
        assert self.scan([file], threads) == [None]  # asks again, and reads anew
        assert file.records == 2001
        assert [n for n, each in enumerate(file.series()) if each[5]] == [499]
        assert calls <= 600 * threads

    def test_others_may_look_meanwhile(self, path: Path) -> None:
        """Who has the GIL never waits for a file whose scan waits for the GIL."""
        found = subprocess.run(
            [sys.executable, "-c", LOOKING, str(path)], timeout=60, check=True, capture_output=True
        )
        assert int(found.stdout) > 0


# In a process of its own, which can be ended when it waits for ever.
LOOKING = """
import sys, threading
from eventcodec import _native

files, done, looks = [], threading.Event(), 0

def look():
    global looks
    while not done.is_set():
        for file in list(files):
            looks += file.records >= 0 and len(file.series()) >= 0

watchers = [threading.Thread(target=look) for _ in range(2)]
for watcher in watchers:
    watcher.start()
for _ in range(10):
    selection = _native.Selection(0, 1 << 40, lambda tag, _: tag.endswith("9"))
    files[:] = [_native.EventFile(sys.argv[1], selection) for _ in range(3)]
    options = {"mode": "salvage", "verify": True, "keep_rows": True, "least_part": 5000}
    assert _native.scan_files(files, threads=4, **options) == [None] * 3
done.set()
for watcher in watchers:
    watcher.join()
print(looks)
"""
