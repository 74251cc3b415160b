"""What a log directory holds, in a form in which two logs can be compared: messages and pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from eventcodec import RecordReader


def pixels(encoded: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(encoded)))


def _normal(record: bytes, walltime: float) -> list[Any]:
    """An event with its pictures, and what is stored in no order, apart."""
    event = Event.FromString(record)
    if event.wall_time != walltime:
        assert event.wall_time > 1.7e9  # now
        event.wall_time = 0
    apart: list[Any] = []
    if event.HasField("graph_def"):
        apart.append(GraphDef.FromString(event.graph_def))  # its maps have no order
        event.graph_def = b""
    for value in event.summary.value:
        if value.HasField("image"):
            apart.append(pixels(value.image.encoded_image_string).tolist())
            value.image.encoded_image_string = b""
        if value.HasField("histo"):  # sums in another order
            for name in ("sum", "sum_squares"):
                setattr(value.histo, name, float(f"{getattr(value.histo, name):.12g}"))
        if value.metadata.plugin_data.plugin_name == "hparams":
            data = value.metadata.plugin_data
            apart.append(HParamsPluginData.FromString(data.content))  # its map has no order
            data.content = b""
    return [event, *apart]


def log_contents(directory: Path, walltime: float) -> dict[str, Any]:
    """Relative path -> content; of event files by their directory, without the first record."""
    contents: dict[str, Any] = {}
    for path in sorted(Path(directory).rglob("*")):
        if path.is_dir():
            continue
        name = path.relative_to(directory).as_posix()
        if "tfevents" in path.name:
            with RecordReader(path) as reader:
                events = [_normal(record, walltime) for record in reader]
            folder = path.parent.relative_to(directory).as_posix()
            contents.setdefault(folder, []).append(events[1:])
        elif path.suffix == ".png":
            contents[name] = pixels(path.read_bytes()).tolist()
        elif path.name == "projector_config.pbtxt":
            contents[name] = text_format.Parse(path.read_text(), ProjectorConfig())
        else:
            contents[name] = path.read_text()
    return contents
