"""Finds event files and VisualDL logs, by TensorBoard's rule of what a run is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from eventcodec import _native

__all__ = [
    "EVENT_FILE_MARK",
    "VISUALDL_MARK",
    "Directory",
    "PathLike",
    "as_paths",
    "base_of",
    "find_by_directory",
    "find_event_files",
    "find_event_paths",
    "is_event_file",
]

PathLike = str | os.PathLike[str]

# TensorBoard (backend/event_processing/io_wrapper.py) takes every file whose name contains the
# first, VisualDL (reader/reader.py) the second. What a file is, its content decides.
EVENT_FILE_MARK = "tfevents"
VISUALDL_MARK = "vdlrecords"
_AT_ONCE = 64  # directories


def as_paths(path: PathLike | Iterable[PathLike]) -> list[Path]:
    """Return the paths a caller named, one or several, and check that they exist.

    Raises:
        FileNotFoundError: one does not exist, or is empty.
        OSError: one is a pipe or a device.
        TypeError: one is no path.
        ValueError: there is none.
    """
    got: object = path
    if isinstance(got, bytes) or not isinstance(got, str | os.PathLike | Iterable):
        raise _no_path(got)
    given = [path] if isinstance(path, str | os.PathLike) else list(path)
    for each in given:
        if not isinstance(each, str | os.PathLike):
            raise _no_path(each)
        if each == "":  # which pathlib takes for the current directory
            raise FileNotFoundError(2, 'A path must not be empty ("." is this directory)', "")
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
        if not each.is_file() and not each.is_dir():  # a pipe, a device
            raise OSError(22, "Neither a file nor a directory; write it to a file first", name)
    return paths


def _no_path(got: object) -> TypeError:
    message = f"path must be a str, a path or a list of those, got {got!r}"
    return TypeError(f"{message}; os.fsdecode() makes a str" if isinstance(got, bytes) else message)


def is_event_file(path: str) -> bool:
    """Say whether a path is that of an event file, by its name."""
    return _is_marked(os.path.basename(path)) and os.path.isfile(path)  # noqa: PTH113, PTH119


def _is_marked(name: str) -> bool:
    return EVENT_FILE_MARK in name or VISUALDL_MARK in name


def _walk(directory: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (directory, sorted names of event files), following links but never in a circle.

    Directories come before those inside them, and in the order of their names. One that cannot be
    read is passed over.
    """
    walk = _native.Walk(os.fsencode(directory), [EVENT_FILE_MARK, VISUALDL_MARK])
    while some := walk.next(_AT_ONCE):  # so that an interrupt is heard in between
        yield from some


class Directory(NamedTuple):
    """A directory of a log, and the event files in it.

    Attributes:
        run: its name as a run.
        folder: its path as it stands in front of the names in it; None when the log is one file.
        paths: the event files, maybe none.
    """

    run: str
    folder: str | None
    paths: list[str]


def find_by_directory(root: Path, base: Path) -> Iterator[Directory]:
    """Yield the directories at and below a root.

    Args:
        root: an event file or a directory.
        base: the log directory.
    """
    if root.is_file():
        yield Directory(root.parent.relative_to(base).as_posix(), None, [str(root)])
        return
    run_of_root = root.relative_to(base).as_posix()
    above = "" if run_of_root == "." else run_of_root + "/"
    start = len(os.path.join(root, ""))  # noqa: PTH118
    named_here = root == Path()
    for where, names in _walk(str(root)):
        inside = where[start:]
        # As Path(".") / "name" is: without a dot in front.
        folder = inside if named_here else where
        if folder and not folder.endswith(os.sep):
            folder += os.sep
        run = above + inside if inside else run_of_root
        yield Directory(run, folder, [folder + name for name in names])


def base_of(roots: list[Path]) -> Path:
    """Return the log directory: the one that contains all roots."""
    bases = {str(root.parent if root.is_file() else root) for root in roots}
    return Path(os.path.commonpath(bases)) if len(bases) > 1 else Path(next(iter(bases)))


def find_event_paths(roots: list[Path]) -> dict[str, list[str]]:
    """Map run names to the paths of their event files, both in sorted order.

    A run is a directory with event files; its name is its path relative to the log directory with
    "/" between the parts, "." for the log directory itself. Several roots share the directory that
    contains them all. A file that was named itself counts whatever its name is.
    """
    base = base_of(roots)
    runs: dict[str, list[str]] = {}
    for root in roots:
        for run, _, files in find_by_directory(root, base):
            if files:
                runs.setdefault(run, []).extend(files)
    return {run: sorted(set(runs[run])) for run in sorted(runs)}


def find_event_files(roots: list[Path]) -> dict[str, list[Path]]:
    """Return what find_event_paths() finds, as Paths."""
    found = find_event_paths(roots)
    return {run: [Path(path) for path in paths] for run, paths in found.items()}
