"""Event files drawn from a seed: every kind of value in every encoding, restarts, odd events.

Made with TensorBoard's message classes and google-crc32c, so that nothing of the library under test
has a part in them.
"""

from __future__ import annotations

import io
import random
import struct
import wave
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

import google_crc32c
import numpy as np
from tensorboard.compat.proto import event_pb2, graph_pb2, meta_graph_pb2, summary_pb2, types_pb2
from tensorboard.util import tensor_util

__all__ = ["FILE_NAME", "draw_events", "frame", "write_log", "write_run"]

FILE_NAME = "events.out.tfevents.{:010d}.host.1.0"
_FLOATS = [np.float16, np.float32, np.float64]
_INTEGERS = [np.int16, np.int32, np.int64, np.uint8, np.bool_]
# TensorBoard's SCALAR, TENSOR and BLOB_SEQUENCE.
_DATA_CLASSES = {
    "scalars": 1,
    "histograms": 2,
    "text": 2,
    "images": 3,
    "audio": 3,
    "own_scalars": 1,
}
_TAGS = ["a", "loss/train", "x y", "ünicode", "deep/er/tag", "b" * 70, "c" * 200]


def _masked(data: bytes) -> int:
    crc: int = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """Return the record of a payload."""
    length = struct.pack("<Q", len(payload))
    return b"".join(
        [
            length,
            struct.pack("<I", _masked(length)),
            payload,
            struct.pack("<I", _masked(payload)),
        ]
    )


class _Draw:
    """The values of one run: each tag keeps its kind, as in what real writers leave."""

    def __init__(self, rng: random.Random, without: Collection[str]) -> None:
        self.rng = rng
        self.numpy = np.random.default_rng(rng.getrandbits(32))
        kinds = [kind for kind in self.KINDS if kind not in without]
        self.tags = {
            f"{tag}/{kind}": kind
            for tag in rng.sample(_TAGS, rng.randint(1, 4))
            for kind in rng.sample(kinds, rng.randint(1, 4))
        }
        self.metadata_every_time = rng.random() < 0.5
        self.has_metadata: set[str] = set()

    def summary(self, count: int) -> Any:
        """Return a Summary of `count` values."""
        summary = summary_pb2.Summary()
        for tag in self.rng.choices(list(self.tags), k=count):
            value = summary.value.add(tag=tag)
            plugin = self.KINDS[self.tags[tag]](self, value)
            if plugin and (self.metadata_every_time or tag not in self.has_metadata):
                self.has_metadata.add(tag)
                value.metadata.plugin_data.plugin_name = plugin
                if self.rng.random() < 0.3:
                    value.metadata.display_name = "display " + tag
                if self.rng.random() < 0.3:
                    value.metadata.summary_description = "about *it*"
                if self.rng.random() < 0.3 or plugin == "own_scalars":
                    value.metadata.data_class = _DATA_CLASSES.get(plugin, 0)
        return summary

    def _number(self) -> float:
        odd = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e-45, 3.4e38]
        return self.rng.choice(odd) if self.rng.random() < 0.1 else self.rng.gauss(0, 10)

    def _tensor(self, array: Any) -> Any:
        """Return a TensorProto in one of its three forms."""
        proto = tensor_util.make_tensor_proto(array)
        if array.dtype.kind in "SO" or self.rng.random() < 0.5:
            return proto
        proto = tensor_util.make_tensor_proto(np.zeros(array.shape, array.dtype))
        fields = [field.name for field, _ in proto.ListFields()]
        for name in fields:
            if name not in ("dtype", "tensor_shape"):
                proto.ClearField(name)
        proto.tensor_content = array.tobytes()
        return proto

    def simple(self, value: Any) -> str:
        value.simple_value = np.float32(self._number())
        return self.rng.choice(["", "", "scalars"])

    def scalar_tensor(self, value: Any) -> str:
        dtype = self.rng.choice([np.float32, np.float32, np.float64])
        value.tensor.CopyFrom(self._tensor(np.array(self._number(), dtype)))
        if self.rng.random() < 0.2:
            value.tensor.ClearField("tensor_shape")
        return "scalars"

    def own_scalar(self, value: Any) -> str:
        value.tensor.CopyFrom(self._tensor(np.array(self._number(), np.float32)))
        return "own_scalars"  # a plugin of which nothing is known but the class of its data

    def _histogram(self, message: Any) -> None:
        counts, edges = np.histogram(self.numpy.normal(size=50), bins=self.rng.randint(1, 12))
        message.min, message.max, message.num = edges[0], edges[-1], 50
        message.sum, message.sum_squares = self._number(), abs(self._number())
        message.bucket_limit.extend(edges.tolist())
        message.bucket.extend([0.0, *counts.astype(float).tolist()])

    def histo(self, value: Any) -> str:
        self._histogram(value.histo)
        return self.rng.choice(["", "histograms"])

    def histogram_tensor(self, value: Any) -> str:
        buckets = self.rng.randint(0, 8)
        edges = np.sort(self.numpy.normal(size=buckets + 1))
        counts = self.numpy.integers(0, 9, size=buckets)
        rows = np.stack([edges[:-1], edges[1:], counts], axis=1) if buckets else np.zeros((0, 3))
        value.tensor.CopyFrom(self._tensor(rows))
        return "histograms"

    def _png(self) -> bytes:
        from PIL import Image

        out = io.BytesIO()
        Image.fromarray(self.numpy.integers(0, 255, (2, 3, 3), dtype=np.uint8)).save(out, "png")
        return out.getvalue()

    def image(self, value: Any) -> str:
        value.image.height, value.image.width, value.image.colorspace = 2, 3, 3
        value.image.encoded_image_string = self._png()
        return self.rng.choice(["", "images"])

    def image_tensor(self, value: Any) -> str:
        pictures = [self._png() for _ in range(self.rng.randint(1, 3))]
        value.tensor.CopyFrom(tensor_util.make_tensor_proto(np.array([b"3", b"2", *pictures])))
        return "images"

    def _wav(self) -> bytes:
        out = io.BytesIO()
        with wave.open(out, "wb") as clip:
            clip.setnchannels(1)
            clip.setsampwidth(2)
            clip.setframerate(8000)
            clip.writeframes(self.numpy.integers(-99, 99, 16, dtype=np.int16).tobytes())
        return out.getvalue()

    def audio(self, value: Any) -> str:
        value.audio.sample_rate, value.audio.num_channels = 8000.0, 1
        value.audio.length_frames, value.audio.content_type = 16, "audio/wav"
        value.audio.encoded_audio_string = self._wav()
        return self.rng.choice(["", "audio"])

    def audio_tensor(self, value: Any) -> str:
        clips = [[self._wav(), b""] for _ in range(self.rng.randint(1, 2))]
        value.tensor.CopyFrom(tensor_util.make_tensor_proto(np.array(clips, dtype=object)))
        return "audio"

    def _strings(self, *shape: int) -> Any:
        array = np.empty(shape, dtype=object)
        array[...] = f"**text** {self.rng.getrandbits(20)} ü".encode()
        return tensor_util.make_tensor_proto(array)

    def text(self, value: Any) -> str:
        value.tensor.CopyFrom(self._strings() if self.rng.random() < 0.5 else self._strings(1))
        return "text"

    def text_parts(self, value: Any) -> str:
        value.tensor.CopyFrom(self._strings(self.rng.randint(2, 3)))
        return "text"

    def tensor(self, value: Any) -> str:
        return self._plain_tensor(value, _FLOATS)

    def integers(self, value: Any) -> str:
        return self._plain_tensor(value, _INTEGERS)

    def _plain_tensor(self, value: Any, dtypes: list[Any]) -> str:
        shape = tuple(self.rng.choices([1, 2, 3], k=self.rng.randint(0, 3)))
        array = (self.numpy.normal(size=shape) * 5).astype(self.rng.choice(dtypes))
        value.tensor.CopyFrom(self._tensor(array))
        return self.rng.choice(["", "unknown_plugin"])

    def pr_curve(self, value: Any) -> str:
        value.tensor.CopyFrom(self._tensor(self.numpy.random((6, 5)).astype(np.float32)))
        return "pr_curves"

    def hparams(self, value: Any) -> str:
        return "hparams"

    def hparams_tensor(self, value: Any) -> str:
        value.tensor.dtype = types_pb2.DT_FLOAT
        value.tensor.tensor_shape.dim.add(size=0)
        return "hparams"

    def old_tensor(self, value: Any) -> str:
        value.node_name = value.tag
        value.ClearField("tag")
        value.tensor.CopyFrom(self._tensor(self.numpy.normal(size=2)))
        return ""

    KINDS: ClassVar = {
        "simple": simple,
        "scalar_tensor": scalar_tensor,
        "histo": histo,
        "histogram_tensor": histogram_tensor,
        "image": image,
        "image_tensor": image_tensor,
        "audio": audio,
        "audio_tensor": audio_tensor,
        "text": text,
        "text_parts": text_parts,
        "tensor": tensor,
        "integers": integers,
        "pr_curve": pr_curve,
        "hparams": hparams,
        "hparams_tensor": hparams_tensor,
        "old_tensor": old_tensor,
        "own_scalar": own_scalar,
    }


def _odd_event(rng: random.Random, event: Any) -> None:
    """Fill an event with something that is no summary."""
    choice = rng.randrange(6)
    if choice == 0:
        event.session_log.status = rng.choice([0, 2, 3])
    elif choice == 1:
        event.log_message.message = "log"
    elif choice == 2:
        graph = graph_pb2.GraphDef()
        graph.node.add(name=f"node{rng.getrandbits(8)}", op="Add")
        event.graph_def = graph.SerializeToString()
    elif choice == 3:
        meta = meta_graph_pb2.MetaGraphDef()
        meta.graph_def.node.add(name="meta", op="Mul")
        event.meta_graph_def = meta.SerializeToString()
    elif choice == 4:
        event.tagged_run_metadata.tag = f"step{rng.randrange(3)}"
        event.tagged_run_metadata.run_metadata = b"\x0a\x00"
    else:
        event.session_log.status = 1  # START: a restart


def draw_events(
    rng: random.Random, count: int, *, restarts: bool = True, without: Collection[str] = ()
) -> list[Any]:
    """Return the events of one file without the version record.

    Args:
        rng: what is drawn from.
        count: how many.
        restarts: whether steps may go back and sessions start anew.
        without: kinds of values that are left out.
    """
    draw = _Draw(rng, without)
    step, wall_time = rng.choice([0, 0, 1, 1000, 2**40]), 1.7e9
    events = []
    for _ in range(count):
        wall_time += rng.random()
        event = event_pb2.Event(step=step, wall_time=wall_time)
        if rng.random() < 0.08:
            _odd_event(rng, event)
            if not restarts and event.HasField("session_log"):
                event.ClearField("session_log")
        else:
            event.summary.CopyFrom(draw.summary(rng.choice([1, 1, 1, 2, 3])))
        events.append(event)
        step += rng.choice([0, 1, 1, 1, 5])
        if restarts and rng.random() < 0.03:
            step = max(step - rng.randint(1, 20), 0)
    return events


def _version(rng: random.Random) -> list[bytes]:
    """Return the records that a file begins with: none in the oldest files."""
    first = event_pb2.Event(wall_time=1.7e9, file_version="brain.Event:2")
    if rng.random() < 0.3:
        first.source_metadata.writer = "tensorflow.core.util.events_writer"
    return [] if rng.random() < 0.15 else [first.SerializeToString()]


def write_run(
    directory: Path,
    rng: random.Random,
    *,
    events: int = 40,
    restarts: bool = True,
    without: Collection[str] = (),
) -> list[Path]:
    """Write one run of one to three files into a new directory; return its files."""
    directory.mkdir(parents=True)
    paths = []
    for number in range(rng.choice([1, 1, 2, 3]) if restarts else 1):
        drawn = draw_events(rng, events, restarts=restarts, without=without)
        payloads = [each.SerializeToString() for each in drawn]
        header = _version(rng) if restarts else _version(random.Random(0))
        path = directory / FILE_NAME.format(1_700_000_000 + number)
        path.write_bytes(b"".join(map(frame, [*header, *payloads])))
        paths.append(path)
    return paths


def write_log(directory: Path, rng: random.Random, runs: int, **options: Any) -> list[Path]:
    """Write a log directory of several runs; return the directories of the runs."""
    names = [directory / f"run{number:05d}" for number in range(runs)]
    for each in names:
        write_run(each, rng, **options)
    return names
