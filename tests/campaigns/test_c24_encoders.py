"""C24: the encoders against other people's software, on inputs nobody chose.

PNG files of arbitrary images are decoded by Pillow and pypng, judged by pngcheck where it is
installed, and made again by the portable kernels, byte for byte. Histograms of arbitrary values are
compared with numpy.histogram of the installed numpy, bit for bit.
"""

from __future__ import annotations

import io
import os
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import png as pypng
import pytest
from PIL import Image

import eventcodec

RULES = ("auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt")
PORTABLE = "sse42,pclmul,avx2,pext,avx512,vbmi,vpclmul"
ENCODE_AGAIN = """
import pickle, sys, eventcodec
assert set(k.chosen for k in eventcodec.build_info().kernels.values()) == {"portable"}
images = pickle.load(sys.stdin.buffer)
pickle.dump([eventcodec.encode_png(a, **options) for a, options in images], sys.stdout.buffer)
"""


def content(rng: np.random.Generator, height: int, width: int, channels: int) -> np.ndarray:
    """Bytes of one kind, or of two kinds above each other."""
    if height > 1 and rng.random() < 0.3:
        cut = int(rng.integers(1, height))
        parts = [content(rng, h, width, channels) for h in (cut, height - cut)]
        return np.concatenate(parts)
    shape = (height, width, channels)
    kind = rng.integers(7)
    if kind == 0:
        return rng.integers(0, 256, shape, dtype=np.uint8)
    if kind == 1:
        return np.full(shape, rng.integers(256), np.uint8)
    if kind == 2:  # smooth, with some grain
        y, x, c = np.ogrid[:height, :width, :channels]
        wave = 128 + 100 * np.sin(x / rng.uniform(3, 90) + c) * np.cos(y / rng.uniform(3, 90))
        return (wave + rng.normal(0, rng.uniform(0, 20), shape)).clip(0, 255).astype(np.uint8)
    if kind == 3:  # few values, in runs of all lengths
        runs = rng.geometric(rng.uniform(0.002, 0.5), height * width)
        values = rng.integers(0, rng.integers(2, 20), len(runs))
        flat = np.repeat(values, runs)[: height * width].astype(np.uint8)
        return np.repeat(flat.reshape(height, width, 1), channels, axis=2)
    if kind == 4:  # tiles
        tile = rng.integers(0, 256, (int(rng.integers(1, 40)), int(rng.integers(1, 40)), channels))
        times = (-(-height // tile.shape[0]), -(-width // tile.shape[1]), 1)
        return np.tile(tile, times)[:height, :width].astype(np.uint8)
    if kind == 5:  # sparse
        return np.where(rng.random(shape) < rng.uniform(0, 0.1), 255, 0).astype(np.uint8)
    # Skewed codes: the deepest trees.
    return np.minimum(rng.geometric(rng.uniform(0.02, 0.9), shape) - 1, 255).astype(np.uint8)


def image(rng: np.random.Generator) -> tuple[np.ndarray, dict[str, Any]]:
    """An array of any layout, and how to encode it."""
    large = rng.random() < 0.05
    height, width = (int(n) for n in rng.integers(400 if large else 1, 1100 if large else 120, 2))
    if rng.random() < 0.1:
        height, width = rng.permutation([1, int(rng.integers(1, 150_000))]).tolist()
    channels = int(rng.integers(1, 5))
    pixels = content(rng, height, width, channels)
    depth = rng.integers(4)
    if depth == 0:
        pixels = pixels.astype(np.uint16) * np.uint16(rng.choice([1, 257, 201]))
    elif depth == 1:
        pixels = (pixels / np.float32(255)).astype(rng.choice(["f2", "f4", "f8"]))
    options: dict[str, Any] = {"level": str(rng.choice(["fast", "fast", "fast", "stored"]))}
    options["threads"] = int(rng.integers(1, 5))
    layout = rng.integers(4)
    if layout == 0:
        pixels = np.asfortranarray(pixels)
    elif layout == 1:
        pixels = pixels[::-1, ::-1]
    elif layout == 2:
        pixels = np.ascontiguousarray(pixels.transpose(2, 0, 1))
        options["dataformats"] = "CHW"
    return pixels, options


def samples(pixels: np.ndarray, options: dict[str, Any]) -> np.ndarray:
    """What a decoder must give: (H, W, C), floats by torch's rule in numpy."""
    if options.get("dataformats") == "CHW":
        pixels = pixels.transpose(1, 2, 0)
    if pixels.dtype.kind != "f":
        return pixels
    return (pixels.astype(np.float32) * np.float32(255)).clip(0, 255).astype(np.uint8)


def decoded(data: bytes, want: np.ndarray) -> list[np.ndarray]:
    """The pixels by each decoder that can: Pillow has no colours of 16 bits, pypng is slow."""
    found = []
    if want.dtype == np.uint8 or want.shape[2] == 1:
        with Image.open(io.BytesIO(data)) as picture:
            found.append(np.asarray(picture).astype(want.dtype).reshape(want.shape))
    if want.size < 50_000 or not found:
        rows = list(pypng.Reader(bytes=data).read()[2])
        found.append(np.array([np.asarray(row, want.dtype) for row in rows]).reshape(want.shape))
    return found


def by_portable_kernels(images: list[tuple[np.ndarray, dict[str, Any]]]) -> list[bytes]:
    done = subprocess.run(
        [sys.executable, "-c", ENCODE_AGAIN],
        env={**os.environ, "EVENTCODEC_DISABLE_CPU": PORTABLE},
        input=pickle.dumps(images),
        capture_output=True,
        check=True,
    )
    files: list[bytes] = pickle.loads(done.stdout)
    return files


def test_c24_png(campaign: Any, tmp_path: Path) -> None:
    trials = round(100_000 * campaign.share) if campaign.long else 500
    rng = np.random.default_rng(campaign.seed)
    wrong = threaded = 0
    pngcheck = shutil.which("pngcheck")
    for first in range(0, trials, 500):
        images = [image(rng) for _ in range(min(500, trials - first))]
        files = [eventcodec.encode_png(pixels, **options) for pixels, options in images]
        for (pixels, options), data in zip(images, files, strict=True):
            want = samples(pixels, options)
            wrong += not all(np.array_equal(got, want) for got in decoded(data, want))
            assert len(data) <= 1.005 * want.nbytes + want.shape[0] + 300
            threaded += data.count(b"IDAT") > 1
        wrong += sum(a != b for a, b in zip(by_portable_kernels(images), files, strict=True))
        if pngcheck is not None:
            paths = [tmp_path / f"{i}.png" for i in range(len(files))]
            for path, data in zip(paths, files, strict=True):
                path.write_bytes(data)
            done = subprocess.run(
                [pngcheck, "-q", *map(str, paths)], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout
    campaign.report("C24 PNG", "every PNG decodes", trials=trials, hits=threaded, lost=wrong)
    assert wrong == 0


def some_values(rng: np.random.Generator) -> np.ndarray:
    """Finite float64 values of any scale: smooth, tied, skewed, offset, or of a few thousand."""
    size = int(rng.integers(1, 60)) if rng.random() < 0.6 else int(rng.integers(60, 3000))
    if rng.random() < 0.02:
        size = int(rng.integers(9000, 40_000))
    values = rng.normal(size=size)
    kind = rng.integers(6)
    if kind == 0:
        values = np.exp(values * rng.uniform(0.1, 8))
    elif kind == 1:
        values = np.round(values * rng.uniform(0.5, 50))
    elif kind == 2:
        values = values + 10.0 ** rng.uniform(0, 12)
    elif kind == 3:
        values = np.sort(values)
    elif kind == 4:
        values = np.where(rng.random(size) < 0.7, 0.0, values)
    return values * 10.0 ** rng.uniform(-200 if rng.random() < 0.1 else -6, 6)


def beside_edges(rng: np.random.Generator, values: np.ndarray, bins: Any) -> np.ndarray:
    """The same with values on numpy's own edges, and one ulp to either side."""
    edges = np.histogram_bin_edges(values, bins)
    chosen = rng.choice(edges, size=min(200, 2 * edges.size))
    moved = np.nextafter(chosen, rng.choice([-np.inf, np.inf], size=chosen.size))
    at = np.concatenate([chosen, moved]).clip(values.min(), values.max())
    return np.concatenate([values, at])


def too_many(values: np.ndarray, bins: Any) -> bool:
    """Whether numpy would need memory for millions of edges before it could be asked how many."""
    upper, lower = np.percentile(values, [75, 25])
    shares = {"fd": 2.0 * (upper - lower), "scott": (24.0 * np.pi**0.5) ** (1 / 3) * np.std(values)}
    width = shares.get(bins, 0.0) * values.size ** (-1.0 / 3.0)
    return bool(width and (np.ptp(values) or 1.0) / width > 1_000_000)


def numbers_of_bins(rng: np.random.Generator) -> Any:
    choice = rng.integers(4)
    if choice == 0:
        return int(rng.integers(1, 2000 if rng.random() < 0.1 else 100))
    if choice == 1:
        return np.unique(rng.normal(size=int(rng.integers(2, 60))))
    # numpy takes a hundred histograms for one by this rule.
    return str(rng.choice([rule for rule in RULES if rule != "stone" or rng.random() < 0.03]))


def test_c24_histograms(campaign: Any) -> None:
    trials = round(100_000 * campaign.share) if campaign.long else 4000
    rng = np.random.default_rng(campaign.seed)
    wrong = refused = 0
    for _ in range(trials):
        bins = numbers_of_bins(rng)
        values = some_values(rng)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            if isinstance(bins, str) and too_many(values, bins):
                refused += 1
                with pytest.raises(ValueError, match="1 to 1000000 buckets, got more"):
                    eventcodec.histogram(values, bins)
                continue
            try:
                # Twice, so that edges and counts are of the values that are compared.
                values = beside_edges(rng, values, bins) if rng.random() < 0.8 else values
                counts, edges = np.histogram(values, bins)
            except (ValueError, MemoryError, OverflowError):
                refused += 1
                with pytest.raises(ValueError, match="bins"):
                    eventcodec.histogram(values, bins)
                continue
            if not counts.any():
                continue
            got = eventcodec.histogram(values, bins)
        first, last = np.flatnonzero(counts)[[0, -1]]
        same = (
            np.array_equal(got.counts, counts[first : last + 1])
            and np.array_equal(got.left, edges[first : last + 1])
            and np.array_equal(got.right, edges[first + 1 : last + 2])
        )
        if not same:
            wrong += 1
            print(f"wrong: bins={bins!r} of {values.tolist()!r:.2000}")
    campaign.report(
        "C24 histograms", "histograms are numpy's", trials=trials, hits=refused, lost=wrong
    )
    assert wrong == 0
