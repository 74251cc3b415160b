"""Makes tests/damage/corpus: small event files with known damage, and what is intact in each.

    python tests/damage/make_corpus.py

Written with google-crc32c and TensorBoard's message classes, not with the code under test: what is
expected is known from how each file is put together.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import google_crc32c
from tensorboard.compat.proto.event_pb2 import Event, SessionLog

CORPUS = Path(__file__).parent / "corpus"
VERSION = 1


def masked(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + masked(length) + payload + masked(payload)


def header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + masked(packed)


def version() -> bytes:
    return Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()


def scalar(step: int, tag: str = "loss") -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag=tag, simple_value=step / 2)
    return event.SerializeToString()


def image(step: int, content: bytes) -> bytes:
    """An event whose bytes may be anything: nobody decodes the picture."""
    event = Event(wall_time=1.7e9 + step, step=step)
    value = event.summary.value.add(tag="picture")
    value.image.width = value.image.height = 1
    value.image.encoded_image_string = content
    return event.SerializeToString()


@dataclass
class File:
    """A file that is being put together: its bytes, and what they are."""

    data: bytes = b""
    records: list[tuple[int, int]] = field(default_factory=list)
    damage: list[tuple[int, int]] = field(default_factory=list)
    unreadable: list[tuple[int, int]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)

    def add(self, payload: bytes, *, readable: bool = True) -> File:
        """Add an intact record."""
        record = frame(payload)
        self.records.append((len(self.data), len(record)))
        if not readable:
            self.unreadable.append((len(self.data), len(record)))
        elif payload != version():
            event = Event.FromString(payload)
            if event.HasField("summary"):
                self.steps.append(event.step)
        self.data += record
        return self

    def scalars(self, *steps: int) -> File:
        for step in steps:
            self.add(scalar(step))
        return self

    def ruin(self, data: bytes) -> File:
        """Add bytes that are no record; those next to each other are one region."""
        if self.damage and sum(self.damage[-1]) == len(self.data):
            offset, length = self.damage[-1]
            self.damage[-1] = (offset, length + len(data))
        else:
            self.damage.append((len(self.data), len(data)))
        self.data += data
        return self

    def apart(self, data: bytes) -> File:
        """Add bytes that are no record and a region of their own."""
        self.damage.append((len(self.data), len(data)))
        self.data += data
        return self

    def tail(self, data: bytes) -> File:
        """Add what is no damage but not a record yet."""
        self.data += data
        return self


def start() -> File:
    return File().add(version())


def flip(data: bytes, at: int, bits: int = 1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= bits
    return bytes(changed)


CASES: dict[str, tuple[str, Callable[[], File]]] = {}


def case(explanation: str) -> Callable[[Callable[[], File]], Callable[[], File]]:
    def register(make: Callable[[], File]) -> Callable[[], File]:
        CASES[make.__name__] = (explanation, make)
        return make

    return register


@case("Nothing is wrong.")
def clean() -> File:
    return start().scalars(*range(1, 6))


@case("No bytes: a writer that died before its first flush.")
def empty() -> File:
    return File()


@case("The last record ends in the middle of its payload. More may come: no damage.")
def cut_in_payload() -> File:
    return start().scalars(1, 2).tail(frame(scalar(3))[:-9])


@case("The file ends inside a header.")
def cut_in_header() -> File:
    return start().scalars(1, 2).tail(frame(scalar(3))[:5])


@case("One flipped bit in a payload costs that record and no other.")
def flipped_payload() -> File:
    return start().scalars(1).ruin(flip(frame(scalar(2)), 20)).scalars(3, 4)


@case("One flipped bit in the checksum of a payload; the payload itself is right.")
def flipped_payload_checksum() -> File:
    return start().scalars(1).ruin(flip(frame(scalar(2)), -1)).scalars(3, 4)


@case("One flipped bit in a length. The next record must be searched for.")
def flipped_length() -> File:
    return start().scalars(1).ruin(flip(frame(scalar(2)), 0, 4)).scalars(3, 4)


@case("One flipped bit in the checksum of a length, which is right.")
def flipped_length_checksum() -> File:
    return start().scalars(1).ruin(flip(frame(scalar(2)), 9)).scalars(3, 4)


@case("A whole header is overwritten with zeros.")
def zeroed_header() -> File:
    return start().scalars(1).ruin(bytes(12) + frame(scalar(2))[12:]).scalars(3, 4)


@case("512 zero bytes in the middle: a sector that was never written. It ends inside a record.")
def zero_hole() -> File:
    file = start().scalars(1)
    hole = 512
    for step in range(2, 20):
        record = frame(scalar(step))
        zeros = min(hole, len(record))
        hole -= zeros
        if zeros:
            file.ruin(bytes(zeros) + record[zeros:])
        else:
            file.add(scalar(step))
    return file


@case("4 KiB of zeros at the end: space that was allocated and never written. No damage.")
def zero_tail() -> File:
    return start().scalars(1, 2, 3).tail(bytes(4096))


@case("Bytes of something else before the first record.")
def garbage_prefix() -> File:
    return File().ruin(b"HTTP/1.1 206 Partial Content\r\n\r\n").add(version()).scalars(1, 2)


@case("Bytes of something else between two records.")
def garbage_between() -> File:
    return start().scalars(1).ruin(bytes(range(7, 90))).scalars(2, 3)


@case("Bytes of something else after the last record.")
def garbage_at_end() -> File:
    return start().scalars(1, 2).ruin(b"\xee" * 77)


@case("30 bytes are missing from the middle of a record; the header claims some of the next.")
def missing_bytes() -> File:
    record = frame(image(2, b"a picture of some length, of which a part will be gone"))
    # The header is right, but no record starts where it says that its own ends.
    return start().scalars(1).ruin(record[:20] + record[50:]).scalars(3, 4, 5)


@case("200 bytes are missing: the header claims the four records that follow and some of the next.")
def missing_bytes_of_many() -> File:
    record = frame(image(2, bytes(300)))
    return start().scalars(1).ruin(record[:40] + record[240:]).scalars(3, 4, 5, 6, 7, 8)


@case("As before, and the header claims more bytes than are left: whole records follow to the end.")
def missing_bytes_near_end() -> File:
    record = frame(image(2, bytes(300)))
    return start().scalars(1).ruin(record[:40] + record[240:]).scalars(3, 4)


@case("As many bytes are missing as two records have: another begins where the header says.")
def missing_bytes_as_of_records() -> File:
    record = frame(image(2, bytes(300)))
    missing = len(frame(scalar(3)) + frame(scalar(4)))
    return start().scalars(1).ruin(record[:40] + record[40 + missing :]).scalars(3, 4, 5, 6)


@case("10 bytes were put into a record: what its header claims ends before it does.")
def added_bytes() -> File:
    record = frame(image(2, b"a picture of some length, to which bytes will be added"))
    size = len(record)
    longer = record[:40] + b"0123456789" + record[40:]
    return start().scalars(1).apart(longer[:size]).apart(longer[size:]).scalars(3, 4)


@case("An image holds an event file; it and the header of the next record are damaged.")
def nested_damaged_payload_and_next() -> File:
    outer = bytearray(frame(image(2, start().scalars(70, 71).data)))
    outer[-5] ^= 1
    following = bytearray(frame(scalar(3)))
    following[2] ^= 64
    return start().scalars(1).apart(bytes(outer)).apart(bytes(following)).scalars(4, 5)


@case("10 bytes were put into a record that holds an event file: its records are still none.")
def nested_added_bytes() -> File:
    record = frame(image(2, start().scalars(70, 71).data))
    size = len(record)
    longer = record[:14] + b"0123456789" + record[14:]
    return start().scalars(1).apart(longer[:size]).apart(longer[size:]).scalars(3, 4)


@case("A record that holds an event file is not finished; it is cut behind a record of that.")
def nested_cut_behind_record() -> File:
    inner = start().scalars(70, 71).data
    record = frame(image(2, inner))
    end = record.index(inner) + len(start().scalars(70).data)
    return start().scalars(1).tail(record[:end])


@case("Bytes of something else, and then a record that is not finished.")
def garbage_before_unfinished() -> File:
    return start().scalars(1, 2).ruin(b"\xee" * 77).tail(frame(scalar(3))[:30])


@case("The first record, which says brain.Event:2, is gone.")
def missing_version() -> File:
    return File().ruin(flip(frame(version()), 14)).scalars(1, 2)


@case("Two files one behind the other: two version records, both intact.")
def concatenated() -> File:
    return start().scalars(1, 2).add(version()).scalars(3, 4)


@case("Two processes wrote into one file through buffers of their own.")
def interleaved() -> File:
    first = frame(scalar(2))
    return start().scalars(1).ruin(first[:9] + frame(scalar(90))[:20]).scalars(3, 4)


@case("An image holds a whole event file. Its records are not records of this file.")
def nested() -> File:
    return start().scalars(1).add(image(2, start().scalars(70, 71).data)).scalars(3)


@case("The same, and the header of the outer record is damaged: it must be lost as one record.")
def nested_damaged_length() -> File:
    record = frame(image(2, start().scalars(70, 71).data))
    return start().scalars(1).ruin(flip(record, 1)).scalars(3)


@case("The same, with damage to the checksum of the length.")
def nested_damaged_length_checksum() -> File:
    record = frame(image(2, start().scalars(70, 71).data))
    return start().scalars(1).ruin(flip(record, 10, 0x80)).scalars(3)


@case("The same, and the payload of the outer record is damaged in a place beside the inner file.")
def nested_damaged_payload() -> File:
    record = frame(image(2, start().scalars(70, 71).data))
    return start().scalars(1).ruin(flip(record, 14)).scalars(3)


@case("A header with a right checksum claims 100 GiB. Readers that allocate first die here.")
def bomb_100_gib() -> File:
    return start().scalars(1).ruin(header(100 << 30)).scalars(2, 3)


@case("A header with a right checksum claims 2^62 bytes.")
def bomb_2_62() -> File:
    return start().scalars(1).ruin(header(1 << 62)).scalars(2, 3)


@case("A header with a right checksum claims 2^64-1 bytes: adding the footer wraps to 3.")
def bomb_2_64() -> File:
    return start().scalars(1).ruin(header((1 << 64) - 1)).scalars(2, 3)


@case("A right header claims 1 GiB and the file ends long before: a record that is not finished.")
def unfinished_gib() -> File:
    return start().scalars(1).tail(header(1 << 30) + b"not so much")


@case("A record whose payload is no message: its checksums are right.")
def not_an_event() -> File:
    return start().scalars(1).add(b"\xff\xff\xff\xff not protobuf", readable=False).scalars(2)


@case("A tag in Latin-1. Protobuf requires UTF-8, so TensorBoard's readers stop here.")
def tag_not_utf8() -> File:
    payload = scalar(2).replace(b"loss", b"l\xf6ss")
    return start().scalars(1).add(payload, readable=False).scalars(3)


@case("A wall time that is NaN: TensorBoard's data server loses the rest of the file.")
def nan_wall_time() -> File:
    event = Event.FromString(scalar(2))
    event.wall_time = float("nan")
    return start().scalars(1).add(event.SerializeToString(), readable=False).scalars(3)


@case("Tensors inside tensors, 200 deep: more than any protobuf reader takes.")
def nested_messages() -> File:
    def wrap(number: int, content: bytes) -> bytes:
        size, length = len(content), b""
        while size >= 0x80:
            length += bytes([size & 0x7F | 0x80])
            size >>= 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    tensor = b""
    for _ in range(100):
        tensor = wrap(15, wrap(3, tensor))
    value = wrap(1, b"deep") + wrap(8, tensor)
    payload = b"\x10\x02" + wrap(5, wrap(1, value))
    return start().scalars(1).add(payload, readable=False).scalars(3)


@case("A gzip file under the name of an event file.")
def gzipped() -> File:
    return File().ruin(gzip.compress(clean().data, mtime=0))


@case("A restart in the middle: intact, and what it voids is still in the file.")
def restart() -> File:
    file = start().scalars(1, 2, 3)
    start_again = Event(wall_time=1.7e9 + 4, step=2)
    start_again.session_log.status = SessionLog.START
    return file.add(start_again.SerializeToString()).scalars(2, 3)


def expected(file: File, explanation: str) -> dict[str, object]:
    whole = max([0, *(offset + size for offset, size in file.records + file.damage)])
    return {
        "explanation": explanation,
        "bytes": len(file.data),
        "records": file.records,
        "damage": file.damage,
        "tail_bytes": len(file.data) - whole,
        "unreadable": file.unreadable,
        "steps": file.steps,
    }


def make(directory: Path) -> None:
    """Write every case and what is expected of it."""
    directory.mkdir(exist_ok=True)
    for old in directory.glob("*.tfevents"):
        old.unlink()
    cases = {}
    for name, (explanation, build) in CASES.items():
        file = build()
        (directory / f"{name}.tfevents").write_bytes(file.data)
        cases[name] = expected(file, explanation)
    lines = [f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in cases.items()]
    content = f'{{"version": {VERSION}, "cases": {{\n' + ",\n".join(lines) + "\n}}\n"
    (directory / "expected.json").write_text(content)


if __name__ == "__main__":
    make(CORPUS)
