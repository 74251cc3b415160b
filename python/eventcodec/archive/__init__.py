"""Work on whole archives of event files."""

from __future__ import annotations

from eventcodec.archive.export import ExportReport, export
from eventcodec.archive.index import IndexReport, index
from eventcodec.archive.query import Answer, query
from eventcodec.archive.repair import RepairReport, Salvaged, repair
from eventcodec.archive.verify import FileReport, verify

__all__ = [
    "Answer",
    "ExportReport",
    "FileReport",
    "IndexReport",
    "RepairReport",
    "Salvaged",
    "export",
    "index",
    "query",
    "repair",
    "verify",
]
