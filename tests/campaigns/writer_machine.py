"""What may happen to a SummaryWriter, as a Hypothesis state machine, and what must be on disk.

The model is the list of records of every tag in the order of the calls, by step, each used once.
Files that the machine removes or renames are kept in a graveyard, so that whatever reached a file
can be found again.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.event_records import read_event_file
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from eventcodec import SummaryWriter, WriterClosedError

__all__ = ["WriterMachine"]

TAGS = st.sampled_from(["loss", "lr", "a/b", "größe", "t" * 300])
NUMBERS = st.floats(width=32)
WALLTIMES = st.one_of(st.none(), st.floats(-1e12, 1e12))
SMALL = st.integers(1, 20)


class WriterMachine(RuleBasedStateMachine):
    """One log directory and the writers that come and go in it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.directory = self.root / "run"
        self.graveyard = self.root / "graveyard"
        self.graveyard.mkdir()
        self.next_step = 1
        self.expected: dict[str, list[int]] = defaultdict(list)
        self.may_be_dropped: set[int] = set()
        self.dropped = 0
        self.disturbed = False  # somebody took the file away: a sync may say so
        self.writer: SummaryWriter | None = None
        self.options: dict[str, Any] = {}

    # ---- the writer ----

    @initialize(
        durability=st.sampled_from(["buffered", "buffered", "process", "sync"]),
        on_error=st.sampled_from(["warn", "raise", "drop"]),
        max_file_bytes=st.sampled_from([None, 1 << 16]),
    )
    def open_first(self, **options: Any) -> None:
        self.options = options
        self.open()

    def open(self) -> None:
        self.writer = SummaryWriter(self.directory, max_pending_bytes=1 << 20, **self.options)

    @property
    def log(self) -> SummaryWriter:
        assert self.writer is not None
        return self.writer

    @contextlib.contextmanager
    def records(self, tags: list[str], steps: list[int]) -> Iterator[None]:
        """One record for each step, holding all the tags; refused only when the disk refuses."""
        before = self.log.stats()
        try:
            yield
        except OSError:
            assert self.disturbed, "no reason to refuse"
        after = self.log.stats()
        accepted = after.accepted - before.accepted
        assert accepted in (0, len(steps))
        self.dropped += after.dropped - before.dropped
        if not accepted:
            return
        if after.dropped != before.dropped:
            self.may_be_dropped.update(steps)
        for tag in tags:
            self.expected[tag].extend(steps)

    def take_steps(self, count: int) -> list[int]:
        steps = list(range(self.next_step, self.next_step + count))
        self.next_step += count
        return steps

    def add(self, tag: str, value: float = 0.5, walltime: float | None = None) -> None:
        (step,) = self.take_steps(1)
        with self.records([tag], [step]):
            self.log.add_scalar(tag, value, step, walltime)

    # ---- records of every kind ----

    @rule(tag=TAGS, value=NUMBERS, walltime=WALLTIMES, count=SMALL)
    def add_scalars_one_by_one(
        self, tag: str, value: float, walltime: float | None, count: int
    ) -> None:
        for _ in range(count):
            self.add(tag, value, walltime)

    @rule(tag=TAGS, double=st.booleans())
    def add_new_style(self, tag: str, double: bool) -> None:
        (step,) = self.take_steps(1)
        with self.records([tag], [step]):
            self.log.add_scalar(tag, 1.0, step, new_style=True, double_precision=double)

    @rule(tags=st.lists(TAGS, min_size=1, unique=True), walltime=WALLTIMES)
    def add_metrics(self, tags: list[str], walltime: float | None) -> None:
        (step,) = self.take_steps(1)
        with self.records(tags, [step]):
            self.log.add_metrics(dict.fromkeys(tags, 1.0), step, walltime)

    @rule(tag=TAGS, count=st.integers(1, 2000))
    def add_series(self, tag: str, count: int) -> None:
        steps = self.take_steps(count)
        with self.records([tag], steps):
            self.log.add_scalar_series(tag, np.ones(count), steps)

    @rule(which=st.sampled_from(["text", "histogram", "image", "large"]))
    def add_summary(self, which: str) -> None:
        (step,) = self.take_steps(1)
        tag = "note/text_summary" if which in ("text", "large") else which
        with self.records([tag], [step]):
            if which == "text":
                self.log.add_text("note", "a word", step)
            elif which == "large":
                self.log.add_text("note", "w" * 200_000, step)
            elif which == "histogram":
                self.log.add_histogram("histogram", np.arange(10.0), step)
            else:
                self.log.add_image("image", np.zeros((3, 4, 4), np.uint8), step)

    @rule()
    def add_what_is_wrong(self) -> None:
        before = self.log.stats().accepted
        for wrong in [
            lambda: self.log.add_scalar("", 1.0),
            lambda: self.log.add_scalar("x", "one"),
            lambda: self.log.add_scalar("x", 1.0, 1 << 70),
            lambda: self.log.add_scalar("x", 1.0, 1, float("nan")),
            lambda: self.log.add_metrics({"x": 1.0, "y": None}),
            lambda: self.log.add_scalar_series("x", [1.0], [1, 2]),
        ]:
            with pytest.raises((TypeError, ValueError, OverflowError)):
                wrong()
        assert self.log.stats().accepted == before

    # ---- flush, close ----

    @rule()
    def flush(self) -> None:
        with self.tolerance():
            self.log.flush()
        assert self.log.stats().pending == 0

    @contextlib.contextmanager
    def tolerance(self) -> Iterator[None]:
        """Once somebody has disturbed the files, on_error="raise" tells of it at any call."""
        try:
            yield
        except OSError:
            assert self.disturbed
            assert self.options["on_error"] == "raise"

    @rule()
    def flush_durably(self) -> None:
        with contextlib.ExitStack() as stack:
            if self.disturbed:
                stack.enter_context(contextlib.suppress(OSError))
            self.log.flush(durable=True)

    @rule()
    def close_and_open(self) -> None:
        self.log.close()
        with pytest.raises(WriterClosedError):
            self.log.add_scalar("loss", 1.0)
        self.check_account()
        self.open()

    # ---- other threads, signals, processes ----

    @rule(counts=st.lists(SMALL, min_size=2, max_size=4))
    def add_from_threads(self, counts: list[int]) -> None:
        def add_all(tag: str, steps: list[int]) -> None:
            for step in steps:
                self.log.add_scalar(tag, 1.0, step)

        if self.disturbed:
            return
        parts = [(f"thread{i}", self.take_steps(count)) for i, count in enumerate(counts)]
        threads = [threading.Thread(target=add_all, args=part) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for tag, steps in parts:
            self.expected[tag].extend(steps)

    @rule()
    def add_in_a_signal_handler(self) -> None:
        before = signal.signal(signal.SIGUSR1, lambda *_: self.add("signal"))
        try:
            signal.raise_signal(signal.SIGUSR1)
        finally:
            signal.signal(signal.SIGUSR1, before)

    @rule(count=st.integers(0, 5), end=st.sampled_from(["flush", "close", "wait"]))
    def fork(self, count: int, end: str) -> None:
        steps = self.take_steps(count)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for step in steps:
                    self.log.add_scalar("child", 1.0, step)
                if end == "close":
                    self.log.close()
                elif end == "flush" or not steps:
                    self.log.flush()
                else:
                    while self.log.stats().pending:
                        pass
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        self.expected["child"].extend(steps)

    # ---- what others do to the files ----

    def bury(self, take: Callable[[Path, Path], Any]) -> None:
        """Have every record in a file, then take the file away."""
        self.log.flush()
        path = Path(self.log.stats().path)
        if path.exists():
            take(path, self.graveyard / path.name)
            self.disturbed = True

    @rule()
    def remove_file(self) -> None:
        def take(path: Path, grave: Path) -> None:
            shutil.copyfile(path, grave)
            path.unlink()

        self.bury(take)

    @rule()
    def rename_file(self) -> None:
        self.bury(lambda path, grave: path.rename(grave))

    @rule(copy=st.booleans())
    def remove_or_rename_directory(self, copy: bool) -> None:
        self.log.flush()
        # Not a precondition: the I/O thread brings the directory back when it has a record.
        if not self.directory.exists():
            return
        grave = self.graveyard / f"directory{len(list(self.graveyard.iterdir()))}"
        if copy:
            shutil.copytree(self.directory, grave)
            shutil.rmtree(self.directory)
        else:
            self.directory.rename(grave)
        self.disturbed = True

    @rule(room=st.integers(0, 500), count=SMALL, much=st.booleans())
    def fill_the_disk_for_a_while(self, room: int, count: int, much: bool) -> None:
        path = Path(self.log.stats().path)
        size = path.stat().st_size if path.exists() else 0
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        was_disturbed, self.disturbed = self.disturbed, True
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, limits[1]))
        try:
            for _ in range(count):
                self.add("loss")
            if much:
                with contextlib.suppress(OSError):
                    self.add_series("lr", 20_000)
            with contextlib.suppress(OSError):
                self.log.flush()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        self.flush_after_failure()
        self.disturbed = was_disturbed

    def flush_after_failure(self) -> None:
        """The first call may still tell of the failure; writing has resumed then."""
        with contextlib.suppress(OSError):
            self.log.flush()
        self.flush()

    # ---- what must hold ----

    @invariant()
    def check_account(self) -> None:
        if self.writer is not None:
            stats = self.log.stats()
            assert stats.accepted == stats.written + stats.pending + stats.dropped

    def teardown(self) -> None:
        try:
            if self.writer is not None:
                self.log.close()
                self.check_account()
                self.check_files()
        finally:
            shutil.rmtree(self.root)

    def check_files(self) -> None:
        contents = [read_event_file(path) for path in self.root.rglob("*tfevents*")]
        for content in contents:
            assert (content.damage, content.tail) == ("", b""), content.path
            assert content.events[0].file_version == "brain.Event:2", content.path
        # Names of children sort by process ids, which begin anew some time.
        contents.sort(key=lambda content: (content.events[0].wall_time, content.path.name))
        found: dict[str, list[int]] = defaultdict(list)
        for content in contents:
            for event in content.events[1:]:
                for value in event.summary.value:
                    found[value.tag].append(event.step)
        missing = 0
        for tag in self.expected.keys() | found.keys():
            got = set(found[tag])
            kept = [step for step in self.expected[tag] if step in got]
            assert found[tag] == kept, f"{tag}: other records, or in another order"
            lost = set(self.expected[tag]) - got
            assert lost <= self.may_be_dropped, f"{tag}: lost {sorted(lost)}"
            missing += len(lost)
        assert missing == self.dropped
