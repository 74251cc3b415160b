"""Small event files, payload by payload, as TensorBoard's own messages have them."""

from __future__ import annotations

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog

from eventcodec import _native

VERSION = Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()


def scalar(step: int, tag: str = "loss", value: float | None = None) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag=tag, simple_value=step / 2 if value is None else value)
    return event.SerializeToString()


def restart(step: int) -> bytes:
    event = Event(wall_time=1.7e9, step=step)
    event.session_log.status = SessionLog.START
    return event.SerializeToString()


def histogram(step: int) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    value = event.summary.value.add(tag="weights")
    value.histo.bucket_limit.extend([0.0, 1.0])
    value.histo.bucket.extend([0.0, float(step)])
    return event.SerializeToString()


def image(step: int) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag="x").image.encoded_image_string = b"p" * (step % 50)
    return event.SerializeToString()


def append(path: Path, *payloads: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"".join(map(_native.frame, payloads)))
