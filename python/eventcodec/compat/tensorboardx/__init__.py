"""tensorboardX's SummaryWriter and what stands beside it, over the native writer.

>>> import tempfile
>>> from eventcodec.compat.tensorboardx import SummaryWriter
>>> with SummaryWriter(logdir=tempfile.mkdtemp()) as writer:
...     writer.add_scalar("loss", 0.25, 7)

The modules that code imports from tensorboardX are here under their names: summary, utils, x2num,
crc32c, record_writer, event_file_writer, writer, global_writer. Messages are of eventcodec.proto.
"""

from __future__ import annotations

from eventcodec.compat.tensorboardx.global_writer import GlobalSummaryWriter
from eventcodec.compat.tensorboardx.record_writer import RecordWriter
from eventcodec.compat.tensorboardx.writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "GlobalSummaryWriter", "RecordWriter", "SummaryWriter"]
