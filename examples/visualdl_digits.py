"""Train on handwritten digits and log to VisualDL: python examples/visualdl_digits.py [LOGDIR].

The flow of VisualDL's tutorial on scikit-learn's digits: the images, their embedding, curves of the
training, histograms of the weights, hyperparameters of two runs, and a precision-recall curve for
each digit. Then: visualdl --logdir LOGDIR. Needs eventcodec[demo].
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from eventcodec.compat.visualdl import LogWriter

EPOCHS = 12
RUNS = {
    "slow": {"learning rate": 1e-4, "penalty": "l2"},
    "fast": {"learning rate": 1e-2, "penalty": "l1"},
}


def log_data(writer: Any, images: np.ndarray, labels: np.ndarray) -> None:
    """Log what the data looks like: a matrix of images, and where they lie among each other."""
    pixels = (images[:90, :, :, np.newaxis] * 255).astype(np.uint8)
    writer.add_image_matrix("digits", list(pixels), step=0)
    vectors = images[:200].reshape(-1, 64)
    writer.add_embeddings("digits", vectors, [str(label) for label in labels[:200]])
    writer.add_text("data", f"{len(labels)} digits of 8 by 8 pixels", step=0)


def train(writer: Any, hparams: dict[str, Any]) -> None:
    """Train one classifier and log everything about it."""
    digits = load_digits()
    images, labels = digits.images / 16, digits.target
    log_data(writer, images, labels)
    writer.add_hparams(dict(hparams), ["test/accuracy", "test/loss"])
    x_train, x_test, y_train, y_test = train_test_split(
        images.reshape(-1, 64), labels, test_size=0.3, random_state=0
    )
    model = SGDClassifier(
        loss="log_loss",
        learning_rate="constant",
        eta0=hparams["learning rate"],
        penalty=hparams["penalty"],
        random_state=0,
    )
    for epoch in range(EPOCHS):
        model.partial_fit(x_train, y_train, classes=np.arange(10))
        chances = model.predict_proba(x_test)
        writer.add_scalar("test/accuracy", model.score(x_test, y_test), epoch)
        writer.add_scalar("test/loss", log_loss(y_test, chances), epoch)
        halves = {
            "train": model.score(x_train, y_train),
            "test": model.score(x_test, y_test),
        }
        writer.add_scalars("accuracy", halves, epoch)
        writer.add_histogram("weights", model.coef_, epoch, buckets=30)
    for digit in range(10):
        writer.add_pr_curve(f"digit {digit}", y_test == digit, chances[:, digit], EPOCHS, 50)


def log_runs(logdir: Path, writer_class: Any = LogWriter) -> None:
    """Train and log every run, each in a directory of its own."""
    for name, hparams in RUNS.items():
        with writer_class(logdir=str(logdir / name), display_name=f"{name} learner") as writer:
            train(writer, hparams)


if __name__ == "__main__":
    log_runs(Path(sys.argv[1] if len(sys.argv) > 1 else "visualdl_digits"))
