"""Watch: which files of a growing log directory have gained something, for little of a processor.

Files that grew lately are looked at each time, and so is what the kernel says has changed. It does
not know what other machines do to a shared file system, and may be told of no more directories than
it has room for. So all others, and the directories, where new files may have come, are gone through
in turns, a few at a time, so that no look takes long however many there are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from eventcodec import _native
from eventcodec.reader.discover import (
    Directory,
    PathLike,
    as_paths,
    base_of,
    find_by_directory,
    is_event_file,
)

__all__ = ["Watch", "WatchedFiles"]

# Of one processor, what the turns may take: with the looks themselves that makes one per cent.
_SHARE = 0.004
_BUSY = 300.0  # seconds since a file grew for which it is looked at every time
_MOST_BUSY = 256  # files
_AT_A_TIME = 32  # idle files that are looked at together
_MOST_SAVED = 1.0  # seconds whose share may be spent at once

WatchedFiles = list[tuple[str, _native.EventFile]]  # with the run of each


class Watch:
    """The event files at a path, as they grow, come and go.

    Args:
        path: an event file or a log directory.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """

    def __init__(self, path: PathLike) -> None:
        self._roots = as_paths(path)
        self._base = base_of(self._roots)
        self._files: dict[str, tuple[str, _native.EventFile]] = {}
        self._runs: dict[str, list[str]] = {}  # the files of each, in their order
        self._new: WatchedFiles = []  # to be looked at for the first time
        self._busy: dict[str, float] = {}  # when it grew last
        self._found: WatchedFiles = []  # by the tours, and not yet told of
        self._changes = _native.Changes()
        self._folders: dict[str, str] = {}  # those that the kernel watches, with the run of each
        self._tours = [self._go_through_directories(), self._go_through_files()]
        self._last_look: float | None = None
        self._allowance = [0.0 for _ in self._tours]  # seconds of a processor

    def look(self) -> WatchedFiles:
        """Return the files that have something new, with their runs; the first time all.

        Raises:
            FileNotFoundError: the log directory is gone.
        """
        now = time.monotonic()
        first = self._last_look is None
        if self._last_look is None:
            self._find_all()
        else:
            self._look_at([self._files[path] for path in self._changed() if path in self._files])
            self._walk_on(now - self._last_look)
        self._look_at(self._new)
        for run in dict.fromkeys(run for run, _ in self._new):
            self._carry(run)
        self._new = []
        self._last_look = now
        found, self._found = self._found, []
        self._note([entry for entry in found if not first or _grew_lately(entry[1])], now)
        return found

    def _find_all(self) -> None:
        for root in self._roots:
            for directory in find_by_directory(root, self._base):
                self._enter(directory)

    def _changed(self) -> dict[str, None]:
        """Return the files that may have grown: those that did lately, and what the kernel says."""
        paths = dict.fromkeys(self._busy)
        for folder, name, is_directory in self._changes.take():
            if not name:
                self._folders.pop(folder, None)
            elif is_directory:
                self._find_below(Path(folder + name))
            elif folder + name in self._files:
                paths[folder + name] = None
            elif folder in self._folders and is_event_file(folder + name):
                self._add(self._folders[folder], [folder + name])
        return paths

    def _find_below(self, root: Path) -> None:
        """Enter directories that have come, again while something may have come meanwhile.

        Links out of them are left to the tours, which know what was met under another name.
        """
        real = root.resolve()
        entered = 1
        while entered:
            entered = 0
            for directory in find_by_directory(root, self._base):
                if Path(directory.folder or root).resolve().is_relative_to(real):
                    entered += self._enter(directory)

    def _enter(self, directory: Directory) -> bool:
        """Take the files of a directory; say whether the kernel begins to watch it."""
        run, folder, paths = directory
        self._add(run, paths)
        if folder is None or folder in self._folders or not self._changes.add(os.fsencode(folder)):
            return False
        self._folders[folder] = run
        return True

    def _add(self, run: str, paths: list[str]) -> None:
        for path in paths:
            if path not in self._files:
                entry = (run, _native.EventFile(os.fsencode(path)))
                self._files[path] = entry
                self._new.append(entry)
                of_run = self._runs.setdefault(run, [])
                of_run.append(path)
                of_run.sort()

    def _look_at(self, entries: WatchedFiles) -> None:
        """Read what files have gained. What cannot be read has gained nothing."""
        before = [_state(file) for _, file in entries]
        _native.scan_files(
            [file for _, file in entries],
            mode="salvage",
            verify=True,
            threads=1,
            keep_rows=True,
        )
        self._found += [
            entry for entry, state in zip(entries, before, strict=True) if _state(entry[1]) != state
        ]

    def _carry(self, run: str) -> None:
        """Read files anew whose tensors are what an earlier file of their run says."""
        if len(self._runs.get(run, ())) > 1:
            entries = [self._files[path] for path in self._runs[run]]
            again = _native.carry_metadata([file for _, file in entries])
            self._look_at([entries[number] for number in again])

    def _walk_on(self, seconds: float) -> None:
        """Go on with the tours for as long as their shares allow."""
        for number, tour in enumerate(self._tours):
            share = _SHARE / len(self._tours)
            saved = self._allowance[number] + seconds * share
            self._allowance[number] = min(saved, _MOST_SAVED * share)
            started = time.thread_time()
            while self._allowance[number] > 0:
                finished = next(tour)
                now = time.thread_time()
                self._allowance[number] -= now - started
                started = now
                if finished:
                    break

    def _go_through_directories(self) -> Iterator[bool]:
        """Look for new files and those that are gone; yields True when it has been everywhere."""
        while True:
            as_paths(self._roots)
            known, seen = set(self._files), set()
            for root in self._roots:
                for directory in find_by_directory(root, self._base):
                    seen.update(directory.paths)
                    self._enter(directory)
                    yield False
            for path in known - seen:
                self._forget(path)
            for run in list(self._runs):
                if len(self._runs.get(run, ())) > 1:
                    self._carry(run)
                    yield False
            yield True

    def _forget(self, path: str) -> None:
        run, _ = self._files.pop(path)
        self._busy.pop(path, None)
        self._runs[run].remove(path)
        if not self._runs[run]:
            del self._runs[run]

    def _go_through_files(self) -> Iterator[bool]:
        """Look at the files that do not grow; yields True when it has looked at all."""
        while True:
            idle = [path for path in self._files if path not in self._busy]
            for start in range(0, len(idle), _AT_A_TIME):
                some = [self._files.get(path) for path in idle[start : start + _AT_A_TIME]]
                self._look_at([entry for entry in some if entry is not None])
                yield False
            yield True

    def _note(self, found: WatchedFiles, now: float) -> None:
        """Remember which files grow."""
        for _, file in found:
            self._busy[file.path] = now
        newest = sorted(self._busy.items(), key=lambda item: item[1], reverse=True)
        self._busy = {path: grew for path, grew in newest[:_MOST_BUSY] if now - grew < _BUSY}


def _grew_lately(file: _native.EventFile) -> bool:
    try:
        changed = os.stat(file.path).st_mtime  # noqa: PTH116 (a Path for each of 100,000 files)
    except OSError:
        return False
    return time.time() - changed < _BUSY


def _state(file: _native.EventFile) -> tuple[int, int, int]:
    return file.generation, file.bytes, file.committed
