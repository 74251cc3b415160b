"""TensorBoard's Rust reader, the one behind its pages, asked over gRPC."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

import numpy as np

__all__ = ["read_with_data_server", "tensor_of", "text_of"]

READY_SECONDS = 120  # how long the data server may take on a busy machine


def tensor_of(proto) -> np.ndarray:
    from tensorboard.util import tensor_util

    return tensor_util.make_ndarray(proto)


def text_of(array: np.ndarray) -> str:
    return b"\n\n".join(array.reshape(-1).tolist()).decode()


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
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1)]
        )
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
            values = [value(tensor_of(proto)) for proto in data.value]
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


def read_with_data_server(logdir: Path, scratch: Path) -> dict:
    """Return {run: {kind: {tag: [(step, wall_time, value), ...]}}}; scratch is for its files."""
    result: dict = {}
    with _serve(Path(logdir), scratch) as port:
        provider = _Provider(port)
        with provider.channel:
            for run in provider.runs():
                result[run] = {"scalars": {}, "histograms": {}, "images": {}, "texts": {}}
            for kind, series in (
                ("scalars", provider.scalars()),
                ("histograms", provider.tensors("histograms", np.asarray)),
                ("images", provider.blobs("images")),
                ("texts", provider.tensors("text", text_of)),
            ):
                for run, tag, points in series:
                    result[run][kind][tag] = points
    return result
