"""Weights & Biases' sync_tensorboard, offline; prints what it has taken over."""

import json
import os
from pathlib import Path

os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
import wandb
from wandb.proto import wandb_internal_pb2
from wandb.sdk.internal.datastore import DataStore

run = wandb.init(project="p", dir=".", sync_tensorboard=True)
from torch.utils.tensorboard import SummaryWriter  # noqa: E402 - after wandb.init

with SummaryWriter("log") as writer:
    for step in range(5):
        writer.add_scalar("loss", 1 / (step + 1), step)
run.finish()
(path,) = Path("wandb").glob("offline-run*/*.wandb")
store = DataStore()
store.open_for_scan(str(path))
seen = []
while (data := store.scan_data()) is not None:
    record = wandb_internal_pb2.Record()
    record.ParseFromString(data)
    for item in record.history.item:
        key = item.key or "/".join(item.nested_key)
        if key == "loss":
            seen.append(round(json.loads(item.value_json), 5))
print("SEEN", json.dumps(seen))
