"""Event files for the reader's tests: hand-made records, and the peers' views of files."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventcodec import masked_crc32c


def _frame(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return b"".join(
        [
            length,
            struct.pack("<I", masked_crc32c(length)),
            payload,
            struct.pack("<I", masked_crc32c(payload)),
        ]
    )


@pytest.fixture
def frame() -> Callable[[bytes], bytes]:
    """frame(payload) -> the record."""
    return _frame


@pytest.fixture
def event() -> Callable[..., Any]:
    """event(step, wall_time, **simple_values) -> tensorboard's Event message."""
    from tensorboard.compat.proto.event_pb2 import Event

    def make(step: int = 0, wall_time: float = 1.0, **values: float) -> Any:
        message = Event(step=step, wall_time=wall_time)
        for tag, value in values.items():
            message.summary.value.add(tag=tag, simple_value=value)
        return message

    return make


@pytest.fixture
def write_records(tmp_path: Path) -> Callable[..., Path]:
    """write_records(payloads or messages) -> the event file, in a new directory of its own."""
    count = 0

    def write(*payloads: Any, version: bool = True) -> Path:
        nonlocal count
        count += 1
        path = tmp_path / f"log{count}" / "events.out.tfevents.1700000000.host.1.0"
        path.parent.mkdir()
        first = [b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2"] if version else []
        raw = [each if isinstance(each, bytes) else each.SerializeToString() for each in payloads]
        path.write_bytes(b"".join(map(_frame, [*first, *raw])))
        return path

    return write


@pytest.fixture(scope="session")
def as_in_the_thesis() -> Callable[[np.ndarray, np.ndarray, int], list[int]]:
    """The pseudocode of S. Steinarsson's thesis, point by point: LTTB."""

    def rows_of(x: np.ndarray, y: np.ndarray, points: int) -> list[int]:
        every = (len(x) - 2) / (points - 2)
        chosen = [0]
        for bucket in range(points - 2):
            first, second, third = (int((bucket + k) * every) + 1 for k in range(3))
            third = min(third, len(x))
            mean_x, mean_y = x[second:third].mean(), y[second:third].mean()
            a = chosen[-1]
            areas = [
                abs((x[a] - mean_x) * (y[j] - y[a]) - (x[a] - x[j]) * (mean_y - y[a]))
                for j in range(first, second)
            ]
            chosen.append(first + areas.index(max(areas)))
        return [*chosen, len(x) - 1]

    return rows_of


@pytest.fixture(params=["torch", "tensorboardX"])
def peer_writer(request: Any, tmp_path: Path) -> Any:
    """A writer of torch or tensorboardX on tmp_path."""
    if request.param == "torch":
        from torch.utils.tensorboard import SummaryWriter
    else:
        from tensorboardX import SummaryWriter
    with SummaryWriter(str(tmp_path)) as writer:
        yield writer
