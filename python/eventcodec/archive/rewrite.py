"""What the commands that make new logs from old ones share: one run, event by event.

Memory is that of the tags of a run; where points are chosen by their steps or values (`dedup`,
`max_points`), also 16 bytes for each point of the run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.archive.output import OpenTree, Piece, open_source
from eventcodec.reader.discover import EVENT_FILE_MARK
from eventcodec.reader.downsample import largest_triangles

__all__ = ["Changes", "RunChange", "TagChange", "rewrite_run"]

Dedup = Literal["all", "first", "last"]


@dataclass(frozen=True)
class Changes:
    """What a new log leaves out and changes.

    Attributes:
        keep: globs of tags; of others nothing stays. () for all.
        drop: globs of tags of which nothing stays.
        strip: kinds of which nothing stays: "images", "graphs", ...
        rename: old tag -> new tag.
        dedup: of points of one tag with one step, which stay.
        keep_every: of the points of each tag that are left, the first and each n-th after it.
        max_points: of those, at most so many of each tag: of scalars those that keep the shape of
            the curve, of anything else evenly spaced ones.
        until: events from this step on are left out; None for none.
    """

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    strip: frozenset[str] = frozenset()
    rename: dict[str, str] = field(default_factory=dict)
    dedup: Dedup = "all"
    keep_every: int = 1
    max_points: int | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        if self.dedup not in ("all", "first", "last"):
            raise ValueError(f'dedup must be "all", "first" or "last", got {self.dedup!r}')
        if self.keep_every < 1:
            raise ValueError(f"keep_every must be at least 1, got {self.keep_every}")
        if self.max_points is not None and self.max_points < 2:
            raise ValueError(f"max_points must be at least 2, got {self.max_points}")
        if "" in self.rename.values():
            raise ValueError("a tag cannot be renamed to nothing")

    @property
    def differ_by_tag(self) -> bool:
        """Whether what becomes of a value depends on its tag."""
        named = self.keep or self.drop or self.strip or self.rename
        return bool(named) or self.keep_every != 1 or self.picks_points

    @property
    def picks_points(self) -> bool:
        """Whether points are chosen by what all points of a tag are."""
        return self.dedup != "all" or self.max_points is not None


class TagChange(NamedTuple):
    """What became of a tag.

    Attributes:
        tag: its name before.
        values_before: how many values there were, also of those that a restart voided.
        values_after: how many there are.
        bytes_before: of their records.
        bytes_after: of the records of those that stayed.
    """

    tag: str
    values_before: int
    values_after: int
    bytes_before: int
    bytes_after: int


class RunChange(NamedTuple):
    """What became of a run.

    Attributes:
        run: its name.
        files: how many files it had.
        bytes_before: of their intact records and damage.
        bytes_after: of the new file.
        records_before: intact records.
        records_after: records of the new file.
        records_unchanged: of those, how many were copied bit for bit.
        damaged: regions and events that could not be read, and were left out.
        tags: a TagChange for each tag.
    """

    run: str
    files: int
    bytes_before: int
    bytes_after: int
    records_before: int
    records_after: int
    records_unchanged: int
    damaged: int
    tags: list[TagChange]


_Rule = tuple[bool, bytes, int, bytes | None]
_Restarts = list[tuple[list[tuple[int, int]], int | None]]


def rewrite_run(
    tree: OpenTree | None, run: str, files: list[Path], changes: Changes
) -> tuple[RunChange, Piece | None]:
    """Write one file for a run, without what restarts void.

    Args:
        tree: where to; None only counts.
        run: its name.
        files: in the order in which they are read.
        changes: what to leave out and change.

    Returns:
        What became of the run, and the piece of the tree.

    Raises:
        OSError: a file cannot be read or written.
    """
    kinds, restarts = _survey(files, changes)
    rules = _rules(kinds, changes)
    if changes.picks_points:
        _add_masks(rules, kinds, files, restarts, changes)
    writer = _rewriter(rules, changes)
    with contextlib.ExitStack() as stack:
        piece = None
        if tree is None:
            target = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            stack.callback(os.close, target)
        else:
            target, piece = stack.enter_context(tree.create(run, new_name(files[0])))
        _copy(writer, files, restarts, target)
    totals = writer.totals()
    tags = [TagChange(*each[1:]) for each in writer.tags()]
    return (
        RunChange(
            run=run,
            files=len(files),
            bytes_before=totals["bytes_before"],
            bytes_after=totals["bytes_after"],
            records_before=totals["records_before"],
            records_after=totals["records_after"],
            records_unchanged=totals["records_unchanged"],
            damaged=totals["damaged"],
            tags=tags,
        ),
        piece,
    )


def new_name(file: Path) -> str:
    """Return the name of an output file: that of its source, if readers take it for a log."""
    name = file.name
    return name if EVENT_FILE_MARK in name else f"events.out.{EVENT_FILE_MARK}.{name}"


def _survey(files: list[Path], changes: Changes) -> tuple[dict[bytes, set[str]], _Restarts]:
    """Return the kinds of each tag, if they matter, and of each file its restarts, and what later
    ones void.
    """
    scans = [_native.EventFile(os.fsencode(file)) for file in files]
    failures = _native.scan_files(scans, mode="salvage", verify=True, threads=1, keep_rows=False)
    for failure in failures:
        if failure is not None:
            raise failure
    kinds: dict[bytes, set[str]] = {}
    for scan in scans if changes.differ_by_tag else ():
        for name, kind, *_ in scan.series():
            kinds.setdefault(name.encode(), set()).add(kind)
    restarts: _Restarts = []
    void_from: int | None = None
    for scan in reversed(scans):
        own = scan.restarts()
        restarts.append((own, void_from))
        steps = [step for _, step in own] + ([] if void_from is None else [void_from])
        void_from = min(steps, default=None)
    return kinds, restarts[::-1]


def _rules(kinds: dict[bytes, set[str]], changes: Changes) -> dict[bytes, _Rule]:
    rules: dict[bytes, _Rule] = {}
    for raw, of_tag in kinds.items():
        tag = raw.decode()
        kept = not changes.keep or any(fnmatchcase(tag, glob) for glob in changes.keep)
        dropped = any(fnmatchcase(tag, glob) for glob in changes.drop)
        stripped = of_tag <= changes.strip
        new = changes.rename.get(tag, "").encode()
        # With masks these say which of all points stay.
        every = 1 if changes.picks_points else changes.keep_every
        rules[raw] = (dropped or stripped or not kept, new, every, None)
    return rules


def _rewriter(
    rules: dict[bytes, _Rule], changes: Changes, *, collect: bool = False
) -> _native.Rewriter:
    # Tags of values that are no series, such as metadata alone, follow the globs as well.
    return _native.Rewriter(
        tags=rules,
        others=(bool(changes.keep), "", 1, None),
        until=changes.until,
        resolve=True,
        one_version=True,
        add_version=True,
        collect=collect,
    )


def _copy(writer: _native.Rewriter, files: list[Path], restarts: _Restarts, target: int) -> None:
    for file, (own, void_from) in zip(files, restarts, strict=True):
        source = open_source(file)
        try:
            writer.copy(source, target, restarts=own, void_from=void_from, path=os.fsencode(file))
        finally:
            os.close(source)


def _add_masks(
    rules: dict[bytes, _Rule],
    kinds: dict[bytes, set[str]],
    files: list[Path],
    restarts: _Restarts,
    changes: Changes,
) -> None:
    """Choose the points of each tag."""
    counter = _rewriter(rules, changes, collect=True)
    _copy(counter, files, restarts, -1)
    for number, (raw, *_) in enumerate(counter.tags()):
        dropped, new, every, _ = rules.get(raw, (bool(changes.keep), b"", 1, None))
        if dropped:
            continue
        steps, values = counter.columns(number)
        scalar = kinds.get(raw) == {"scalars"}
        rows = _chosen(steps, values if scalar else None, changes)
        mask = np.zeros(len(steps), np.uint8)
        mask[rows] = 1
        rules[raw] = (False, new, every, mask.tobytes())


def _chosen(
    steps: NDArray[np.int64], values: NDArray[np.float64] | None, changes: Changes
) -> NDArray[np.intp]:
    """Return the rows of a tag that stay, in ascending order."""
    rows = np.arange(len(steps))
    if changes.dedup == "first":
        rows = np.sort(np.unique(steps, return_index=True)[1])
    elif changes.dedup == "last":
        rows = np.sort(len(steps) - 1 - np.unique(steps[::-1], return_index=True)[1])
    rows = rows[:: changes.keep_every]
    if changes.max_points is None or len(rows) <= changes.max_points:
        return rows
    if values is None:
        return rows[_evenly_spaced(len(rows), changes.max_points)]
    return rows[largest_triangles(steps[rows], values[rows], changes.max_points)]


def _evenly_spaced(count: int, points: int) -> NDArray[np.intp]:
    """Return `points` rows of `count`, with the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, points).round().astype(np.intp))


def tags_of(changes: Iterator[RunChange] | list[RunChange]) -> list[TagChange]:
    """Sum up over runs, the largest tags first."""
    sums: dict[str, list[int]] = {}
    for change in changes:
        for tag, *numbers in change.tags:
            known = sums.setdefault(tag, [0, 0, 0, 0])
            for place, number in enumerate(numbers):
                known[place] += number
    ordered = sorted(sums.items(), key=lambda item: (-item[1][2], item[0]))
    return [TagChange(tag, *numbers) for tag, numbers in ordered]
