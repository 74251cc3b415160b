"""The rows that the files of a run have together in the tables `tags` and `hparams`."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from eventcodec import _native
from eventcodec.errors import CodecError
from eventcodec.reader.restarts import valid_rows
from eventcodec.reader.run import Run
from eventcodec.reader.tag import name_apart

__all__ = ["RunRows", "as_text", "rows_of_run"]

# What EventFile.statistics gives.
_Statistics = tuple[int, int, int, float, float, float, float, float, int]


class RunRows(NamedTuple):
    """Rows of the tables that are kept by run, in the order of their columns."""

    tags: list[tuple[Any, ...]]
    hparams: list[tuple[str, str, Any]]


class _Series(NamedTuple):
    plugin: str
    description: str
    statistics: _Statistics


def as_text(name: str | bytes) -> str:
    """Return a name as text for the database: what is not UTF-8 becomes an escape."""
    if isinstance(name, str) and name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def rows_of_run(run: str, files: Sequence[_native.EventFile], sizes: dict[str, int]) -> RunRows:
    """Describe a run, without what restarts void.

    Args:
        run: its name.
        files: in the order in which they are read.
        sizes: tag -> bytes of its records.
    """
    name = as_text(run)
    series = _series_of(files)
    rows = [_row(name, *key, each, sizes) for key, each in series.items()]
    hparams = []
    if any(kind == "hparams" for _, kind in series):
        hparams = [(name, *item) for item in _hparams_of(run, list(files))]
    return RunRows(rows, hparams)


def _series_of(files: Sequence[_native.EventFile]) -> dict[tuple[str, str], _Series]:
    """Return (tag, kind) -> series, as Run tells them apart."""
    found: dict[tuple[str, str], _Series] = {}
    restarted = valid_rows(files)
    for place, file in enumerate(files):
        is_visualdl = file.format == "visualdl"
        all_described = file.series()
        first_void = None if restarted is None else restarted[place].first_void
        for described, statistics in zip(all_described, file.statistics(first_void), strict=True):
            name, kind, plugin, _, description, count, *_ = described
            series = _Series(plugin, description, statistics)
            if count and not statistics[0]:
                continue  # all is void
            if is_visualdl and (name, kind) in found:
                name = name_apart(name, description, found[name, kind].description)
            if (name, kind) in found:
                series = _merge(found[name, kind], series)
            found[name, kind] = series
    return found


def _merge(first: _Series, later: _Series) -> _Series:
    """Return the series of rows that stand in two files, the first before the later."""
    a, b = first.statistics, later.statistics
    if not a[0] or not b[0]:
        statistics = b if b[0] else a
    else:
        least, greatest = min(a[5], b[5]), max(a[6], b[6])
        statistics = (a[0] + b[0], a[1], b[2], a[3], b[4], least, greatest, b[7], a[8] + b[8])
    return _Series(first.plugin or later.plugin, first.description or later.description, statistics)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _row(run: str, tag: str, kind: str, series: _Series, sizes: dict[str, int]) -> tuple[Any, ...]:
    count, first_step, last_step, first_time, last_time, *of_values = series.statistics
    least, greatest, last, nans = of_values
    known: tuple[Any, ...] = (None, None, None, None)
    if kind == "scalars":
        some = count > nans
        known = (least if some else None, greatest if some else None, _number(last), nans)
        if not count:
            known = (None, None, None, nans)
    return (
        run,
        as_text(tag),
        kind,
        series.plugin,
        count,
        first_step,
        last_step,
        _number(first_time),
        _number(last_time),
        *known,
        sizes.get(tag),
    )


def _hparams_of(run: str, files: list[_native.EventFile]) -> list[tuple[str, Any]]:
    try:
        found = Run(run, files, Path(), purge=True).hparams
    except (CodecError, OSError):
        return []
    if found is None:
        return []
    return [
        (name, str(value).lower() if isinstance(value, bool) else value)
        if isinstance(value, (bool, int, float, str))
        else (name, str(value))
        for name, value in found.hparams.items()
    ]
