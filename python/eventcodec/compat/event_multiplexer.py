"""TensorBoard's EventMultiplexer, on eventcodec's reader: change the import, keep the script.

from eventcodec.compat.event_multiplexer import EventMultiplexer
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcodec.compat.accumulated import (
    AudioEvent,
    CompressedHistogramEvent,
    HistogramEvent,
    ImageEvent,
    ScalarEvent,
    TensorEvent,
)
from eventcodec.compat.tensorboard import EventAccumulator
from eventcodec.reader.discover import EVENT_FILE_MARK, find_event_paths

if TYPE_CHECKING:
    from eventcodec.proto import GraphDef, MetaGraphDef, RunMetadata, SummaryMetadata

__all__ = ["EventMultiplexer"]

_log = logging.getLogger(__name__)


class EventMultiplexer:
    """Gives the values of many runs by run and tag.

    Names and answers are those of
    tensorboard.backend.event_processing.event_multiplexer.EventMultiplexer; what EventAccumulator
    says of itself holds for each run. An unknown run is a KeyError.

    Args:
        run_path_map: run -> its directory or event file.
        size_guidance: see EventAccumulator.
        purge_orphaned_data: see EventAccumulator.

    Example:
        >>> from eventcodec.compat.event_multiplexer import EventMultiplexer
        >>> runs = EventMultiplexer().AddRunsFromDirectory("runs").Reload()
        >>> [event.value for event in runs.Scalars("exp1", "loss")]  # doctest: +SKIP
        [0.9, 0.5, 0.25]
    """

    def __init__(
        self,
        run_path_map: Mapping[str, str] | None = None,
        size_guidance: Mapping[str, int] | None = None,
        purge_orphaned_data: bool = True,
    ) -> None:
        self._mutex = threading.Lock()
        self._accumulators: dict[str, EventAccumulator] = {}
        self._paths: dict[str, str] = {}
        self._reload_called = False
        self._size_guidance = size_guidance
        self.purge_orphaned_data = purge_orphaned_data
        for run, path in (run_path_map or {}).items():
            self.AddRun(path, run)

    def AddRun(self, path: str, name: str | None = None) -> EventMultiplexer:  # noqa: N802
        """Add a run; one of this name with another path is replaced.

        Args:
            path: its directory or event file.
            name: what it is called, None for its path.

        Returns:
            The multiplexer itself.
        """
        name = name or path
        with self._mutex:
            if name in self._accumulators and self._paths[name] == path:
                return self
            if self._paths.get(name, path) != path:
                _log.warning(
                    "Conflict for name %s: old path %s, new path %s", name, self._paths[name], path
                )
            added = EventAccumulator(
                path,
                size_guidance=self._size_guidance,
                purge_orphaned_data=self.purge_orphaned_data,
            )
            self._accumulators[name] = added
            self._paths[name] = path
        if self._reload_called:
            added.Reload()
        return self

    def AddRunsFromDirectory(  # noqa: N802
        self, path: str, name: str | None = None
    ) -> EventMultiplexer:
        """Add each directory with event files at or below a path; nothing when there is no path.

        Args:
            path: where to look.
            name: put before the names of the runs, which are their paths below `path`.

        Returns:
            The multiplexer itself.

        Raises:
            ValueError: the path is no directory.
        """
        if not Path(path).exists():
            return self
        if not Path(path).is_dir():
            raise ValueError(f"the path of the runs must be a directory, got {path!r}")
        for run, files in find_event_paths([Path(path)]).items():
            if any(EVENT_FILE_MARK in os.path.basename(file) for file in files):  # noqa: PTH119
                folder = path if run == "." else os.path.join(path, run)  # noqa: PTH118
                self.AddRun(folder, os.path.join(name, run) if name else run)  # noqa: PTH118
        return self

    def Reload(self) -> EventMultiplexer:  # noqa: N802
        """Read what the runs have gained. A run whose directory is gone is left out from then on.

        Returns:
            The multiplexer itself.
        """
        self._reload_called = True
        for name, accumulator in self._all().items():
            try:
                accumulator.Reload()
            except FileNotFoundError:
                _log.warning("Deleting accumulator '%s'", name)
                with self._mutex:
                    self._accumulators.pop(name, None)
            except OSError as error:
                _log.error("Unable to reload accumulator '%s': %s", name, error)
        return self

    # ---- which runs there are

    def Runs(self) -> dict[str, dict[str, Any]]:  # noqa: N802
        """Return run -> EventAccumulator.Tags() of it."""
        return {run: accumulator.Tags() for run, accumulator in self._all().items()}

    def RunPaths(self) -> dict[str, str]:  # noqa: N802
        """Return run -> its path."""
        return self._paths

    def GetAccumulator(self, run: str) -> EventAccumulator:  # noqa: N802
        """Return the accumulator of a run."""
        with self._mutex:
            return self._accumulators[run]

    def _all(self) -> dict[str, EventAccumulator]:
        with self._mutex:
            return dict(self._accumulators)

    # ---- what the accumulator of a run gives

    def FirstEventTimestamp(self, run: str) -> float:  # noqa: N802
        """Return the wall time of the first event of a run; ValueError when there is none."""
        return self.GetAccumulator(run).FirstEventTimestamp()

    def GetSourceWriter(self, run: str) -> str | None:  # noqa: N802
        """Return the name of the software that wrote a run, None when it does not say."""
        return self.GetAccumulator(run).GetSourceWriter()

    def Scalars(self, run: str, tag: str) -> list[ScalarEvent]:  # noqa: N802
        """Return the scalars of a tag; KeyError when there is none."""
        return self.GetAccumulator(run).Scalars(tag)

    def Histograms(self, run: str, tag: str) -> list[HistogramEvent]:  # noqa: N802
        """Return the histograms of a tag; KeyError when there is none."""
        return self.GetAccumulator(run).Histograms(tag)

    def CompressedHistograms(  # noqa: N802
        self, run: str, tag: str
    ) -> list[CompressedHistogramEvent]:
        """Return the quantiles of the histograms of a tag; KeyError when there is none."""
        return self.GetAccumulator(run).CompressedHistograms(tag)

    def Images(self, run: str, tag: str) -> list[ImageEvent]:  # noqa: N802
        """Return the images of a tag; KeyError when there is none."""
        return self.GetAccumulator(run).Images(tag)

    def Audio(self, run: str, tag: str) -> list[AudioEvent]:  # noqa: N802
        """Return the clips of a tag; KeyError when there is none."""
        return self.GetAccumulator(run).Audio(tag)

    def Tensors(self, run: str, tag: str) -> list[TensorEvent]:  # noqa: N802
        """Return the tensors of a tag; KeyError when there is none."""
        return self.GetAccumulator(run).Tensors(tag)

    def Graph(self, run: str) -> GraphDef:  # noqa: N802
        """Return the last graph of a run; ValueError when there is none."""
        return self.GetAccumulator(run).Graph()

    def SerializedGraph(self, run: str) -> bytes:  # noqa: N802
        """Return the bytes of the last graph of a run; ValueError when there is none."""
        return self.Graph(run).SerializeToString()

    def MetaGraph(self, run: str) -> MetaGraphDef:  # noqa: N802
        """Return the last meta graph of a run; ValueError when there is none."""
        return self.GetAccumulator(run).MetaGraph()

    def RunMetadata(self, run: str, tag: str) -> RunMetadata:  # noqa: N802
        """Return the last run metadata of a tag; ValueError when there is none."""
        return self.GetAccumulator(run).RunMetadata(tag)

    def SummaryMetadata(self, run: str, tag: str) -> SummaryMetadata:  # noqa: N802
        """Return the first metadata of a tag; KeyError when it has none."""
        return self.GetAccumulator(run).SummaryMetadata(tag)

    def PluginRunToTagToContent(self, plugin_name: str) -> dict[str, dict[str, bytes]]:  # noqa: N802
        """Return run -> tag -> what a plugin keeps in its metadata, of the runs that have some."""
        contents = {}
        for run, accumulator in self._all().items():
            try:
                contents[run] = accumulator.PluginTagToContent(plugin_name)
            except KeyError:
                continue
        return contents

    def PluginAssets(self, plugin_name: str) -> dict[str, list[str]]:  # noqa: N802
        """Return run -> the names of the files that a plugin keeps beside its events."""
        return {run: each.PluginAssets(plugin_name) for run, each in self._all().items()}

    def RetrievePluginAsset(self, run: str, plugin_name: str, asset_name: str) -> str:  # noqa: N802
        """Return the text of such a file; KeyError when there is none of that name."""
        return self.GetAccumulator(run).RetrievePluginAsset(plugin_name, asset_name)
