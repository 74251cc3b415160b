"""Trains the network on scikit-learn's handwritten digits and logs all of it with eventcodec.

The digits are part of the scikit-learn package: nothing is downloaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import eventcodec
from eventcodec.demo.network import Floats, Labels, Network
from eventcodec.demo.pictures import misclassified_grid, weight_grid

__all__ = ["Digits", "Outcome", "Settings", "load_digits", "train"]

SIDE = 8
CLASSES = 10
EVALUATE_EVERY = 10


@dataclass(frozen=True)
class Settings:
    """The hyperparameters; the log holds them as a text."""

    hidden: int = 64
    epochs: int = 30
    batch: int = 32
    rate: float = 0.02
    momentum: float = 0.9
    decay: float = 1e-3
    test_share: float = 0.25
    seed: int = 1

    def as_markdown(self) -> str:
        """Write the settings as a table that TensorBoard renders."""
        rows = [f"| {f.name} | {getattr(self, f.name)} |" for f in fields(self)]
        return "\n".join(["| hyperparameter | value |", "|---|---|", *rows])


@dataclass(frozen=True)
class Digits:
    """8 x 8 images of handwritten digits.

    Attributes:
        images: float64 (n, 64), 0 to 1, split into training and test images.
        labels: int64 (n,).
    """

    train_images: Floats
    train_labels: Labels
    test_images: Floats
    test_labels: Labels


@dataclass
class Outcome:
    """What a training run gave.

    Attributes:
        test_accuracy: the share of test images that were classified right at the end.
        seconds: how long it took, logging included.
        logged: kind -> how many values were logged and the seconds in calls of the writers. The
            kind "close" has the seconds in which the writers wrote what was still pending.
    """

    test_accuracy: float = 0.0
    seconds: float = 0.0
    logged: dict[str, tuple[int, float]] = field(default_factory=dict)


def load_digits(settings: Settings) -> Digits:
    """Load the digits and split them; the same seed gives the same split.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    from sklearn.datasets import load_digits as load

    data = load()
    images = np.asarray(data.data, dtype=np.float64) / 16.0
    labels = np.asarray(data.target, dtype=np.int64)
    order = np.random.default_rng(settings.seed).permutation(labels.size)
    cut = round(labels.size * settings.test_share)
    test, kept = order[:cut], order[cut:]
    return Digits(images[kept], labels[kept], images[test], labels[test])


class TrainingLog:
    """The two runs of the demo, `train` and `test`, and the time that logging took."""

    def __init__(self, directory: Path) -> None:
        self.train = eventcodec.SummaryWriter(str(directory / "train"))
        self.test = eventcodec.SummaryWriter(str(directory / "test"))
        self.outcome = Outcome()

    def count(self, kind: str, number: int, since: float) -> None:
        """Note that `number` values were logged since a moment of time.perf_counter()."""
        count, seconds = self.outcome.logged.get(kind, (0, 0.0))
        taken = seconds + time.perf_counter() - since
        self.outcome.logged[kind] = count + number, taken

    def settings(self, settings: Settings) -> None:
        """Log the hyperparameters."""
        start = time.perf_counter()
        self.train.add_text("settings", settings.as_markdown(), 0)
        self.count("texts", 1, start)

    def step(self, step: int, loss: float, accuracy: float, rate: float) -> None:
        """Log one batch."""
        start = time.perf_counter()
        self.train.add_scalar("loss", loss, step)
        self.train.add_scalar("accuracy", accuracy, step)
        self.train.add_scalar("learning_rate", rate, step)
        self.count("scalars", 3, start)

    def evaluation(self, step: int, loss: float, accuracy: float) -> None:
        """Log the test images' loss and accuracy."""
        start = time.perf_counter()
        self.test.add_scalar("loss", loss, step)
        self.test.add_scalar("accuracy", accuracy, step)
        self.count("scalars", 2, start)

    def histograms(self, step: int, kind: str, arrays: dict[str, Floats]) -> None:
        """Log the weights or the gradients."""
        start = time.perf_counter()
        for name, array in arrays.items():
            self.train.add_histogram(f"{kind}/{name}", array, step)
        self.count("histograms", len(arrays), start)

    def image(self, tag: str, pixels: NDArray[np.uint8], step: int) -> None:
        """Log one (h, w, 3) image; what was misclassified belongs to the test run."""
        start = time.perf_counter()
        writer = self.test if tag == "misclassified" else self.train
        writer.add_image(tag, pixels, step, dataformats="HWC")
        self.count("images", 1, start)

    def close(self) -> None:
        """Write everything that is pending."""
        start = time.perf_counter()
        self.train.close()
        self.test.close()
        self.count("close", 0, start)


def train(
    directory: Path,
    digits: Digits,
    settings: Settings,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Train the classifier and log it into `directory`/train and `directory`/test.

    Args:
        directory: a directory without event files.
        digits: from load_digits.
        settings: the hyperparameters.
        advance: called with the number of epochs that are done.
    """
    generator = np.random.default_rng(settings.seed)
    network = Network(SIDE * SIDE, settings.hidden, CLASSES, generator=generator)
    log = TrainingLog(directory)
    start = time.perf_counter()
    log.settings(settings)
    steps = settings.epochs * (digits.train_labels.size // settings.batch)
    step = 0
    for epoch in range(settings.epochs):
        gradients: dict[str, Floats] = {}
        for batch in batches(digits.train_labels.size, settings.batch, generator):
            rate = rate_at(step, steps, settings.rate)
            result = network.train_step(
                digits.train_images[batch],
                digits.train_labels[batch],
                rate=rate,
                momentum=settings.momentum,
                decay=settings.decay,
            )
            gradients = result.gradients
            log.step(step, result.loss, result.accuracy, rate)
            if step % EVALUATE_EVERY == 0:
                log.evaluation(step, *network.evaluate(digits.test_images, digits.test_labels))
            step += 1
        log_epoch(log, network, digits, gradients, step, pictures=epoch % 5 == 4 or epoch == 0)
        advance(epoch + 1)
    log.close()
    log.outcome.seconds = time.perf_counter() - start
    log.outcome.test_accuracy = network.evaluate(digits.test_images, digits.test_labels)[1]
    return log.outcome


def log_epoch(
    log: TrainingLog,
    network: Network,
    digits: Digits,
    gradients: dict[str, Floats],
    step: int,
    *,
    pictures: bool,
) -> None:
    """Log what is only looked at once in an epoch; images once in five."""
    log.histograms(step, "weights", network.parameters)
    log.histograms(step, "gradients", gradients)
    if pictures:
        guesses = network.predict(digits.test_images)
        wrong = np.flatnonzero(guesses != digits.test_labels)
        grid = misclassified_grid(digits.test_images[wrong], side=SIDE)
        log.image("misclassified", grid, step)
        log.image("first_layer", weight_grid(network.parameters["hidden"], side=SIDE), step)


def batches(size: int, batch: int, generator: np.random.Generator) -> list[NDArray[np.int64]]:
    """Shuffle the indices and cut them into whole batches."""
    order = generator.permutation(size)
    return [order[start : start + batch] for start in range(0, size - batch + 1, batch)]


def rate_at(step: int, steps: int, rate: float) -> float:
    """Warm up over the first twentieth, then fall to nothing along a cosine."""
    warm = max(1, steps // 20)
    if step < warm:
        return rate * (step + 1) / warm
    return rate * 0.5 * (1 + float(np.cos(np.pi * (step - warm) / max(1, steps - warm))))
