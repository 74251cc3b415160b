"""The cases of images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventcodec.bench import baselines
from eventcodec.bench.inputs import smooth_image
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import Case, expect
from eventcodec.bench.writer_case import event_files, writer_case

__all__ = ["IMAGE_CASES"]


def add_image_case(name: str, sizes: Sizes) -> Case:
    """Log a photograph-like (3, h, w) float32 image."""
    side, count = sizes.image_side, sizes.images
    image = smooth_image(side)

    def work(writer: Any) -> None:
        for step in range(count):
            writer.add_image("photo", image, step)

    def check(directory: Path) -> None:
        (path,) = event_files(directory)
        stored = list(baselines.read_values(path))
        expect(len(stored) == count, f"{path}: {len(stored)} images")
        for _, _, _, content in stored:
            parts = dict(baselines.fields(baselines.bytes_of(content, 4)))
            expect((parts[1], parts[2]) == (side, side), f"{path}: wrong size")
            baselines.check_png(baselines.bytes_of(parts, 4), side, side)

    return writer_case(
        name, "call", count, work, check, size=image.nbytes, only=("torch", "tensorboardX")
    )


IMAGE_CASES: dict[str, Callable[[str, Sizes], Case]] = {"add_image/float32": add_image_case}
