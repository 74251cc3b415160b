"""Makes the logs that are measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import eventcodec
from eventcodec import _native

__all__ = [
    "write_blobs",
    "write_events",
    "write_images",
    "write_runs",
    "write_scalars",
    "write_tags",
]

NAME = "events.out.tfevents.1"


def write_scalars(path: Path, events: int, tags: int = 10) -> None:
    """One file with as many scalar events, its tags in turns as a training loop logs them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    per_tag = max(1, events // tags)
    with path.open("wb") as file:
        file.write(_native.version_record(1.7e9))
        for start in range(0, per_tag, 1000):
            steps = np.arange(start, min(start + 1000, per_tag))
            for tag in range(tags):
                values = rng.random(len(steps)).astype(np.float32).astype(np.float64)
                file.write(
                    _native.scalar_records(f"train/metric{tag}", steps, 1.7e9 + steps, values)
                )


def write_events(directory: Path, events: int) -> None:
    """The same, quickly for any number: the same million events again and again."""
    write_scalars(directory / NAME, min(events, 10**6))
    _repeat(directory / NAME, events // 10**6)


def write_tags(directory: Path, tags: int) -> None:
    """One file, ten scalars a tag; all tags at each step."""
    names = [f"layer{number // 100}/weight{number % 100}/norm" for number in range(tags)]
    with eventcodec.SummaryWriter(str(directory)) as writer:
        add = writer.add_scalar
        for step in range(10):
            for name in names:
                add(name, 0.5, step)


def write_runs(directory: Path, runs: int, *, tags: int = 10, points: int = 10) -> None:
    """A directory and a file for each run."""
    directory.mkdir()
    write_scalars(directory / "one", tags * points, tags)
    content = (directory / "one").read_bytes()
    (directory / "one").unlink()
    for number in range(runs):
        run = directory / f"g{number // 1000}" / f"r{number}"
        run.mkdir(parents=True)
        (run / NAME).write_bytes(content)


def write_images(directory: Path, images: int) -> None:
    """One file with as many images of noise, 100 kB each."""
    rng = np.random.default_rng(0)
    with eventcodec.SummaryWriter(str(directory)) as writer:
        for step in range(min(images, 100)):
            writer.add_image("x", rng.integers(0, 256, (1, 320, 320), np.uint8), step)
    [path] = directory.iterdir()
    _repeat(path, images // 100)


def write_blobs(directory: Path, megabytes: int) -> None:
    """One file, four fifths of images that do not compress, one fifth of histograms."""
    rng = np.random.default_rng(0)
    with eventcodec.SummaryWriter(str(directory)) as writer:
        for step in range(megabytes * 4 // 15):
            writer.add_image("x", rng.integers(0, 256, (3, 1000, 1000), np.uint8), step)
        values = rng.normal(size=(16, 2000))
        while writer.stats().bytes_written < megabytes * 10**6:
            for step in range(1000):
                writer.add_histogram("weights", values[step % 16], step)
            writer.flush()


def _repeat(path: Path, times: int) -> None:
    """Let a file say everything so many times; version records may stand anywhere."""
    content = path.read_bytes()
    with path.open("ab") as file:
        for _ in range(times - 1):
            file.write(content)
