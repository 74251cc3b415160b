"""The writer: SummaryWriter and what it reports about itself."""

from __future__ import annotations

from eventcodec.writer.stats import WriterStats
from eventcodec.writer.summary_writer import SummaryWriter

__all__ = ["SummaryWriter", "WriterStats"]
