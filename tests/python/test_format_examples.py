"""Every byte example of cpp/FORMAT.md is read by other software and says what the text says."""

from __future__ import annotations

import ast
import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest

FORMAT = Path(__file__).resolve().parents[2] / "cpp" / "FORMAT.md"
_BLOCK = re.compile(r"^```([a-z ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BYTES = re.compile(r"^((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  |$)")


def _blocks():
    text = FORMAT.read_text()
    return [
        (match[1], match[2], text.count("\n", 0, match.start()) + 1)
        for match in _BLOCK.finditer(text)
    ]


def _hex(block: str) -> bytes:
    """The bytes at the start of each line, up to the comment after two spaces."""
    data = b""
    for line in block.splitlines():
        match = _BYTES.match(line)
        assert match, f"not bytes: {line!r}"
        data += bytes.fromhex(match[1])
    return data


def _pairs(kind: str):
    """Blocks of a kind with the block right after each."""
    blocks = _blocks()
    return [
        pytest.param(block, *blocks[i + 1][:2], id=f"line{line}")
        for i, (name, block, line) in enumerate(blocks)
        if name == kind
    ]


def _unframed(record: bytes) -> bytes:
    """The payload, by TensorBoard's reader of records."""
    (length,) = struct.unpack_from("<Q", record)
    assert len(record) == length + 16
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    assert record[8:12] == struct.pack("<I", masked_crc32c(record[:8]))
    assert record[-4:] == struct.pack("<I", masked_crc32c(record[12:-4]))
    return record[12:-4]


def _assert_is_event(payload: bytes, kind: str, text: str):
    from google.protobuf import text_format
    from tensorboard.compat.proto.event_pb2 import Event

    assert kind == "textproto"
    assert Event.FromString(payload) == text_format.Parse(text, Event())


@pytest.mark.parametrize(("block", "kind", "text"), _pairs("hex record"))
def test_records(block, kind, text):
    _assert_is_event(_unframed(_hex(block)), kind, text)


@pytest.mark.parametrize(("block", "kind", "text"), _pairs("hex event"))
def test_events(block, kind, text):
    _assert_is_event(_hex(block), kind, text)


def _crc_lines():
    lines = [line for kind, block, _ in _blocks() if kind == "crc" for line in block.splitlines()]
    return [re.fullmatch(r"(.+) -> ([0-9a-f]{8}) masked ([0-9a-f]{8})", line) for line in lines]


@pytest.mark.parametrize("line", _crc_lines(), ids=str)
def test_checksums(line):
    import crc32c
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    import eventcodec

    text = line[1]
    data = text[1:-1].encode() if text.startswith('"') else bytes.fromhex(text)
    assert crc32c.crc32c(data) == int(line[2], 16) == eventcodec.crc32c(data)
    assert masked_crc32c(data) == int(line[3], 16) == eventcodec.masked_crc32c(data)


def test_worked_example_of_the_mask():
    text = FORMAT.read_text()
    crc, rotated, masked = 0x4A65BFE4, 0x7FC894CB, 0x224B7FA3
    assert (crc >> 15 | crc << 17) & 0xFFFFFFFF == rotated
    assert (rotated + 0xA282EAD8) & 0xFFFFFFFF == masked
    for number in (crc, rotated, masked):
        assert f"0x{number:08x}" in text
    assert masked.to_bytes(4, "little").hex(" ") in text


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _raw_fields(data: bytes, shape) -> dict:
    """Protobuf fields by number; `shape` tells where a message and where a string is expected."""
    fields: dict = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            fields[number], at = _varint(data, at)
        elif wire_type == 5:
            (fields[number],) = struct.unpack_from("<f", data, at)
            at += 4
        else:
            assert wire_type == 2
            length, at = _varint(data, at)
            part = data[at : at + length]
            assert len(part) == length
            nested = isinstance(shape[number], dict)
            fields[number] = _raw_fields(part, shape[number]) if nested else part.decode()
            at += length
    return fields


@pytest.mark.parametrize(("block", "kind", "text"), _pairs("hex vdl"))
def test_visualdl_records(block, kind, text):
    assert kind == "fields"
    data = _hex(block)
    want = ast.literal_eval(text)
    assert struct.unpack_from("<Q", data) == (len(data) - 8,)
    assert _raw_fields(data[8:], want) == want


@pytest.mark.parametrize(("block", "kind", "text"), _pairs("hex png"))
def test_png(block, kind, text):
    import png
    from PIL import Image

    assert kind == "pixels"
    want = ast.literal_eval(text)
    with Image.open(io.BytesIO(_hex(block))) as image:
        assert image.mode == "L"
        assert np.asarray(image).tolist() == want
    _, _, rows, _ = png.Reader(bytes=_hex(block)).read()  # checks every CRC and the Adler-32
    assert [list(row) for row in rows] == want


def _assignments(block: str) -> dict:
    return {
        name: ast.literal_eval(value)
        for name, value in (line.split(" = ") for line in block.splitlines())
    }


def test_histogram():
    from torch.utils.tensorboard.summary import make_histogram

    (block,) = (text for kind, text, _ in _blocks() if kind == "histogram")
    example = _assignments(block)
    got = make_histogram(np.array(example["values"], float), np.array(example["edges"], float))
    assert list(got.bucket_limit) == example["bucket_limit"]
    assert list(got.bucket) == example["bucket"]


def test_default_edges(tmp_path):
    from torch.utils.tensorboard import SummaryWriter

    (block,) = (text for kind, text, _ in _blocks() if kind == "edges")
    with SummaryWriter(str(tmp_path)) as writer:
        edges = writer.default_bins
    middle = len(edges) // 2
    assert _assignments(block) == {
        "count": len(edges),
        "first": edges[0],
        "middle": edges[middle],
        "after_middle": edges[middle + 1],
    }


def test_every_example_is_read():
    kinds = [kind for kind, _, _ in _blocks()]
    known = {"hex record", "hex event", "hex vdl", "hex png"}
    known |= {"textproto", "fields", "pixels", "crc", "histogram", "edges"}
    assert set(kinds) == known
    assert FORMAT.read_text().count("```") == 2 * len(kinds)
