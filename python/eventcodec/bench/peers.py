"""The peers that are installed, each behind the names that the cases use."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eventcodec.bench import baselines

__all__ = [
    "blob_loaders",
    "crc32c_functions",
    "has",
    "histogram_functions",
    "png_decoder",
    "png_encoders",
    "record_readers",
    "record_writers",
    "scanners",
    "summary_writers",
    "versions",
]

PACKAGES = (
    "torch",
    "tensorboardX",
    "tensorboard",
    "tensorboard-data-server",
    "visualdl",
    "tbparse",
    "crc32c",
    "google-crc32c",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "fpng",
    "fast-histogram",
    "boost-histogram",
    "scikit-image",
)


def versions() -> dict[str, str]:
    """Give the versions of the peers that are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def has(package: str) -> bool:
    """Whether a package is installed; does not import it."""
    return importlib.util.find_spec(package) is not None


def _first_installed(module: str, make: Callable[[Any], Any]) -> Any:
    """Import a peer's module and take something from it; None when it is not installed."""
    if not has(module.split(".", maxsplit=1)[0]):
        return None
    try:
        return make(importlib.import_module(module))
    except ImportError:
        # torch.utils.tensorboard without tensorboard: the package is there, its writer is not.
        return None


def _installed(candidates: dict[str, tuple[str, Callable[[Any], Any]]]) -> dict[str, Any]:
    found = {name: _first_installed(*candidate) for name, candidate in candidates.items()}
    return {name: value for name, value in found.items() if value is not None}


def summary_writers() -> dict[str, Callable[[Path], Any]]:
    """Give, for each peer, a function that opens its writer in a directory.

    All of them have add_scalar(tag, value, step) and close(); those of torch and tensorboardX also
    have add_histogram and add_image.
    """
    return _installed(
        {
            "torch": ("torch.utils.tensorboard", lambda m: lambda d: m.SummaryWriter(str(d))),
            "tensorboardX": ("tensorboardX", lambda m: lambda d: m.SummaryWriter(str(d))),
            "tensorboard": ("tensorboard.summary", lambda m: lambda d: m.Writer(str(d))),
            "visualdl": ("visualdl", lambda m: lambda d: m.LogWriter(str(d))),
        }
    )


def record_writers() -> dict[str, Callable[[Path], Any]]:
    """Give, for each peer, a function that opens a writer of records at a path."""
    return _installed(
        {
            "tensorboard": (
                "tensorboard.summary.writer.record_writer",
                lambda m: lambda path: m.RecordWriter(path.open("wb")),
            ),
            "tensorboardX": (
                "tensorboardX.record_writer",
                lambda m: lambda path: m.RecordWriter(str(path)),
            ),
        }
    )


def crc32c_functions() -> dict[str, Callable[[bytes], int]]:
    """Give, for each peer, its CRC-32C of bytes."""
    return _installed(
        {
            "google-crc32c": ("google_crc32c", lambda m: m.value),
            "crc32c": ("crc32c", lambda m: m.crc32c),
            "tensorboard": (
                "tensorboard.compat.tensorflow_stub.pywrap_tensorflow",
                lambda m: m.crc32c,
            ),
        }
    )


def record_readers() -> dict[str, Callable[[Path], int]]:
    """Give, for each peer, a function that checks and counts the records of a file."""

    def loader(module: Any) -> Callable[[Path], int]:
        return lambda path: sum(1 for _ in module.RawEventFileLoader(str(path)).Load())

    return _installed(
        {"tensorboard": ("tensorboard.backend.event_processing.event_file_loader", loader)}
    )


def blob_loaders() -> dict[str, Callable[[Path], int]]:
    """Give, for each peer, a function that loads the images and histograms of a directory."""

    def accumulator(module: Any) -> Callable[[Path], int]:
        def load(directory: Path) -> int:
            keep = {module.IMAGES: 0, module.HISTOGRAMS: 0}
            log = module.EventAccumulator(str(directory), size_guidance=keep)
            log.Reload()
            tags = log.Tags()
            images = sum(len(log.Images(tag)) for tag in tags["images"])
            return images + sum(len(log.Histograms(tag)) for tag in tags["histograms"])

        return load

    return _installed(
        {"tensorboard": ("tensorboard.backend.event_processing.event_accumulator", accumulator)}
    )


def scanners(tag: str | None = None) -> dict[str, Callable[[Path], int]]:
    """Give, for each peer, a function that loads all scalars of a directory and counts them.

    Args:
        tag: count those of this tag alone, which is asked for after the loading.
    """

    def accumulator(module: Any) -> Callable[[Path], int]:
        def scan_run(directory: Path) -> int:
            # 0: keep every point, where TensorBoard would keep a sample.
            log = module.EventAccumulator(str(directory), size_guidance={module.SCALARS: 0})
            log.Reload()
            tags = log.Tags()["scalars"] if tag is None else [tag]
            return sum(len(log.Scalars(each)) for each in tags)

        # It reads one run; a log may have many.
        return lambda log: sum(map(scan_run, {path.parent for path in log.rglob("*tfevents*")}))

    def frame(module: Any) -> Callable[[Path], int]:
        def scan_all(directory: Path) -> int:
            table = module.SummaryReader(str(directory)).scalars
            return len(table) if tag is None else int((table["tag"] == tag).sum())

        return scan_all

    return _installed(
        {
            "tensorboard": (
                "tensorboard.backend.event_processing.event_accumulator",
                accumulator,
            ),
            "tbparse": ("tbparse", frame),
        }
    )


def png_encoders(pixels: Any) -> dict[str, Callable[[Any], bytes]]:
    """Give, for each peer that can encode `pixels`, its encoder with the settings it comes with."""

    def pillow(module: Any) -> Callable[[Any], bytes]:
        def encode(array: Any) -> bytes:
            file = io.BytesIO()
            module.fromarray(array).save(file, "png")
            return file.getvalue()

        return encode

    def opencv(module: Any) -> Callable[[Any], bytes]:
        # Its order of channels is its own; the bytes are the same work.
        order = {3: module.COLOR_RGB2BGR, 4: module.COLOR_RGBA2BGRA}
        channels = pixels.shape[2] if pixels.ndim == 3 else 1

        def encode(array: Any) -> bytes:
            ordered = module.cvtColor(array, order[channels]) if channels > 1 else array
            return bytes(module.imencode(".png", ordered)[1])

        return encode

    candidates: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "Pillow": ("PIL.Image", pillow),
        "OpenCV": ("cv2", opencv),
    }
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        candidates["fpng"] = ("fpng", lambda module: module.from_ndarray)  # no other pictures
    return _installed(candidates)


def png_decoder() -> Callable[[bytes], Any]:
    """Give Pillow's decoder, or plain Python's, which takes a second a megabyte."""

    def pillow(module: Any) -> Callable[[bytes], Any]:
        def decode(data: bytes) -> Any:
            with module.open(io.BytesIO(data)) as image:
                return np.asarray(image)

        return decode

    decoder: Callable[[bytes], Any] | None = _first_installed("PIL.Image", pillow)
    return decoder or baselines.decode_png


def histogram_functions(bins: Any) -> dict[str, Callable[[Any], Any]]:
    """Give, for each peer, its counts of float values in `bins` uniform bins from -5 to 5."""

    def boost(module: Any) -> Callable[[Any], Any]:
        def count(values: Any) -> Any:
            histogram = module.Histogram(module.axis.Regular(bins, -5.0, 5.0))
            histogram.fill(values)
            return histogram.view()

        return count

    return _installed(
        {
            "torch": ("torch", lambda m: lambda v: m.histc(m.from_numpy(v), bins, -5.0, 5.0)),
            "fast-histogram": (
                "fast_histogram",
                lambda m: lambda v: m.histogram1d(v, bins, (-5.0, 5.0)),
            ),
            "boost-histogram": ("boost_histogram", boost),
        }
    )
