"""Makes model.xml through OpenVINO's own API: python tests/golden/openvino/make.py

The packages of `make test` do not hold OpenVINO, which is large: pip install openvino first.
"""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path

import numpy as np
import openvino
from openvino import opset13 as op

HERE = Path(__file__).parent


def model() -> openvino.Model:
    """A small classifier of pictures with a skip connection."""
    image = op.parameter([1, 3, 8, 8], np.float32, name="image")
    kernels = op.constant(np.ones((4, 3, 3, 3), np.float32), name="kernels")
    convolved = op.convolution(image, kernels, [1, 1], [1, 1], [1, 1], [1, 1], name="block/conv")
    added = op.add(op.relu(convolved, name="block/relu"), convolved, name="block/skip")
    axes = op.constant(np.array([2, 3]), name="axes")
    weights = op.constant(np.ones((4, 2), np.float32), name="weights")
    pooled = op.reduce_mean(added, axes, False, name="pool")
    scores = op.matmul(pooled, weights, False, False, name="größe & scores")
    return openvino.Model(
        [op.result(op.softmax(scores, 1, name="softmax"), name="result")], [image], "small"
    )


def main() -> None:
    """Write the model, without its weights, and where it is from."""
    with tempfile.TemporaryDirectory() as scratch:
        openvino.serialize(model(), f"{scratch}/model.xml", f"{scratch}/model.bin")
        (HERE / "model.xml").write_bytes(Path(scratch, "model.xml").read_bytes())
    (HERE / "ORIGIN").write_text(
        "A model of ours as OpenVINO stores it, without the weights, which nobody reads.\n\n"
        f"python tests/golden/openvino/make.py\n"
        f"Python {platform.python_version()}, openvino {openvino.__version__}\n"
    )


if __name__ == "__main__":
    main()
