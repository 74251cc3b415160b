"""tbparse's SummaryReader, on eventcodec's reader: change the import, keep the script.

from eventcodec.compat.tbparse import SummaryReader
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.compat import tbparse_frames as frames
from eventcodec.compat import tbparse_values as values
from eventcodec.compat.tensorboard import STORE_EVERYTHING_SIZE_GUIDANCE, EventAccumulator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SummaryReader"]

EVENT_TYPES = ("images", "audio", "histograms", "scalars", "tensors", "hparams", "text")
EXTRA_COLUMNS = {
    "dir_name",
    "file_name",
    "wall_time",
    "min",
    "max",
    "num",
    "sum",
    "sum_squares",
    "width",
    "height",
    "content_type",
    "length_frames",
    "sample_rate",
}
_RAW_TYPES = {*EVENT_TYPES, "graph", "meta_graph", "run_metadata"}
_SESSION_START = "_hparams_/session_start_info"


class SummaryReader:
    """The values of an event file, or of all files below a directory, as pandas data frames.

    Arguments, properties and frames are those of tbparse 0.0.9. What differs: images and audio are
    decoded without TensorFlow, when their frame is asked for; a damaged record costs itself and not
    what follows it; all texts are read, of which tbparse keeps the last of each tag when
    event_types has "text" without "tensors".

    Args:
        log_path: an event file or a directory, searched with its subdirectories.
        pivot: give a column for each tag and a row for each step; what several values fall onto is
            a list. By default there is a row for each value.
        extra_columns: a set of further columns: "wall_time", "dir_name", "file_name"; "min", "max",
            "num", "sum", "sum_squares" of histograms; "width", "height" of images; "content_type",
            "length_frames", "sample_rate" of audio.
        event_types: a set of the types to read: "scalars", "tensors", "histograms", "images",
            "audio", "hparams", "text"; None for all.

    Raises:
        ValueError: there is nothing at the path; extra_columns or event_types is no set.
        KeyError: it holds a name that there is not.

    Example:
        >>> from eventcodec.compat.tbparse import SummaryReader
        >>> SummaryReader("runs", extra_columns={"dir_name"}).scalars  # doctest: +SKIP
           step   tag  value dir_name
        0     0  loss    0.9     exp1
    """

    def __init__(
        self,
        log_path: str,
        *,
        pivot: bool = False,
        extra_columns: set[str] | None = None,
        event_types: set[str] | None = None,
    ) -> None:
        self._log_path = log_path
        self._pivot = pivot
        self._extra_columns = _checked("extra_columns", extra_columns or set(), EXTRA_COLUMNS)
        self._event_types = _checked("event_types", event_types or {*EVENT_TYPES}, {*EVENT_TYPES})
        self._children: dict[str, SummaryReader] = {}
        self._accumulator: EventAccumulator | None = None
        self._frames: dict[str, pd.DataFrame] = {}
        path = Path(log_path)
        if not path.exists():
            raise ValueError(f"File or directory not found: {log_path}")
        if path.is_dir():
            for each in sorted(path.iterdir()):
                self._children[each.name] = SummaryReader(
                    str(each),
                    pivot=pivot,
                    extra_columns=self._extra_columns,
                    event_types=self._event_types,
                )
        else:
            self._accumulator = EventAccumulator(log_path, STORE_EVERYTHING_SIZE_GUIDANCE).Reload()

    @property
    def log_path(self) -> str:
        """The file or directory."""
        return self._log_path

    @property
    def children(self) -> dict[str, SummaryReader]:
        """The readers of what is in the directory, by name."""
        return self._children.copy()

    @property
    def tags(self) -> dict[str, list[str]]:
        """The tags of each type."""
        return {event_type: self._tags_of(event_type) for event_type in EVENT_TYPES}

    def get_tags(self, event_type: str | None = None) -> list[str] | dict[str, list[str]]:
        """Return the tags of a type, or of each type.

        Raises:
            ValueError: there is no such type.
        """
        if event_type is None:
            return self.tags
        return self._tags_of(_known("event_type", event_type, {*EVENT_TYPES}))

    def _tags_of(self, event_type: str) -> list[str]:
        if self._accumulator is None:
            found = (tag for each in self._children.values() for tag in each._tags_of(event_type))
            return list(dict.fromkeys(found))
        if event_type not in self._event_types:
            return []
        if event_type == "hparams":
            return list(self._hparams())
        tags: list[str] = self._raw_tags()[event_type]
        if event_type == "tensors":
            raw = self._raw_tags()
            other = {*raw["hparams"], *raw["text"]}
            return [tag for tag in tags if tag not in other]
        return tags

    # ---- data frames

    def get_events(self, event_type: str) -> pd.DataFrame:
        """Return the values of a type as a data frame.

        Raises:
            ValueError: there is no such type, or event_types leaves it out.
            ImportError: pandas, or for images Pillow, is not installed.
        """
        _known("event_type", event_type, {*EVENT_TYPES})
        if event_type not in self._event_types:
            raise ValueError(f"event_type is ignored by user: {event_type}")
        if self._accumulator is not None:
            found = [self._own_frame(event_type)]
        else:
            found = [self._child_frame(each, event_type) for each in self._children.values()]
        return frames.stack(found, self._extra_columns, pivot=self._pivot)

    def _child_frame(self, child: SummaryReader, event_type: str) -> pd.DataFrame:
        frame = child.get_events(event_type)
        if "dir_name" in frame and child._accumulator is None:
            name = Path(child.log_path).name
            frame["dir_name"] = [f"{name}/{each}" if each else name for each in frame["dir_name"]]
        return frame

    def _own_frame(self, event_type: str) -> pd.DataFrame:
        if event_type not in self._frames:
            found = self._values(event_type)
            columns = self._extra_columns & {"dir_name", "file_name", "wall_time"}
            extra = self._extra_columns - columns
            name = Path(self._log_path).name
            self._frames[event_type] = frames.of_file(
                found, extra, columns, name, pivot=self._pivot, steps=event_type != "hparams"
            )
        return self._frames[event_type].copy()

    def _values(self, event_type: str) -> list[frames.Series]:
        """Return the values of a type, tag by tag."""
        assert self._accumulator is not None
        if event_type == "scalars":
            return values.scalars(self._accumulator)
        if event_type == "hparams":
            return [
                frames.Series(tag, [], [], {"": [each]}) for tag, each in self._hparams().items()
            ]
        read = values.READERS[event_type]
        return [read(self._accumulator, tag) for tag in self._tags_of(event_type)]

    def _hparams(self) -> dict[str, Any]:
        assert self._accumulator is not None
        contents = self._accumulator._plugin_to_tag_to_content.get("hparams", {})
        return values.hparams_of(contents.get(_SESSION_START))

    @property
    def scalars(self) -> pd.DataFrame:
        """Columns step, tag, value."""
        return self.get_events("scalars")

    @property
    def tensors(self) -> pd.DataFrame:
        """Columns step, tag, value; TensorFlow 2's scalars and histograms are here."""
        return self.get_events("tensors")

    @property
    def histograms(self) -> pd.DataFrame:
        """Columns step, tag, limits and counts; the first count is 0."""
        return self.get_events("histograms")

    @property
    def images(self) -> pd.DataFrame:
        """Columns step, tag, value: uint8[height, width, channels]."""
        return self.get_events("images")

    @property
    def audio(self) -> pd.DataFrame:
        """Columns step, tag, value: float32[frames, channels]."""
        return self.get_events("audio")

    @property
    def hparams(self) -> pd.DataFrame:
        """Columns tag, value."""
        return self.get_events("hparams")

    @property
    def text(self) -> pd.DataFrame:
        """Columns step, tag, value."""
        return self.get_events("text")

    # ---- raw events

    @property
    def raw_tags(self) -> dict[str, Any]:
        """The tags of a file, by raw type."""
        return self._raw_tags()

    def get_raw_tags(
        self, event_type: str | None = None, event_acc: EventAccumulator | None = None
    ) -> Any:
        """Return the tags of a raw type, or of each.

        Raises:
            ValueError: the path is a directory, or there is no such type.
        """
        if event_type is not None:
            _known("event_type", event_type, _RAW_TYPES)
        tags = self._raw_tags(event_acc)
        return tags if event_type is None else tags[event_type]

    def _raw_tags(self, accumulator: EventAccumulator | None = None) -> dict[str, Any]:
        accumulator = self._file(accumulator)
        contents = accumulator._plugin_to_tag_to_content
        return accumulator.Tags() | {
            plugin: list(contents.get(plugin, {})) for plugin in ("hparams", "text")
        }

    @property
    def raw_events(self) -> dict[str, dict[str, Any]]:
        """The events of a file, by type and tag, as EventAccumulator gives them."""
        return {event_type: self.get_raw_events(event_type) for event_type in EVENT_TYPES}

    def get_raw_events(
        self,
        event_type: str | None = None,
        tag: str | None = None,
        event_acc: EventAccumulator | None = None,
    ) -> Any:
        """Return the events of a tag of a type, of all its tags, or of all types.

        Raises:
            ValueError: the path is a directory, or a tag is given without its type.
            KeyError: there is no such type or tag.
        """
        accumulator = self._file(event_acc)
        if event_type is None:
            if tag is not None:
                raise ValueError("tag shouldn't be set if event_type is None")
            return self.raw_events
        read = {
            "scalars": accumulator.Scalars,
            "tensors": accumulator.Tensors,
            "histograms": accumulator.Histograms,
            "images": accumulator.Images,
            "audio": accumulator.Audio,
            "hparams": lambda name: accumulator.PluginTagToContent("hparams")[name],
            "text": accumulator.Tensors,
        }[event_type]
        if tag is not None:
            return read(tag)
        return {each: read(each) for each in self._raw_tags(accumulator)[event_type]}

    def _file(self, accumulator: EventAccumulator | None) -> EventAccumulator:
        if self._accumulator is None:
            raise ValueError(f"Not an event file: {self._log_path}")
        return self._accumulator if accumulator is None else accumulator

    # ---- conversions

    @staticmethod
    def tensor_to_histogram(tensor: NDArray[Any]) -> dict[str, Any]:
        """Return limits, counts, min, max, num of [k, 3]: left, right, count."""
        return values.histogram_of_tensor(np.asarray(tensor))

    @staticmethod
    def buckets_to_histogram_dict(lst: NDArray[Any]) -> dict[str, Any]:
        """Return the same as tensor_to_histogram."""
        return values.histogram_of_tensor(np.asarray(lst))

    @staticmethod
    def tensor_to_image(tensor: NDArray[Any]) -> dict[str, Any]:
        """Return image, width, height of [width, height, image, ...] as text and encoded bytes."""
        return values.image_of_tensor(tensor)

    @staticmethod
    def tensor_to_audio(tensor: NDArray[Any]) -> dict[str, Any]:
        """Return audio, content_type, length_frames, sample_rate of [k, 2]: clip, label."""
        return values.audio_of_tensor(tensor)

    @staticmethod
    def histogram_to_pdf(
        counts: NDArray[Any], limits: NDArray[Any], x: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the centres between the points x and the density there."""
        return values.histogram_to_pdf(counts, limits, np.asarray(x))

    @staticmethod
    def histogram_to_cdf(
        counts: NDArray[Any], limits: NDArray[Any], x: NDArray[Any]
    ) -> NDArray[Any]:
        """Return the share of the values up to each of the ascending points x."""
        return values.histogram_to_cdf(counts, limits, x)

    @staticmethod
    def histogram_to_bins(
        counts: NDArray[Any],
        limits: NDArray[Any],
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        n_bins: int = 30,
    ) -> tuple[list[float], list[float]]:
        """Return the centres of n_bins even bins and the counts that fall into each."""
        return values.histogram_to_bins(counts, limits, lower_bound, upper_bound, n_bins)

    def __repr__(self) -> str:
        return f"SummaryReader(log_path='{self._log_path}')"

    def __getitem__(self, child_idx: str) -> SummaryReader:
        return self._children[child_idx]


def _checked(what: str, given: set[str], known: set[str]) -> set[str]:
    if not isinstance(given, set):
        raise ValueError(f"{what} must be a set, got {given!r}")
    unknown = sorted(given - known)
    if unknown:
        raise KeyError(
            f"Invalid {what}: {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    return given.copy()


def _known(what: str, given: str, known: set[str]) -> str:
    if given not in known:
        raise ValueError(f"Unknown {what}: {given!r}; there are {', '.join(sorted(known))}")
    return given
