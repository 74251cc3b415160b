"""What an EventAccumulator gives: TensorBoard's classes of values, made from rows of files.

Source: tensorboard/backend/event_processing/event_accumulator.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from eventcodec.reader.message_series import parse_row
from eventcodec.reader.series import Part

if TYPE_CHECKING:
    from eventcodec.proto import Summary, TensorProto

__all__ = [
    "NORMAL_HISTOGRAM_BPS",
    "AudioEvent",
    "CompressedHistogramEvent",
    "HistogramEvent",
    "HistogramValue",
    "ImageEvent",
    "ScalarEvent",
    "TensorEvent",
    "audio_of",
    "compressed_of",
    "histograms_of",
    "images_of",
    "scalars_of",
]

# Quantiles in hundredths of a per cent: bands of one standard deviation of a normal distribution.
NORMAL_HISTOGRAM_BPS = (0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000)


@dataclass(frozen=True)
class ScalarEvent:
    """One scalar: wall_time in seconds since 1970, step, value."""

    wall_time: float
    step: int
    value: float


@dataclass(frozen=True)
class HistogramValue:
    """A histogram: its moments, the upper limit of each bucket, and how much fell into each."""

    min: float
    max: float
    num: int
    sum: float
    sum_squares: float
    bucket_limit: Sequence[float]
    bucket: Sequence[int]


@dataclass(frozen=True)
class HistogramEvent:
    """One histogram."""

    wall_time: float
    step: int
    histogram_value: HistogramValue


@dataclass(frozen=True)
class CompressedHistogramEvent:
    """The quantiles of one histogram: pairs of hundredths of a per cent and a value."""

    wall_time: float
    step: int
    compressed_histogram_values: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class ImageEvent:
    """One image: its encoded bytes, width and height in pixels."""

    wall_time: float
    step: int
    encoded_image_string: bytes
    width: int
    height: int


@dataclass(frozen=True)
class AudioEvent:
    """One clip: its encoded bytes, their MIME type, the rate in Hz, the samples of a channel."""

    wall_time: float
    step: int
    encoded_audio_string: bytes
    content_type: str
    sample_rate: float
    length_frames: int


@dataclass(frozen=True)
class TensorEvent:
    """One tensor, as an eventcodec.proto.TensorProto."""

    wall_time: float
    step: int
    tensor_proto: TensorProto


def scalars_of(part: Part) -> list[ScalarEvent]:
    """Return the scalars of the rows of a part."""
    steps, wall_times, values = part.columns()
    assert values is not None
    return list(map(ScalarEvent, wall_times.tolist(), steps.tolist(), values.tolist()))


def _messages(part: Part) -> list[tuple[float, int, Summary.Value]]:
    """Return wall time, step and message of each row; reads and checks each record."""
    steps, wall_times, _ = part.columns()
    messages = [parse_row(part, row, lambda value, _: value) for row in part.row_numbers()]
    return list(zip(wall_times.tolist(), steps.tolist(), messages, strict=True))


def histograms_of(part: Part) -> list[HistogramEvent]:
    """Return the histograms of the rows of a part."""
    return [
        HistogramEvent(wall_time, step, _histogram_value(value.histo))
        for wall_time, step, value in _messages(part)
    ]


def _histogram_value(message: Any) -> HistogramValue:
    return HistogramValue(
        message.min,
        message.max,
        message.num,
        message.sum,
        message.sum_squares,
        list(message.bucket_limit),
        list(message.bucket),
    )


def images_of(part: Part) -> list[ImageEvent]:
    """Return the images of the rows of a part."""
    return [
        ImageEvent(
            wall_time,
            step,
            value.image.encoded_image_string,
            value.image.width,
            value.image.height,
        )
        for wall_time, step, value in _messages(part)
    ]


def audio_of(part: Part) -> list[AudioEvent]:
    """Return the clips of the rows of a part."""
    return [
        AudioEvent(
            wall_time,
            step,
            value.audio.encoded_audio_string,
            value.audio.content_type,
            value.audio.sample_rate,
            value.audio.length_frames,
        )
        for wall_time, step, value in _messages(part)
    ]


def compressed_of(part: Part, quantiles: Sequence[float]) -> list[CompressedHistogramEvent]:
    """Return the quantiles of the histograms of the rows of a part."""
    return [
        CompressedHistogramEvent(
            event.wall_time, event.step, _compress(event.histogram_value, quantiles)
        )
        for event in histograms_of(part)
    ]


def _compress(histogram: HistogramValue, quantiles: Sequence[float]) -> list[tuple[float, float]]:
    """Interpolate within the bucket that each quantile falls into.

    Source: tensorboard/plugins/distribution/compressor.py, whose order of operations this keeps.
    """
    if not histogram.num:
        return [(quantile, 0.0) for quantile in quantiles]
    counts = np.array(histogram.bucket)
    below = (counts * quantiles[-1] / (counts.sum() or 1.0)).cumsum()
    return [(quantile, _value_at(histogram, below, quantile)) for quantile in quantiles]


def _value_at(histogram: HistogramValue, below: Any, quantile: float) -> float:
    bucket = int(np.searchsorted(below, quantile, side="right"))
    if bucket >= len(below):
        return histogram.max
    before = float(below[bucket - 1]) if bucket else 0.0
    left = histogram.min if not before else max(histogram.bucket_limit[bucket - 1], histogram.min)
    right = min(histogram.bucket_limit[bucket], histogram.max)
    share = (quantile - before) * float(right - left)
    return float(left + share / (float(below[bucket]) - before))
