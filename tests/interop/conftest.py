"""Other people's readers as functions from a log directory to plain values.

Each gives {run: {kind: {tag: [(step, wall_time, value), ...]}}}: a scalar is a float, a histogram a
float64 array (k, 3) of left, right, count, an image a list of encoded bytes, a text a str.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import subprocess
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

READY_SECONDS = 30  # how long the data server may take on a busy machine


@pytest.fixture(scope="session")
def visualdl(tmp_path_factory):
    """The visualdl package, which makes directories in the home directory when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        package = importlib.import_module("visualdl")
        for module in ("server.api", "component.base_component", "proto.record_pb2"):
            importlib.import_module(f"visualdl.{module}")
    return package


def _run_name(logdir: Path, folder: Path) -> str:
    return folder.relative_to(logdir).as_posix()


def _event_dirs(logdir: Path) -> list[Path]:
    return sorted({path.parent for path in Path(logdir).rglob("*tfevents*")})


def _tensor(proto) -> np.ndarray:
    from tensorboard.util import tensor_util

    return tensor_util.make_ndarray(proto)


def _text_of(array: np.ndarray) -> str:
    return b"\n\n".join(array.reshape(-1).tolist()).decode()


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
        events = [(e.step, e.wall_time, _tensor(e.tensor_proto)) for e in accumulator.Tensors(tag)]
        if plugin == "text":
            run["texts"][tag] = [(s, w, _text_of(a)) for s, w, a in events]
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
            return _text_of(array)
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
                    (e.step, e.wall_time, value_of(plugin, _tensor(e.tensor_proto)))
                    for e in accumulator.Tensors(tag)
                ]
            result[run] = kinds
        return result

    return read


@contextlib.contextmanager
def _serve(logdir: Path, scratch: Path):
    """Run the Rust data server over a log directory; yields its port once everything is loaded."""
    import tensorboard_data_server

    port_file, log = scratch / "port", scratch / "log"
    command = [
        tensorboard_data_server.server_binary(),
        f"--logdir={logdir}",
        "--host=127.0.0.1",
        "--port=0",
        f"--port-file={port_file}",
        "--reload=once",
        "--checksum",
        "--die-after-stdin",
        "--samples-per-plugin=scalars=all,histograms=all,images=all,text=all",
    ]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env={"RUST_LOG": "info"},
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while "Finished load cycle" not in log.read_text() or not port_file.exists():
            assert process.poll() is None, f"data server ended: {log.read_text()}"
            assert time.monotonic() < deadline, f"data server not ready: {log.read_text()}"
            time.sleep(0.01)
        yield int(port_file.read_text())
        warned = [line for line in log.read_text().splitlines() if "WARN" in line]
        assert warned == [], "the data server complains about the files"
    finally:
        process.kill()
        process.stdin.close()
        process.wait(timeout=READY_SECONDS)


class _Provider:
    """The few calls of the data provider service that the tests need."""

    def __init__(self, port: int):
        import grpc
        from tensorboard.data.proto import data_provider_pb2, data_provider_pb2_grpc

        self.pb = data_provider_pb2
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = data_provider_pb2_grpc.TensorBoardDataProviderStub(self.channel)

    def _read(self, call, request, plugin):
        request.experiment_id = "x"
        request.plugin_filter.plugin_name = plugin
        request.downsample.num_points = 1 << 30
        for run in call(request, timeout=READY_SECONDS).runs:
            for tag in run.tags:
                yield run.run_name, tag.tag_name, tag.data

    def runs(self):
        request = self.pb.ListRunsRequest(experiment_id="x")
        return [run.name for run in self.stub.ListRuns(request, timeout=READY_SECONDS).runs]

    def scalars(self):
        request = self.pb.ReadScalarsRequest()
        for run, tag, data in self._read(self.stub.ReadScalars, request, "scalars"):
            yield run, tag, list(zip(data.step, data.wall_time, data.value, strict=True))

    def tensors(self, plugin, value):
        request = self.pb.ReadTensorsRequest()
        for run, tag, data in self._read(self.stub.ReadTensors, request, plugin):
            values = [value(_tensor(proto)) for proto in data.value]
            yield run, tag, list(zip(data.step, data.wall_time, values, strict=True))

    def blobs(self, plugin):
        request = self.pb.ReadBlobSequencesRequest()
        for run, tag, data in self._read(self.stub.ReadBlobSequences, request, plugin):
            values = [[self._blob(ref) for ref in v.blob_refs][2:] for v in data.values]
            yield run, tag, list(zip(data.step, data.wall_time, values, strict=True))

    def _blob(self, ref) -> bytes:
        request = self.pb.ReadBlobRequest(blob_key=ref.blob_key)
        chunks = self.stub.ReadBlob(request, timeout=READY_SECONDS)
        return b"".join(chunk.data for chunk in chunks)


@pytest.fixture
def data_server(tmp_path_factory):
    """TensorBoard's Rust reader, the one behind its pages, asked over gRPC."""

    def read(logdir) -> dict:
        result: dict = {}
        with _serve(Path(logdir), tmp_path_factory.mktemp("data_server")) as port:
            provider = _Provider(port)
            with provider.channel:
                for run in provider.runs():
                    result[run] = {"scalars": {}, "histograms": {}, "images": {}, "texts": {}}
                for kind, series in (
                    ("scalars", provider.scalars()),
                    ("histograms", provider.tensors("histograms", np.asarray)),
                    ("images", provider.blobs("images")),
                    ("texts", provider.tensors("text", _text_of)),
                ):
                    for run, tag, points in series:
                        result[run][kind][tag] = points
        return result

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
