"""`ls` and `show` on every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_tensor_proto

from eventcodec import RecordWriter


def test_ls_and_show_tell_of_every_kind(tmp_path: Path, command: Any) -> None:
    tensors = {
        "pr_curves": np.zeros((6, 5)),
        "mesh": np.zeros((1, 2, 3), np.float32),
        "mystery": np.zeros((2, 3), np.int64),
        "graph_keras_model": np.array(b"{}", dtype=object),
        "custom_scalars": np.array(b"", dtype=object),
    }
    with RecordWriter(tmp_path / "events.out.tfevents.1.h") as writer:
        event = Event(wall_time=1.0, step=4)
        event.summary.value.add(tag="sound").audio.sample_rate = 8000
        event.summary.value.add(tag="old", obsolete_old_style_histogram=b"abc")
        for plugin, array in tensors.items():
            value = event.summary.value.add(tag=plugin, tensor=make_tensor_proto(array))
            value.metadata.plugin_data.plugin_name = plugin
        writer.write(event.SerializeToString())
    listed = command("ls", tmp_path)
    assert listed.returncode == 0, listed.stderr
    for words in ("8000 Hz", "5 thresholds", "float32[1, 2, 3]", "int64[2, 3]", "keras_model"):
        assert words in listed.stdout
    shown = command("show", tmp_path, "--json")
    assert shown.returncode == 0, shown.stderr
    values = {line["tag"]: line for line in map(json.loads, shown.stdout.splitlines())}
    assert set(values) == {"sound", "old", *tensors}
    assert values["mystery"]["value"] == {"dtype": "int64", "shape": [2, 3]}
    assert values["sound"]["value"]["sample_rate"] == 8000
    assert values["old"]["kind"] == "raw"
    lines = command("show", tmp_path)
    assert "pr_curves: 5 thresholds" in lines.stdout
