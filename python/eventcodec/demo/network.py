"""A network of one hidden layer and softmax, trained by gradient descent with momentum. NumPy only.

In: images as rows of float64. Out: losses, gradients, predictions. Knows nothing of logging.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Network", "Parameters", "Step"]

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Parameters = dict[str, Floats]


@dataclass(frozen=True)
class Step:
    """What one batch gave: its mean loss, its accuracy, the gradient of each parameter."""

    loss: float
    accuracy: float
    gradients: Parameters


class Network:
    """inputs -> hidden (ReLU) -> classes (softmax).

    Attributes:
        parameters: name -> weights; "hidden" is (inputs, hidden).
    """

    def __init__(
        self, inputs: int, hidden: int, classes: int, *, generator: np.random.Generator
    ) -> None:
        self.parameters: Parameters = {
            # A third of He's initialisation: two layers learn from less, and then the weights show
            # what was learned rather than what they started from.
            "hidden": generator.normal(0, 0.3 * (2 / inputs) ** 0.5, (inputs, hidden)),
            "hidden_bias": np.zeros(hidden),
            "output": generator.normal(0, 0.3 * (2 / hidden) ** 0.5, (hidden, classes)),
            "output_bias": np.zeros(classes),
        }
        self._velocity = {name: np.zeros_like(value) for name, value in self.parameters.items()}

    def _forward(self, images: Floats) -> tuple[Floats, Floats]:
        """Give the hidden activations and the probabilities of the classes."""
        p = self.parameters
        hidden = np.maximum(images @ p["hidden"] + p["hidden_bias"], 0.0)
        scores = hidden @ p["output"] + p["output_bias"]
        scores -= scores.max(axis=1, keepdims=True)
        likelihood = np.exp(scores)
        return hidden, likelihood / likelihood.sum(axis=1, keepdims=True)

    def predict(self, images: Floats) -> Labels:
        """Give the most probable class of each image, int64 (n,)."""
        return np.asarray(self._forward(images)[1].argmax(axis=1), dtype=np.int64)

    def evaluate(self, images: Floats, labels: Labels) -> tuple[float, float]:
        """Give the mean cross-entropy and the share of right answers."""
        probability = self._forward(images)[1]
        right = probability[np.arange(labels.size), labels]
        accuracy = float((probability.argmax(axis=1) == labels).mean())
        return float(-np.log(right + 1e-12).mean()), accuracy

    def train_step(
        self, images: Floats, labels: Labels, *, rate: float, momentum: float, decay: float
    ) -> Step:
        """Move the parameters down the gradient of one batch.

        Args:
            images: float64 (n, inputs).
            labels: int64 (n,).
            rate: the learning rate.
            momentum: the share of the last movement that is kept, 0 to 1.
            decay: weight decay.
        """
        p = self.parameters
        hidden, probability = self._forward(images)
        rows = np.arange(labels.size)
        loss = float(-np.log(probability[rows, labels] + 1e-12).mean())
        accuracy = float((probability.argmax(axis=1) == labels).mean())
        error = probability.copy()
        error[rows, labels] -= 1.0
        error /= labels.size
        hidden_error = (error @ p["output"].T) * (hidden > 0)
        gradients = {
            "hidden": images.T @ hidden_error + decay * p["hidden"],
            "hidden_bias": hidden_error.sum(axis=0),
            "output": hidden.T @ error + decay * p["output"],
            "output_bias": error.sum(axis=0),
        }
        for name, gradient in gradients.items():
            self._velocity[name] = momentum * self._velocity[name] - rate * gradient
            p[name] += self._velocity[name]
        return Step(loss, accuracy, gradients)
