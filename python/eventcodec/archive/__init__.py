"""Work on whole archives of event files."""

from __future__ import annotations

from eventcodec.archive.compact import compact, rewind
from eventcodec.archive.diff import Difference, diff
from eventcodec.archive.export import ExportReport, export
from eventcodec.archive.import_scalars import ImportReport, import_scalars
from eventcodec.archive.index import IndexReport, index
from eventcodec.archive.merge import MergedRun, merge, reduce_runs
from eventcodec.archive.query import Answer, query
from eventcodec.archive.repair import RepairReport, Salvaged, repair
from eventcodec.archive.rewrite import RunChange, TagChange
from eventcodec.archive.shift import FileChange, shift, split
from eventcodec.archive.verify import FileReport, verify

__all__ = [
    "Answer",
    "Difference",
    "ExportReport",
    "FileChange",
    "FileReport",
    "ImportReport",
    "IndexReport",
    "MergedRun",
    "RepairReport",
    "RunChange",
    "Salvaged",
    "TagChange",
    "compact",
    "diff",
    "export",
    "import_scalars",
    "index",
    "merge",
    "query",
    "reduce_runs",
    "repair",
    "rewind",
    "shift",
    "split",
    "verify",
]
