"""The rows that the files of a run have together in the tables `tags` and `hparams`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from eventcodec import _native
from eventcodec.errors import CodecError
from eventcodec.reader.restarts import valid_rows
from eventcodec.reader.run import Run
from eventcodec.reader.tag import name_apart

__all__ = ["ROWS_AT_ONCE", "TagRow", "as_text", "hparams_of", "say_hparams", "tag_rows"]

# The columns of the table `tags`, as EventFile.index_rows gives them.
TagRow = tuple[Any, ...]
_TAG, _KIND, _PLUGIN, _COUNT = 1, 2, 3, 4
# Rows that are in memory at a time, of a run with one file.
ROWS_AT_ONCE = 4096


def as_text(name: str | bytes) -> str:
    """Return a name as text for the database: what is not UTF-8 becomes an escape."""
    if name.isascii():
        return name if isinstance(name, str) else name.decode()
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def tag_rows(run: str, files: Sequence[_native.EventFile]) -> Iterator[list[TagRow]]:
    """Yield the rows of the table `tags` of a run, without what restarts void.

    Args:
        run: its name.
        files: in the order in which they are read.
    """
    name = as_text(run)
    if len(files) == 1 and files[0].format != "visualdl" and files[0].has_plain_tags():
        [file] = files
        for begin in range(0, file.series_count, ROWS_AT_ONCE):
            rows = file.index_rows(name, None, begin, begin + ROWS_AT_ONCE)
            yield [row for row in rows if row is not None]
        return
    sizes: dict[str, int] = {}
    for file in files:
        for tag, size in file.tag_bytes():
            sizes[tag] = sizes.get(tag, 0) + size
    merged = _merged(name, files)
    yield [(*row[:_TAG], tag, *row[2:-1], sizes.get(tag)) for (tag, _), row in merged.items()]


def _merged(name: str, files: Sequence[_native.EventFile]) -> dict[tuple[str, str], TagRow]:
    """Return (tag, kind) -> row, as Run tells series apart."""
    found: dict[tuple[str, str], TagRow] = {}
    descriptions: dict[tuple[str, str], str] = {}
    restarted = valid_rows(files)
    has_visualdl = any(file.format == "visualdl" for file in files)
    for place, file in enumerate(files):
        described = file.series() if has_visualdl else []
        first_void = None if restarted is None else restarted[place].first_void
        for number, row in enumerate(file.index_rows(name, first_void, 0, file.series_count)):
            if row is None:
                continue
            tag, kind = row[_TAG], row[_KIND]
            if has_visualdl:
                description = described[number][4]
                if file.format == "visualdl" and (tag, kind) in found:
                    tag = name_apart(tag, description, descriptions[tag, kind])
                descriptions[tag, kind] = descriptions.get((tag, kind)) or description
            known = found.get((tag, kind))
            found[tag, kind] = row if known is None else _joined(known, row)
    return found


def _joined(first: TagRow, later: TagRow) -> TagRow:
    """Return the row of what stands in two files, the first before the later."""
    plugin = first[_PLUGIN] or later[_PLUGIN]
    if not first[_COUNT] or not later[_COUNT]:
        row = later if later[_COUNT] else first
        return (*row[:_PLUGIN], plugin, *row[_COUNT:])
    _, _, _, _, count, first_step, _, first_time, _, least, greatest, _, nans, _ = first
    run, tag, kind, _, more, _, last_step, _, last_time, low, high, last, more_nans, _ = later
    return (
        run,
        tag,
        kind,
        plugin,
        count + more,
        first_step,
        last_step,
        first_time,
        last_time,
        min((each for each in (least, low) if each is not None), default=None),
        max((each for each in (greatest, high) if each is not None), default=None),
        last,
        None if nans is None else nans + more_nans,
        None,
    )


def say_hparams(rows: Iterable[TagRow]) -> bool:
    """Whether a run with these rows has hyperparameters."""
    return any(row[_KIND] == "hparams" for row in rows)


def hparams_of(run: str, files: Sequence[_native.EventFile]) -> list[tuple[str, str, Any]]:
    """Return the rows of the table `hparams` of a run."""
    try:
        found = Run(run, list(files), Path(), purge=True).hparams
    except (CodecError, OSError):
        return []
    if found is None:
        return []
    return [(as_text(run), name, _as_value(value)) for name, value in found.hparams.items()]


def _as_value(value: Any) -> Any:
    """Return a number or a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, (int, float, str)) else str(value)
