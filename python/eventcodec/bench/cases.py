"""The cases: the same input and the same work for eventcodec, plain Python and every peer.

A case is built only when it is asked for, since that imports the peers. Everything of ours is
called through the public names, as a user would.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import eventcodec
from eventcodec.bench import baselines, c_floor, peers
from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.scalar_cases import SCALAR_CASES
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect
from eventcodec.bench.visualdl_cases import VISUALDL_CASES
from eventcodec.bench.writer_case import event_files, loss_curve, writer_case

__all__ = ["CASES", "build_case"]

SEED = 7


def crc32c_case(name: str, size: int, sizes: Sizes) -> Case:
    """Checksum a block of bytes, called from Python."""
    data = np.random.default_rng(SEED).bytes(size)
    count = max(1, min(sizes.checksum_calls, sizes.checksum_bytes // size))
    want = baselines.crc32c(data)
    functions = {OURS: eventcodec.crc32c, PLAIN: baselines.crc32c, **peers.crc32c_functions()}

    def contender(label: str, function: Callable[[bytes], int]) -> Contender:
        def run() -> None:
            for _ in range(count):
                function(data)

        def check() -> None:
            expect(function(data) == want, f"{label}: wrong checksum")

        return Contender(label, lambda _: Trial(run, check=check))

    contenders = tuple(contender(*item) for item in functions.items())
    return Case(name, "call", count, size, contenders, closes=False)


def framing_case(name: str, sizes: Sizes) -> Case:
    """Write records of 100 bytes to a file."""
    count, size = sizes.records, 100
    payloads = [np.random.default_rng(SEED + i).bytes(size) for i in range(count)]
    openers: dict[str, Callable[[Path], Any]] = {
        OURS: eventcodec.RecordWriter,
        PLAIN: baselines.PlainRecordWriter,
        **peers.record_writers(),
    }

    def contender(label: str, open_writer: Callable[[Path], Any]) -> Contender:
        def start(directory: Path) -> Trial:
            path = directory / "records"
            writer = open_writer(path)

            def run() -> None:
                write = writer.write
                for payload in payloads:
                    write(payload)

            def check() -> None:
                expect(list(baselines.read_records(path)) == payloads, f"{label}: wrong records")

            return Trial(run, writer.close, check)

        return Contender(label, start)

    contenders = tuple(contender(*item) for item in openers.items())
    return Case(name, "record", count, size, contenders)


def add_histogram_case(name: str, length: int, count: int) -> Case:
    """Log histograms of float32 values from a normal distribution, TensorFlow's buckets."""
    values = np.random.default_rng(SEED).standard_normal(length, dtype=np.float32)

    def work(writer: Any) -> None:
        for step in range(count):
            writer.add_histogram("weights", values, step)

    def check(directory: Path) -> None:
        (path,) = event_files(directory)
        stored = list(baselines.read_values(path))
        expect(len(stored) == count, f"{path}: {len(stored)} histograms")
        for _, _, _, content in stored:
            histogram = dict(baselines.fields(baselines.bytes_of(content, 5)))
            counts = baselines.bytes_of(histogram, 7)
            total = float(np.frombuffer(counts, dtype="<f8").sum())
            expect(total == length, f"{path}: buckets hold {total} values")

    peers_with_histograms = ("torch", "tensorboardX")
    return writer_case(
        name, "call", count, work, check, size=values.nbytes, only=peers_with_histograms
    )


def add_image_case(name: str, sizes: Sizes) -> Case:
    """Log a photograph-like (3, h, w) float32 image."""
    side, count = sizes.image_side, sizes.images
    across = np.linspace(0, 3 * math.pi, side, dtype=np.float32)
    smooth = 0.5 + 0.25 * np.sin(across)[None, :] + 0.25 * np.cos(2 * across)[:, None]
    noise = np.random.default_rng(SEED).normal(0, 0.02, (3, side, side))
    image = (smooth[None] * np.array([1.0, 0.8, 0.6])[:, None, None] + noise).clip(0, 1)
    image = np.ascontiguousarray(image, dtype=np.float32)

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


def scan_case(name: str, sizes: Sizes) -> Case:
    """Open a log of 100 tags, both checksums checked, and load all its scalars."""
    tags = [f"layer{i:02d}/loss" for i in range(100)]
    values = loss_curve(sizes.scanned)

    def ours(directory: Path) -> int:
        run = eventcodec.open(directory).runs["."]
        return sum(run.scalars[tag].values.size for tag in run.scalars)

    def plain(directory: Path) -> int:
        (path,) = event_files(directory)
        return sum(len(values) for _, _, values in baselines.scan(path).values())

    def write_log(directory: Path) -> None:
        writer = baselines.PlainWriter(directory)
        for step, value in enumerate(values):
            writer.add_scalar(tags[step % len(tags)], value, step)
        writer.close()

    def floor(directory: Path) -> int:
        (path,) = event_files(directory)
        return c_floor.scan(path)

    def contender(label: str, scan: Callable[[Path], int]) -> Contender:
        def start(directory: Path) -> Trial:
            # One file for everyone, beside the directories of the single trials.
            log = directory.parent / "scanned"
            if not log.exists():
                write_log(log)
            found: list[int] = []

            def check() -> None:
                expect(found[-1] == len(values), f"{label}: {found[-1]} scalars")

            return Trial(lambda: found.append(scan(log)), check=check)

        return Contender(label, start)

    functions = {OURS: ours, PLAIN: plain, **peers.scanners()}
    if c_floor.available():
        functions[FLOOR] = floor
    contenders = tuple(contender(*item) for item in functions.items())
    return Case(name, "event", sizes.scanned, 0, contenders, closes=False)


CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "crc32c/64B": lambda name, sizes: crc32c_case(name, 64, sizes),
    "crc32c/1KiB": lambda name, sizes: crc32c_case(name, 1 << 10, sizes),
    "crc32c/1MiB": lambda name, sizes: crc32c_case(name, 1 << 20, sizes),
    "framing/100B": framing_case,
    **SCALAR_CASES,
    "add_histogram/1e3": lambda name, s: add_histogram_case(name, 1000, s.small_histograms),
    "add_histogram/1e6": lambda name, s: add_histogram_case(name, 1_000_000, s.large_histograms),
    "add_image/float32": add_image_case,
    "scan/scalars": scan_case,
    **VISUALDL_CASES,
}


def build_case(name: str, sizes: Sizes) -> Case:
    """Make the inputs and the contenders of one case; imports the peers it needs."""
    return CASES[name](name, sizes)
