"""Other people's readers as functions from a log directory to plain values.

Each gives {run: {kind: {tag: [(step, wall_time, value), ...]}}}: a scalar is a float, a histogram a
float64 array (k, 3) of left, right, count, an image a list of encoded bytes, a text a str.
"""

from __future__ import annotations

import importlib
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from harness.data_server import read_with_data_server, tensor_of, text_of


@pytest.fixture(scope="session")
def visualdl(tmp_path_factory):
    """The visualdl package, which makes directories in the home directory when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        package = importlib.import_module("visualdl")
        for module in (
            "server.api",
            "server.data_manager",
            "reader.reader",
            "component.base_component",
            "proto.record_pb2",
        ):
            importlib.import_module(f"visualdl.{module}")
    return package


@pytest.fixture(scope="session")
def visualdl_server(visualdl):
    """visualdl_server(log directory) -> the function behind its server's addresses."""

    def start(directory: Path):
        # Its readers of a process share one store otherwise, and show each other's runs.
        visualdl.reader.reader.default_data_manager = visualdl.server.data_manager.DataManager()
        return visualdl.server.api.create_api_call(str(directory), None, 20)

    return start


def _run_name(logdir: Path, folder: Path) -> str:
    return folder.relative_to(logdir).as_posix()


def _event_dirs(logdir: Path) -> list[Path]:
    return sorted({path.parent for path in Path(logdir).rglob("*tfevents*")})


def _histogram_of(value) -> np.ndarray:
    """Left, right, count of a HistogramProto, without the bucket that only carries left[0]."""
    limits = np.array(value.bucket_limit)
    return np.stack([limits[:-1], limits[1:], np.array(value.bucket[1:])], axis=1)


def _accumulate(folder: Path) -> dict:
    from tensorboard.backend.event_processing import event_accumulator

    accumulator = event_accumulator.EventAccumulator(
        str(folder), event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE
    ).Reload()
    tags = accumulator.Tags()

    def points(kind, read, value):
        return {tag: [(e.step, e.wall_time, value(e)) for e in read(tag)] for tag in tags[kind]}

    run = {
        "scalars": points("scalars", accumulator.Scalars, lambda e: e.value),
        "histograms": points(
            "histograms", accumulator.Histograms, lambda e: _histogram_of(e.histogram_value)
        ),
        "images": points("images", accumulator.Images, lambda e: [e.encoded_image_string]),
        "texts": {},
    }
    for tag in tags["tensors"]:
        plugin = accumulator.SummaryMetadata(tag).plugin_data.plugin_name
        events = [
            (e.step, e.wall_time, tensor_of(e.tensor_proto)) for e in accumulator.Tensors(tag)
        ]
        if plugin == "text":
            run["texts"][tag] = [(s, w, text_of(a)) for s, w, a in events]
        elif plugin == "scalars":
            run["scalars"][tag] = [(s, w, float(a.item())) for s, w, a in events]
        elif plugin == "histograms":
            run["histograms"][tag] = events
        elif plugin == "images":
            run["images"][tag] = [(s, w, a.tolist()[2:]) for s, w, a in events]
    return run


@pytest.fixture(scope="session")
def event_accumulator():
    """TensorBoard's Python reader, every event kept."""

    def read(logdir) -> dict:
        return {_run_name(Path(logdir), d): _accumulate(d) for d in _event_dirs(Path(logdir))}

    return read


@pytest.fixture(scope="session")
def slow_loader():
    """TensorBoard's loader of `--load_fast=false`, which makes tensors of everything."""
    from tensorboard.backend.event_processing import plugin_event_multiplexer

    keep_all = dict.fromkeys(("scalars", "histograms", "images", "text"), 0)

    def value_of(plugin, array):
        if plugin == "text":
            return text_of(array)
        if plugin == "scalars":
            return float(array.item())
        return array.tolist()[2:] if plugin == "images" else array

    def read(logdir) -> dict:
        multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance=keep_all)
        multiplexer.AddRunsFromDirectory(str(logdir)).Reload()
        result: dict = {}
        for run in multiplexer.Runs():
            accumulator = multiplexer.GetAccumulator(run)
            kinds: dict = {"scalars": {}, "histograms": {}, "images": {}, "texts": {}}
            for tag in accumulator.Tags()["tensors"]:
                plugin = accumulator.SummaryMetadata(tag).plugin_data.plugin_name
                kinds.setdefault("texts" if plugin == "text" else plugin, {})[tag] = [
                    (e.step, e.wall_time, value_of(plugin, tensor_of(e.tensor_proto)))
                    for e in accumulator.Tensors(tag)
                ]
            result[run] = kinds
        return result

    return read


@pytest.fixture
def data_server(tmp_path_factory):
    """TensorBoard's Rust reader, the one behind its pages, asked over gRPC."""

    def read(logdir) -> dict:
        return read_with_data_server(Path(logdir), tmp_path_factory.mktemp("data_server"))

    return read


@pytest.fixture(scope="session")
def tbparse():
    """tbparse's data frames of scalars, histograms and text; it decodes images only with TF."""
    from tbparse import SummaryReader

    def frame_points(frame, value):
        points: dict = {}
        for row in frame.itertuples():
            points.setdefault(row.tag, []).append((row.step, row.wall_time, value(row)))
        return points

    def read(logdir) -> dict:
        result = {}
        for folder in _event_dirs(Path(logdir)):
            with warnings.catch_warnings():
                # tbparse 0.0.9 sorts its frames in place, which pandas 3.1 is about to retire.
                warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
                reader = SummaryReader(
                    str(folder),
                    event_types={"scalars", "histograms", "text", "tensors"},
                    extra_columns={"wall_time"},
                )
                scalars, histograms, texts = reader.scalars, reader.histograms, reader.text
            result[_run_name(Path(logdir), folder)] = {
                "scalars": frame_points(scalars, lambda row: row.value),
                "histograms": frame_points(
                    histograms,
                    lambda row: np.stack([row.limits[:-1], row.limits[1:], row.counts[1:]], axis=1),
                ),
                "texts": frame_points(texts, lambda row: row.value),
            }
        return result

    return read


@pytest.fixture(scope="session")
def pixels():
    """Pillow as the decoder: encoded bytes -> uint8 (height, width[, channels])."""
    from PIL import Image

    def decode(encoded: bytes) -> np.ndarray:
        with Image.open(io.BytesIO(encoded)) as image:
            return np.asarray(image)

    return decode
