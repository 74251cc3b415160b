"""Gathers scalars of many runs and tags into columns. Which series and rows is said here; the
native core copies them, once: cpp/scan/gather.h."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.columns import Column, Names, Numbers
from eventcodec.reader.select import Choice

__all__ = ["Source", "gather_scalars"]

# A series of a file, by its number there, and the tag under which its run shows it.
Source = tuple[_native.EventFile, int, str]


def gather_scalars(
    runs: Sequence[tuple[str, list[_native.EventFile]]],
    sources_of: Callable[[str], Iterable[Source]],
    is_wanted: Callable[[str], bool],
    *,
    choice: Choice,
    points: int | None,
    purge: bool,
    threads: int,
) -> dict[str, Column]:
    """Return the columns run, tag, step, wall_time and value.

    Args:
        runs: name and files of each.
        sources_of: gives the scalar series of a run, by its name; asked for runs whose tags may not
            all be as they stand in the files.
        is_wanted: says whether a tag is wanted; asked once for each.
        choice: which rows of each series.
        points: of those, at most so many that look like all of them; None for all.
        purge: leave out what restarts void.
        threads: how many may copy.

    Raises:
        CorruptRecordError: rows in an index are damaged, and the file has changed since.
        OSError: rows in an index are damaged, and the file cannot be read.
    """
    files = [file for _, of_run in runs for file in of_run]
    run_of_file = np.repeat(
        np.arange(len(runs), dtype=np.uint32), [len(of_run) for _, of_run in runs]
    )
    tags, file_numbers, series_numbers, tag_numbers, visualdl = _native.scalar_sources(files)
    known: dict[str, int] = {}

    def number_of(tag: str) -> int:
        return known.setdefault(tag, len(known)) if is_wanted(tag) else -1

    numbers = np.array([number_of(tag) for tag in tags], np.int64)[tag_numbers]
    for run in sorted(set(run_of_file[visualdl].tolist())):  # np.unique would import numpy.ma
        # Curves of VisualDL's charts may be told apart by more than their tag.
        place = _Places(file_numbers, series_numbers, files, np.flatnonzero(run_of_file == run))
        numbers[place.all] = -1
        for file, series, tag in sources_of(runs[run][0]):
            numbers[place.of(file, series)] = number_of(tag)
    wanted = numbers >= 0
    if not wanted.all():
        file_numbers, series_numbers = file_numbers[wanted], series_numbers[wanted]
        numbers = numbers[wanted]
    steps, wall_times, values, lengths, found_runs, found_tags = _native.gather_scalars(
        files,
        run_of_file,
        file_numbers,
        series_numbers,
        numbers.astype(np.uint32),
        choice=choice,
        points=points or 0,
        purge=purge,
        threads=threads,
    )
    run_names = [runs[number][0] for number in found_runs[0].tolist()]
    all_tags = list(known)
    tag_names = [all_tags[number] for number in found_tags[0].tolist()]
    return {
        "run": Names(run_names, found_runs[1], lengths),
        "tag": Names(tag_names, found_tags[1], lengths),
        "step": Numbers(steps),
        "wall_time": Numbers(wall_times),
        "value": Numbers(values),
    }


class _Places:
    """Where the series of the files of one run stand in the arrays of scalar_sources()."""

    def __init__(
        self,
        file_numbers: NDArray[np.uint32],
        series_numbers: NDArray[np.uint32],
        files: list[_native.EventFile],
        of_run: NDArray[np.intp],
    ) -> None:
        begin, end = np.searchsorted(file_numbers, [of_run[0], of_run[-1] + 1]).tolist()
        self.all = slice(begin, end)
        keys = zip(file_numbers[self.all].tolist(), series_numbers[self.all].tolist(), strict=True)
        self._places = {(files[file], series): at for at, (file, series) in enumerate(keys, begin)}

    def of(self, file: _native.EventFile, series: int) -> int:
        """Return the place of one series."""
        return self._places[file, series]
