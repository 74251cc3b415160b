"""The values of tbparse's frames, from an EventAccumulator, and its conversions of histograms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.compat.tbparse_frames import Series
from eventcodec.compat.tensorboard import EventAccumulator
from eventcodec.reader.audio import Audio
from eventcodec.reader.hparams import plain_value
from eventcodec.reader.image import decode_frames
from eventcodec.reader.tensor import to_ndarray

__all__ = [
    "READERS",
    "audio_of_tensor",
    "histogram_of_tensor",
    "histogram_to_bins",
    "histogram_to_cdf",
    "histogram_to_pdf",
    "hparams_of",
    "image_of_tensor",
    "scalars",
]

_TEXT_SUFFIX = "/text_summary"  # of torch's and tensorboardX's tags


def scalars(accumulator: EventAccumulator) -> list[Series]:
    """Return the scalars of every tag, without making an object of each."""
    found = []
    for tag in accumulator.scalars.Keys():
        parts = [part.columns() for part in accumulator.scalars.parts(tag)]
        empty: list[Any] = [(np.empty(0, np.int64), np.empty(0), np.empty(0))]
        steps, wall_times, values = (np.concatenate(c) for c in zip(*(parts or empty), strict=True))
        found.append(Series(tag, steps, wall_times, {"": values}))
    return found


def _series(tag: str, events: list[Any], columns: dict[str, Callable[[Any], Any]]) -> Series:
    return Series(
        tag,
        [event.step for event in events],
        [event.wall_time for event in events],
        {name: [value_of(event) for event in events] for name, value_of in columns.items()},
    )


def _tensors(accumulator: EventAccumulator, tag: str) -> Series:
    def value(event: Any) -> Any:
        array = to_ndarray(event.tensor_proto)
        return array.item() if array.shape == () else array

    return _series(tag, accumulator.Tensors(tag), {"": value})


def _histograms(accumulator: EventAccumulator, tag: str) -> Series:
    return _series(
        tag,
        accumulator.Histograms(tag),
        {
            "counts": lambda event: np.array(event.histogram_value.bucket, np.float64),
            "limits": lambda event: np.array(event.histogram_value.bucket_limit, np.float64),
            "max": lambda event: event.histogram_value.max,
            "min": lambda event: event.histogram_value.min,
            "num": lambda event: event.histogram_value.num,
            "sum": lambda event: event.histogram_value.sum,
            "sum_squares": lambda event: event.histogram_value.sum_squares,
        },
    )


def _images(accumulator: EventAccumulator, tag: str) -> Series:
    return _series(
        tag,
        accumulator.Images(tag),
        {
            "": lambda event: decode_frames(event.encoded_image_string),
            "height": lambda event: event.height,
            "width": lambda event: event.width,
        },
    )


def _decode_clip(encoded: bytes) -> NDArray[np.float32]:
    return Audio(0, 0.0, 0.0, 0, 0, encoded, "").to_array()


def _audio(accumulator: EventAccumulator, tag: str) -> Series:
    return _series(
        tag,
        accumulator.Audio(tag),
        {
            "": lambda event: _decode_clip(event.encoded_audio_string),
            "content_type": lambda event: event.content_type,
            "length_frames": lambda event: event.length_frames,
            "sample_rate": lambda event: event.sample_rate,
        },
    )


def _text(accumulator: EventAccumulator, tag: str) -> Series:
    def value(event: Any) -> str:
        parts = to_ndarray(event.tensor_proto).reshape(-1).tolist()
        return "\n".join(bytes(part).decode("utf-8", "backslashreplace") for part in parts)

    return _series(tag.removesuffix(_TEXT_SUFFIX), accumulator.Tensors(tag), {"": value})


# Event type -> the series of one of its tags.
READERS = {
    "tensors": _tensors,
    "histograms": _histograms,
    "images": _images,
    "audio": _audio,
    "text": _text,
}


def hparams_of(content: bytes | None) -> dict[str, Any]:
    """Return the hyperparameters that the content of a session's start holds."""
    from eventcodec.proto import HParamsPluginData

    if content is None:
        return {}
    start = HParamsPluginData.FromString(content).session_start_info
    return {name: plain_value(value) for name, value in start.hparams.items()}


def histogram_of_tensor(buckets: NDArray[Any]) -> dict[str, Any]:
    """Return the columns of a histogram of [k, 3]: left, right, count."""
    limits = np.array([buckets[0][0], *buckets[:, 1]])
    counts = np.array([0, *buckets[:, 2]])
    return {
        "limits": limits,
        "counts": counts,
        "min": limits[0],
        "max": limits[-1],
        "num": counts.sum(),
        "sum": np.nan,
        "sum_squares": np.nan,
    }


def image_of_tensor(strings: NDArray[Any]) -> dict[str, Any]:
    """Return the images of a tensor of width, height and encoded images."""
    images = np.stack([decode_frames(encoded) for encoded in strings[2:]])
    return {
        "image": images[0] if len(images) == 1 else images,
        "width": int(strings[0]),
        "height": int(strings[1]),
    }


def audio_of_tensor(strings: NDArray[Any]) -> dict[str, Any]:
    """Return the clips of a tensor of clips and labels, which must be of one length."""
    clips = [_decode_clip(encoded) for encoded in strings[:, 0]]
    rates = np.array([_rate_of(encoded) for encoded in strings[:, 0]], dtype=np.int32)
    single = len(clips) == 1
    return {
        "audio": clips[0] if single else np.stack(clips),
        "content_type": "audio/wav",
        "length_frames": len(clips[0]),
        "sample_rate": rates[0] if single else rates,
    }


def _rate_of(encoded: bytes) -> int:
    from eventcodec.reader.audio import parse_wav

    wav = parse_wav(encoded)
    return 0 if wav is None else wav.sample_rate


def histogram_to_pdf(counts: Any, limits: Any, x: NDArray[Any]) -> tuple[Any, Any]:
    """Return the centres between the points x and the density there."""
    below = histogram_to_cdf(counts, limits, x)
    return (x[1:] + x[:-1]) / 2, np.diff(below) / np.diff(x)


def histogram_to_cdf(counts: Any, limits: Any, x: Any) -> NDArray[Any]:
    """Return the share of the values up to each point, on straight lines within the buckets.

    Raises:
        ValueError: counts and limits differ in length, or the points do not ascend.
    """
    counts, limits, x = np.asarray(counts), np.asarray(limits), np.asarray(x)
    if len(counts) != len(limits):
        raise ValueError(f"{len(counts)} counts and {len(limits)} limits; there must be as many")
    if not np.all(np.diff(x) > 0):
        raise ValueError("x must ascend")
    total = np.cumsum(counts)
    right = np.searchsorted(limits, x, side="left")  # limits[right - 1] < x <= limits[right]
    inside = (right > 0) & (right < len(limits))
    upper, lower = limits[right[inside]], limits[right[inside] - 1]
    share = total[right[inside] - 1] * (upper - x[inside]) + total[right[inside]] * (
        x[inside] - lower
    )
    below = np.where(right == 0, 0.0, float(total[-1]))
    below[inside] = share / (upper - lower)
    shares: NDArray[Any] = below / total[-1]
    return shares


def histogram_to_bins(
    counts: Any, limits: Any, lower: float | None, upper: float | None, bins: int
) -> tuple[list[float], list[float]]:
    """Return the centres of even bins, and how much of the buckets falls into each.

    A bucket without width goes whole into the bin that it lies in.

    Raises:
        ValueError: counts and limits differ in length, or the first count is not 0.

    Source: tensorboard/plugins/histogram/tf_histogram_dashboard/histogramCore.ts.
    """
    if len(counts) != len(limits) or counts[0] != 0:
        raise ValueError("there must be a limit for each count, and the first count must be 0")
    if lower is None or upper is None:
        lower = upper = 0.0
    if upper == lower:
        lower, upper = lower / 1.1 - 1, lower * 1.1 + 1
    width = (upper - lower) / bins
    centers, heights = [], []
    bucket = 1
    for number in range(bins):
        left = lower + number * width
        right = left + width
        height = 0.0
        while bucket < len(counts):
            end, start = min(upper, limits[bucket]), max(lower, limits[bucket - 1])
            if end > start:
                overlap = min(end, right) - max(start, left)
                height += overlap / (end - start) * counts[bucket] if overlap > 0 else 0
            elif left <= start and (end <= right if right >= upper else end < right):
                height += counts[bucket]
            if end > right:
                break
            bucket += 1
        centers.append(left + width / 2)
        heights.append(height)
    return centers, heights
