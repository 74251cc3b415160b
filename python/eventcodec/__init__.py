"""Write, read and check TensorBoard event files, with a native core."""

from __future__ import annotations

try:
    from eventcodec import _native
except ImportError as error:
    _message = "eventcodec's native module is missing: was it built? Try `pip install .` again"
    raise ImportError(_message) from error
from eventcodec._native import crc32c, masked_crc32c
from eventcodec.build_info import BuildInfo, build_info
from eventcodec.damage import SkippedRegion
from eventcodec.errors import (
    CodecError,
    CorruptRecordError,
    TruncatedError,
    WriterClosedError,
    WriterFailedError,
)
from eventcodec.event_reader import EventReader, summary_iterator
from eventcodec.histogram import Histogram, histogram
from eventcodec.png import encode_png
from eventcodec.reader import Log, follow, open  # noqa: A004
from eventcodec.record import RecordReader, RecordWriter
from eventcodec.replacement import patch, unpatch
from eventcodec.writer import SummaryWriter, WriterStats

__version__ = _native.build_info()["version"]

__all__ = [
    "BuildInfo",
    "CodecError",
    "CorruptRecordError",
    "EventReader",
    "Histogram",
    "Log",
    "RecordReader",
    "RecordWriter",
    "SkippedRegion",
    "SummaryWriter",
    "TruncatedError",
    "WriterClosedError",
    "WriterFailedError",
    "WriterStats",
    "__version__",
    "build_info",
    "crc32c",
    "encode_png",
    "follow",
    "histogram",
    "masked_crc32c",
    "open",
    "patch",
    "summary_iterator",
    "unpatch",
]
