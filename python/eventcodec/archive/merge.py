"""Several log directories into one: runs side by side, or one run that stands for several."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.archive.compact import runs_of
from eventcodec.archive.fill import fill, size_of_files
from eventcodec.archive.index import index
from eventcodec.archive.output import (
    OpenTree,
    OutputDirectory,
    OutputTree,
    Piece,
    check_run_name,
    open_source,
    write_all,
)
from eventcodec.archive.rewrite import new_name
from eventcodec.reader.discover import PathLike, as_paths, find_event_files
from eventcodec.reader.log import Log
from eventcodec.reader.run import Run

__all__ = ["REDUCTIONS", "MergedRun", "Missing", "merge", "reduce_runs", "reduce_series"]

Missing = Literal["ignore", "drop", "error"]

REDUCTIONS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "mean": lambda values: values.mean(axis=0),
    "std": lambda values: values.std(axis=0, ddof=1) if len(values) > 1 else values[0] * np.nan,
    "min": lambda values: values.min(axis=0),
    "max": lambda values: values.max(axis=0),
    "median": lambda values: np.median(values, axis=0),
    "count": lambda values: np.full(values.shape[1], float(len(values))),
}

_REDUCED_FILE = "events.out.tfevents.0000000000.eventcodec.0.000000"
# Rows of a column that become records at a time.
_ROWS_AT_ONCE = 1 << 17


class MergedRun(NamedTuple):
    """A run of the new log directory.

    Attributes:
        run: its name.
        sources: the runs that it was made of, as paths.
        points: number of values, of runs side by side 0: nothing was looked at.
    """

    run: str
    sources: list[str]
    points: int


def merge(
    sources: Iterable[PathLike] | Mapping[str, PathLike],
    destination: PathLike,
    *,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[MergedRun]:
    """Put several log directories side by side into one. Files are copied bit for bit.

    Args:
        sources: log directories; each gets the directory of its own name. A mapping gives other
            names: name -> log directory.
        destination: the new directory; it appears whole when the iterator ends, or not at all.
        executor: where to work; None for threads of this process.
        workers: how many runs at a time; None for one per processor.

    Returns:
        An iterator of one MergedRun per run.

    Raises:
        FileNotFoundError: there is no event file at a source.
        FileExistsError: there is something at `destination`.
        ValueError: two sources have the same name, or a name cannot be that of a directory.
    """
    named = _named(sources)
    tasks = []
    for name, source in named.items():
        for run, files in runs_of(source).items():
            tasks.append((name if run == "." else f"{name}/{run}", files))
    return _copied(tasks, Path(destination), executor, workers)


def _named(sources: Iterable[PathLike] | Mapping[str, PathLike]) -> dict[str, PathLike]:
    if isinstance(sources, Mapping):
        named = dict(sources)
    else:
        named = {}
        for source in sources:
            name = Path(source).resolve().name
            if name in named:
                raise ValueError(
                    f"{str(named[name])!r} and {str(source)!r} are both called {name!r}: "
                    "give one another name, as in OTHER=PATH"
                )
            named[name] = source
    for name in named:
        check_run_name(name)
    return named


def _copied(
    tasks: list[tuple[str, list[Path]]],
    destination: Path,
    executor: Executor | None,
    workers: int | None,
) -> Iterator[MergedRun]:
    yield from fill(
        destination,
        tasks,
        _copy_run,
        size_of=lambda task: size_of_files(task[1]),
        executor=executor,
        workers=workers,
    )


def _copy_run(tree: OpenTree, task: tuple[str, list[Path]]) -> tuple[MergedRun, list[Piece]]:
    run, files = task
    pieces = []
    for file in files:
        descriptor = open_source(file)
        with (
            os.fdopen(descriptor, "rb") as source,
            tree.create(run, new_name(file)) as (target, piece),
            os.fdopen(os.dup(target), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy, 1 << 20)
        pieces.append(piece)
    return MergedRun(run, [str(file) for file in files], 0), pieces


def reduce_runs(
    sources: Iterable[PathLike],
    destination: PathLike,
    *,
    operations: Iterable[str],
    missing: Missing = "ignore",
) -> Iterator[MergedRun]:
    """Write runs that stand for several: the mean of their scalars at each step, and so on.

    Of several sources the runs of one name are reduced together; of one source, all its runs.
    Points are aligned by step; of points of one run and step the last counts. The wall time is the
    mean. NaN is a value: with it mean, min and so on are NaN.

    Args:
        sources: log directories.
        destination: the new directory; it appears whole when the iterator ends, or not at all.
            Its runs are OPERATION/RUN.
        operations: of "mean", "std" (of a sample: NaN for one run), "min", "max", "median",
            "count" (how many runs have the step).
        missing: what to do about a step that some runs lack. "ignore": reduce over the runs that
            have it; "drop": leave it out; "error": refuse.

    Returns:
        An iterator of one MergedRun per operation and run.

    Raises:
        FileNotFoundError: there is nothing at a source.
        FileExistsError: there is something at `destination`.
        ValueError: an operation that there is not, or with missing="error" steps that differ.

    Memory is that of one tag of the runs that are reduced together; columns of other tags wait in
    a directory beside the destination.
    """
    wanted = list(dict.fromkeys(operations))
    for operation in wanted:
        if operation not in REDUCTIONS:
            names = ", ".join(REDUCTIONS)
            raise ValueError(f"there is no reduction {operation!r}: use {names}")
    if missing not in ("ignore", "drop", "error"):
        raise ValueError(f'missing must be "ignore", "drop" or "error", got {missing!r}')
    places = as_paths(sources)
    if not any(find_event_files([place]) for place in places):
        raise FileNotFoundError(errno.ENOENT, "no event files here", str(places[0]))
    return _reduced(places, Path(destination), wanted, missing)


def _reduced(
    places: list[Path], destination: Path, operations: list[str], missing: Missing
) -> Iterator[MergedRun]:
    with OutputDirectory(destination) as output, output.scratch() as scratch:
        pieces: list[Piece] = []
        for name, runs in _groups(places, scratch).items():
            yield from _reduce_group(output.tree, name, runs, operations, missing, pieces)
        output.commit(pieces)


def _groups(places: list[Path], scratch: Path) -> dict[str, list[Run]]:
    """Return the runs that are reduced together, by the name of what they become.

    Columns go to an index that lives as long as this work, so that not all are in memory.
    """
    groups: dict[str, list[Run]] = {}
    for number, place in enumerate(places):
        location: Path | bool = False
        if place.is_dir():
            location = Path(index(place, location=scratch / str(number)).location)
        log = Log(place, index=location)
        for name, run in log.runs.items():
            groups.setdefault(name if len(places) > 1 else ".", []).append(run)
    return groups


def _reduce_group(
    tree: OutputTree,
    name: str,
    runs: list[Run],
    operations: list[str],
    missing: Missing,
    pieces: list[Piece],
) -> Iterator[MergedRun]:
    """Write one run for each operation, tag by tag."""
    made = [operation if name == "." else f"{operation}/{name}" for operation in operations]
    points = [0] * len(operations)
    with contextlib.ExitStack() as stack:
        targets = []
        for run in made:
            target, piece = stack.enter_context(tree.create(run, _REDUCED_FILE))
            write_all(target, _native.version_record(0.0))
            targets.append(target)
            pieces.append(piece)
        for tag in dict.fromkeys(tag for each in runs for tag in each.scalars):
            series = _columns_of(tag, runs, missing)
            for number, operation in enumerate(operations):
                columns = reduce_series(series, operation, missing, what=tag)
                points[number] += len(columns[0])
                put_scalars(targets[number], tag, *columns)
    for run, count in zip(made, points, strict=True):
        yield MergedRun(run, [each.name for each in runs], count)


def put_scalars(
    target: int,
    tag: str,
    steps: NDArray[np.int64],
    wall_times: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Write one record for each row."""
    for start in range(0, len(steps), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        write_all(target, _native.scalar_records(tag, steps[rows], wall_times[rows], values[rows]))


_Columns = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


def _columns_of(tag: str, runs: list[Run], missing: Missing) -> list[_Columns]:
    """Return the columns of the runs that have a tag; with "drop" those of all or of none."""
    having = [run for run in runs if tag in run.scalars]
    if missing != "ignore" and len(having) < len(runs):
        if missing == "error":
            lacks = next(run.name for run in runs if tag not in run.scalars)
            raise ValueError(f"run {lacks!r} has no tag {tag!r}")
        having = []
    series = [run.read_scalars(tag) for run in having]
    return [(each.steps, each.wall_times, each.values) for each in series]


def reduce_series(
    columns: list[_Columns], operation: str, missing: Missing, *, what: str = ""
) -> _Columns:
    """Reduce several series to one.

    Args:
        columns: steps int64[n], wall times float64[n] and values float64[n] of each.
        operation: a name of REDUCTIONS.
        missing: see reduce_runs().
        what: the name of the series, for the error.

    Returns:
        Steps in ascending order, wall times, values.

    Raises:
        ValueError: missing is "error" and the steps differ.

    Example:
        >>> import numpy as np
        >>> one = (np.array([1, 2]), np.zeros(2), np.array([1.0, 3.0]))
        >>> two = (np.array([2]), np.zeros(1), np.array([5.0]))
        >>> reduce_series([one, two], "mean", "ignore")[2]
        array([1., 4.])
    """
    if not columns:
        return np.empty(0, np.int64), np.empty(0), np.empty(0)
    rows = [_last_of_each_step(steps) for steps, _, _ in columns]
    steps = np.concatenate([c[0][r] for c, r in zip(columns, rows, strict=True)])
    wall_times = np.concatenate([c[1][r] for c, r in zip(columns, rows, strict=True)])
    values = np.concatenate([c[2][r] for c, r in zip(columns, rows, strict=True)])
    union, place, counts = np.unique(steps, return_inverse=True, return_counts=True)
    if missing == "error" and (counts < len(columns)).any():
        step = union[np.flatnonzero(counts < len(columns))[0]]
        raise ValueError(f"not every run has step {step} of tag {what!r}")
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    reduced = np.empty(len(union))
    times = np.empty(len(union))
    # Steps that equally many runs have, together: columns of one matrix.
    for count in np.unique(counts):
        at = np.flatnonzero(counts == count)
        picked = order[starts[at] + np.arange(count)[:, None]]
        with np.errstate(invalid="ignore", over="ignore"):
            reduced[at] = REDUCTIONS[operation](values[picked])
            times[at] = wall_times[picked].mean(axis=0)
    keep = counts == len(columns) if missing == "drop" else slice(None)
    return union[keep], times[keep], reduced[keep]


def _last_of_each_step(steps: NDArray[np.int64]) -> NDArray[np.intp]:
    return len(steps) - 1 - np.unique(steps[::-1], return_index=True)[1]
