"""conftest.py of tensorboardX's tests: what they import from tensorboardX is ours.

Only tensorboardX.proto stays, the message classes that the tests read files with.
"""

import importlib
import sys

import tensorboardX

import eventcodec

MODULES = ("summary", "utils", "x2num", "crc32c", "record_writer", "event_file_writer")
for name in (*MODULES, "writer", "global_writer"):
    ours = importlib.import_module(f"eventcodec.compat.tensorboardx.{name}")
    sys.modules[f"tensorboardX.{name}"] = ours
    setattr(tensorboardX, name, ours)
for name in ("SummaryWriter", "FileWriter", "GlobalSummaryWriter", "RecordWriter"):
    setattr(tensorboardX, name, getattr(eventcodec.compat.tensorboardx, name))
