"""The cases of VisualDL's logs: our LogWriter and reader beside those of the visualdl package."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import eventcodec
from eventcodec.bench.inputs import loss_curve
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, Case, Contender, Trial, expect
from eventcodec.bench.writer_case import event_files

__all__ = ["VISUALDL_CASES"]

VISUALDL = "visualdl"
SEED = 7


def _writers() -> dict[str, Callable[[Path], Any]]:
    from eventcodec.compat.visualdl import LogWriter

    writers: dict[str, Callable[[Path], Any]] = {OURS: lambda place: LogWriter(str(place))}
    if importlib.util.find_spec(VISUALDL) is not None:
        import visualdl

        writers[VISUALDL] = lambda place: visualdl.LogWriter(str(place))
    return writers


def _writer_case(
    name: str, count: int, work: Callable[[Any], None], kind: str, size: int = 0
) -> Case:
    """Log `count` values of one kind; both files are checked with our reader."""

    def contender(label: str, open_writer: Callable[[Path], Any]) -> Contender:
        def start(directory: Path) -> Trial:
            writer = open_writer(directory)

            def check() -> None:
                (series,) = getattr(eventcodec.open(directory).runs["."], kind).values()
                expect(len(series) == count, f"{label}: {len(series)} of {count} values")

            return Trial(lambda: work(writer), writer.close, check)

        return Contender(label, start)

    contenders = tuple(contender(*item) for item in _writers().items())
    return Case(name, "call", count, size, contenders)


def add_scalar_case(name: str, sizes: Sizes) -> Case:
    """Log scalars of one tag."""
    values = loss_curve(sizes.scalars)

    def work(writer: Any) -> None:
        for step, value in enumerate(values):
            writer.add_scalar("train/loss", value, step)

    return _writer_case(name, len(values), work, "scalars")


def add_histogram_case(name: str, length: int, count: int) -> Case:
    """Log histograms of float32 values from a normal distribution, ten buckets."""
    values = np.random.default_rng(SEED).standard_normal(length, dtype=np.float32)

    def work(writer: Any) -> None:
        for step in range(count):
            writer.add_histogram("weights", values, step)

    return _writer_case(name, count, work, "histograms", values.nbytes)


def add_image_case(name: str, sizes: Sizes) -> Case:
    """Log a photograph-like (h, w, 3) uint8 image; the original changes float arrays in place, and
    encodes with OpenCV where that is installed, else with Pillow.
    """
    side, count = sizes.image_side, sizes.images
    across = np.linspace(0, 9, side)
    smooth = 128 + 60 * np.sin(across)[None, :] + 60 * np.cos(2 * across)[:, None]
    noise = np.random.default_rng(SEED).normal(0, 5, (side, side, 3))
    image = (smooth[..., None] + noise).clip(0, 255).astype(np.uint8)

    def work(writer: Any) -> None:
        for step in range(count):
            writer.add_image("photo", image, step)

    return _writer_case(name, count, work, "images", image.nbytes)


def _columns(path: Path) -> int:
    """Open a log and load the columns of all scalars."""
    run = eventcodec.open(path).runs["."]
    return sum(run.scalars[tag].values.size for tag in run.scalars)


def _messages(module: str) -> Callable[[Path], int]:
    """Give the function that has a LogReader make a message of every scalar."""

    def read(path: Path) -> int:
        reader = importlib.import_module(module).LogReader(file_path=str(path))
        return sum(len(reader.get_data("scalar", tag)) for tag in reader.get_tags()["scalar"])

    return read


def scan_case(name: str, sizes: Sizes, ours: Callable[[Path], int]) -> Case:
    """Read all scalars of a log of 100 tags, beside the reader of the visualdl package."""
    from eventcodec.compat.visualdl import LogWriter

    tags = [f"layer{i:02d}/loss" for i in range(100)]
    values = loss_curve(sizes.scanned)

    def write_log(directory: Path) -> None:
        with LogWriter(str(directory)) as writer:
            for step, value in enumerate(values):
                writer.add_scalar(tags[step % len(tags)], value, step)

    def contender(label: str, scan: Callable[[Path], int]) -> Contender:
        def start(directory: Path) -> Trial:
            # One file for everyone, beside the directories of the single trials.
            log = directory.parent / "scanned"
            if not log.exists():
                write_log(log)
            (path,) = event_files(log)
            found: list[int] = []

            def check() -> None:
                expect(found[-1] == len(values), f"{label}: {found[-1]} scalars")

            return Trial(lambda: found.append(scan(path)), check=check)

        return Contender(label, start)

    functions = {OURS: ours}
    if importlib.util.find_spec(VISUALDL) is not None:
        functions[VISUALDL] = _messages(VISUALDL)
    contenders = tuple(contender(*item) for item in functions.items())
    return Case(name, "event", len(values), 0, contenders, closes=False)


VISUALDL_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "visualdl/add_scalar": add_scalar_case,
    "visualdl/add_histogram/1e3": lambda name, s: add_histogram_case(
        name, 1000, s.small_histograms
    ),
    "visualdl/add_histogram/1e6": lambda name, s: add_histogram_case(
        name, 1_000_000, s.large_histograms
    ),
    "visualdl/add_image": add_image_case,
    "visualdl/scan": lambda name, s: scan_case(name, s, _columns),
    "visualdl/get_data": lambda name, s: scan_case(
        name, s, _messages("eventcodec.compat.visualdl")
    ),
}
