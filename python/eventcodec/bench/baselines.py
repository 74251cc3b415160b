"""The same formats in plain Python: struct, a table CRC, hand-made protobuf, zlib.

Written for clarity and independent of the native core: the benchmarks' yardstick, and the judge of
every contender's output. Source: cpp/FORMAT.md.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.bench.trial import expect

__all__ = [
    "PlainRecordWriter",
    "PlainWriter",
    "bytes_of",
    "check_png",
    "count_records",
    "crc32c",
    "decode_png",
    "encode_png",
    "histogram",
    "masked_crc32c",
    "read_records",
    "read_scalars",
    "read_values",
    "scan",
]

CASTAGNOLI = 0x82F63B78
MASK_DELTA = 0xA282EAD8
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _make_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (CASTAGNOLI if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = _make_table()


def crc32c(data: bytes) -> int:
    """Checksum bytes, a table look-up for each."""
    table = TABLE
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """Checksum bytes as records store it."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + MASK_DELTA) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """Wrap a payload as a record."""
    length = struct.pack("<Q", len(payload))
    head = struct.pack("<I", masked_crc32c(length))
    return length + head + payload + struct.pack("<I", masked_crc32c(payload))


def varint(value: int) -> bytes:
    """Encode an integer in protobuf's variable-length form."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(number: int, payload: bytes) -> bytes:
    """Encode a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def double(number: int, value: float) -> bytes:
    """Encode a double field."""
    return varint(number << 3 | 1) + struct.pack("<d", value)


def event(value: bytes, step: int, wall_time: float) -> bytes:
    """Encode an Event that holds one Summary.Value."""
    return double(1, wall_time) + b"\x10" + varint(step) + message(5, message(1, value))


def default_edges() -> NDArray[np.float64]:
    """Compute TensorFlow's default bucket limits."""
    positive = []
    limit = 1e-12
    while limit < 1e20:
        positive.append(limit)
        limit *= 1.1
    return np.array([-x for x in reversed(positive)] + [0.0] + positive)


EDGES = default_edges()


def histogram(values: NDArray[np.float32]) -> bytes:
    """Encode values as a HistogramProto with TensorFlow's buckets, trimmed at both ends."""
    counts, edges = np.histogram(values, bins=EDGES)
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1]) + 1
    limits = edges[first : last + 1]
    kept = np.concatenate([[0], counts[first:last]]).astype(np.float64)
    wide = values.astype(np.float64)
    return (
        double(1, float(wide.min()))
        + double(2, float(wide.max()))
        + double(3, float(wide.size))
        + double(4, float(wide.sum()))
        + double(5, float(wide.dot(wide)))
        + message(6, limits.tobytes())
        + message(7, kept.tobytes())
    )


COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def encode_png(pixels: NDArray[Any]) -> bytes:
    """Encode (h, w) or (h, w, c) uint8 or uint16 as a PNG without filters, zlib's default level."""
    height, width = pixels.shape[:2]
    data = pixels.reshape(height, width, -1)
    depth, channels = 8 * data.itemsize, data.shape[2]
    samples = np.ascontiguousarray(data, dtype=data.dtype.newbyteorder(">")).view(np.uint8)
    rows = np.zeros((height, width * channels * data.itemsize + 1), dtype=np.uint8)
    rows[:, 1:] = samples.reshape(height, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    stream = zlib.compress(rows.tobytes())
    return PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def unfilter(rows: NDArray[np.uint8], filters: NDArray[np.uint8], distance: int) -> None:
    """Undo PNG's filters in place, row after row (W3C PNG, section 9)."""
    above = np.zeros_like(rows[0])
    for row, kind in zip(rows, filters, strict=True):
        pixels, up = row.reshape(-1, distance), above.reshape(-1, distance)
        if kind == 1:
            np.cumsum(pixels, axis=0, dtype=np.uint8, out=pixels)
        elif kind == 2:
            np.add(row, above, out=row)
        elif kind in (3, 4):
            unpredict(pixels.astype(int).tolist(), up.astype(int).tolist(), kind, pixels)
        above = row


def unpredict(values: list[list[int]], up: list[list[int]], kind: int, out: Any) -> None:
    """Undo the filters Average and Paeth of one row, which need the pixel before."""
    for channel in range(len(values[0])):
        left = corner = 0
        for i, (value, b) in enumerate(
            zip((v[channel] for v in values), (u[channel] for u in up), strict=True)
        ):
            if kind == 3:
                guess = (left + b) // 2
            else:
                p = left + b - corner
                guess = min((left, b, corner), key=lambda x: abs(p - x))
            left, corner = (value + guess) & 0xFF, b
            out[i, channel] = left


def decode_png(encoded: bytes) -> NDArray[Any]:
    """Decode a PNG of 8 or 16 bits to (h, w, c); every checksum is checked.

    Raises:
        AssertionError: something is wrong.
    """
    chunks = png_chunks(encoded)
    width, height, depth, colour = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    channels = {number: count for count, number in COLOUR_TYPES.items()}[colour]
    distance = channels * depth // 8
    raw = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    scanlines = raw.reshape(height, 1 + width * distance)
    rows = scanlines[:, 1:].copy()
    unfilter(rows, scanlines[:, 0], distance)
    dtype = np.dtype(">u2" if depth == 16 else "u1")
    pixels: NDArray[Any] = rows.view(dtype).reshape(height, width, channels)
    return pixels


def check_png(encoded: bytes, height: int, width: int) -> None:
    """Check the chunks of an 8-bit RGB PNG and that its data inflate to whole rows.

    Raises:
        AssertionError: something is wrong. Whether the pixels are right is the tests' business.
    """
    chunks = png_chunks(encoded)
    expect(struct.unpack_from(">II", chunks[b"IHDR"]) == (width, height), "wrong size")
    rows = zlib.decompress(chunks[b"IDAT"])
    expect(len(rows) == height * (width * 3 + 1), "wrong amount of data")


def png_chunks(encoded: bytes) -> dict[bytes, bytes]:
    """Give the data of each kind of chunk, all of a kind joined; checksums are checked."""
    expect(encoded.startswith(PNG_SIGNATURE), "no PNG")
    offset = len(PNG_SIGNATURE)
    chunks: dict[bytes, bytes] = {}
    while offset < len(encoded):
        (length,) = struct.unpack_from(">I", encoded, offset)
        kind = encoded[offset + 4 : offset + 8]
        data = encoded[offset + 8 : offset + 8 + length]
        (checksum,) = struct.unpack_from(">I", encoded, offset + 8 + length)
        expect(zlib.crc32(kind + data) == checksum, f"wrong CRC of {kind!r}")
        chunks[kind] = chunks.get(kind, b"") + data
        offset += 12 + length
    return chunks


class PlainRecordWriter:
    """Writes framed records to a new file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")

    def write(self, payload: bytes) -> None:
        """Append one record."""
        self._file.write(frame(payload))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class PlainWriter:
    """Writes an event file, with the methods of a SummaryWriter that the cases call."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        now = time.time()
        self._file = (directory / f"events.out.tfevents.{int(now):010d}.host.1.0").open("xb")
        self._file.write(frame(double(1, now) + message(3, b"brain.Event:2")))

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        """Append one scalar."""
        value = message(1, tag.encode()) + b"\x15" + struct.pack("<f", scalar_value)
        self._file.write(frame(event(value, global_step, time.time())))

    def add_histogram(self, tag: str, values: NDArray[np.float32], global_step: int) -> None:
        """Append one histogram."""
        value = message(1, tag.encode()) + message(5, histogram(values))
        self._file.write(frame(event(value, global_step, time.time())))

    def add_image(self, tag: str, image: NDArray[np.float32], global_step: int) -> None:
        """Append one (3, h, w) image of values from 0 to 1."""
        pixels = (image.transpose(1, 2, 0) * 255).clip(0, 255).astype(np.uint8)
        height, width, channels = pixels.shape
        size = b"\x08" + varint(height) + b"\x10" + varint(width) + b"\x18" + varint(channels)
        value = message(1, tag.encode()) + message(4, size + message(4, encode_png(pixels)))
        self._file.write(frame(event(value, global_step, time.time())))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_records(path: Path) -> Iterator[bytes]:
    """Yield the payloads of a whole file; both checksums are checked.

    Raises:
        ValueError: a checksum is wrong.
    """
    data = path.read_bytes()
    offset = 0
    while offset < len(data):
        (length,) = struct.unpack_from("<Q", data, offset)
        payload = data[offset + 12 : offset + 12 + length]
        stored = struct.unpack_from("<I", data, offset + 8)[0]
        stored_data = struct.unpack_from("<I", data, offset + 12 + length)[0]
        if (
            masked_crc32c(data[offset : offset + 8]) != stored
            or masked_crc32c(payload) != stored_data
        ):
            message_text = f"{path}: checksum mismatch at byte {offset}"
            raise ValueError(message_text)
        yield payload
        offset += 16 + length


def read_varint(data: bytes, offset: int) -> tuple[int, int]:
    """Decode a varint; give it and the offset behind it."""
    result = shift = 0
    while True:
        byte = data[offset]
        offset += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, offset
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, varint or bytes) of a message."""
    offset = 0
    while offset < len(data):
        key, offset = read_varint(data, offset)
        wire = key & 7
        if wire == 0:
            number, offset = read_varint(data, offset)
            yield key >> 3, number
            continue
        size = 8 if wire == 1 else 4
        if wire == 2:
            size, offset = read_varint(data, offset)
        yield key >> 3, data[offset : offset + size]
        offset += size


def bytes_of(parts: dict[int, int | bytes], number: int) -> bytes:
    """Give a length-delimited or fixed field; empty when it is missing or an integer."""
    value = parts.get(number, b"")
    return value if isinstance(value, bytes) else b""


def count_records(path: Path) -> int:
    """Count the records of a file by their lengths alone."""
    data = path.read_bytes()
    offset = count = 0
    while offset < len(data):
        offset += 16 + struct.unpack_from("<Q", data, offset)[0]
        count += 1
    return count


def read_values(path: Path) -> Iterator[tuple[str, int, float, dict[int, int | bytes]]]:
    """Yield (tag, step, wall time, fields of the Summary.Value) of a whole file."""
    for payload in read_records(path):
        parts = dict(fields(payload))
        summary = parts.get(5)
        if not isinstance(summary, bytes):
            continue
        step = parts.get(2, 0)
        (wall_time,) = struct.unpack("<d", bytes_of(parts, 1) or bytes(8))
        for number, value in fields(summary):
            if number == 1 and isinstance(value, bytes):
                content = dict(fields(value))
                yield bytes_of(content, 1).decode(), int(step), wall_time, content


def scalar_of(content: dict[int, int | bytes]) -> float | None:
    """Decode the scalar of a Summary.Value, as a float or as a float tensor."""
    tensor = dict(fields(bytes_of(content, 8)))
    for raw in (bytes_of(content, 2), bytes_of(tensor, 5), bytes_of(tensor, 4)):
        if len(raw) == 4:
            return float(struct.unpack("<f", raw)[0])
    return None


def read_vdl_scalars(path: Path) -> Iterator[tuple[str, int, float, float]]:
    """Yield (tag, step, wall time, value) of the scalars of a VisualDL file, which has no CRCs."""
    data = path.read_bytes()
    offset = 0
    while offset < len(data):
        (length,) = struct.unpack_from("<Q", data, offset)
        for number, record in fields(data[offset + 8 : offset + 8 + length]):
            parts = dict(fields(record)) if number == 1 and isinstance(record, bytes) else {}
            milliseconds = int(parts.get(3, 0))
            if 4 in parts:
                (value,) = struct.unpack("<f", bytes_of(parts, 4))
                tag = bytes_of(parts, 2).decode()
                yield tag, int(parts.get(1, 0)), milliseconds / 1000, float(value)
        offset += 8 + length


def read_scalars(path: Path) -> Iterator[tuple[str, int, float, float]]:
    """Yield (tag, step, wall time, value) of the scalars of a file of either format."""
    if path.name.startswith("vdlrecords"):
        yield from read_vdl_scalars(path)
        return
    for tag, step, wall_time, content in read_values(path):
        value = scalar_of(content)
        if value is not None:
            yield tag, step, wall_time, value


def scan(path: Path) -> dict[str, tuple[list[int], list[float], list[float]]]:
    """Read all scalars of a file: tag -> (steps, wall times, values)."""
    columns: dict[str, tuple[list[int], list[float], list[float]]] = {}
    for tag, step, wall_time, value in read_scalars(path):
        steps, wall_times, values = columns.setdefault(tag, ([], [], []))
        steps.append(step)
        wall_times.append(wall_time)
        values.append(value)
    return columns
