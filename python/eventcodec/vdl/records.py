"""The values of a VisualDL log as messages, one after the other, as far as it has grown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from eventcodec import _native
from eventcodec.damage import SkippedRegion

if TYPE_CHECKING:
    from eventcodec.proto import Record

__all__ = ["COMPONENTS", "ValueReader"]

_LENGTH_BYTES = 8
_MORE = 0x80  # of a varint: another byte follows
_BUFFER_BYTES = 1 << 20
# VisualDL's name of a component, by the member of Record.Value that is set.
COMPONENTS = {
    "value": "scalar",
    "tag_value": "scalars",
    "image": "image",
    "audio": "audio",
    "text": "text",
    "histogram": "histogram",
    "embeddings": "embeddings",
    "pr_curve": "pr_curve",
    "roc_curve": "roc_curve",
    "hparam": "hyper_parameters",
    "meta_data": "meta_data",
}


class ValueReader:
    """Reads a log that may be damaged and may grow.

    Attributes:
        path: the file.
        damage: the regions that were skipped, in file order.

    Example:
        >>> for value in ValueReader("vdlrecords.1700000000.log").read():  # doctest: +SKIP
        ...     print(value.id, value.tag)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.damage: list[SkippedRegion] = []
        self._file = _native.EventFile(os.fsencode(self.path))
        self._generation = self._file.generation
        self._offset = 0

    def read(self) -> Iterator[Record.Value]:
        """Yield the values that were added since the last time, all of them after a replacement.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is no VisualDL log.
        """
        for failure in _native.scan_files(
            [self._file], mode="salvage", verify=True, threads=1, keep_rows=False
        ):
            if failure is not None:
                raise failure
        if self._file.format != "visualdl":
            raise ValueError(f"{self.path}: not a VisualDL log, but an event file")
        if self._generation != self._file.generation:
            self._generation, self._offset = self._file.generation, 0
        path = str(self.path)
        self.damage = [SkippedRegion(path, *region[:3]) for region in self._file.damage()]
        yield from self._values()

    def _values(self) -> Iterator[Record.Value]:
        from eventcodec.proto import Record

        parse = Record.Value.FromString
        end_of = {region.offset: region.offset + region.length for region in self.damage}
        end = self._file.bytes - self._file.pending
        with self.path.open("rb", buffering=_BUFFER_BYTES) as file:
            file.seek(self._offset)
            while self._offset < end:
                if end_of.get(self._offset) == self._file.bytes:
                    return  # more bytes may tell where it ends
                if self._offset in end_of:
                    self._offset = end_of[self._offset]
                    file.seek(self._offset)
                    continue
                length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
                payload = file.read(length)
                self._offset += _LENGTH_BYTES + length
                # The one value of a record stands behind its key and its length.
                at = 2
                while payload[at - 1] >= _MORE:
                    at += 1
                yield parse(payload[at:])
