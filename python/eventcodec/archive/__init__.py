"""Work on whole archives of event files."""

from __future__ import annotations

from eventcodec.archive.export import ExportReport, export
from eventcodec.archive.repair import RepairReport, Salvaged, repair
from eventcodec.archive.verify import FileReport, verify

__all__ = ["ExportReport", "FileReport", "RepairReport", "Salvaged", "export", "repair", "verify"]
