"""Move the steps and wall times of logs, and cut runs into parts."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from eventcodec import _native
from eventcodec.archive.compact import runs_of
from eventcodec.archive.fill import fill, size_of_files
from eventcodec.archive.output import OpenTree, Piece, open_source, write_all
from eventcodec.archive.rewrite import new_name
from eventcodec.reader.discover import PathLike

__all__ = ["FileChange", "shift", "split"]

_KEEP = (False, "", 1, None)


class FileChange(NamedTuple):
    """A file that was written anew.

    Attributes:
        path: the file.
        bytes: of its records.
        records: how many.
        parts: how many files were made of it.
    """

    path: str
    bytes: int
    records: int
    parts: int


def shift(
    source: PathLike,
    destination: PathLike,
    *,
    step: int = 0,
    time: float = 0.0,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[FileChange]:
    """Write a log directory anew with other steps and wall times.

    Args:
        source: an event file or a log directory. It is never changed.
        destination: the new directory; it appears whole when the iterator ends, or not at all.
        step: added to every step, also to those of restarts.
        time: seconds, added to every wall time.
        executor: where to work; None for threads of this process.
        workers: how many files at a time; None for one per processor.

    Returns:
        An iterator of one FileChange per file.

    Raises:
        FileNotFoundError: there is no event file at `source`.
        FileExistsError: there is something at `destination`.
        OSError: a file cannot be read or written.
        ValueError: a step would leave the range of 64 bits, or `time` is not finite.
    """
    if not -(1 << 63) <= step < 1 << 63:
        raise ValueError(f"step must fit 64 bits, got {step}")
    if not math.isfinite(time):
        raise ValueError(f"time must be a finite number of seconds, got {time}")
    files = [(run, path) for run, paths in runs_of(source).items() for path in paths]
    return _each_file(files, Path(destination), partial(_shift, step, time), executor, workers)


def split(
    source: PathLike,
    destination: PathLike,
    *,
    max_bytes: int,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[FileChange]:
    """Write a log directory anew in files of limited size.

    The parts of a file stand in the same run and sort in their order: readers show the same.

    Args:
        source: an event file or a log directory. It is never changed.
        destination: the new directory; it appears whole when the iterator ends, or not at all.
        max_bytes: a part ends with the record with which it reaches this size.
        executor: see shift().
        workers: see shift().

    Returns:
        An iterator of one FileChange per file of the source.

    Raises:
        FileNotFoundError: there is no event file at `source`.
        FileExistsError: there is something at `destination`.
        OSError: a file cannot be read or written.
        ValueError: `max_bytes` is less than 1.
    """
    if max_bytes < 1:
        raise ValueError(f"max_bytes must be at least 1, got {max_bytes}")
    files = [(run, path) for run, paths in runs_of(source).items() for path in paths]
    return _each_file(files, Path(destination), partial(_split, max_bytes), executor, workers)


def _each_file(
    files: list[tuple[str, Path]],
    destination: Path,
    work: Callable[[OpenTree, tuple[str, Path]], tuple[FileChange, list[Piece]]],
    executor: Executor | None,
    workers: int | None,
) -> Iterator[FileChange]:
    yield from fill(
        destination,
        files,
        work,
        size_of=lambda task: size_of_files([task[1]]),
        executor=executor,
        workers=workers,
    )


def _shift(
    step: int, time: float, tree: OpenTree, task: tuple[str, Path]
) -> tuple[FileChange, list[Piece]]:
    run, path = task
    writer = _native.Rewriter(tags={}, others=_KEEP, step_shift=step, time_shift=time)
    source = open_source(path)
    try:
        with tree.create(run, new_name(path)) as (target, piece):
            writer.copy(source, target, restarts=[], void_from=None, path=os.fsencode(path))
    finally:
        os.close(source)
    totals = writer.totals()
    return FileChange(str(path), totals["bytes_after"], totals["records_after"], 1), [piece]


def _split(
    max_bytes: int, tree: OpenTree, task: tuple[str, Path]
) -> tuple[FileChange, list[Piece]]:
    run, path = task
    scan = _native.EventFile(os.fsencode(path))
    [failure] = _native.scan_files([scan], mode="salvage", verify=True, threads=1, keep_rows=False)
    if failure is not None:
        raise failure
    writer = _native.Rewriter(tags={}, others=_KEEP)
    pieces: list[Piece] = []
    source = open_source(path)
    at = 0
    try:
        while at < scan.committed or not pieces:
            name = f"{new_name(path)}.{len(pieces):06d}"
            with tree.create(run, name) as (target, piece):
                if pieces:
                    write_all(target, _native.version_record(0.0))
                at = writer.copy(
                    source,
                    target,
                    offset=at,
                    restarts=[],
                    void_from=None,
                    most_bytes=max_bytes,
                    path=os.fsencode(path),
                )
            pieces.append(piece)
    finally:
        os.close(source)
    totals = writer.totals()
    change = FileChange(str(path), totals["bytes_after"], totals["records_after"], len(pieces))
    return change, pieces
