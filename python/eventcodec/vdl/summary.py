"""Values of VisualDL's records as values of event files: what TensorBoard would show of them.

Both families know scalars, histograms, images, audio, texts, PR curves and hyperparameters. What is
VisualDL's alone (ROC curves, embeddings inside the log, the name of the run) becomes a tensor, or
bytes in the metadata, under the plugin names below: no page of TensorBoard's shows it, and nothing
is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from eventcodec.errors import CorruptRecordError

if TYPE_CHECKING:
    from eventcodec.proto import Record, Summary

__all__ = ["CHART", "EMBEDDINGS", "META_DATA", "ROC_CURVE", "as_summary_values", "parse_value"]

# Plugin names; the same stand in cpp/scan/vdl_rows.cc.
ROC_CURVE = "roc_curve"
EMBEDDINGS = "embeddings"
META_DATA = "meta_data"
# The description of a scalar that is one curve of a chart, before the chart's tag.
CHART = "curve of the VisualDL chart "


def parse_value(data: bytes) -> Record.Value:
    """Parse the one value of a record.

    Args:
        data: a serialized Record.Value.

    Raises:
        google.protobuf.message.DecodeError: it is malformed.
    """
    from eventcodec.proto import Record

    return Record.Value.FromString(data)


def as_summary_values(value: Record.Value) -> Iterator[Summary.Value]:
    """Yield what an event file holds of a value; hyperparameters are two values there.

    Raises:
        ValueError: arrays that belong together have different lengths.
    """
    sort = value.WhichOneof("one_value") or ""
    if sort not in _TRANSLATIONS:
        raise CorruptRecordError(f"a value of tag {value.tag!r} holds nothing that is known")
    yield from _TRANSLATIONS[sort](value)


def _value(tag: str, plugin: str, content: bytes = b"", **fields: Any) -> Summary.Value:
    from eventcodec.proto import Summary, SummaryMetadata

    plugin_data = SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    return Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=plugin_data), **fields)


def _doubles(rows: list[Any]) -> Any:
    """Put rows of equal length into a float64 tensor."""
    from eventcodec.proto import DataType, TensorProto, TensorShapeProto

    array = np.array([np.asarray(row, np.float64) for row in rows])
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in array.shape])
    return TensorProto(dtype=DataType.DT_DOUBLE, tensor_shape=shape, tensor_content=array.tobytes())


def _scalar(value: Record.Value) -> Iterator[Summary.Value]:
    from eventcodec.proto import Summary

    yield Summary.Value(tag=value.tag, simple_value=value.value)


def _tag_value(value: Record.Value) -> Iterator[Summary.Value]:
    from eventcodec.proto import Summary, SummaryMetadata

    part = value.tag_value
    yield Summary.Value(
        tag=f"{value.tag}/{part.tag}",
        simple_value=part.value,
        metadata=SummaryMetadata(display_name=part.tag, summary_description=CHART + value.tag),
    )


def _histogram(value: Record.Value) -> Iterator[Summary.Value]:
    counts = np.array(value.histogram.hist)
    edges = np.array(value.histogram.bin_edges)
    if len(counts) + bool(len(edges)) != len(edges):
        raise ValueError(f"a histogram of {len(counts)} counts has {len(edges)} edges")
    buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
    yield _value(value.tag, "histograms", tensor=_doubles(list(buckets)))


def _image(value: Record.Value) -> Iterator[Summary.Value]:
    from eventcodec.proto import Summary
    from eventcodec.vdl.pictures import describe_picture

    encoded = value.image.encoded_image_string
    width, height, channels = describe_picture(encoded)
    yield Summary.Value(
        tag=value.tag,
        image=Summary.Image(
            width=width, height=height, colorspace=channels, encoded_image_string=encoded
        ),
    )


def _audio(value: Record.Value) -> Iterator[Summary.Value]:
    from eventcodec.proto import Summary

    # The two messages have the same fields under the same numbers.
    clip = Summary.Audio.FromString(value.audio.SerializeToString())
    yield Summary.Value(tag=value.tag, audio=clip)


def _text(value: Record.Value) -> Iterator[Summary.Value]:
    from eventcodec.proto import DataType, TensorProto, TensorShapeProto

    tensor = TensorProto(
        dtype=DataType.DT_STRING,
        tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)]),
        string_val=[value.text.encoded_text_string.encode()],
    )
    yield _value(value.tag, "text", tensor=tensor)


def _pr_curve(value: Record.Value) -> Iterator[Summary.Value]:
    from eventcodec.proto import PrCurvePluginData

    curve = value.pr_curve
    rows = [curve.TP, curve.FP, curve.TN, curve.FN, curve.precision, curve.recall]
    content = PrCurvePluginData(num_thresholds=len(curve.TP)).SerializeToString()
    yield _value(value.tag, "pr_curves", content, tensor=_curve(value.tag, rows))


def _roc_curve(value: Record.Value) -> Iterator[Summary.Value]:
    curve = value.roc_curve
    rows = [curve.TP, curve.FP, curve.TN, curve.FN, curve.tpr, curve.fpr]
    yield _value(value.tag, ROC_CURVE, tensor=_curve(value.tag, rows))


def _curve(tag: str, rows: list[Any]) -> Any:
    lengths = {len(row) for row in rows}
    if len(lengths) != 1:
        raise ValueError(f"the rows of curve {tag!r} have different lengths: {sorted(lengths)}")
    return _doubles(rows)


def _hparam(value: Record.Value) -> Iterator[Summary.Value]:
    """One session: what it is made of, then its values."""
    from eventcodec.proto import (
        Experiment,
        HParamInfo,
        HParamsPluginData,
        MetricInfo,
        MetricName,
        SessionStartInfo,
    )

    experiment = Experiment(
        hparam_infos=[HParamInfo(name=info.name) for info in value.hparam.hparamInfos],
        metric_infos=[
            MetricInfo(name=MetricName(tag=info.name)) for info in value.hparam.metricInfos
        ],
    )
    start = SessionStartInfo(start_time_secs=value.timestamp / 1000)
    for info in value.hparam.hparamInfos:
        sort = info.WhichOneof("type")
        if sort == "string_value":
            start.hparams[info.name].string_value = info.string_value
        elif sort is not None:
            start.hparams[info.name].number_value = getattr(info, sort)
    for tag, data in (
        ("_hparams_/experiment", HParamsPluginData(experiment=experiment)),
        ("_hparams_/session_start_info", HParamsPluginData(session_start_info=start)),
    ):
        yield _value(tag, "hparams", data.SerializeToString())


def _embeddings(value: Record.Value) -> Iterator[Summary.Value]:
    yield _value(value.tag, EMBEDDINGS, value.embeddings.SerializeToString())


def _meta_data(value: Record.Value) -> Iterator[Summary.Value]:
    named = _value(value.tag, META_DATA)
    named.metadata.display_name = value.meta_data.display_name
    yield named


_TRANSLATIONS = {
    "value": _scalar,
    "tag_value": _tag_value,
    "histogram": _histogram,
    "image": _image,
    "audio": _audio,
    "text": _text,
    "pr_curve": _pr_curve,
    "roc_curve": _roc_curve,
    "hparam": _hparam,
    "embeddings": _embeddings,
    "meta_data": _meta_data,
}
