"""tensorboardX.summary: functions that return Summary messages (of eventcodec.proto)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.compat.tensorboardx.tags import clean_tag
from eventcodec.compat.tensorboardx.x2num import make_np
from eventcodec.summary.audio import audio_summary
from eventcodec.summary.boxes import boxes_summary
from eventcodec.summary.custom_scalars import Layout, custom_scalars_summary
from eventcodec.summary.histogram import histogram_raw_summary, histogram_summary
from eventcodec.summary.hparams import hparams_summaries
from eventcodec.summary.image import image_summary
from eventcodec.summary.mesh import mesh_summary
from eventcodec.summary.pr_curve import compute_curve as count_curve
from eventcodec.summary.pr_curve import pr_curve_raw_summary, pr_curve_summary
from eventcodec.summary.scalar import as_number
from eventcodec.summary.text import text_summary
from eventcodec.summary.video import video_summary

if TYPE_CHECKING:
    from eventcodec.proto import HistogramProto, Summary

__all__ = [
    "audio",
    "compute_curve",
    "custom_scalars",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "image_boxes",
    "make_histogram",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "text",
    "video",
]

_MOST_THRESHOLDS = 127
_MESSAGES = (
    *("HistogramProto", "MeshPluginData", "PrCurvePluginData", "Summary", "SummaryMetadata"),
    *("TensorProto", "TensorShapeProto", "TextPluginData"),
)


def __getattr__(name: str) -> Any:
    """Give the message classes that scripts import from here; protobuf is imported for them."""
    if name not in _MESSAGES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from eventcodec import proto

    return getattr(proto, name)


def _message(encoded: bytes) -> Summary:
    from eventcodec.proto import Summary

    return Summary.FromString(encoded)


def hparams(
    hparam_dict: Mapping[str, Any], metric_dict: Mapping[str, Any]
) -> tuple[Summary, Summary, Summary]:
    """Return the messages of a session: experiment, start, end."""
    experiment, start, end = hparams_summaries(hparam_dict, metric_dict)
    return _message(experiment), _message(start), _message(end)


def scalar(
    name: str, scalar: Any, display_name: str = "", summary_description: str = ""
) -> Summary:
    """Return the message of one number."""
    from eventcodec.proto import Summary

    value = Summary.Value(tag=clean_tag(name), simple_value=as_number(scalar, "scalar"))
    if display_name or summary_description:
        value.metadata.display_name = display_name
        value.metadata.summary_description = summary_description
    return Summary(value=[value])


def histogram_raw(
    name: str,
    min: float,
    max: float,
    num: float,
    sum: float,
    sum_squares: float,
    bucket_limits: Any,
    bucket_counts: Any,
) -> Summary:
    """Return the message of a histogram that was counted."""
    return _message(
        histogram_raw_summary(name, min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
    )


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Summary:
    """Return the message of the histogram of some values."""
    return _message(histogram_summary(clean_tag(name), values, bins=bins, max_bins=max_bins))


def make_histogram(values: NDArray[Any], bins: Any, max_bins: int | None = None) -> HistogramProto:
    """Return the histogram of some values."""
    return (
        _message(histogram_summary("histogram", values, bins=bins, max_bins=max_bins))
        .value[0]
        .histo
    )


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "CHW") -> Summary:
    """Return the message of one image, or of the grid of a batch."""
    if rescale == 1:
        return _message(image_summary(clean_tag(tag), tensor, dataformats=dataformats))
    boxes = np.zeros((0, 4))
    return _message(
        boxes_summary(clean_tag(tag), tensor, boxes, rescale=rescale, dataformats=dataformats)
    )


def image_boxes(
    tag: str,
    tensor_image: Any,
    tensor_boxes: Any,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Sequence[str] | None = None,
) -> Summary:
    """Return the message of an image with boxes."""
    return _message(
        boxes_summary(
            tag,
            tensor_image,
            tensor_boxes,
            rescale=rescale,
            dataformats=dataformats,
            labels=labels,
        )
    )


def video(tag: str, tensor: Any, fps: float = 4, dataformats: str = "NTCHW") -> Summary:
    """Return the message of videos."""
    return _message(video_summary(clean_tag(tag), tensor, fps=fps, dataformats=dataformats))


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Summary:
    """Return the message of a sound."""
    return _message(audio_summary(tag, tensor, sample_rate=sample_rate, tensorboardx_form=True))


def custom_scalars(layout: Layout) -> Summary:
    """Return the message of a layout."""
    return _message(custom_scalars_summary(layout))


def text(tag: str, text: str) -> Summary:
    """Return the message of a text."""
    return _message(text_summary(tag, text))


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = 127,
    weights: Any = None,
) -> Summary:
    """Return the message of a precision-recall curve that was counted."""
    del weights
    count = min(num_thresholds, _MOST_THRESHOLDS)
    return _message(
        pr_curve_raw_summary(tag, tp, fp, tn, fn, precision, recall, num_thresholds=count)
    )


def pr_curve(
    tag: str, labels: Any, predictions: Any, num_thresholds: int = 127, weights: Any = None
) -> Summary:
    """Return the message of a precision-recall curve."""
    count = min(num_thresholds, _MOST_THRESHOLDS)
    return _message(
        pr_curve_summary(tag, labels, predictions, num_thresholds=count, weights=weights)
    )


def compute_curve(
    labels: NDArray[Any],
    predictions: NDArray[Any],
    num_thresholds: int = _MOST_THRESHOLDS,
    weights: Any = None,
) -> NDArray[np.float64]:
    """Count a precision-recall curve."""
    return count_curve(
        labels, predictions, num_thresholds, None if weights is None else make_np(weights)
    )


def mesh(
    tag: str, vertices: Any, colors: Any, faces: Any, config_dict: Mapping[str, Any] | None = None
) -> Summary:
    """Return the message of meshes."""
    return _message(mesh_summary(tag, vertices, colors, faces, config_dict, tensorboardx_form=True))
