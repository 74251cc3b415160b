"""RecordWriter and RecordReader over paths and file objects: damage, growth, errors."""

from __future__ import annotations

import io
import itertools
import random
import struct
import tracemalloc
from pathlib import Path

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eventcodec
from eventcodec import RecordReader, RecordWriter, SkippedRegion


def masked(data: bytes) -> int:
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked(packed))


def record(payload: bytes) -> bytes:
    """One record by struct and google-crc32c: the oracle of this file."""
    return header(len(payload)) + payload + struct.pack("<I", masked(payload))


class Chunks(io.RawIOBase):
    """A file object that gives its bytes in chunks of chosen sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._file = io.BytesIO(data)
        self._sizes = itertools.cycle(sizes)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(min(size, next(self._sizes)))


payload_lists = st.lists(st.binary(max_size=400), max_size=20)


@given(payloads=payload_lists)
def test_written_bytes_are_those_of_the_format(payloads: list[bytes]) -> None:
    file = io.BytesIO()
    with RecordWriter(file) as writer:
        for payload in payloads:
            writer.write(payload)
    assert file.getvalue() == b"".join(map(record, payloads))


@given(payloads=payload_lists, sizes=st.lists(st.integers(1, 500), min_size=1, max_size=5))
def test_any_chunking_gives_the_payloads(payloads: list[bytes], sizes: list[int]) -> None:
    reader = RecordReader(Chunks(b"".join(map(record, payloads)), sizes))
    assert list(reader) == payloads
    assert reader.damage == []
    assert reader.pending_bytes == 0


@settings(max_examples=20)
@given(payloads=st.lists(st.binary(max_size=60), min_size=1, max_size=6))
def test_a_cut_gives_exactly_the_whole_records_before_it(payloads: list[bytes]) -> None:
    data = b"".join(map(record, payloads))
    ends = list(itertools.accumulate(len(payload) + 16 for payload in payloads))
    for cut in range(len(data) + 1):
        reader = RecordReader(io.BytesIO(data[:cut]), mode="strict")
        whole = sum(end <= cut for end in ends)
        assert list(reader) == payloads[:whole]
        assert reader.damage == []
        assert reader.pending_bytes == cut - (ends[whole - 1] if whole else 0)


@settings(max_examples=200)
@given(
    payloads=st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8), data=st.data()
)
def test_a_wrong_byte_costs_one_record(payloads: list[bytes], data: st.DataObject) -> None:
    file = bytearray(b"".join(map(record, payloads)))
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= data.draw(st.integers(1, 255))
    ends = list(itertools.accumulate(len(payload) + 16 for payload in payloads))
    hit = sum(end <= at for end in ends)
    begin = ends[hit] - len(payloads[hit]) - 16
    reader = RecordReader(io.BytesIO(file))
    assert list(reader) == payloads[:hit] + payloads[hit + 1 :]
    reason = "length" if at - begin < 12 else "payload"
    assert reader.damage == [
        SkippedRegion("", begin, len(payloads[hit]) + 16, f"{reason} checksum mismatch")
    ]


def test_modes(tmp_path: Path) -> None:
    path = tmp_path / "records"
    data = bytearray(record(b"one") + record(b"two") + record(b"three"))
    data[19 + 12] ^= 1
    path.write_bytes(data)
    with RecordReader(path, mode="salvage") as reader:
        assert list(reader) == [b"one", b"three"]
        assert reader.damage == [SkippedRegion(str(path), 19, 19, "payload checksum mismatch")]
    with RecordReader(path, mode="prefix") as reader:
        assert list(reader) == [b"one"]
        assert reader.damage == [
            SkippedRegion(str(path), 19, len(data) - 19, "payload checksum mismatch")
        ]
        assert list(reader) == []
        assert reader.pending_bytes == 0
    with RecordReader(path, mode="strict") as reader:
        records = iter(reader)
        assert next(records) == b"one"
        want = masked(bytes(data[31:34]))
        wrong = struct.unpack_from("<I", data, 19 + 15)[0]
        with pytest.raises(eventcodec.CorruptRecordError) as caught:
            next(records)
    assert str(caught.value) == (
        f"{path}: payload checksum mismatch at byte 19: got 0x{wrong:08x}, want 0x{want:08x}"
    )
    assert caught.value.path == str(path)
    assert caught.value.offset == 19
    assert caught.value.got == wrong == masked(b"two")
    assert caught.value.want == want


def test_payloads_need_not_be_verified() -> None:
    data = bytearray(record(b"one") + record(b"two"))
    data[12] ^= 1
    reader = RecordReader(io.BytesIO(data), verify=False)
    assert list(reader) == [bytes([b"o"[0] ^ 1]) + b"ne", b"two"]
    data[0] ^= 1
    assert list(RecordReader(io.BytesIO(data), verify=False)) == [b"two"]


def test_records_and_regions_cover_a_damaged_file() -> None:
    draw = random.Random(7)
    payloads = [draw.randbytes(draw.randrange(120)) for _ in range(200)]
    clean = b"".join(map(record, payloads))
    for _ in range(300):
        data = bytearray(clean)
        for _ in range(draw.randrange(1, 6)):
            at = draw.randrange(len(data))
            kind = draw.randrange(3)
            size = draw.choice([1, 30, 512])
            if kind == 0:
                data[at : at + size] = draw.randbytes(len(data[at : at + size]))
            elif kind == 1:
                data[at : at + size] = bytes(len(data[at : at + size]))
            else:
                data[at:at] = draw.randbytes(size)
        reader = RecordReader(io.BytesIO(data))
        read = list(reader)
        covered = sum(len(payload) + 16 for payload in read)
        skipped = sum(region.length for region in reader.damage)
        assert covered + skipped + reader.pending_bytes == len(data)
        originals = iter(payloads)
        assert all(payload in originals for payload in read), "a payload is wrong or out of order"
        for before, after in itertools.pairwise(reader.damage):
            assert before.offset + before.length <= after.offset


def test_a_growing_file_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "records"
    data = record(b"one") + record(b"two" * 1000) + record(b"")
    path.touch()
    read: list[bytes] = []
    with RecordReader(path) as reader, path.open("ab") as file:
        for at in range(0, len(data), 7):
            file.write(data[at : at + 7])
            file.flush()
            read += reader
        assert read == [b"one", b"two" * 1000, b""]
        assert reader.damage == []


def test_iteration_may_be_left_and_taken_up() -> None:
    payloads = [bytes([i]) for i in range(50)]
    reader = RecordReader(io.BytesIO(b"".join(map(record, payloads))))
    read = [next(iter(reader)) for _ in range(10)]
    for payload in reader:
        read.append(payload)
        if len(read) == 20:
            break
    assert read + list(reader) == payloads


def test_damage_at_the_end_grows_until_a_record_follows(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(record(b"one") + b"\x01" * 100)
    with RecordReader(path) as reader, path.open("ab") as file:
        assert list(reader) == [b"one"]
        assert reader.damage == [SkippedRegion(str(path), 19, 100, "length checksum mismatch")]
        assert reader.pending_bytes == 0
        file.write(b"\x02" * 50)
        file.flush()
        assert list(reader) == []
        assert reader.damage == [SkippedRegion(str(path), 19, 150, "length checksum mismatch")]
        file.write(record(b"two"))
        file.flush()
        assert list(reader) == [b"two"]
        assert reader.damage == [SkippedRegion(str(path), 19, 150, "length checksum mismatch")]


def test_a_tail_of_zeros_waits(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(record(b"one") + bytes(5000))
    with RecordReader(path) as reader, path.open("ab") as file:
        assert list(reader) == [b"one"]
        assert reader.damage == []
        assert reader.pending_bytes == 5000
        file.write(record(b"two"))
        file.flush()
        assert list(reader) == [b"two"]
        assert reader.damage == [SkippedRegion(str(path), 19, 5000, "length checksum mismatch")]
        assert reader.pending_bytes == 0


@pytest.mark.parametrize("length", [1 << 30, (1 << 31) - 1, 1 << 31, 1 << 62, (1 << 64) - 1])
def test_a_claimed_length_costs_nothing(length: int) -> None:
    data = record(b"one") + header(length) + bytes(100) + b"end"
    tracemalloc.start()
    reader = RecordReader(io.BytesIO(data))
    assert list(reader) == [b"one"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
    if length < 1 << 31:
        assert reader.damage == []
        assert reader.pending_bytes == 12 + 103
    else:
        assert reader.damage == [SkippedRegion("", 19, 115, "length over 2 GiB")]
        assert list(RecordReader(io.BytesIO(data + record(b"two")))) == [b"one", b"two"]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    path = tmp_path / "records"
    RecordWriter(path).close()
    assert path.read_bytes() == b""
    with RecordReader(str(path)) as reader:
        assert list(reader) == []
        assert reader.path == str(path)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="choose another path") as caught:
        RecordWriter(path)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"precious"


def test_only_paths_and_binary_files_are_taken(tmp_path: Path) -> None:
    for wrong in (None, 7, io.StringIO()):
        with pytest.raises(TypeError, match="path or a binary file object"):
            RecordWriter(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="path or a binary file object"):
            RecordReader(wrong)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        RecordReader(tmp_path / "missing")
    with pytest.raises(ValueError, match='"salvage", "prefix" or "strict", got \'lenient\''):
        RecordReader(io.BytesIO(), mode="lenient")  # type: ignore[arg-type]


def test_a_writer_refuses_what_is_not_bytes_and_writes_nothing() -> None:
    file = io.BytesIO()
    with RecordWriter(file) as writer:
        with pytest.raises(TypeError, match="bytes-like"):
            writer.write("text")  # type: ignore[arg-type]
        writer.write(memoryview(bytearray(b"one")))
    assert file.getvalue() == record(b"one")


def test_close_is_final_and_may_be_repeated() -> None:
    file = io.BytesIO()
    writer = RecordWriter(file)
    writer.write(b"one")
    writer.close()
    writer.close()
    assert not file.closed
    with pytest.raises(eventcodec.WriterClosedError, match="open another RecordWriter"):
        writer.write(b"two")
    assert file.getvalue() == record(b"one")


def test_flush_hands_over_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "records"
    with RecordWriter(path) as writer:
        writer.write(b"one")
        writer.flush()
        assert path.read_bytes() == record(b"one")
        for _ in range(10000):
            writer.write(b"x" * 40)
            assert path.stat().st_size % 56 == 19
    assert path.stat().st_size == 19 + 56 * 10000


class Fussy(io.RawIOBase):
    """Takes few bytes at a time, and now and then none."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._calls = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._calls += 1
        if self._calls % 5 == 0:
            raise OSError(28, "No space left on device")
        self.data += data[:11]
        return min(len(data), 11)


def test_short_and_failed_writes_are_continued_not_repeated() -> None:
    file = Fussy()
    writer = RecordWriter(file)
    payloads = [bytes([i]) * i for i in range(30)]
    for payload in payloads:
        writer.write(payload)
    failures = 0
    while bytes(file.data) != b"".join(map(record, payloads)):
        try:
            writer.flush()
        except OSError:
            failures += 1
    assert failures > 3
    writer.close()


def test_a_forgotten_writer_warns() -> None:
    writers = [RecordWriter(io.BytesIO())]
    writers[0].write(b"one")
    with pytest.warns(ResourceWarning, match="was not closed: 19 bytes are lost"):
        writers.clear()
