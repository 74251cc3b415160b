"""Finds event files and VisualDL logs, by TensorBoard's rule of what a run is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = [
    "EVENT_FILE_MARK",
    "VISUALDL_MARK",
    "PathLike",
    "as_paths",
    "base_of",
    "find_event_files",
]

PathLike = str | os.PathLike[str]

# TensorBoard (backend/event_processing/io_wrapper.py) takes every file whose name contains the
# first, VisualDL (reader/reader.py) the second. What a file is, its content decides.
EVENT_FILE_MARK = "tfevents"
VISUALDL_MARK = "vdlrecords"
_MARKS = (EVENT_FILE_MARK, VISUALDL_MARK)


def as_paths(path: PathLike | Iterable[PathLike]) -> list[Path]:
    """Return the paths a caller named, one or several, and check that they exist.

    Raises:
        FileNotFoundError: one does not exist.
        ValueError: there is none.
    """
    given = [path] if isinstance(path, str | os.PathLike) else list(path)
    paths = [Path(each) for each in given]
    if not paths:
        raise ValueError("path must name a file or a directory, got an empty list")
    for name, each in zip(map(str, given), paths, strict=True):
        if not each.exists():
            reason = "No such event file or log directory"
            if "://" in name:
                get = f"fsspec.filesystem({name.split('://')[0]!r}).get('{name}/', 'LOG_DIR/', "
                reason = f"URLs are not opened; mount it, or fetch it: {get}recursive=True)"
            raise FileNotFoundError(2, reason, name)
    return paths


def _walk(directory: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield (directory, sorted file names), following links but never in a circle."""
    seen: set[tuple[int, int]] = set()
    for where, directories, names in os.walk(directory, followlinks=True):
        status = os.stat(where)  # noqa: PTH116 (a Path for each of 100,000 directories)
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            directories.clear()
            continue
        seen.add(identity)
        directories.sort()
        yield where, sorted(names)


def _find_in(root: Path, base: Path) -> Iterator[tuple[str, Path]]:
    if root.is_file():
        yield root.parent.relative_to(base).as_posix(), root
        return
    for where, names in _walk(root):
        marked = [name for name in names if any(mark in name for mark in _MARKS)]
        if not marked:
            continue
        directory = Path(where)
        run = directory.relative_to(base).as_posix()
        for name in marked:
            file = directory / name
            if file.is_file():
                yield run, file


def base_of(roots: list[Path]) -> Path:
    """Return the log directory: the one that contains all roots."""
    bases = {str(root.parent if root.is_file() else root) for root in roots}
    return Path(os.path.commonpath(bases)) if len(bases) > 1 else Path(next(iter(bases)))


def find_event_files(roots: list[Path]) -> dict[str, list[Path]]:
    """Map run names to their event files, both in sorted order.

    A run is a directory with event files; its name is its path relative to the log directory with
    "/" between the parts, "." for the log directory itself. Several roots share the directory that
    contains them all. A file that was named itself counts whatever its name is.
    """
    base = base_of(roots)
    runs: dict[str, list[Path]] = {}
    for root in roots:
        for run, file in _find_in(root, base):
            files = runs.setdefault(run, [])
            if file not in files:
                files.append(file)
    return {run: sorted(runs[run]) for run in sorted(runs)}
