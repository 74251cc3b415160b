"""The two writers of one engine, by name: what a workload logs with."""

from __future__ import annotations

from typing import Any

from eventcodec import SummaryWriter
from eventcodec.compat.visualdl import LogWriter

__all__ = ["Writer", "open_writer"]

Writer = SummaryWriter | LogWriter


def open_writer(
    name: str, directory: str, *, max_file_bytes: int | None = None, **options: Any
) -> Writer:
    """Open a "SummaryWriter" or VisualDL's "LogWriter", which has one file however long."""
    if name == "LogWriter":
        return LogWriter(directory, **options)
    return SummaryWriter(directory, max_file_bytes=max_file_bytes, **options)
