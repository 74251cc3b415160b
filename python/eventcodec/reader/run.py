"""A run: the tags of one directory with event files, and the series behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.reader.custom_scalars import layout_of
from eventcodec.reader.embedding import Embedding, find_embeddings, recorded_embedding
from eventcodec.reader.hparams import HParams, merge, message_of
from eventcodec.reader.listing import Listed, list_file, listed
from eventcodec.reader.message_series import (
    AudioSeries,
    GraphSeries,
    MeshSeries,
    PrCurveSeries,
    RawSeries,
    TensorSeries,
    parse_row,
    plugin_content,
)
from eventcodec.reader.named import Named
from eventcodec.reader.restarts import ValidRows, valid_rows
from eventcodec.reader.select import Selection
from eventcodec.reader.series import (
    HistogramSeries,
    ImageSeries,
    Part,
    ScalarSeries,
    TextSeries,
)
from eventcodec.reader.tag import Described, Tag, join_tags, name_apart, tag_of_part

__all__ = ["Run"]

_Item = TypeVar("_Item")
_Key = tuple[str, str]  # tag and kind
# kind -> tag -> the series of the only file, or where the rows come from.
_Index = Mapping[str, Mapping[str, int | list[Part]]]


class Run:
    """One run of a log. Made by `eventcodec.open(path).runs[name]`.

    Attributes:
        name: its directory relative to the log directory, "." for the log directory itself.
        tags: mapping from tag to Tag, in the order in which tags appear. A tag that was used for
            two kinds of values shows the first; the series of both are there.
        scalars: mapping from tag to ScalarSeries.
        histograms: mapping from tag to HistogramSeries.
        images: mapping from tag to ImageSeries.
        texts: mapping from tag to TextSeries. Tags are those on disk: torch and tensorboardX write
            `add_text("note", ...)` under "note/text_summary".
        audio: mapping from tag to AudioSeries.
        tensors: mapping from tag to TensorSeries: tensors of no kind that is known.
        pr_curves: mapping from tag to PrCurveSeries.
        meshes: mapping from tag to MeshSeries; vertices, faces and colours have tags of their own.
        graphs: mapping from tag to GraphSeries; the graph of the run is "__run_graph__".
        hparams: the HParams of the run, or None.
        custom_scalars: the layout of the custom scalars dashboard.
        embeddings: mapping from name to Embedding.
        raw: mapping from tag to RawSeries, for every tag with values that are not scalars.
        paths: the files of the run, in the order in which they are read.
        formats: the families of those files, "events" and "visualdl".
        display_name: the name that VisualDL's pages show for the run, "" for none.

    Example:
        >>> import eventcodec
        >>> run = eventcodec.open("runs")["exp1"]  # doctest: +SKIP
        >>> run.scalars["loss"].values[-1]  # doctest: +SKIP
        0.25
    """

    def __init__(
        self,
        name: str,
        files: list[_native.EventFile],
        root: Path,
        *,
        purge: bool,
        selection: Selection | None = None,
    ) -> None:
        self.name = name
        self._files = files
        self._root = root
        self._purge = purge
        self._selection = selection
        self.refresh()

    def refresh(self) -> None:
        """Forget what was derived from the files; Log.refresh() calls it."""
        self._index: _Index | None = None
        self._is_numbered = False  # the index has the numbers of the only file
        self._order: list[_Key] | None = None
        self._descriptions: dict[_native.EventFile, list[Described]] = {}
        self._mappings: dict[str, object] = {}
        self._tags: Named[Tag] | None = None

    @property
    def tags(self) -> Mapping[str, Tag]:
        """What there is, by tag."""
        if self._tags is None:
            kinds = self._kinds()
            self._tags = Named("tag", kinds, lambda name: self._tag((name, kinds[name])))
        return self._tags

    def listing(self) -> Iterator[Listed]:
        """Yield what `tags` has, of scalars with the last value, for those who go through many."""
        index = self._series()
        if self._is_numbered:
            several = self._kinds() if len(index) > 1 else {}
            only = next(iter(index), "")
            yield from list_file(
                self._files[0],
                index,  # type: ignore[arg-type]
                lambda tag: several.get(tag, only),
            )
            return
        for name, kind in self._kinds().items():
            series = self.read_scalars(name) if kind == "scalars" else None
            yield listed(name, self._tag((name, kind)), series)

    def _kinds(self) -> dict[str, str]:
        """Return tag -> kind; of several the first."""
        kinds: dict[str, str] = {}
        for name, kind in self._keys():
            kinds.setdefault(name, kind)
        return kinds

    def contents(self) -> Iterator[tuple[str, Tag]]:
        """Yield every tag with what it is, once for each kind that it was used for."""
        for key in self._keys():
            yield key[0], self._tag(key)

    @property
    def paths(self) -> list[Path]:
        """The files of the run, in the order in which they are read."""
        return [Path(file.path) for file in self._files]

    @property
    def formats(self) -> set[str]:
        """The families of the run's files: "events", "visualdl"."""
        return {file.format for file in self._files}

    @property
    def scalars(self) -> Mapping[str, ScalarSeries]:
        """Scalar series by tag."""
        return self._mapping("scalars", self._scalar_series)

    def read_scalars(self, tag: str) -> ScalarSeries:
        """Return `scalars[tag]` without keeping it, for those who go through many.

        Raises:
            KeyError: there is no such series.
        """
        return ScalarSeries.from_parts(tag, self._parts_of((tag, "scalars")))

    @property
    def histograms(self) -> Mapping[str, HistogramSeries]:
        """Histogram series by tag."""
        return self._series_mapping("histograms", HistogramSeries)

    @property
    def images(self) -> Mapping[str, ImageSeries]:
        """Image series by tag."""
        return self._series_mapping("images", ImageSeries)

    @property
    def texts(self) -> Mapping[str, TextSeries]:
        """Text series by tag as it stands on disk."""
        return self._series_mapping("texts", TextSeries)

    @property
    def audio(self) -> Mapping[str, AudioSeries]:
        """Audio series by tag."""
        return self._series_mapping("audio", AudioSeries)

    @property
    def tensors(self) -> Mapping[str, TensorSeries]:
        """Series of tensors of no other kind, by tag."""
        return self._series_mapping("tensors", TensorSeries)

    @property
    def pr_curves(self) -> Mapping[str, PrCurveSeries]:
        """Series of precision-recall curves by tag."""
        return self._series_mapping("pr_curves", PrCurveSeries)

    @property
    def meshes(self) -> Mapping[str, MeshSeries]:
        """Series of the parts of meshes by tag as it stands on disk."""
        return self._series_mapping("meshes", MeshSeries)

    @property
    def graphs(self) -> Mapping[str, GraphSeries]:
        """Graphs and run metadata by tag."""
        return self._series_mapping("graphs", GraphSeries)

    @property
    def raw(self) -> Mapping[str, RawSeries]:
        """Everything but scalars by tag, as bytes."""
        mapping = self._mappings.get("raw")
        if not isinstance(mapping, Named):
            parts: dict[str, list[Part]] = {}
            for name, kind in self._keys():
                if kind != "scalars":
                    parts.setdefault(name, []).extend(self._parts_of((name, kind)))
            mapping = Named("raw tag", parts, lambda name: RawSeries(name, parts[name]))
            self._mappings["raw"] = mapping
        return mapping

    @property
    def hparams(self) -> HParams | None:
        """Hyperparameters, metrics and status of the run's session; None when it has none.

        Raises:
            CorruptRecordError: they are malformed.
            OSError: a file cannot be read.
        """
        if "hparams" not in self._mappings:
            # VisualDL says with one value what takes two in an event file.
            messages = [
                parse_row(part, row, lambda value, _: message_of(value), at=at)
                for part, row in self._rows_of("hparams")
                for at in range(1 if part.file.format == "events" else 2)
            ]
            self._mappings["hparams"] = merge(messages, self.scalars)
        found = self._mappings["hparams"]
        return found if isinstance(found, HParams) else None

    @property
    def custom_scalars(self) -> list[dict[str, Any]]:
        """The layout of the custom scalars dashboard, the last one that was logged.

        Returns:
            Categories: {"title": str, "closed": bool, "charts": [...]}. A chart is {"title": str,
            "kind": "multiline", "tags": [regular expressions]} or {"title": str, "kind": "margin",
            "series": [{"value": tag, "lower": tag, "upper": tag}]}. [] when there is none.

        Raises:
            CorruptRecordError: it is malformed.
            OSError: a file cannot be read.
        """
        rows = self._rows_of("custom_scalars")
        return parse_row(*rows[-1], lambda value, _: layout_of(value)) if rows else []

    @property
    def display_name(self) -> str:
        """The name that VisualDL's pages show for the run, "" for none."""
        named = [
            tag.display_name
            for tag in self.tags.values()
            if tag.plugin == "meta_data" and tag.display_name
        ]
        return named[-1] if named else ""

    @property
    def embeddings(self) -> Mapping[str, Embedding]:
        """Embeddings by name: of the projector's configuration beside the event files, and those
        that stand in VisualDL logs, the last of each tag.

        Raises:
            CorruptRecordError: the configuration cannot be parsed.
            OSError: it cannot be read.
        """
        directories = list(dict.fromkeys(path.parent for path in self.paths))
        found = find_embeddings(directories, self._root)
        for key in self._keys():
            if self._tag(key).plugin == "embeddings":
                part = self._parts_of(key)[-1]
                found[key[0]] = parse_row(
                    part,
                    part.row_numbers()[-1],
                    lambda value, _: recorded_embedding(plugin_content(value), value.tag),
                )
        return Named("embedding", found, found.__getitem__)

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for _, kind in self._keys():
            counts[kind] = counts.get(kind, 0) + 1
        shown = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        return f"Run({self.name!r}, {shown or 'no tags'})"

    def _series_mapping(self, kind: str, make: Callable[[str, list[Part]], _Item]) -> Named[_Item]:
        return self._mapping(kind, lambda name, found: make(name, self._parts(found)))

    def _mapping(self, kind: str, make: Callable[[str, int | list[Part]], _Item]) -> Named[_Item]:
        mapping = self._mappings.get(kind)
        if not isinstance(mapping, Named):
            tags = self._series().get(kind, {})
            mapping = Named(f"{kind} tag", tags, lambda name: make(name, tags[name]))
            self._mappings[kind] = mapping
        return mapping

    def _scalar_series(self, tag: str, found: int | list[Part]) -> ScalarSeries:
        if isinstance(found, int):  # straight, because archives have millions
            return ScalarSeries(tag, *self._files[0].columns(found))  # type: ignore[arg-type]
        return ScalarSeries.from_parts(tag, found)

    def described(self) -> Iterator[tuple[str, str, tuple[Tag, NDArray[np.float64] | None]]]:
        """Yield tag, kind, and what is known of each series; of scalars with all values.

        Unlike `tags` it has both series of a tag that was used for two kinds of values.
        """
        for name, kind in self._keys():
            values = self.scalars[name].values if kind == "scalars" else None
            yield name, kind, (self._tag((name, kind)), values)

    def sources(self, kind: str) -> Iterator[tuple[_native.EventFile, int, str]]:
        """Yield file, number and name of each series of a kind, whether it has rows or not."""
        for (name, of), number, series in self._named():
            if of == kind:
                yield self._files[number], series, name

    def _rows_of(self, kind: str) -> list[tuple[Part, int]]:
        """Return every row of a kind, as its part and its number there."""
        if kind not in self._series():  # as in most of many runs: nothing is sorted for it
            return []
        return [
            (part, row)
            for key in self._keys()
            if key[1] == kind
            for part in self._parts_of(key)
            for row in part.row_numbers()
        ]

    def _series(self) -> _Index:
        """Return kind -> tag -> which series of which files hold the rows; see _parts()."""
        if self._index is None:
            valid = valid_rows(self._files) if self._purge else None
            numbers = None
            if valid is None and len(self._files) == 1 and self._files[0].format == "events":
                # Most runs of an archive: nothing is made for a tag before it is asked for.
                numbers = self._files[0].numbers()
            self._is_numbered = numbers is not None
            self._index = self._series_of_files(valid) if numbers is None else numbers
        return self._index

    def _series_of_files(self, valid: list[ValidRows] | None) -> _Index:
        found: dict[_Key, list[Part]] = {}
        for key, number, series in self._named():
            parts = found.setdefault(key, [])
            rows = None if valid is None else valid[number].of(series)
            if rows is None or len(rows):
                parts.append(Part(self._files[number], series, rows))
        # Only now: order and names depend on what is void or not selected, too.
        self._order = [key for key, parts in found.items() if parts and self._keeps(key, parts)]
        index: dict[str, dict[str, list[Part]]] = {}
        for name, kind in self._order:
            index.setdefault(kind, {})[name] = found[name, kind]
        return index

    def _named(self) -> Iterator[tuple[_Key, int, int]]:
        """Yield tag and kind, file number and number there of every series."""
        descriptions: dict[_Key, str] = {}
        for number, file in enumerate(self._files):
            is_visualdl = file.format == "visualdl"
            for series, (tag, kind, _, _, description, *_) in enumerate(self._described(file)):
                first = descriptions.setdefault((tag, kind), description)
                name = name_apart(tag, description, first) if is_visualdl else tag
                yield (name, kind), number, series

    def _keeps(self, key: _Key, parts: list[Part]) -> bool:
        """Say whether a series is one that the log was opened for."""
        if self._selection is None:
            return True
        tags = [self._describe(part) for part in parts]
        plugin = tags[0].plugin if parts[0].file.format == "visualdl" else ""
        return self._selection.keeps(*key, plugin, sum(tag.count for tag in tags))

    def _keys(self) -> list[_Key]:
        """Return tag and kind of every series, in the order in which they appear."""
        index = self._series()
        if self._order is None:
            numbered = [
                (number, (name, kind))
                for kind, numbers in index.items()
                for name, number in numbers.items()
                if isinstance(number, int)
            ]
            self._order = [key for _, key in sorted(numbered)]
        return self._order

    def _parts(self, found: int | list[Part]) -> list[Part]:
        """Return where the rows of a series come from."""
        return [Part(self._files[0], found)] if isinstance(found, int) else found

    def _parts_of(self, key: _Key) -> list[Part]:
        name, kind = key
        return self._parts(self._series()[kind][name])

    def _tag(self, key: _Key) -> Tag:
        """Return what is known of a series, from all files of the run."""
        return reduce(join_tags, map(self._describe, self._parts_of(key)))

    def _described(self, file: _native.EventFile) -> list[Described]:
        found = self._descriptions.get(file)
        if found is None:
            found = self._descriptions[file] = file.series()
        return found

    def _describe(self, part: Part) -> Tag:
        return tag_of_part(self._described(part.file)[part.series], part)
