"""What stands behind the first 4 GiB of a file is found, told and read like everything else.

The files are holes but for a few records: large payloads of zeros, whose checksums google-crc32c
gives. They lie where a hole is read without filling the page cache if there is such a place.
"""

from __future__ import annotations

import itertools
import os
import shutil
import struct
import tempfile
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import google_crc32c
import numpy as np
import pytest

import eventcodec
from eventcodec import _native
from eventcodec.archive import index, repair, verify

LARGE = 1 << 32
HOLE = 1 << 20  # in one record
HOLES = LARGE // HOLE + 1
FIRST, BEHIND = range(5), range(5, 105)  # steps of the scalars before and behind the holes


def masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def header(length: int) -> bytes:
    raw = struct.pack("<Q", length)
    return raw + struct.pack("<I", masked(google_crc32c.value(raw)))


def record(message: Any) -> bytes:
    payload = message if isinstance(message, bytes) else message.SerializeToString()
    footer = struct.pack("<I", masked(google_crc32c.value(payload)))
    return header(len(payload)) + payload + footer


def scalar(step: int) -> bytes:
    from tensorboard.compat.proto.event_pb2 import Event

    message = Event(step=step, wall_time=step + 0.5)
    message.summary.value.add(tag="loss", simple_value=step / 4)
    return record(message)


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x07\xf0")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def image() -> bytes:
    from tensorboard.compat.proto.event_pb2 import Event

    message = Event(step=9, wall_time=1.0)
    value = message.summary.value.add(tag="x")
    value.image.width, value.image.height, value.image.colorspace = 2, 1, 1
    value.image.encoded_image_string = png()
    return record(message)


def put_hole(file: BinaryIO, *, sound: bool) -> None:
    """An event whose field number 15, which nobody knows, holds zeros that take no room."""
    start = struct.pack("<Bd", 9, 1.0) + b"\x7a\x80\x80\x40"  # wall time; HOLE bytes
    crc = google_crc32c.extend(google_crc32c.value(start), bytes(HOLE))
    file.write(header(len(start) + HOLE) + start)
    file.seek(HOLE, os.SEEK_CUR)
    file.write(struct.pack("<I", masked(crc) ^ (not sound)))


def write_large(directory: Path, *, sound: bool) -> Path:
    """Scalars, more than 4 GiB of holes, and behind them an image and scalars."""
    path = directory / "events.out.tfevents.1700000000.host.1.0"
    with path.open("xb") as file:
        file.write(record(b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2"))
        file.writelines(map(scalar, FIRST))
        for _ in range(HOLES):
            put_hole(file, sound=sound)
        assert file.tell() > LARGE
        file.write(image())
        file.writelines(map(scalar, BEHIND))
    return path


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() and os.access(memory, os.W_OK) else tmp_path
    place = Path(tempfile.mkdtemp(dir=base))
    try:
        with (place / "probe").open("wb") as file:
            try:
                file.truncate(2 * LARGE)
            except OSError as error:
                pytest.skip(f"no file of {2 * LARGE} bytes can be made in {base}: {error}")
        if (place / "probe").stat().st_blocks * 512 > LARGE:
            pytest.skip(f"a hole takes room on the file system of {base}")
        (place / "probe").unlink()
        yield place
    finally:
        shutil.rmtree(place)


def check_scalars(log: eventcodec.Log, steps: list[int]) -> None:
    loss = log["."].scalars["loss"]
    np.testing.assert_array_equal(loss.steps, steps)
    np.testing.assert_array_equal(loss.values, np.array(steps) / 4)
    np.testing.assert_array_equal(loss.wall_times, np.array(steps) + 0.5)


def read_by_parts(path: Path) -> _native.EventFile:
    """Two threads, each of which takes up the file at a record that it has to find."""
    file = _native.EventFile(os.fsencode(path))
    [failure] = _native.scan_files(
        [file], mode="salvage", verify=True, threads=2, keep_rows=True, least_part=16 * HOLE
    )
    assert failure is None
    return file


def test_columns_blobs_and_what_is_added(directory: Path) -> None:
    path = write_large(directory, sound=True)
    log = eventcodec.open(path, threads=1, index=False)
    assert log.damage == []
    check_scalars(log, [*FIRST, *BEHIND])
    [shown] = log["."].images["x"]
    assert shown.encoded == png()

    more = scalar(200)
    with path.open("ab") as file:
        file.write(more[:20])
    assert log.refresh().pending == {str(path): 20}
    with path.open("ab") as file:
        file.write(more[20:])
    check_scalars(log.refresh(), [*FIRST, *BEHIND, 200])


def test_parts_of_two_threads(directory: Path) -> None:
    path = write_large(directory, sound=True)
    with path.open("ab") as file:
        file.write(scalar(200)[:-1] + b"?" + scalar(201))
    file = read_by_parts(path)
    damaged = path.stat().st_size - 2 * len(scalar(200))
    assert [region[:2] for region in file.damage()] == [(damaged, len(scalar(200)))]
    steps, _, values = file.columns(0)
    np.testing.assert_array_equal(steps, [*FIRST, *BEHIND, 201])
    assert values is not None
    np.testing.assert_array_equal(values, np.array(steps) / 4)


def test_events_one_after_the_other(directory: Path) -> None:
    path = write_large(directory, sound=True)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"?" * 100 + scalar(200) + scalar(201)[:-1])
    with eventcodec.EventReader(path) as reader:
        steps = [event.step for event in reader if event.summary.value]
        assert steps == [*FIRST, 9, *BEHIND, 200]
        assert [(each.offset, each.length) for each in reader.damage] == [(size, 100)]
        assert reader.position == size + 100 + len(scalar(200))
        assert reader.pending_bytes == len(scalar(201)) - 1


def test_follow(directory: Path) -> None:
    path = write_large(directory, sound=True)
    points = eventcodec.follow(directory, timeout=20)
    first = list(itertools.islice(points, len(FIRST) + len(BEHIND)))
    assert [point.step for point in first] == [*FIRST, *BEHIND]

    def add() -> None:
        with path.open("ab") as file:
            file.write(scalar(200))

    threading.Timer(0.1, add).start()
    new = next(points)
    assert (new.step, new.value) == (200, 50.0)


def test_index(directory: Path, tmp_path: Path) -> None:
    path = write_large(directory, sound=True)
    assert index(directory, location=tmp_path / "index").bytes_read == path.stat().st_size
    with path.open("ab") as file:
        file.write(scalar(200))
    assert index(directory, location=tmp_path / "index").bytes_read == len(scalar(200))
    log = eventcodec.open(directory, index=tmp_path / "index")
    check_scalars(log, [*FIRST, *BEHIND, 200])
    assert log["."].images["x"][0].encoded == png()


def test_damage(directory: Path, tmp_path: Path) -> None:
    path = write_large(directory, sound=False)
    size = path.stat().st_size
    first = len(record(b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2"))
    first += sum(len(scalar(step)) for step in FIRST)
    bytes_of_hole = 12 + 13 + HOLE + 4
    with path.open("ab") as file:
        file.write(b"?" * 100 + scalar(200))
    lost = [(first + number * bytes_of_hole, bytes_of_hole) for number in range(HOLES)]
    lost.append((size, 100))

    [report] = verify(path)
    assert [(each.offset, each.length) for each in report.damage] == lost
    assert report.records == 1 + len(FIRST) + 1 + len(BEHIND) + 1

    [repaired] = repair(path, tmp_path / "sound")
    assert [(each.offset, each.length) for each in repaired.damage] == lost
    behind = first + HOLES * bytes_of_hole
    assert [(each.offset, each.length) for each in repaired.salvaged] == [
        (0, first),
        (behind, size - behind),
        (size + 100, len(scalar(200))),
    ]
    assert repaired.destination is not None
    log = eventcodec.open(repaired.destination)
    check_scalars(log, [*FIRST, *BEHIND, 200])
    assert log["."].images["x"][0].encoded == png()
