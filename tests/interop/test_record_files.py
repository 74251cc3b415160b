"""Record files of tensorboard and tensorboardX are read here, and ours there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New
from tensorboard.summary.writer.record_writer import RecordWriter as TensorboardRecordWriter
from tensorboardX.record_writer import RecordWriter as TensorboardXRecordWriter

import eventcodec


@pytest.fixture
def payloads() -> list[bytes]:
    draw = random.Random(5)
    sizes = [0, 1, 7, 8, 9, 255, 256, 257, 4096, 70000, *range(20, 90)]
    return [draw.randbytes(size) for size in sizes]


def test_tensorboard_files_are_read(tmp_path: Path, payloads: list[bytes]) -> None:
    path = tmp_path / "records"
    with path.open("wb") as file:
        writer = TensorboardRecordWriter(file)
        for payload in payloads:
            writer.write(payload)
        writer.flush()
    with eventcodec.RecordReader(path, mode="strict") as reader:
        assert list(reader) == payloads


def test_tensorboardx_files_are_read(tmp_path: Path, payloads: list[bytes]) -> None:
    path = tmp_path / "records"
    writer = TensorboardXRecordWriter(str(path))
    for payload in payloads:
        writer.write(payload)
    writer.close()
    with eventcodec.RecordReader(path, mode="strict") as reader:
        assert list(reader) == payloads


def test_tensorboard_reads_ours(tmp_path: Path, payloads: list[bytes]) -> None:
    path = tmp_path / "records"
    with eventcodec.RecordWriter(path) as writer:
        for payload in payloads:
            writer.write(payload)
    reader = PyRecordReader_New(str(path))
    for payload in payloads:
        reader.GetNext()
        assert reader.record() == payload
    with pytest.raises(Exception, match="No more events"):
        reader.GetNext()
