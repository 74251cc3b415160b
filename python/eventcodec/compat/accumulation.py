"""Fills the reservoirs of an EventAccumulator from the files of one run, and again as they grow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.compat.accumulated import (
    TensorEvent,
    audio_of,
    compressed_of,
    histograms_of,
    images_of,
    scalars_of,
)
from eventcodec.compat.event_walk import (
    Preamble,
    Rewinds,
    first_metadata,
    preamble_of,
    scalar_tensors,
)
from eventcodec.compat.reservoir import Reservoir
from eventcodec.reader.discover import EVENT_FILE_MARK
from eventcodec.reader.graph import OUTSIDE_SUMMARIES
from eventcodec.reader.message_series import parse_row
from eventcodec.reader.series import Part
from eventcodec.reader.threads import count_workers

if TYPE_CHECKING:
    from eventcodec.proto import TensorProto

__all__ = ["Accumulation"]

_SESSION_VERSION = 2  # from this version of the format on, a restart says so
# Kind of a series -> the reservoirs that take its rows of the first format.
_RESERVOIRS = {
    "scalars": ("scalars",),
    "histograms": ("histograms", "distributions"),
    "images": ("images",),
    "audio": ("audio",),
}
_PURGED = ("scalars", "histograms", "distributions", "images", "audio")
_Described = Sequence[tuple[Any, str]]  # what a series is, and its form


class _File:
    """One file, and how much of it has been accumulated."""

    def __init__(self, path: Path) -> None:
        self.native = _native.EventFile(os.fsencode(path))
        self.path = str(path)
        self.preamble: Preamble | None = None
        self.forget()

    def forget(self) -> None:
        self.generation = self.native.generation
        self.done: dict[int, int] = {}  # series -> rows
        self.starts = 0
        self.rewinds: Rewinds | None = None


class Accumulation:
    """What the event files of one run hold, sampled.

    Attributes:
        reservoirs: by kind, under the names of size_guidance.
        rewinds: of the last file without a version record, or None.
        version: of the format, None when no file says it.
        writer: the software that the newest file names, or None.
        preamble: of the first file that has an event, or None.
    """

    def __init__(
        self, path: str, sizes: Mapping[str, int], quantiles: Sequence[float], *, purge: bool
    ) -> None:
        self._path = path
        self._sizes = sizes
        self._quantiles = tuple(quantiles)
        self._purge = purge
        self._files: dict[Path, _File] = {}
        self.preamble: Preamble | None = None
        self.version: float | None = None
        self.writer: str | None = None
        self.rewinds: Rewinds | None = None
        self._renew()

    def _renew(self) -> None:
        """Start with empty reservoirs."""
        make: dict[str, Callable[[Part], list[Any]]] = {
            "scalars": scalars_of,
            "histograms": histograms_of,
            "distributions": lambda part: compressed_of(part, self._quantiles),
            "images": images_of,
            "audio": audio_of,
            "tensors": _tensors_of,
        }
        self.reservoirs = {
            kind: Reservoir(self._sizes[kind], each, always_keep_last=kind != "distributions")
            for kind, each in make.items()
        }
        for file in self._files.values():
            file.forget()

    def refresh(self) -> None:
        """Read what the files have gained, or all of them.

        Raises:
            FileNotFoundError: there is nothing at the path.
            OSError: a file cannot be read.
        """
        self._scan()
        if any(file.generation != file.native.generation for file in self._files.values()):
            self._renew()  # a file was replaced: rows that were taken are not there any more
        for file in self._files.values():
            self._take(file)

    def find(self) -> list[Path]:
        """Return the event files, in the order in which they are read.

        Raises:
            FileNotFoundError: there is nothing at the path.
        """
        path = Path(self._path)
        if EVENT_FILE_MARK in path.name and not path.is_dir():
            return [path]
        if path.is_file():
            return []
        if not path.is_dir():
            raise FileNotFoundError(2, "No such event file or log directory", self._path)
        files = (each for each in path.iterdir() if EVENT_FILE_MARK in each.name)
        return sorted(each for each in files if each.is_file())

    def _scan(self) -> None:
        for path in self.find():
            self._files.setdefault(path, _File(path))
        self._files = {path: self._files[path] for path in sorted(self._files)}
        failures = _native.scan_files(
            [file.native for file in self._files.values()],
            mode="salvage",
            verify=True,
            threads=count_workers(None),
            keep_rows=True,
        )
        for file, failure in zip(self._files.values(), failures, strict=True):
            gone = isinstance(failure, FileNotFoundError) and file.native.records > 0
            if failure is not None and not gone:
                raise failure
            if not file.done:
                file.generation = file.native.generation

    def _take(self, file: _File) -> None:
        """Add the new rows of a file, and purge where it says that the run was restarted."""
        if not self._open(file):
            return
        described = list(zip(file.native.series(), file.native.forms(), strict=True))
        self._extend(file, described, {})  # tags in the order of their first values
        if not self._purge:
            pass
        elif self.version is not None and self.version >= _SESSION_VERSION:
            self._take_sessions(file, described)
        else:
            self._take_rewinds(file, described)
        self._extend(file, described, None)

    def _open(self, file: _File) -> bool:
        """Look at the first event of a file; False when there is none yet."""
        if file.preamble is None:
            file.preamble = preamble_of(file.path) if file.native.bytes else None
            if file.preamble is None:
                return False
            self.preamble = self.preamble or file.preamble
            self.version = file.preamble.version or self.version
            self.writer = file.preamble.writer or self.writer
        return True

    def _take_sessions(self, file: _File, described: _Described) -> None:
        starts = file.native.session_starts()
        for step, rows in starts[file.starts :]:
            self._extend(file, described, dict(enumerate(rows)))
            for kind in _PURGED:
                self.reservoirs[kind].purge(step)
        file.starts = len(starts)

    def _take_rewinds(self, file: _File, described: _Described) -> None:
        number_of = {(each[0], each[1]): number for number, (each, _) in enumerate(described)}
        self.rewinds = file.rewinds = file.rewinds or Rewinds(file.path, self.rewinds)
        for rewind in file.rewinds.take():
            rows = {number_of[key]: rows for key, rows in rewind.rows.items() if key in number_of}
            self._extend(file, described, rows)
            for kind in _PURGED:
                for tag in rewind.tags:
                    self.reservoirs[kind].purge(rewind.step, tag or None)

    def _extend(self, file: _File, described: _Described, limits: Mapping[int, int] | None) -> None:
        """Add the rows up to `limits`, by series; None for all there are."""
        tensors: dict[str, list[Part]] = {}
        for number, (series, form) in enumerate(described):
            tag, kind, count = series[0], series[1], series[5]
            start = file.done.get(number, 0)
            stop = count if limits is None else min(limits.get(number, 0), count)
            if stop > start or number not in file.done:
                file.done[number] = max(start, stop)
                part = Part(file.native, number, np.arange(start, stop))
                self._add(tag, kind, form, part, tensors)
        for tag, parts in tensors.items():
            for part in _in_file_order(parts):
                self.reservoirs["tensors"].add(tag, part)

    def _add(
        self, tag: str, kind: str, form: str, part: Part, tensors: dict[str, list[Part]]
    ) -> None:
        """Add rows of one series; those that are tensors to `tensors`, by tag."""
        if form == "mixed":
            for each, rows in _forms_of(tag, kind, part).items():
                self._add(tag, kind, each, Part(part.file, part.series, rows), tensors)
        elif form == "tensor":
            assert part.rows is not None
            whole = part.rows[part.file.items(part.series)[part.rows] == 0]
            tensors.setdefault(tag, []).append(Part(part.file, part.series, whole))
        elif form == "message":
            for name in _RESERVOIRS.get(kind, ()):
                self.reservoirs[name].add(tag, part)

    def outside(self, plugin: str) -> dict[str, bytes]:
        """Return tag -> the last bytes of the events that hold a graph of a sort, no summary."""
        found = {}
        for file in self._files.values():
            series = zip(file.native.series(), file.native.forms(), strict=True)
            for number, (described, form) in enumerate(series):
                if described[1:3] == ("graphs", plugin) and form == "empty" and described[5]:
                    ((data, _, _),) = file.native.messages(number, [described[5] - 1])
                    found[described[0]] = OUTSIDE_SUMMARIES[plugin](data)
        return found

    def plugin_contents(self) -> dict[str, dict[str, bytes]]:
        """Return plugin -> tag -> what the first metadata of the tag hold for the plugin."""
        plugin_of: dict[str, str] = {}
        first_of: dict[str, Part] = {}
        for file in self._files.values():
            named = {
                tag: plugin
                for tag, plugin in file.native.plugins()
                if plugin not in OUTSIDE_SUMMARIES  # the core's own word for events of other sorts
            }
            for number, described in enumerate(file.native.series()):
                tag, kind, count = described[0], described[1], described[5]
                if kind != "scalars" and count and tag in named and tag not in plugin_of:
                    first_of.setdefault(tag, Part(file.native, number))
            plugin_of = named | plugin_of
        contents: dict[str, dict[str, bytes]] = {}
        walked: dict[str, Any] | None = None
        for tag, plugin in plugin_of.items():
            metadata = self._metadata_at(first_of.get(tag), plugin)
            if metadata is None:
                walked = self.metadata() if walked is None else walked
                metadata = walked.get(tag)
            if plugin and metadata is not None:
                contents.setdefault(plugin, {})[tag] = metadata.plugin_data.content
        return contents

    def _metadata_at(self, part: Part | None, plugin: str) -> Any:
        """Return the metadata in the first value of a part; None where they stand elsewhere."""
        if part is None:
            return None
        metadata = parse_row(part, 0, lambda value, _: value.metadata)
        return metadata if metadata.plugin_data.plugin_name == plugin else None

    def metadata(self) -> dict[str, Any]:
        """Return the first metadata of each tag, by a walk over all events."""
        return first_metadata(file.path for file in self._files.values())


def _in_file_order(parts: list[Part]) -> list[Part]:
    """Return the rows of series of one tag in the order of the file; scalars stand before others.

    A tag has several where its tensors are of several kinds, such as a batch of images and an empty
    one.
    """
    kinds = [part.file.series()[part.series][1] for part in parts]
    scalars = [part for part, kind in zip(parts, kinds, strict=True) if kind == "scalars"]
    others = [part for part, kind in zip(parts, kinds, strict=True) if kind != "scalars"]
    if len(others) < 2:
        return scalars + others
    places = [part.file.places(part.series) for part in others]
    rows = [part.rows if part.rows is not None else np.arange(0) for part in others]
    records = np.concatenate([place[0][each] for place, each in zip(places, rows, strict=True)])
    values = np.concatenate([place[1][each] for place, each in zip(places, rows, strict=True)])
    order = np.lexsort((values, records))
    number = np.repeat(np.arange(len(others)), [len(each) for each in rows])[order]
    stretches = np.split(np.arange(len(order)), np.flatnonzero(np.diff(number)) + 1)
    all_rows = np.concatenate(rows)[order]
    if not len(order):
        return scalars + others[:1]  # the tag is known from here on
    return scalars + [
        Part(others[number[each[0]]].file, others[number[each[0]]].series, all_rows[each])
        for each in stretches
    ]


def _forms_of(tag: str, kind: str, part: Part) -> dict[str, NDArray[np.intp]]:
    """Return form -> rows of a series whose values stand in several forms."""
    assert part.rows is not None
    if kind == "scalars":
        is_tensor = [each is not None for each in scalar_tensors(part, tag)]
    else:
        is_tensor = [
            parse_row(part, row, lambda value, _: value.HasField("tensor"))
            for row in part.row_numbers()
        ]
    tensors = np.array(is_tensor, dtype=bool)
    return {"message": part.rows[~tensors], "tensor": part.rows[tensors]}


def _tensors_of(part: Part) -> list[TensorEvent]:
    steps, wall_times, _ = part.columns()
    described = part.file.series(part.series, 1)[0]
    messages: Sequence[TensorProto | None]
    if described[1] == "scalars":
        messages = scalar_tensors(part, described[0])
    else:
        messages = [
            parse_row(part, row, lambda value, _: value.tensor) for row in part.row_numbers()
        ]
    rows = zip(wall_times.tolist(), steps.tolist(), messages, strict=True)
    return [TensorEvent(when, step, message) for when, step, message in rows if message is not None]
