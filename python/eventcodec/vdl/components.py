"""Values become messages of VisualDL's components: (field of Record.Value, serialized message).

Source of the rules: visualdl/component/base_component.py and visualdl/proto/record.proto (2.5.3).
"""

from __future__ import annotations

import hashlib
import io
import numbers
import wave
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array

__all__ = [
    "Component",
    "audio",
    "embeddings",
    "hparams",
    "meta_data",
    "pr_curve",
    "roc_curve",
    "text",
]

MOST_THRESHOLDS = 127
_LEAST = 1e-7  # of a divisor


class Component(NamedTuple):
    """What a value of one component is: the field of Record.Value, and the message in it."""

    field: int
    message: bytes


def text(text_string: str) -> Component:
    """Encode a text.

    Raises:
        TypeError: it is no str.
    """
    from eventcodec.proto import Record

    if not isinstance(text_string, str):
        raise TypeError(f"text_string must be a str, got {text_string!r}")
    return Component(12, Record.Text(encoded_text_string=text_string).SerializeToString())


def meta_data(display_name: str) -> Component:
    """Encode the name that a run has on VisualDL's pages."""
    from eventcodec.proto import Record

    return Component(10, Record.MetaData(display_name=display_name).SerializeToString())


def audio(audio_array: object, sample_rate: int) -> Component:
    """Encode a clip as a WAV of 16 bits and one channel.

    Args:
        audio_array: samples in -1..1, one dimension besides those of size 1; others are clipped.
        sample_rate: in Hz.

    Raises:
        TypeError, ValueError: no samples, several channels, or no rate.
    """
    from eventcodec.proto import Record

    samples = np.atleast_1d(as_array(audio_array, argument="audio_array").squeeze())
    if samples.ndim != 1 or not samples.size or samples.dtype.kind == "c":
        raise ValueError(
            f"audio_array must have one dimension, got shape {np.shape(samples)} {samples.dtype}"
        )
    rate = int(sample_rate)
    if rate < 1:
        raise ValueError(f"sample_rate must be at least 1 Hz, got {sample_rate!r}")
    if samples.dtype.kind != "f":
        samples = samples.astype(np.float64)
    if not np.isfinite(samples).all():
        raise ValueError("audio_array must be finite, got NaN or infinity")
    pcm = (32767.0 * samples.clip(-1, 1)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm.tobytes())
    clip = Record.Audio(
        sample_rate=rate,
        num_channels=1,
        length_frames=len(pcm),
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
    return Component(6, clip.SerializeToString())


def embeddings(mat: object, metadata: object, metadata_header: object) -> Component:
    """Encode vectors with their labels.

    Args:
        mat: numbers (vectors, dimensions).
        metadata: one label for each vector, or a list of columns of those.
        metadata_header: the names of the columns; None for label_0, label_1, ... where there are
            several.

    Raises:
        TypeError, ValueError: shapes that do not fit each other.
    """
    from eventcodec.proto import Record

    vectors = np.asarray(mat, dtype=np.float32)
    if vectors.ndim != 2:
        raise ValueError(f"mat must have the shape (vectors, dimensions), got {vectors.shape}")
    if metadata is None or isinstance(metadata, str):
        raise ValueError(f"metadata must have one label for each vector, got {metadata!r}")
    columns = _columns(metadata)
    heading = None if metadata_header is None else [str(name) for name in _items(metadata_header)]
    if not heading and isinstance(_items(metadata)[0], list):
        heading = [f"label_{number}" for number in range(len(columns))]
    for column in columns:
        if len(column) != len(vectors):
            raise ValueError(
                f"metadata must have one label for each of the {len(vectors)} vectors, got "
                f"{len(column)}; several columns are a list of columns"
            )
    if heading and len(heading) != len(columns):
        raise ValueError(f"metadata_header must name {len(columns)} columns, got {heading!r}")
    rows = zip(zip(*columns, strict=True), vectors.tolist(), strict=True)
    message = Record.Embeddings(
        embeddings=[Record.Embedding(label=labels, vectors=vector) for labels, vector in rows],
        label_meta=heading or [],
    )
    return Component(7, message.SerializeToString())


def _items(values: Any) -> list[Any]:
    return list(values.tolist() if isinstance(values, np.ndarray) else values)


def _columns(metadata: Any) -> list[list[str]]:
    labels = _items(metadata)
    if not labels:
        raise ValueError("metadata must have one label for each vector, got none")
    columns = labels if isinstance(labels[0], list | tuple) else [labels]
    return [[str(label) for label in column] for column in columns]


def hparams(name: str, values: Mapping[str, Any], metrics: Sequence[str]) -> Component:
    """Encode the hyperparameters of a run and the tags of its results.

    Args:
        name: of the file, which tells runs apart.
        values: name -> int, float, str or bool (stored as 0 or 1); None is left out.
        metrics: tags of scalars.

    Raises:
        TypeError: another value.
        ValueError: an integer of more than 64 bits.
    """
    from eventcodec.proto import Record

    message = Record.HParam(name=name)
    for key, value in values.items():
        if value is None:
            continue
        info = message.hparamInfos.add(name=key)
        if isinstance(value, numbers.Integral):
            if not -(1 << 63) <= int(value) < 1 << 63:
                raise ValueError(f"hyperparameter {key!r} must fit in 64 bits, got {value!r}")
            info.int_value = int(value)
        elif isinstance(value, numbers.Real):
            info.float_value = float(value)
        elif isinstance(value, str):
            info.string_value = value
        else:
            raise TypeError(f"hyperparameter {key!r} must be int, float or str, got {value!r}")
    for metric in metrics:
        message.metricInfos.add(name=metric, float_value=0)
    return Component(13, message.SerializeToString())


def name_of_file(path: str) -> str:
    """Return the name that add_hparams gives the runs of a file: the MD5 of its path."""
    return hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()


class _Counts(NamedTuple):
    """Sums of weights at or above each threshold (true and false positives) and below it."""

    tp: NDArray[np.float64]
    fp: NDArray[np.float64]
    tn: NDArray[np.float64]
    fn: NDArray[np.float64]


def pr_curve(
    labels: object, predictions: object, num_thresholds: int, weights: object = None
) -> Component:
    """Encode a precision-recall curve.

    Args:
        labels: n numbers, 0 or 1 (or bools).
        predictions: n numbers in 0..1.
        num_thresholds: 2 or more; at most 127 are used, evenly spaced from 0 to 1.
        weights: n numbers or one; None for 1. The counts are truncated to integers.

    Raises:
        TypeError, ValueError: a bad argument, quoted.
    """
    from eventcodec.proto import Record

    counts = _count(labels, predictions, num_thresholds, weights)
    message = Record.PRCurve(
        **_integers(counts),
        precision=(counts.tp / np.maximum(_LEAST, counts.tp + counts.fp)).tolist(),
        recall=(counts.tp / np.maximum(_LEAST, counts.tp + counts.fn)).tolist(),
    )
    return Component(9, message.SerializeToString())


def roc_curve(
    labels: object, predictions: object, num_thresholds: int, weights: object = None
) -> Component:
    """Encode a receiver operating characteristic; arguments as of pr_curve.

    VisualDL 2.5.3 divides the true positives by what is negative; here the true positive rate is
    the share of the positives, as its name says.
    """
    from eventcodec.proto import Record

    counts = _count(labels, predictions, num_thresholds, weights)
    message = Record.ROC_Curve(
        **_integers(counts),
        tpr=(counts.tp / np.maximum(_LEAST, counts.tp + counts.fn)).tolist(),
        fpr=(counts.fp / np.maximum(_LEAST, counts.tn + counts.fp)).tolist(),
    )
    return Component(11, message.SerializeToString())


def _integers(counts: _Counts) -> dict[str, Any]:
    return {
        name: row.astype(np.int64).tolist()
        for name, row in zip(("TP", "FP", "TN", "FN"), counts, strict=True)
    }


def _count(labels: object, predictions: object, num_thresholds: int, weights: object) -> _Counts:
    truth = as_array(labels, argument="labels").astype(np.float64)
    scores = as_array(predictions, argument="predictions")
    if truth.ndim != 1 or truth.shape != scores.shape:
        raise ValueError(
            f"labels and predictions must be n numbers each, got {truth.shape} and {scores.shape}"
        )
    if not len(truth) or not ((truth >= 0) & (truth <= 1)).all():
        raise ValueError("labels must be 0 or 1, at least one of them")
    if not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError(
            f"predictions must be in 0..1, got {np.min(scores)!r} to {np.max(scores)!r}"
        )
    thresholds = min(int(num_thresholds), MOST_THRESHOLDS)
    if thresholds < 2:
        raise ValueError(f"num_thresholds must be at least 2, got {num_thresholds!r}")
    weight = np.float64(1) if weights is None else np.asarray(weights, np.float64)
    if weight.shape not in ((), truth.shape):
        raise ValueError(f"weights must be one number or {len(truth)}, got shape {weight.shape}")
    bucket = np.floor(scores * (thresholds - 1)).astype(np.int64)
    positive: Any = np.bincount(bucket, weights=truth * weight, minlength=thresholds)
    negative: Any = np.bincount(bucket, weights=(1.0 - truth) * weight, minlength=thresholds)
    tp = np.cumsum(positive[::-1])[::-1]
    fp = np.cumsum(negative[::-1])[::-1]
    return _Counts(tp, fp, fp[0] - fp, tp[0] - tp)
