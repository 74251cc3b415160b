"""Makes the golden files: python tests/golden/make.py [CASE...].

Each case is a folder: the event file that another program wrote, ORIGIN (the command and versions),
and expect.json: what EventAccumulator and the protobuf messages of TensorBoard read in it. Files
have fixed wall times but for the first record; they change only when made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
START = 1_700_000_000.25


def _image() -> np.ndarray:
    """An RGB gradient, (8, 12, 3) uint8."""
    y, x = np.mgrid[0:8, 0:12]
    return np.stack([20 * x, 30 * y, 10 * (x + y)], axis=-1).astype(np.uint8)


def _values(step: int) -> np.ndarray:
    return np.random.default_rng(step).normal(size=200)


def _summary_writer(writer) -> None:
    for step in range(10):
        writer.add_scalar("train/loss", 1 / (step + 1), step, walltime=START + step)
    writer.add_scalar("odd", float("nan"), 2**62, walltime=START)
    writer.add_scalar("odd", float("-inf"), -5, walltime=START + 1)
    writer.add_scalar("stepless", 3.5, walltime=START)
    for step in (0, 7):
        writer.add_histogram("weights", _values(step), step, walltime=START + step)
        writer.add_histogram("few", _values(step), step, bins=[-2, 0, 0.5, 3], walltime=START)
        writer.add_image("gradient", _image(), step, walltime=START + step, dataformats="HWC")
        writer.add_text("note", f"step *{step}*, größer", step, walltime=START + step)
    writer.close()


def torch(folder: Path) -> None:
    """torch.utils.tensorboard.SummaryWriter: the first form (v1)."""
    from torch.utils.tensorboard import SummaryWriter

    _summary_writer(SummaryWriter(str(folder)))


def tensorboardx(folder: Path) -> None:
    """tensorboardX.SummaryWriter: the first form (v1)."""
    from tensorboardX import SummaryWriter

    _summary_writer(SummaryWriter(str(folder)))


def torch_new_style(folder: Path) -> None:
    """torch's add_scalar(new_style=True), float32 and float64: scalars as tensors."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(folder))
    for step in range(5):
        at = START + step
        writer.add_scalar("single", step / 3, step, walltime=at, new_style=True)
        writer.add_scalar(
            "double", step / 3, step, walltime=at, new_style=True, double_precision=True
        )
    writer.close()


def tensorboard_writer(folder: Path) -> None:
    """tensorboard.summary.Writer: scalars as tensors with a description and a data class."""
    from tensorboard.summary import Writer

    writer = Writer(str(folder))
    for step in range(5):
        writer.add_scalar("acc", step / 8, step, wall_time=START + step, description="share right")
    writer.close()


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _event(writer, step: int, tag: str, plugin: str, array: np.ndarray) -> None:
    from tensorboard.compat.proto import event_pb2
    from tensorboard.util import tensor_util

    event = event_pb2.Event(wall_time=START + step, step=step)
    value = event.summary.value.add(tag=tag, tensor=tensor_util.make_tensor_proto(array))
    if step == 0:  # TensorFlow 1 sent the metadata with the first value of a tag only
        value.metadata.plugin_data.plugin_name = plugin
    writer.add_event(event)


def tensors_v2(folder: Path) -> None:
    """Every kind in the second form (v2), as tf.summary does; TensorBoard's EventFileWriter."""
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder), filename_suffix=".v2")
    for step in range(3):
        counts, edges = np.histogram(_values(step), bins=30)
        triples = np.stack([edges[:-1], edges[1:], counts.astype(float)], axis=1)
        images = np.array([b"12", b"8", _png(_image()), _png(_image()[:, ::-1])], dtype=object)
        _event(writer, step, "loss", "scalars", np.float32(step / 7))
        _event(writer, step, "weights", "histograms", triples)
        _event(writer, step, "pictures", "images", images)
        _event(writer, step, "note", "text", np.array(f"step {step}".encode(), dtype=object))
    writer.close()


def several_values(folder: Path) -> None:
    """Several values in one event, as TensorFlow 1 merges summaries; torch's FileWriter."""
    from tensorboard.compat.proto import summary_pb2
    from torch.utils.tensorboard import FileWriter

    writer = FileWriter(str(folder))
    for step in range(4):
        values = [
            summary_pb2.Summary.Value(tag=f"metric/{i}", simple_value=i + step / 4)
            for i in range(6)
        ]
        writer.add_summary(summary_pb2.Summary(value=values), step, walltime=START + step)
    writer.close()


CASES = [torch, tensorboardx, torch_new_style, tensorboard_writer, tensors_v2, several_values]


def _number(value: float) -> str:
    """A float64 as text that reads back bit for bit, NaN and Inf too."""
    return float(value).hex()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _histogram(value) -> dict:
    return {
        "limits": [_number(v) for v in value.bucket_limit],
        "counts": [_number(v) for v in value.bucket],
        **{k: _number(getattr(value, k)) for k in ("min", "max", "num", "sum", "sum_squares")},
    }


def _tensor_point(plugin: str, array: np.ndarray) -> object:
    if plugin == "scalars":
        return _number(array.item())
    if plugin == "histograms":
        return {"triples": [[_number(v) for v in row] for row in array]}
    if plugin == "images":
        width, height, *encoded = array.tolist()
        return {"width": int(width), "height": int(height), "sha256": [*map(_sha256, encoded)]}
    return b"\n\n".join(array.reshape(-1).tolist()).decode()


def expect(folder: Path) -> dict:
    """What TensorBoard's own readers see in a folder."""
    from tensorboard.backend.event_processing import event_accumulator as ea
    from tensorboard.util import tensor_util

    reader = ea.EventAccumulator(str(folder), ea.STORE_EVERYTHING_SIZE_GUIDANCE).Reload()
    tags = reader.Tags()

    def points(events, value) -> list:
        return [[e.step, _number(e.wall_time), value(e)] for e in events]

    result: dict = {"scalars": {}, "histograms": {}, "images": {}, "texts": {}}
    for tag in tags["scalars"]:
        result["scalars"][tag] = points(reader.Scalars(tag), lambda e: _number(e.value))
    for tag in tags["histograms"]:
        result["histograms"][tag] = points(
            reader.Histograms(tag), lambda e: _histogram(e.histogram_value)
        )
    for tag in tags["images"]:
        result["images"][tag] = points(
            reader.Images(tag),
            lambda e: {
                "width": e.width,
                "height": e.height,
                "sha256": [_sha256(e.encoded_image_string)],
            },
        )
    kinds = {"scalars": "scalars", "histograms": "histograms", "images": "images", "text": "texts"}
    for tag in tags["tensors"]:
        plugin = reader.SummaryMetadata(tag).plugin_data.plugin_name
        result[kinds[plugin]][tag] = points(
            reader.Tensors(tag),
            lambda e, plugin=plugin: _tensor_point(
                plugin, tensor_util.make_ndarray(e.tensor_proto)
            ),
        )
    return result


def make(case) -> None:
    """Write one case anew."""
    target = HERE / case.__name__
    with tempfile.TemporaryDirectory() as scratch:
        case(Path(scratch))
        (source,) = Path(scratch).iterdir()
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        # The name without this machine's: TensorBoard's form with a neutral host.
        suffix = ".v2" if source.name.endswith(".v2") else ""
        shutil.copyfile(source, target / f"events.out.tfevents.1700000000.host.1.0{suffix}")
    (target / "expect.json").write_text(json.dumps(expect(target)) + "\n")
    packages = ["torch", "tensorboardX", "tensorboard", "protobuf", "numpy", "pillow"]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    (target / "ORIGIN").write_text(
        f"{case.__doc__}\n\npython tests/golden/make.py {case.__name__}\n"
        f"Python {platform.python_version()}, {versions}\n"
    )


def main() -> None:
    """Make the cases that were named, or all."""
    for case in CASES:
        if not sys.argv[1:] or case.__name__ in sys.argv[1:]:
            make(case)


if __name__ == "__main__":
    main()
