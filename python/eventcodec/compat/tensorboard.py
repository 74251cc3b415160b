"""TensorBoard's EventAccumulator, on eventcodec's reader: change the import, keep the script.

from eventcodec.compat.tensorboard import EventAccumulator
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcodec.compat.accumulated import (
    NORMAL_HISTOGRAM_BPS,
    AudioEvent,
    CompressedHistogramEvent,
    HistogramEvent,
    HistogramValue,
    ImageEvent,
    ScalarEvent,
    TensorEvent,
)
from eventcodec.compat.accumulation import Accumulation
from eventcodec.compat.event_walk import Preamble, preamble_of
from eventcodec.compat.reservoir import Reservoir

if TYPE_CHECKING:
    from eventcodec.proto import GraphDef, MetaGraphDef, RunMetadata, SummaryMetadata

__all__ = [
    "AUDIO",
    "COMPRESSED_HISTOGRAMS",
    "DEFAULT_SIZE_GUIDANCE",
    "GRAPH",
    "HISTOGRAMS",
    "IMAGES",
    "META_GRAPH",
    "NORMAL_HISTOGRAM_BPS",
    "RUN_METADATA",
    "SCALARS",
    "STORE_EVERYTHING_SIZE_GUIDANCE",
    "TENSORS",
    "AudioEvent",
    "CompressedHistogramEvent",
    "EventAccumulator",
    "HistogramEvent",
    "HistogramValue",
    "ImageEvent",
    "ScalarEvent",
    "TensorEvent",
]

COMPRESSED_HISTOGRAMS = "distributions"
HISTOGRAMS = "histograms"
IMAGES = "images"
AUDIO = "audio"
SCALARS = "scalars"
TENSORS = "tensors"
GRAPH = "graph"
META_GRAPH = "meta_graph"
RUN_METADATA = "run_metadata"

DEFAULT_SIZE_GUIDANCE = {
    COMPRESSED_HISTOGRAMS: 500,
    IMAGES: 4,
    AUDIO: 4,
    SCALARS: 10000,
    HISTOGRAMS: 1,
    TENSORS: 10,
}
STORE_EVERYTHING_SIZE_GUIDANCE = dict.fromkeys(DEFAULT_SIZE_GUIDANCE, 0)


class EventAccumulator:
    """Reads the event files of one run and gives their values by tag.

    Names, samples, tags and values are those of
    tensorboard.backend.event_processing.event_accumulator.EventAccumulator. What differs: messages
    are those of eventcodec.proto, a damaged record costs itself and not what follows it, and values
    other than scalars are read from the file when they are asked for.

    Args:
        path: an event file, or the directory of one run, whose subdirectories are not searched.
        size_guidance: how many values of a tag to keep, by kind: "scalars", "histograms", "images",
            "audio", "tensors", "distributions"; 0 for all. What it does not name is as in
            DEFAULT_SIZE_GUIDANCE.
        compression_bps: the quantiles of CompressedHistograms, in hundredths of a per cent.
        purge_orphaned_data: leave out what a restart of the run voids.

    Raises:
        TypeError: the path is none.
        ValueError: the path is empty, or a size is negative or no whole number.

    Example:
        >>> from eventcodec.compat.tensorboard import EventAccumulator
        >>> accumulator = EventAccumulator("runs/exp1").Reload()  # doctest: +SKIP
        >>> [event.value for event in accumulator.Scalars("loss")]  # doctest: +SKIP
        [0.9, 0.5, 0.25]
    """

    def __init__(
        self,
        path: str,
        size_guidance: Mapping[str, int] | None = None,
        compression_bps: Sequence[float] = NORMAL_HISTOGRAM_BPS,
        purge_orphaned_data: bool = True,
    ) -> None:
        if not path:
            raise ValueError("path must be a valid string")
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"path must be a str or a path, got {path!r}")
        self.path = path
        self.purge_orphaned_data = purge_orphaned_data
        self.accumulated_attrs = (
            "scalars",
            "histograms",
            "compressed_histograms",
            "images",
            "audios",
        )
        sizes = DEFAULT_SIZE_GUIDANCE | dict(size_guidance or {})
        self._found = Accumulation(path, sizes, compression_bps, purge=purge_orphaned_data)
        self._mutex = threading.Lock()
        self._metadata: dict[str, Any] | None = None
        self._bind()

    def _bind(self) -> None:
        """Give what was accumulated the names that scripts know."""
        reservoirs = self._found.reservoirs
        self.scalars: Reservoir = reservoirs[SCALARS]
        self.histograms: Reservoir = reservoirs[HISTOGRAMS]
        self.compressed_histograms: Reservoir = reservoirs[COMPRESSED_HISTOGRAMS]
        self.images: Reservoir = reservoirs[IMAGES]
        self.audios: Reservoir = reservoirs[AUDIO]
        self.tensors: Reservoir = reservoirs[TENSORS]
        self.file_version = self._found.version
        rewinds = self._found.rewinds
        self.most_recent_step = -1 if rewinds is None else rewinds.most_recent_step
        self.most_recent_wall_time = -1 if rewinds is None else rewinds.most_recent_wall_time

    def Reload(self) -> EventAccumulator:  # noqa: N802
        """Read what the files have gained since the last call, or all of them.

        Returns:
            The accumulator itself.

        Raises:
            FileNotFoundError: there is nothing at the path.
            OSError: a file cannot be read.
        """
        with self._mutex:
            self._found.refresh()
            self._metadata = None
            self._bind()
        return self

    # ---- what was read

    def Tags(self) -> dict[str, Any]:  # noqa: N802
        """Return the tags of each kind, and whether there is a graph and a meta graph."""
        return {
            IMAGES: self.images.Keys(),
            AUDIO: self.audios.Keys(),
            HISTOGRAMS: self.histograms.Keys(),
            SCALARS: self.scalars.Keys(),
            COMPRESSED_HISTOGRAMS: self.compressed_histograms.Keys(),
            TENSORS: self.tensors.Keys(),
            GRAPH: bool(self._found.outside("graphs") or self._found.outside("meta_graph")),
            META_GRAPH: bool(self._found.outside("meta_graph")),
            RUN_METADATA: list(self._found.outside("graph_tagged_run_metadata")),
        }

    def Scalars(self, tag: str) -> list[ScalarEvent]:  # noqa: N802
        """Return the scalars of a tag; KeyError when there is none."""
        return self.scalars.Items(tag)

    def Histograms(self, tag: str) -> list[HistogramEvent]:  # noqa: N802
        """Return the histograms of a tag; KeyError when there is none."""
        return self.histograms.Items(tag)

    def CompressedHistograms(self, tag: str) -> list[CompressedHistogramEvent]:  # noqa: N802
        """Return the quantiles of the histograms of a tag; KeyError when there is none."""
        return self.compressed_histograms.Items(tag)

    def Images(self, tag: str) -> list[ImageEvent]:  # noqa: N802
        """Return the images of a tag; KeyError when there is none."""
        return self.images.Items(tag)

    def Audio(self, tag: str) -> list[AudioEvent]:  # noqa: N802
        """Return the clips of a tag; KeyError when there is none."""
        return self.audios.Items(tag)

    def Tensors(self, tag: str) -> list[TensorEvent]:  # noqa: N802
        """Return the tensors of a tag; KeyError when there is none."""
        return self.tensors.Items(tag)

    def Graph(self) -> GraphDef:  # noqa: N802
        """Return the last graph, or that of the last meta graph; ValueError when there is none."""
        from eventcodec.proto import GraphDef

        found = self._found.outside("graphs")
        if found:
            return GraphDef.FromString(list(found.values())[-1])
        if self._found.outside("meta_graph"):
            return self.MetaGraph().graph_def
        raise ValueError("There is no graph in this EventAccumulator")

    def MetaGraph(self) -> MetaGraphDef:  # noqa: N802
        """Return the last meta graph; ValueError when there is none."""
        from eventcodec.proto import MetaGraphDef

        found = self._found.outside("meta_graph")
        if not found:
            raise ValueError("There is no metagraph in this EventAccumulator")
        return MetaGraphDef.FromString(list(found.values())[-1])

    def RunMetadata(self, tag: str) -> RunMetadata:  # noqa: N802
        """Return the last run metadata of a tag; ValueError when there is none."""
        from eventcodec.proto import RunMetadata

        found = self._found.outside("graph_tagged_run_metadata")
        if tag not in found:
            raise ValueError("There is no run metadata with this tag name")
        return RunMetadata.FromString(found[tag])

    def FirstEventTimestamp(self) -> float:  # noqa: N802
        """Return the wall time of the first event; ValueError when there is none."""
        first = self._first()
        if first is None:
            raise ValueError("No event timestamp could be found")
        return first.wall_time

    def GetSourceWriter(self) -> str | None:  # noqa: N802
        """Return the name of the software that wrote the files, None when they do not say."""
        first = self._first()
        return self._found.writer or (None if first is None else first.writer)

    def _first(self) -> Preamble | None:
        """Return the preamble of the first file that has an event, reading it if need be."""
        if self._found.preamble is not None:
            return self._found.preamble
        found = (preamble_of(str(path)) for path in self._found.find())
        return next((each for each in found if each is not None), None)

    # ---- metadata and assets of plugins

    @property
    def summary_metadata(self) -> dict[str, SummaryMetadata]:
        """The first metadata of each tag; found by a walk over all events."""
        with self._mutex:
            if self._metadata is None:
                self._metadata = self._found.metadata()
            return self._metadata

    def SummaryMetadata(self, tag: str) -> SummaryMetadata:  # noqa: N802
        """Return the first metadata of a tag; KeyError when it has none."""
        return self.summary_metadata[tag]

    @property
    def _plugin_to_tag_to_content(self) -> dict[str, dict[str, bytes]]:
        return self._found.plugin_contents()

    def PluginTagToContent(self, plugin_name: str) -> dict[str, bytes]:  # noqa: N802
        """Return tag -> what a plugin keeps in its metadata; KeyError for an unknown plugin."""
        contents = self._plugin_to_tag_to_content
        if plugin_name not in contents:
            raise KeyError(f"Plugin {plugin_name!r} could not be found.")
        return contents[plugin_name]

    def PluginAssets(self, plugin_name: str) -> list[str]:  # noqa: N802
        """Return the names of the files that a plugin keeps beside the events."""
        folder = Path(self.path, "plugins", plugin_name)
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    def RetrievePluginAsset(self, plugin_name: str, asset_name: str) -> str:  # noqa: N802
        """Return the text of such a file; KeyError when there is none of that name."""
        if asset_name not in self.PluginAssets(plugin_name):
            raise KeyError(f"Asset path {asset_name} of plugin {plugin_name} not found")
        return Path(self.path, "plugins", plugin_name, asset_name).read_text("utf-8")
