"""What is in a VisualDL log, read with the visualdl package's record reader and message classes."""

from __future__ import annotations

import contextlib
import functools
import os
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.event_records import FileContent

__all__ = ["LogContent", "read_log", "read_log_run", "whole_payloads"]

_LENGTH_BYTES = 8


class LogContent(FileContent):
    """The values of whole records, and what follows the last of them."""

    @property
    def steps(self) -> list[int]:
        """Steps of all values but the name of the run."""
        return [value.id for value in self.events if value.WhichOneof("one_value") != "meta_data"]

    @property
    def tags(self) -> set[str]:
        """Tags of all values but the name of the run."""
        return {value.tag for value in self.events if value.WhichOneof("one_value") != "meta_data"}


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """Have visualdl make its directories in a home directory that goes away."""
    before = os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        try:
            yield
        finally:
            if before is None:
                del os.environ["HOME"]
            else:
                os.environ["HOME"] = before


@functools.cache
def _visualdl() -> tuple[Any, Any]:
    with _elsewhere():
        from visualdl.proto.record_pb2 import Record
        from visualdl.reader.record_reader import RecordReader
    return Record, RecordReader


def whole_payloads(data: bytes) -> list[bytes]:
    """The payloads of whole records, by the rule of VisualDL's reader: a length, as many bytes."""
    payloads: list[bytes] = []
    at = 0
    while len(data) - at >= _LENGTH_BYTES:
        (length,) = struct.unpack_from("<Q", data, at)
        at += _LENGTH_BYTES + length
        if at > len(data):
            break
        payloads.append(data[at - length : at])
    return payloads


def read_log(path: Path) -> LogContent:
    """Read one log. Of a file without a torn tail VisualDL's own reader must see the same."""
    record_class, reader_class = _visualdl()
    data = path.read_bytes()
    payloads = whole_payloads(data)
    sizes = [len(payload) + _LENGTH_BYTES for payload in payloads]
    tail = data[sum(sizes) :]
    damage = ""
    values: list[Any] = []
    for payload in payloads:
        (value,) = record_class.FromString(payload).values
        values.append(value)
    if not tail and reader_class(filepath=str(path)).get_all() != payloads:
        damage = "VisualDL's reader sees other records"
    return LogContent(path, values, sizes, tail, damage)


def read_log_run(directory: Path) -> list[LogContent]:
    """All logs of a run in the order of their names, each of which must begin with its name."""
    contents = [read_log(path) for path in sorted(directory.glob("vdlrecords*"))]
    for content in contents:
        assert content.damage == "", f"{content.path}: {content.damage}"
        if content.events:
            assert content.events[0].WhichOneof("one_value") == "meta_data", content.path
    return contents
