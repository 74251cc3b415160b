"""Reading: open() a log directory and look at its runs, tags and values."""

from __future__ import annotations

from eventcodec.reader.audio import Audio
from eventcodec.reader.embedding import Embedding
from eventcodec.reader.follow import FollowedScalar, follow
from eventcodec.reader.given_events import FollowedEvent
from eventcodec.reader.graph import Graph
from eventcodec.reader.hparams import Experiment, HParams
from eventcodec.reader.image import Image
from eventcodec.reader.log import Log, open  # noqa: A004
from eventcodec.reader.mesh import MeshPart
from eventcodec.reader.message_series import (
    AudioSeries,
    GraphSeries,
    MeshSeries,
    PrCurveSeries,
    RawSeries,
    TensorSeries,
)
from eventcodec.reader.pr_curve import PrCurve
from eventcodec.reader.run import Run
from eventcodec.reader.series import HistogramSeries, ImageSeries, ScalarSeries, TextSeries
from eventcodec.reader.table import Table
from eventcodec.reader.tag import Tag
from eventcodec.reader.tensor import Tensor
from eventcodec.reader.text import Text

__all__ = [
    "Audio",
    "AudioSeries",
    "Embedding",
    "Experiment",
    "FollowedEvent",
    "FollowedScalar",
    "Graph",
    "GraphSeries",
    "HParams",
    "HistogramSeries",
    "Image",
    "ImageSeries",
    "Log",
    "MeshPart",
    "MeshSeries",
    "PrCurve",
    "PrCurveSeries",
    "RawSeries",
    "Run",
    "ScalarSeries",
    "Table",
    "Tag",
    "Tensor",
    "TensorSeries",
    "Text",
    "TextSeries",
    "follow",
    "open",
]
