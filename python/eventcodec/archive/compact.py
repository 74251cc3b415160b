"""One file for each run, smaller: what restarts void is gone, and what the caller names."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from eventcodec.archive import engine
from eventcodec.archive.fill import fill, size_of_files
from eventcodec.archive.output import OpenTree, Piece
from eventcodec.archive.rewrite import Changes, Dedup, RunChange, rewrite_run
from eventcodec.archive.salvage_visualdl import is_visualdl
from eventcodec.reader.discover import VISUALDL_MARK, PathLike, as_paths, find_event_files

__all__ = ["compact", "rewind", "runs_of"]


def runs_of(path: PathLike) -> dict[str, list[Path]]:
    """Return the runs at a path and their files.

    Raises:
        FileNotFoundError: there is nothing, or no event file.
        ValueError: there are VisualDL logs, whose records cannot be rewritten here.
    """
    found = find_event_files(as_paths(path))
    if not found:
        raise FileNotFoundError(errno.ENOENT, "no event files here", str(path))
    for files in found.values():
        for file in files:
            if VISUALDL_MARK in file.name and is_visualdl(file):
                raise ValueError(
                    f"{file} is a VisualDL log: make event files of it first, with "
                    "eventcodec convert"
                )
    return found


def compact(
    source: PathLike,
    destination: PathLike,
    *,
    dedup: Dedup = "all",
    keep_every: int = 1,
    max_points: int | None = None,
    keep: Iterable[str] = (),
    drop: Iterable[str] = (),
    rename: dict[str, str] | None = None,
    strip: Iterable[str] = (),
    dry_run: bool = False,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[RunChange]:
    """Write a log directory anew with one file for each run.

    What restarts of a run void, and the restarts, are left out, so that every reader shows what
    TensorBoard showed before. Records that nothing changes are copied bit for bit. Damaged records
    are left out. Files that are no event files are not copied.

    Args:
        source: an event file or a log directory. It is never changed.
        destination: the new directory; it appears whole when the iterator ends, or not at all.
        dedup: of points of one tag with one step keep "all", the "first" or the "last".
        keep_every: then, of each tag, keep the first point and each n-th after it.
        max_points: then keep at most so many of each tag: of scalars those that keep the shape of
            the curve (largest_triangles), of anything else evenly spaced ones.
        keep: globs of tags; nothing of other tags stays.
        drop: globs of tags of which nothing stays.
        rename: old tag -> new tag.
        strip: kinds of which nothing stays: "images", "histograms", "audio", "texts", "graphs",
            "tensors", "meshes", ...
        dry_run: only say what would become of it.
        executor: where to work; None for threads of this process.
        workers: how many runs at a time; None for one per processor.

    Returns:
        An iterator of one RunChange per run, in the order in which they are done.

    Raises:
        FileNotFoundError: there is no event file at `source`.
        FileExistsError: there is something at `destination`.
        OSError: a file cannot be read or written.
        ValueError: an option that there is not.

    Example:
        >>> from eventcodec.archive import compact
        >>> [run.bytes_after for run in compact("runs", "small", max_points=1000)]  # doctest: +SKIP
        [61034]
    """
    changes = Changes(
        keep=tuple(keep),
        drop=tuple(drop),
        strip=frozenset(strip),
        rename=rename or {},
        dedup=dedup,
        keep_every=keep_every,
        max_points=max_points,
    )
    place = None if dry_run else Path(destination)
    return _rewrite(runs_of(source), place, changes, executor, workers)


def rewind(
    source: PathLike,
    destination: PathLike,
    *,
    step: int,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[RunChange]:
    """Write runs as they were before a step: of every tag only what is before it.

    Points that restarts void stay void. Events without a step count as step 0.

    Args:
        source: an event file or a log directory. It is never changed.
        destination: the new directory; it appears whole when the iterator ends, or not at all.
        step: the first step that is left out.
        executor: see compact().
        workers: see compact().

    Returns:
        An iterator of one RunChange per run.

    Raises:
        FileNotFoundError: there is no event file at `source`.
        FileExistsError: there is something at `destination`.
        OSError: a file cannot be read or written.
        ValueError: `step` is not a signed 64-bit number.
    """
    if not -(1 << 63) <= step < 1 << 63:
        raise ValueError(f"step must fit 64 bits, got {step}")
    changes = Changes(until=step)
    return _rewrite(runs_of(source), Path(destination), changes, executor, workers)


def _count(changes: Changes, task: tuple[str, list[Path]]) -> RunChange:
    change, _ = rewrite_run(None, *task, changes)
    return change


def _write(
    changes: Changes, tree: OpenTree, task: tuple[str, list[Path]]
) -> tuple[RunChange, list[Piece]]:
    change, piece = rewrite_run(tree, *task, changes)
    return change, [] if piece is None else [piece]


def _rewrite(
    runs: dict[str, list[Path]],
    destination: Path | None,
    changes: Changes,
    executor: Executor | None,
    workers: int | None,
) -> Iterator[RunChange]:
    if destination is None:
        work = partial(_count, changes)
        yield from engine.run(work, runs.items(), executor=executor, workers=workers)
        return
    yield from fill(
        destination,
        runs.items(),
        partial(_write, changes),
        size_of=lambda task: size_of_files(task[1]),
        executor=executor,
        workers=workers,
    )
