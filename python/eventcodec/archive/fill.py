"""A new directory of event files, filled by the tasks of an executor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TypeVar

from eventcodec.archive import engine
from eventcodec.archive.output import OpenTree, OutputDirectory, OutputTree, Piece

__all__ = ["fill", "size_of_files"]

_Item = TypeVar("_Item")
_Report = TypeVar("_Report")

# A task has about so much to read: of small files many, which share what a task costs.
_TASK_BYTES = 4 << 20
_TASK_ITEMS = 64

# Writes what becomes of one item.
Write = Callable[[OpenTree, _Item], tuple[_Report, list[Piece]]]


def size_of_files(paths: Iterable[Path | str]) -> int:
    """Return the bytes of files; of one that is gone, none."""
    total = 0
    for path in paths:
        try:
            total += os.stat(path).st_size  # noqa: PTH116
        except OSError:
            continue
    return total


def fill(
    destination: Path,
    items: Iterable[_Item],
    write: Write[_Item, _Report],
    *,
    size_of: Callable[[_Item], int],
    executor: Executor | None,
    workers: int | None,
) -> Iterator[_Report]:
    """Write a directory, item by item; it appears whole when the iterator ends, or not at all.

    Args:
        destination: the new directory.
        items: what to write something of.
        write: does so; importable by name where the executor runs, as are the items.
        size_of: the bytes that are read of an item.
        executor: see engine.run().
        workers: see engine.run().

    Yields:
        What `write` reports, in the order in which tasks are done.

    Raises:
        FileExistsError: there is something at `destination`.
        OSError: a file cannot be read or written.
    """
    with OutputDirectory(destination) as output:
        pieces: list[Piece] = []
        chunks = engine.byte_balanced(
            items, size_of, most_bytes=_TASK_BYTES, most_items=_TASK_ITEMS
        )
        work = partial(_write_chunk, output.tree, write)
        for reports, made in engine.run(work, chunks, executor=executor, workers=workers):
            pieces += made
            yield from reports
        output.commit(pieces, elsewhere=executor is not None)


def _write_chunk(
    tree: OutputTree, write: Write[_Item, _Report], chunk: list[_Item]
) -> tuple[list[_Report], list[Piece]]:
    reports, pieces = [], []
    with tree.opened() as place:
        for item in chunk:
            report, made = write(place, item)
            reports.append(report)
            pieces += made
    return reports, pieces
