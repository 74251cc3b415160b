"""Where two logs differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from eventcodec.reader.discover import PathLike
from eventcodec.reader.log import Log
from eventcodec.reader.run import Run

__all__ = ["Difference", "diff"]


class Difference(NamedTuple):
    """Something that is not the same.

    Attributes:
        run: the name of the run.
        tag: "" when it concerns the run as a whole.
        what: "run", "tag", "kind", "count", "step", "wall_time" or "value".
        row: the first row of the series that differs, -1 when none does.
        first: what the first log has there, as text; "" for nothing.
        second: what the second has.
    """

    run: str
    tag: str
    what: str
    row: int
    first: str
    second: str


def diff(
    first: PathLike, second: PathLike, *, wall_times: bool = True, purge: bool = True
) -> Iterator[Difference]:
    """Compare two logs by what readers show of them: not by files, order of tags, or encoding.

    Args:
        first: an event file or a log directory.
        second: another one.
        wall_times: compare wall times as well.
        purge: leave out what restarts void.

    Returns:
        An iterator of at most one Difference per run, tag and kind: the first. Values are equal
        when their bits are: NaN equals NaN, and 0.0 is not -0.0.

    Raises:
        FileNotFoundError: there is nothing at one of the paths.
        CorruptRecordError: a record has been damaged since the log was opened.

    Example:
        >>> from eventcodec.archive import diff
        >>> list(diff("runs", "copy"))  # doctest: +SKIP
        []
    """
    one, two = (Log(path, purge=purge) for path in (first, second))
    for name in dict.fromkeys([*one.runs, *two.runs]):
        if name not in one.runs or name not in two.runs:
            yield Difference(name, "", "run", -1, *_there(name in one.runs, name in two.runs))
        else:
            yield from _diff_runs(name, one[name], two[name], wall_times)


def _there(first: bool, second: bool) -> tuple[str, str]:
    return "there" if first else "", "there" if second else ""


def _diff_runs(name: str, one: Run, two: Run, wall_times: bool) -> Iterator[Difference]:
    kinds = [{(tag, kind): facts for tag, kind, facts in run.described()} for run in (one, two)]
    for tag, kind in dict.fromkeys([*kinds[0], *kinds[1]]):
        there = [(tag, kind) in each for each in kinds]
        if not all(there):
            yield Difference(name, tag, "tag", -1, *(kind if t else "" for t in there))
            continue
        series = [_series(run, tag, kind) for run in (one, two)]
        found = _first_difference(*series, wall_times=wall_times)
        if found is not None:
            yield Difference(name, tag, *found)


def _series(run: Run, tag: str, kind: str) -> Any:
    return run.read_scalars(tag) if kind == "scalars" else run.raw[tag]


def _first_difference(one: Any, two: Any, *, wall_times: bool) -> tuple[str, int, str, str] | None:
    count = min(len(one), len(two))
    columns = [("step", one.steps, two.steps)]
    if wall_times:
        columns.append(("wall_time", one.wall_times, two.wall_times))
    if hasattr(one, "values"):
        columns.append(("value", one.values, two.values))
    rows = []
    for what, a, b in columns:
        if a[:count].tobytes() == b[:count].tobytes():  # of short columns the quickest way to say
            continue
        differ = np.flatnonzero(a[:count].view(np.uint64) != b[:count].view(np.uint64))
        if len(differ):
            row = int(differ[0])
            rows.append((row, what, repr(a[row].item()), repr(b[row].item())))
    if rows:
        row, what, first, second = min(rows, key=lambda found: found[0])
        return what, row, first, second
    if not hasattr(one, "values"):
        for row in range(count):
            if one[row] != two[row]:
                return "value", row, f"{len(one[row])} bytes", f"{len(two[row])} bytes"
    if len(one) != len(two):
        return "count", count, str(len(one)), str(len(two))
    return None
