"""What the examples share: scikit-learn's handwritten digits, a small CNN, and how to train it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

TRAINING = 1400  # of 1797 digits


def arguments(name: str, epochs: int = 5) -> argparse.Namespace:
    """Read --log-dir and --epochs from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--log-dir", default=f"runs/{name}")
    parser.add_argument("--epochs", type=int, default=epochs)
    torch.manual_seed(1)
    torch.set_num_threads(2)
    return parser.parse_args()


def load() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return training images (n, 1, 8, 8) from 0 to 1, their labels, and those to test with."""
    data = load_digits()
    order = np.random.default_rng(1).permutation(len(data.target))
    images = torch.tensor(data.images[order], dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(data.target[order])
    return images[:TRAINING], labels[:TRAINING], images[TRAINING:], labels[TRAINING:]


class Network(nn.Module):
    """Two convolutions and a linear layer."""

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.classify = nn.Linear(2 * channels * 4, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return scores (n, 10)."""
        hidden = self.pool(torch.relu(self.first(images)))
        hidden = self.pool(torch.relu(self.second(hidden)))
        return self.classify(hidden.flatten(1))


def train(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, rate: float = 0.05
) -> Iterator[float]:
    """Train one epoch; yields the loss of each batch, after its gradients were taken."""
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
    for batch in torch.randperm(len(images)).split(64):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        yield loss.item()


def accuracy(network: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of digits that are recognised."""
    with torch.no_grad():
        return (network(images).argmax(1) == labels).float().mean().item()
