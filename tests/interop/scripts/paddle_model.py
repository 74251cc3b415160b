"""A small Paddle model, logged as a graph by visualdl's LogWriter or by ours.

    python paddle_model.py theirs|ours DIRECTORY

Prints one JSON object: what our add_graph left of the model. Theirs leaves one that cannot be
called any more.
"""

import json
import sys

import numpy as np
import paddle
from paddle import nn


class Digits(nn.Layer):
    """A convolution and a classifier, with a block of layers in between."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2D(1, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2D(2))
        self.classifier = nn.Linear(4 * 14 * 14, 10)

    def forward(self, images):
        """Return the scores of ten classes."""
        features = self.features(images)
        return self.classifier(paddle.flatten(features, 1))


def main(writer_of: str, directory: str) -> None:
    """Log the graph, and compare the model with what it was."""
    if writer_of == "ours":
        from eventcodec.compat.visualdl import LogWriter
    else:
        from visualdl import LogWriter
    paddle.seed(7)
    model = Digits()
    layers = [model, *model.sublayers()]
    images = paddle.to_tensor(np.random.default_rng(7).random((2, 1, 28, 28), np.float32))
    before = model(images).numpy().tolist()
    attributes = [{name: id(value) for name, value in vars(layer).items()} for layer in layers]
    with LogWriter(directory) as writer:
        writer.add_graph(model, [paddle.static.InputSpec([-1, 1, 28, 28], "float32")])
    if writer_of != "ours":
        return
    after = [{name: id(value) for name, value in vars(layer).items()} for layer in layers]
    hooks = sum(len(x._forward_pre_hooks) + len(x._forward_post_hooks) for x in layers)
    same = before == model(images).numpy().tolist()
    print(json.dumps({"attributes": attributes == after, "hooks": hooks, "same": same}))


if __name__ == "__main__":
    main(*sys.argv[1:])
