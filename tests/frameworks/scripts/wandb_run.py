"""Weights & Biases' sync_tensorboard, offline; prints what it has taken over."""

import json
import os
import struct
import time
from pathlib import Path

os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
import wandb
from wandb.proto import wandb_internal_pb2

BLOCK = 32768  # of the file of an offline run, a log of LevelDB's after seven bytes


def records(data):
    """Yield the records of the file of an offline run."""
    at, begun = 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:
            at += BLOCK - at % BLOCK
            continue
        _, size, kind = struct.unpack_from("<IHB", data, at)
        begun += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # a whole record, or the end of one
            yield begun
            begun = b""


run = wandb.init(project="p", dir=".", sync_tensorboard=True)
from torch.utils.tensorboard import SummaryWriter  # noqa: E402 - after wandb.init

with SummaryWriter("log") as writer:
    for step in range(6):
        writer.add_scalar("loss", 1 / (step + 1), step)
time.sleep(15)  # it looks for ten seconds for a directory above all logs, and only then reads
run.finish()
(path,) = Path("wandb").glob("offline-run*/*.wandb")
seen = []
for data in records(path.read_bytes()):
    record = wandb_internal_pb2.Record.FromString(data)
    for item in record.history.item:
        if (item.key or "/".join(item.nested_key)) == "loss":
            seen.append(round(json.loads(item.value_json), 5))
# finish() takes the last point along or not, whoever wrote it.
print("SEEN", json.dumps(seen[:5]))
