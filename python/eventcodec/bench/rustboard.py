"""TensorBoard's Rust reader, `tensorboard_data_server`, as a reader of whole logs.

It runs as a process of its own: its time is wall time from its start until its one load cycle has
ended, from when on it serves everything. It checks every checksum and keeps every point, which are
options; as TensorBoard starts it, it does neither.
"""

from __future__ import annotations

import importlib.util
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventcodec.bench.trial import Contender, Trial, expect

__all__ = ["RUSTBOARD", "rustboard"]

RUSTBOARD = "rustboard, all"
SECONDS = 120.0
PACKAGES = ("tensorboard_data_server", "tensorboard", "grpc")


class Server:
    """One run of the data server over a log directory; `scratch` is for the file of its port."""

    def __init__(self, log: Path, scratch: Path) -> None:
        import tensorboard_data_server

        self._log = log
        self._port_file = scratch / "port"
        self._command = [
            tensorboard_data_server.server_binary(),
            f"--logdir={log}",
            "--host=127.0.0.1",
            "--port=0",
            f"--port-file={self._port_file}",
            "--reload=once",
            "--checksum",
            "--die-after-stdin",
            "--samples-per-plugin=scalars=all,histograms=all,images=all",
        ]
        self._process: subprocess.Popen[str] | None = None

    def load(self) -> None:
        """Start it, and wait until it has loaded the log."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"RUST_LOG": "info"},
            text=True,
        )
        # What hangs is ended, and the loop below with it.
        guard = threading.Timer(SECONDS, self._process.kill)
        guard.start()
        told = []
        try:
            for line in self._process.stderr or ():
                told.append(line)
                if "Finished load cycle" in line:
                    break
        finally:
            guard.cancel()
        expect(told and "Finished load cycle" in told[-1], f"{self._log}: not loaded: {told}")
        expect(not any("WARN" in line for line in told), f"{self._log}: {told}")

    def served(self) -> int:
        """Count the scalars, histograms and images that it serves."""
        import grpc
        from tensorboard.data.proto import data_provider_pb2 as messages
        from tensorboard.data.proto import data_provider_pb2_grpc

        deadline = time.monotonic() + SECONDS
        while not self._port_file.exists() or not self._port_file.read_text():
            expect(time.monotonic() < deadline, "the data server does not listen")
            time.sleep(0.001)
        address = f"127.0.0.1:{int(self._port_file.read_text())}"
        # A message may be as large as the log.
        options = [("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(address, options=options) as channel:
            stub = data_provider_pb2_grpc.TensorBoardDataProviderStub(channel)
            requests = (
                (stub.ReadScalars, messages.ReadScalarsRequest(), "scalars"),
                (stub.ReadTensors, messages.ReadTensorsRequest(), "histograms"),
                (stub.ReadBlobSequences, messages.ReadBlobSequencesRequest(), "images"),
            )
            return sum(points_of(*request) for request in requests)

    def end(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.kill()
        self._process.communicate()


def points_of(call: Callable[..., Any], request: Any, plugin: str) -> int:
    """Count the points of one plugin, over all runs and tags."""
    request.experiment_id = "x"
    request.plugin_filter.plugin_name = plugin
    request.downsample.num_points = 1 << 30
    reply = call(request, timeout=SECONDS)
    return sum(len(tag.data.step) for run in reply.runs for tag in run.tags)


def rustboard(log_of: Callable[[Path], Path], count: int) -> tuple[Contender, ...]:
    """Load a log of `count` points; `log_of` finds it, given the directory of a trial."""
    if any(importlib.util.find_spec(package) is None for package in PACKAGES):
        return ()
    import tensorboard_data_server

    if tensorboard_data_server.server_binary() is None:
        return ()  # the wheel of platforms for which there is no server

    def start(directory: Path) -> Trial:
        server = Server(log_of(directory), directory)

        def check() -> None:
            served = server.served()
            expect(served == count, f"{RUSTBOARD}: {served} of {count} points")

        return Trial(server.load, check=check, clean=server.end)

    return (Contender(RUSTBOARD, start),)
