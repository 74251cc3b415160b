"""What is known of the tags of a run, in one pass and without a series for each: there may be
millions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from eventcodec import _native
from eventcodec.reader.series import ScalarSeries
from eventcodec.reader.tag import Tag

__all__ = ["Listed", "list_file", "listed"]

# How many series a file is asked for at a time.
_AT_ONCE = 4096


class Listed(NamedTuple):
    """A tag, and what a Tag has of it: see tag.py.

    Attributes:
        last: the last value of a scalar; None for what is no scalar or has no values.
        nan_count: how many values of a scalar are NaN; None for what is no scalar.
    """

    tag: str
    kind: str
    plugin: str
    display_name: str
    description: str
    count: int  # type: ignore[assignment]  # as Tag calls it
    first_step: int
    last_step: int
    first_wall_time: float
    last_wall_time: float
    last: float | None
    nan_count: int | None


def listed(name: str, tag: Tag, series: ScalarSeries | None) -> Listed:
    """Put together what a run knows of a tag; `series` is its scalars, if it is one."""
    last = float(series.values[-1]) if series is not None and len(series) else None
    nan_count = None if series is None else int(np.isnan(series.values).sum())
    return Listed(
        name,
        tag.kind,
        tag.plugin,
        tag.display_name,
        tag.description,
        tag.count,
        tag.first_step,
        tag.last_step,
        tag.first_wall_time,
        tag.last_wall_time,
        last,
        nan_count,
    )


def list_file(
    file: _native.EventFile,
    numbers: Mapping[str, Mapping[str, int]],
    kind_of: Callable[[str], str],
) -> Iterator[Listed]:
    """Yield the tags of a run that is one file, as they stand in it.

    Args:
        file: never restarted.
        numbers: kind -> tag -> number, of the series that the run has.
        kind_of: of the kinds that a tag was used for, the one that is shown.
    """
    first = 0
    while described := file.series(first, _AT_ONCE):
        newest = file.newest(first, _AT_ONCE)
        for number, (known, found) in enumerate(zip(described, newest, strict=True), first):
            tag, kind = known[0], known[1]
            if numbers.get(kind, {}).get(tag) != number or kind_of(tag) != kind:
                continue
            yield Listed(*known, *(found or (None, None)))
        first += _AT_ONCE
