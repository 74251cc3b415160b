"""Work on whole archives of event files."""

from __future__ import annotations

from eventcodec.archive.repair import RepairReport, Salvaged, repair
from eventcodec.archive.verify import FileReport, verify

__all__ = ["FileReport", "RepairReport", "Salvaged", "repair", "verify"]
