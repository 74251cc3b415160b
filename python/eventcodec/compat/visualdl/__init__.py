"""VisualDL's LogWriter and LogReader over this package's writer and reader.

Change `from visualdl import LogWriter` to `from eventcodec.compat.visualdl import LogWriter`;
docs/visualdl.md says where they do better than the originals.
"""

from __future__ import annotations

from eventcodec.compat.visualdl.reader import LogReader
from eventcodec.compat.visualdl.writer import LogWriter

__all__ = ["LogReader", "LogWriter"]
