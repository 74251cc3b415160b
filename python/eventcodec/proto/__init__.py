"""Message classes: Event, Summary, TensorProto, GraphDef, the plugins' contents; VisualDL's Record.

Compatible with TensorBoard's and VisualDL's by number and name, but with a descriptor pool of their
own, so that they live beside tensorboard, tensorflow, tensorboardX and visualdl in one process
whatever protobuf runtime is installed. Messages of other pools come in as bytes::

    >>> from eventcodec.proto import Event
    >>> event = Event(wall_time=1.5, step=3)
    >>> event.summary.value.add(tag="loss", simple_value=0.5).tag
    'loss'
    >>> Event.FromString(event.SerializeToString()).summary.value[0].simple_value
    0.5

protobuf is imported when the first class is asked for.
"""

from __future__ import annotations

import threading
from typing import Any

_PACKAGES = {
    "tensorboard": (
        "DataType TensorShapeProto TensorProto DataClass SummaryMetadata HistogramProto Summary "
        "Event SourceMetadata LogMessage SessionLog TaggedRunMetadata "
        "VersionDef AttrValue NameAttrList NodeDef GraphDef MetaGraphDef "
        "OpDeprecation OpDef FunctionDef GradientDef RegisteredGradient FunctionDefLibrary "
        "AllocationDescription TensorDescription AllocationRecord AllocatorMemoryUsed NodeOutput "
        "MemoryStats NodeExecStats DeviceStepStats StepStats CostGraphDef SessionMetadata "
        "RunMetadata "
        "ScalarPluginData HistogramPluginData TextPluginData ImagePluginData AudioPluginData "
        "PrCurvePluginData MultilineChartContent MarginChartContent Chart Category Layout"
    ),
    "tensorboard.hparams": (
        "DatasetType Status Interval HParamInfo MetricName MetricInfo Experiment "
        "SessionStartInfo SessionEndInfo HParamsPluginData"
    ),
    "tensorboard.mesh": "MeshPluginData",
    "tensorboard.projector": "SpriteMetadata EmbeddingInfo ProjectorConfig",
    "visualdl": "Record",
}
_FULL_NAMES = {
    name: f"{package}.{name}" for package, names in _PACKAGES.items() for name in names.split()
}
_FULL_NAMES["HParamType"] = "tensorboard.hparams.DataType"

_lock = threading.Lock()


def __getattr__(name: str) -> Any:
    if name not in _FULL_NAMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from eventcodec.proto import pool

    with _lock:
        if name not in globals():
            globals().update(pool.load(_FULL_NAMES))
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *_FULL_NAMES})
