"""The cases of images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import eventcodec
from eventcodec.bench import baselines, limits, peers
from eventcodec.bench.inputs import PICTURES, smooth_image
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect
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
        name,
        "call",
        count,
        work,
        check,
        size=image.nbytes,
        only=("torch", "tensorboardX"),
        limit=limits.memory_read(image.nbytes, count),
    )


def png_case(name: str, sizes: Sizes, picture: str) -> Case:
    """Encode a picture as PNG; the bytes are those of the file."""
    pixels = PICTURES[picture]()
    if sizes.picture_side:
        pixels = pixels[: sizes.picture_side, : sizes.picture_side]
    height, width = pixels.shape[:2]
    count = max(1, min(sizes.pictures, sizes.picture_bytes // pixels.nbytes))
    encoders: dict[str, Callable[[Any], bytes]] = {
        OURS: eventcodec.encode_png,
        PLAIN: baselines.encode_png,
        **peers.png_encoders(pixels),
    }
    if pixels.nbytes >= sizes.worth_threads:
        encoders["2 threads"] = lambda array: eventcodec.encode_png(array, threads=2)

    def contender(label: str, encode: Callable[[Any], bytes]) -> Contender:
        # Plain Python and Pillow take so long that one of them is enough.
        times = count if label in (OURS, "2 threads") else max(1, count // 20)

        def start(_: Path) -> Trial:
            found: list[bytes] = []

            def run() -> None:
                for _ in range(times):
                    found[:] = [encode(pixels)]

            def check() -> None:
                rows = peers.png_decoder()(found[0])
                expect(rows.shape[:2] == (height, width), f"{label}: wrong size")
                expect(np.array_equal(rows, pixels.reshape(rows.shape)), f"{label}: wrong pixels")

            return Trial(run, check=check, stored=lambda: times * len(found[0]))

        return Contender(label, start, times)

    contenders = [contender(*item) for item in encoders.items()]
    limit = limits.memory_copy(pixels.nbytes, count)
    return Case(name, "call", count, pixels.nbytes, (*contenders, *limit), closes=False)


IMAGE_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "add_image/float32": add_image_case,
    **{f"png/{picture}": partial(png_case, picture=picture) for picture in PICTURES},
}
