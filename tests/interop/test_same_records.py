"""The same call on another package's writer and on ours: the same events, value by value."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import tensorboardX
import torch
from log_contents import log_contents
from torch.utils.tensorboard import SummaryWriter as TorchWriter

import eventcodec
from eventcodec.compat import tensorboardx as our_tensorboardx
from eventcodec.compat import torch as our_torch
from eventcodec.summary.graph import onnx_graph, torch_graph

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WALL = 123.5
STAMP = {"global_step": 7, "walltime": WALL}
RNG = np.random.default_rng(0)
LABELS, SCORES = RNG.integers(0, 2, 100), RNG.random(100)
PICTURE = np.linspace(0, 1, 3 * 40 * 60).reshape(3, 40, 60).astype(np.float32)
BATCH = np.linspace(0, 1, 11 * 3 * 8 * 8).reshape(11, 3, 8, 8).astype(np.float32)
BOXES = np.array([[5, 5, 30, 30], [20, 10, 50, 35]])
WAVE = np.sin(np.arange(1000) * 0.1)
MODEL = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
CAMERA = {"camera": {"cls": "PerspectiveCamera", "fov": 75}}
CORNERS = RNG.random((2, 4, 3)).astype(np.float32)
FACES = np.array([[[0, 1, 2], [1, 2, 3]]] * 2)
LAYOUT = {"A": {"c": ["Multiline", ["a", "b"]], "d": ["Margin", ["a", "b", "c"]]}}
THUMBNAILS = RNG.random((4, 3, 8, 8)).astype(np.float32)
OPENVINO_MODEL = Path(__file__).parents[1] / "golden" / "openvino" / "model.xml"


def figure():
    from matplotlib.figure import Figure

    made = Figure(figsize=(2, 2))
    made.add_subplot().plot([1, 3, 2])
    return made


def onnx_model():
    """A small model as ONNX's own package stores it, inputs of unknown size and all."""
    import onnx
    from onnx import TensorProto, helper

    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 8, 8])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])
    kernels = helper.make_tensor("kernels", TensorProto.FLOAT, [2, 3, 3, 3], [0.5] * 54)
    nodes = [
        helper.make_node("Conv", ["image", "kernels"], ["block/conv"], pads=[1] * 4, group=1),
        helper.make_node("LeakyRelu", ["block/conv"], ["block/relu"], alpha=0.25),
        helper.make_node("GlobalAveragePool", ["block/relu"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["scores"], axis=1, doc_string="größe"),
    ]
    graph = helper.make_graph(nodes, "small", [image], [scores], [kernels])
    path = Path(tempfile.mkdtemp()) / "model.onnx"
    onnx.save(helper.make_model(graph), path)
    return str(path)


class Nested(torch.nn.Module):
    """Blocks within blocks, and a dict as output."""

    def __init__(self):
        super().__init__()
        inner = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh())
        self.outer = torch.nn.Sequential(inner, torch.nn.Sequential(torch.nn.Linear(3, 2)))

    def forward(self, x, y):
        return {"scores": self.outer(x + y)}


# Calls that mean the same to all writers.
BOTH = {
    "scalar": lambda w: w.add_scalar("loss", 0.1, **STAMP),
    "scalar without a step": lambda w: w.add_scalar("loss", torch.tensor(2.5), walltime=WALL),
    "scalar nan": lambda w: w.add_scalar("loss", float("nan"), 3, WALL),
    "histogram": lambda w: w.add_histogram("h", SCORES, **STAMP),
    "histogram auto": lambda w: w.add_histogram("h", SCORES, 7, "auto", WALL, 5),
    "histogram edges": lambda w: w.add_histogram("h", SCORES, 7, [0.0, 0.5, 1.0], WALL),
    "histogram_raw": lambda w: w.add_histogram_raw(
        "h", 0.0, 1.0, 3, 1.5, 1.25, [0.5, 1.0], [2, 1], 7, WALL
    ),
    "image": lambda w: w.add_image("i", PICTURE, 7, WALL),
    "image HW": lambda w: w.add_image("i", PICTURE[0], 7, WALL, "HW"),
    "image bytes": lambda w: w.add_image("i", (PICTURE * 255).astype(np.uint8), 7, WALL),
    "images": lambda w: w.add_images("i", BATCH, 7, WALL),
    "boxes": lambda w: w.add_image_with_boxes("b", PICTURE, BOXES, 7, WALL, labels=["a", "b"]),
    "boxes, fewer labels": lambda w: w.add_image_with_boxes(
        "b", PICTURE, BOXES, 7, WALL, labels=["a"]
    ),
    "boxes, rescaled": lambda w: w.add_image_with_boxes(
        "b", PICTURE, BOXES, global_step=7, walltime=WALL, rescale=0.5
    ),
    "figure": lambda w: w.add_figure("f", figure(), 7, True, WALL),
    "figures": lambda w: w.add_figure("f", [figure(), figure()], 7, True, WALL),
    "text": lambda w: w.add_text("t", "hé\n|a|", 7, WALL),
    "graph": lambda w: w.add_graph(MODEL, torch.zeros(2, 3)),
    "graph, nested, of two inputs": lambda w: w.add_graph(
        Nested(), (torch.zeros(1, 3), torch.ones(1, 3)), use_strict_trace=False
    ),
    "onnx graph": lambda w: w.add_onnx_graph(onnx_model()),
    "embedding": lambda w: w.add_embedding(
        torch.arange(12.0).reshape(4, 3) / 7, list("abcd"), torch.tensor(THUMBNAILS), 3, "x/y"
    ),
    "embedding with a table": lambda w: w.add_embedding(
        np.arange(12).reshape(4, 3),
        metadata=[["a", 1], ["b", 2], ["c", 3], ["d", 4]],
        metadata_header=["letter", "number"],
    ),
    "pr_curve": lambda w: w.add_pr_curve("p", LABELS, SCORES, 7, 50, None, WALL),
    "pr_curve weighted": lambda w: w.add_pr_curve(
        "p", torch.tensor(LABELS), torch.tensor(SCORES), 7, 200, SCORES, WALL
    ),
    "pr_curve beyond 0 to 1": lambda w: w.add_pr_curve("p", LABELS, SCORES * 2, 7, walltime=WALL),
    "pr_curve_raw": lambda w: w.add_pr_curve_raw(
        "p", [75, 64], [150, 18], [0, 45], [0, 11], [0.3, 0.4], [1.0, 0.8], 7, walltime=WALL
    ),
    "layout": lambda w: w.add_custom_scalars(LAYOUT),
    "multilinechart": lambda w: w.add_custom_scalars_multilinechart(["a", "b"], "x", "y"),
    "marginchart": lambda w: w.add_custom_scalars_marginchart(["a", "b", "c"]),
    "mesh": lambda w: w.add_mesh("m", torch.tensor(CORNERS), None, None, CAMERA, 7, WALL),
    "mesh, all": lambda w: w.add_mesh(
        "m", CORNERS, CORNERS * 255, FACES, global_step=7, walltime=WALL
    ),
    "scalars": lambda w: w.add_scalars("g/rp", {"a/b": 1.0, "c": 2.0}, 3, WALL),
    "audio": lambda w: w.add_audio("a", WAVE / 2, 7, 8000, WALL),
}
TORCH = {
    "new style": lambda w: w.add_scalar("loss", 0.1, 3, WALL, True),
    "double": lambda w: w.add_scalar("loss", 0.1, 3, WALL, True, True),
    "image out of range": lambda w: w.add_image("i", PICTURE * 3 - 1, 7, WALL),
    "boxes by position": lambda w: w.add_image_with_boxes("b", PICTURE, BOXES, 7, WALL, 2, "CHW"),
    "audio (1, L), clipped": lambda w: w.add_audio("a", WAVE[None] * 2, 7, 8000, WALL),
    "tensor": lambda w: w.add_tensor("x", torch.arange(6.0).reshape(2, 3), 7, WALL),
    "tensor complex": lambda w: w.add_tensor("x", torch.ones(2, 3) * (1 + 2j), 7, WALL),
    "tensor double": lambda w: w.add_tensor("x", torch.ones(3).double(), 7, WALL),
    "tensor bool": lambda w: w.add_tensor("x", torch.tensor([True, False]), 7, WALL),
    "tensor int64": lambda w: w.add_tensor("x", torch.tensor(-3), 7, WALL),
    "hparams": lambda w: w.add_hparams(
        {"lr": 0.1, "n": 3, "s": "x", "none": None, "t": torch.tensor([2.0])},
        {"acc": 0.5},
        {"lr": [0.1, 0.2], "s": ["x", "y"]},
        "trial",
        3,
    ),
    "hparams in the run itself": lambda w: w.add_hparams(
        {"lr": 0.1}, {"acc": 0.5}, run_name=str(Path(w.log_dir).resolve())
    ),
    "hparams below it": lambda w: w.add_hparams(
        {"lr": 0.1}, {"acc": 0.5}, run_name=str(Path(w.log_dir).resolve() / "trials" / "1")
    ),
}
TORCH_FACADE = {"hparams bool": lambda w: w.add_hparams({"b": True}, {"acc": 0.5}, run_name="r")}
TENSORBOARDX = {
    "display name": lambda w: w.add_scalar("loss", 0.1, 3, WALL, "Loss", "what it **says**"),
    "tags": lambda w: w.add_scalar("/lo ss=é", 0.1, 3, WALL),
    "tags of others": lambda w: (
        w.add_histogram("h (x)", SCORES, 3, walltime=WALL),
        w.add_image("i x", PICTURE, 3, WALL),
        w.add_images("i x", BATCH, 3, WALL),
        w.add_text("t (x)", "x", 3, WALL),
        w.add_pr_curve("p (x)", LABELS, SCORES, 3, walltime=WALL),
        w.add_scalars("s (x)", {"a b": 1.0}, 3, WALL),
        w.add_image_with_boxes("b x", PICTURE, BOXES, 3, WALL),
    ),
    "openvino graph": lambda w: w.add_openvino_graph(str(OPENVINO_MODEL)),
    "list of images": lambda w: w.add_images("i", list(BATCH), 7, WALL, "CHW"),
    "list of HWC": lambda w: w.add_images("i", list(BATCH.transpose(0, 2, 3, 1)), 7, WALL, "HWC"),
    "boxes by position": lambda w: w.add_image_with_boxes("b", PICTURE, BOXES, 7, WALL, "CHW"),
    "hparams": lambda w: w.add_hparams(
        {"lr": 0.1, "n": 3, "s": "x", "b": True, "f": len, "none": None}, {"acc": 0.5}, "trial", 3
    ),
}
PAIRS = {
    "torch, ours": (TorchWriter, eventcodec.SummaryWriter, BOTH | TORCH),
    "torch, its facade": (TorchWriter, our_torch.SummaryWriter, BOTH | TORCH | TORCH_FACADE),
    "tensorboardX, its facade": (
        tensorboardX.SummaryWriter,
        our_tensorboardx.SummaryWriter,
        BOTH | TENSORBOARDX,
    ),
}
# Where eventcodec.SummaryWriter itself is stricter than torch, or keeps more; see docs/compat.md.
OURS_DIFFERS = {"boxes, fewer labels", "pr_curve weighted", "pr_curve beyond 0 to 1"}


@pytest.mark.parametrize(
    ("pair", "name"),
    [
        (pair, name)
        for pair, (_, _, calls) in PAIRS.items()
        for name in calls
        if pair != "torch, ours" or name not in OURS_DIFFERS
    ],
)
def test_same_call_same_records(tmp_path, pair, name):
    theirs, ours, calls = PAIRS[pair]
    contents = []
    for writer_class in (theirs, ours):
        directory = tmp_path / str(len(contents))
        writer = writer_class(str(directory))
        with contextlib.redirect_stdout(sys.stderr):  # both are talkative
            calls[name](writer)
        writer.close()
        contents.append(log_contents(directory, WALL))
    assert contents[1] == contents[0]


def test_a_model_gives_the_same_bytes_in_every_process():
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    for graph in (onnx_graph(onnx_model()), torch_graph(MODEL, torch.ones(1, 3))[0]):
        assert GraphDef.FromString(graph).SerializeToString(deterministic=True) == graph


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair != "torch, ours"])
def test_scripts_name_the_same_default_directory(tmp_path, monkeypatch, pair):
    theirs, ours, _ = PAIRS[pair]
    monkeypatch.chdir(tmp_path)
    second = time.time() // 1
    while True:  # both within one second
        names = []
        for writer_class in (theirs, ours):
            with writer_class(comment="_x") as writer:
                names.append(str(getattr(writer, "log_dir", None) or writer.logdir))
        if time.time() // 1 == second:
            break
        second = time.time() // 1
    assert names[0] == names[1]
