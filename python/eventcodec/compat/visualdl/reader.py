"""LogReader: VisualDL's names over this package's reader of VisualDL logs.

Where it does better: all files of a directory count, in the order of their names, not only the one
with the greatest name; damaged bytes are skipped and listed; a file that is being written is read
as far as it goes; nothing is sampled away; a tag that was used for two components has both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcodec.damage import SkippedRegion
from eventcodec.vdl.records import COMPONENTS, ValueReader

if TYPE_CHECKING:
    from eventcodec.proto import Record

__all__ = ["DataManager", "LogReader", "Reservoir"]

MARK = "vdlrecords"
_GETTERS = (*COMPONENTS.values(), "embedding")


def _encode(tag: str) -> str:
    """Return the form of a tag that stands in addresses and paths of VisualDL."""
    return tag.replace("/", "%")


def _decode(tag: str) -> str:
    return tag.replace("%", "/")


class Reservoir:
    """The values of one component: all of them, unlike VisualDL's samples."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], list[Record.Value]] = {}

    @property
    def keys(self) -> list[str]:
        """Run and tag, joined by a slash."""
        return [f"{run}/{tag}" for run, tag in self._items]

    def exist_in_keys(self, run: str, tag: str) -> bool:
        """Return whether there are values of a tag in a run."""
        return (run, _encode(tag)) in self._items

    def get_items(self, run: str, tag: str) -> list[Record.Value]:
        """Return the values of a tag of a run, in the order of the files.

        Raises:
            KeyError: there are none.
        """
        if not self.exist_in_keys(run, tag):
            raise KeyError(f"no values of tag {tag!r} in run {run!r}")
        return self._items[run, _encode(tag)]

    def get_num_items_index(self, run: str, tag: str) -> int:
        """Return how many values there are."""
        return len(self.get_items(run, tag))

    def add_item(self, run: str, tag: str, item: Record.Value) -> None:
        """Append a value."""
        self.values_of(run, tag).append(item)

    def values_of(self, run: str, tag: str) -> list[Record.Value]:
        """Return the list of a tag of a run, which begins here if need be."""
        return self._items.setdefault((run, _encode(tag)), [])


class DataManager:
    """The values of a log directory by component."""

    def __init__(self) -> None:
        self._reservoirs = {component: Reservoir() for component in COMPONENTS.values()}

    def get_reservoir(self, plugin: str) -> Reservoir:
        """Return the values of a component: "scalar", "scalars", "image", ...

        Raises:
            KeyError: there is no such component.
        """
        return self._reservoirs[plugin]

    def add_item(self, plugin: str, run: str, tag: str, item: Record.Value) -> None:
        """Append a value; a curve of a chart also as a scalar of a run of its own."""
        for values in self.lists_of(plugin, run, tag, item.tag_value.tag):
            values.append(item)

    def lists_of(self, plugin: str, run: str, tag: str, sub_tag: str) -> list[list[Record.Value]]:
        """Return the lists that a value belongs to; `sub_tag` is that of a curve of a chart."""
        lists = [self._reservoirs[plugin].values_of(run, tag)]
        if plugin == "scalars":
            curve = f"{_encode(tag).replace('%', '_')}_{sub_tag}"
            lists.append(self._reservoirs["scalar"].values_of(f"{run}/{curve}", tag))
        return lists


class LogReader:
    """Read what VisualDL's writers wrote, with the calls of visualdl.LogReader.

    Args:
        logdir: a directory, or a list of them; every directory below with a file whose name
            contains "vdlrecords" is a run.
        file_path: one file instead: then get_tags(), get_data() and get_<component>() are what
            to call.

    Attributes:
        data_manager: what was read of `logdir`.
        damage: list of SkippedRegion: the bytes that were skipped.
        name2tags: display name -> directory of a run.
        tags2name: directory -> display name.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: a file is no VisualDL log.

    Example:
        >>> import tempfile
        >>> from eventcodec.compat.visualdl import LogWriter
        >>> with LogWriter(tempfile.mkdtemp()) as writer:
        ...     writer.add_scalar("train/loss", 0.5, 7)
        >>> reader = LogReader(file_path=writer.file_name)
        >>> [(value.id, value.value) for value in reader.get_data("scalar", "train/loss")]
        [(7, 0.5)]
    """

    def __init__(self, logdir: str | Iterable[str] = "", file_path: str = "") -> None:
        self.dir = [logdir] if isinstance(logdir, str) else list(logdir)
        self.data_manager = DataManager()
        self.name2tags: dict[str, str] = {}
        self.tags2name: dict[str, str] = {}
        self.model = ""
        self._tags: dict[str, str] = {}
        self._log_data: dict[str, dict[str, list[Record.Value]]] = {}
        self._readers: dict[Path, ValueReader] = {}
        self._file_path = os.fspath(file_path)
        for name in _GETTERS:
            component = "embeddings" if name == "embedding" else name
            setattr(self, f"get_{name}", partial(self.get_data, component))
        if not self._file_path and not any(self.dir):
            return
        for path in [self._file_path] if self._file_path else self.dir:
            if not Path(path).exists():
                raise FileNotFoundError(2, "No such VisualDL log", str(path))
        self.load_new_data()

    @property
    def logdir(self) -> list[str]:
        """The log directories."""
        return self.dir

    @property
    def damage(self) -> list[SkippedRegion]:
        """Bytes that were skipped, in the order of files and bytes."""
        return [region for reader in self._readers.values() for region in reader.damage]

    @property
    def log_data(self) -> dict[str, dict[str, list[Record.Value]]]:
        """Component -> tag with "%" for "/" -> values, over all runs."""
        return self._log_data

    def get_tags(self) -> dict[str, list[str]]:
        """Return the tags of each component."""
        return {name: [_decode(tag) for tag in tags] for name, tags in self._log_data.items()}

    def get_data(self, component: str, tag: str) -> list[Record.Value]:
        """Return the values of a tag, [] when there are none."""
        return self._log_data.get(component, {}).get(_encode(tag), [])

    def get_log_data(self, component: str, run: str, tag: str) -> list[Any]:
        """Return the values of a tag of a run (a directory, or its display name).

        Returns:
            Of "scalar" lists of [step, tag, timestamp, value], of "scalars" of [step, tag, sub-tag,
            timestamp, value], of others the messages.
        """
        reservoir = self.data_manager.get_reservoir(component)
        run = self.name2tags.get(run, run)
        values = reservoir.get_items(run, tag) if reservoir.exist_in_keys(run, tag) else []
        if component == "scalar":
            return [[v.id, v.tag, v.timestamp, v.value] for v in values]
        if component == "scalars":
            return [[v.id, v.tag, v.tag_value.tag, v.timestamp, v.tag_value.value] for v in values]
        return list(values)

    def logs(self, update: bool = False) -> dict[str, str]:
        """Return, for each run, the name of its newest file."""
        del update  # they are always looked up
        return {run: names[-1] for run, names in self._walk().items()}

    def runs(self, update: bool = True) -> list[str]:
        """Return the directories with logs."""
        return list(self.logs(update))

    def tags(self) -> dict[str, str]:
        """Return run/tag, with "%" for "/" in the tag -> component; of several, the first."""
        return self._tags

    def components(self, update: bool = False) -> set[str]:
        """Return the components that were used."""
        if update:
            self.load_new_data()
        return set(self._log_data)

    def component_tabs(self, update: bool = False) -> set[str]:
        """Return the same without the names of the runs."""
        return self.components(update) - {"meta_data"}

    def load_new_data(self, update: bool = True) -> None:
        """Read what was added to the files, and new files.

        Raises:
            OSError: a file cannot be read.
        """
        del update  # as in VisualDL, where it is always true
        if self._file_path:
            self._load(self._file_path, Path(self._file_path))
        for run, names in {} if self._file_path else self._walk().items():
            for name in names:
                self._load(run, Path(run) / name)

    def _walk(self) -> dict[str, list[str]]:
        found = {}
        for root in filter(None, self.dir):
            for where, directories, names in os.walk(root, followlinks=False):
                directories.sort()
                logs = sorted(name for name in names if MARK in name)
                if logs:
                    found[where] = logs
        return found

    def _load(self, run: str, path: Path) -> None:
        reader = self._readers.setdefault(path, ValueReader(path))
        # What a value is appended to, by what tells where: most values are like earlier ones.
        known: dict[tuple[str | None, str, str], list[list[Record.Value]]] = {}
        for value in reader.read():
            member = value.WhichOneof("one_value")
            place = member, value.tag, value.tag_value.tag if member == "tag_value" else ""
            lists = known.get(place)
            if lists is None:
                lists = known[place] = self._lists_of(run, COMPONENTS[member or ""], *place[1:])
            for values in lists:
                values.append(value)
            if member == "meta_data" and value.meta_data.display_name:
                self.name2tags[value.meta_data.display_name] = run
                self.tags2name[run] = value.meta_data.display_name

    def _lists_of(
        self, run: str, component: str, name: str, sub_tag: str
    ) -> list[list[Record.Value]]:
        tag = _encode(name)
        self._tags.setdefault(os.path.join(run, tag), component)  # noqa: PTH118
        return [
            self._log_data.setdefault(component, {}).setdefault(tag, []),
            *self.data_manager.lists_of(component, run, tag, sub_tag),
        ]

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing is held open."""
