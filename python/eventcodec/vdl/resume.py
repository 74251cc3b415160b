"""Continuing a log that is there: it must be one, and end with a whole record."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from eventcodec import _native

__all__ = ["prepare_to_continue"]


def prepare_to_continue(path: Path) -> None:
    """Make sure that records can be added to a file; one that is not there is fine.

    A writer that was killed may have left part of a record at the end. Whatever is written behind
    it VisualDL's reader would read at the wrong place, so it is cut off, with a warning.

    Raises:
        ValueError: the file is no VisualDL log.
        OSError: it cannot be read or cut.
    """
    if not path.exists() or not path.stat().st_size:
        return
    file = _native.EventFile(os.fsencode(path))
    for failure in _native.scan_files(
        [file], mode="salvage", verify=True, threads=1, keep_rows=False
    ):
        if failure is not None:
            raise failure
    open_end = sum(length for offset, length, *_ in file.damage() if offset + length == file.bytes)
    if file.format != "visualdl" or not file.records:
        raise ValueError(f"{path}: not a VisualDL log; choose another file_name")
    torn = file.pending + open_end
    if torn:
        os.truncate(path, file.bytes - torn)
        warnings.warn(
            f"{path}: cut {torn} bytes of an unfinished record off its end, to continue it",
            RuntimeWarning,
            stacklevel=4,
        )
