"""What a writer wrote, here or in another process, read by code that TensorBoard ships."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub.errors import OutOfRangeError
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New

__all__ = ["event_files", "read_events", "run_python", "values_of"]


def read_events(path: str | Path) -> list[Event]:
    """All events of a file, checksums verified, by TensorBoard's own reader."""
    reader = PyRecordReader_New(str(path), 0, b"", None)
    events = []
    while True:
        try:
            reader.GetNext()
        except OutOfRangeError:
            return events
        events.append(Event.FromString(reader.record()))


def event_files(directory: str | Path) -> list[Path]:
    return sorted(Path(directory).glob("*tfevents*"))


def values_of(directory: Path) -> list[tuple[str, int, float]]:
    """(tag, step, value) of every simple value in the only file of a directory."""
    (path,) = event_files(directory)
    return [
        (value.tag, event.step, value.simple_value)
        for event in read_events(path)
        for value in event.summary.value
    ]


def run_python(code: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a program with the directory as its argument."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
