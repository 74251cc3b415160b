"""C3, C4, C5 (P17-P19, P24): cuts, flipped bits and structured damage, against repair."""

from __future__ import annotations

import bisect
import os
import random
import resource
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from eventcodec import _native

VERSION = Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()


def scalar(step: int, tag: str = "loss") -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag=tag, simple_value=step)
    return event.SerializeToString()


def blob(step: int, content: bytes) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag="x").image.encoded_image_string = content
    return event.SerializeToString()


@contextmanager
def in_memory(data: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("campaign")
    try:
        os.write(descriptor, data) if data else None
        yield descriptor
    finally:
        os.close(descriptor)


def salvage(data: bytes, *, events: bool) -> tuple[dict[str, Any], bytes]:
    with in_memory(data) as source, in_memory(b"") as target:
        report = _native.salvage(source, target, events=events, copy=True, path=b"campaign")
        return dict(report), os.pread(target, len(data) + 200, 0)


class File:
    """Records and where they end."""

    def __init__(self, payloads: list[bytes]) -> None:
        self.records = [_native.frame(payload) for payload in payloads]
        self.ends = list(accumulate(map(len, self.records)))
        self.data = b"".join(self.records)

    def record_at(self, offset: int) -> int:
        return bisect.bisect_right(self.ends, offset)


@pytest.fixture(scope="module")
def mixed() -> File:
    """Small and large records, some of which hold event files."""
    inner = File([VERSION, *map(scalar, range(5))]).data
    payloads = [VERSION]
    for step in range(40):
        payloads += [scalar(step), scalar(step, "a/longer/tag"), blob(step, bytes(step * 3))]
        if step % 10 == 3:
            payloads.append(blob(step, inner))
    return File(payloads)


def covered(report: dict[str, Any], size: int) -> bool:
    """Whether what was kept and what was not cover the file without overlap."""
    pieces = sorted([*(s[:2] for s in report["stretches"]), *(d[:2] for d in report["damage"])])
    at = 0
    for offset, length in pieces:
        if offset != at:
            return False
        at += length
    return at + report["pending_bytes"] == size


def test_c03_cut_at_every_byte(campaign: Any, mixed: File) -> None:
    sizes = range(len(mixed.data) + 1)
    trials = 0
    for size in campaign.choose(list(sizes), fast=2000):
        report, out = salvage(mixed.data[:size], events=False)
        whole = bisect.bisect_right(mixed.ends, size)
        assert out == b"".join(mixed.records[:whole])
        assert report["pending_bytes"] == size - len(out)
        assert report["damage"] == []
        trials += 1
    campaign.report("C3 repair of cut files", "P18", trials=trials, hits=trials, lost=0)


def test_c04_every_flipped_bit(campaign: Any, mixed: File) -> None:
    bits = campaign.choose(list(range(8 * len(mixed.data))), fast=4000)
    for bit in bits:
        data = bytearray(mixed.data)
        data[bit // 8] ^= 1 << (bit % 8)
        hit = mixed.record_at(bit // 8)
        report, out = salvage(bytes(data), events=False)
        assert out == b"".join(mixed.records[:hit] + mixed.records[hit + 1 :]), bit
        assert [region[:2] for region in report["damage"]] == [
            (mixed.ends[hit] - len(mixed.records[hit]), len(mixed.records[hit]))
        ]
    campaign.report("C4 repair after one flipped bit", "P17 P18 P19", trials=len(bits),
                    hits=len(bits), lost=0)  # fmt: skip


def harm(rng: random.Random, data: bytes, file: File) -> tuple[bytes, set[int], str]:
    """Damage a file; the bytes, the records that were touched, and how."""
    size = rng.choice([1, 7, 64, 512, 4096])
    at = rng.randrange(len(data))
    end = min(len(data), at + size)
    kind = rng.choice(["zero", "noise", "insert", "prefix", "duplicate"])
    first, last = file.record_at(at), file.record_at(end - 1)
    touched = set(range(first, last + 1))
    if kind == "zero":
        # Zeros over zeros are no damage.
        same = {n for n in touched if is_same(file, n, at, end, bytes(end - at))}
        return data[:at] + bytes(end - at) + data[end:], touched - same, kind
    if kind == "noise":
        return data[:at] + rng.randbytes(end - at) + data[end:], touched, kind
    if kind == "prefix":
        return rng.randbytes(size) + data, set(), kind
    start = file.ends[first] - len(file.records[first])
    inside = {first} if at != start else set()
    if kind == "insert":
        return data[:at] + rng.randbytes(size) + data[at:], inside, kind
    return data[:end] + data[at:], touched, kind


def is_same(file: File, number: int, at: int, end: int, new: bytes) -> bool:
    begin = file.ends[number] - len(file.records[number])
    a, b = max(at, begin), min(end, file.ends[number])
    return file.data[a:b] == new[a - at : b - at]


def test_c05_structured_damage(campaign: Any, mixed: File) -> None:
    """What was not touched is there, in order; nothing is there that is not a record."""
    trials = 200_000 if campaign.long else 3000
    trials = round(trials * campaign.share)
    known = set(mixed.records)
    lost = hits = 0
    for _ in range(trials):
        data, touched, kind = harm(campaign.random, mixed.data, mixed)
        report, out = salvage(data, events=False)
        assert covered(report, len(data))
        found = []
        at = 0
        while at < len(out):
            length = struct.unpack_from("<Q", out, at)[0] + 16
            found.append(out[at : at + length])
            at += length
        # Zeros over a whole header may leave the records inside a payload to be found.
        assert set(found) <= known or kind in ("zero", "noise", "insert", "duplicate")
        wanted = [r for n, r in enumerate(mixed.records) if n not in touched]
        # A header that is right takes the bytes it claims, and what was moved into them with it.
        remaining = iter(found)
        missing = sum(record not in remaining for record in wanted)
        hits += bool(report["damage"])
        if kind in ("zero", "noise", "prefix"):
            lost += missing
            assert missing == 0, (kind, report["damage"])
        else:
            assert missing <= 6000 // 16
    campaign.report("C5 repair after structured damage", "P18 P19", trials=trials, hits=hits,
                    lost=lost)  # fmt: skip


BOMBS = textwrap.dedent(
    """
    import os, resource, struct, sys
    from pathlib import Path
    import eventcodec
    from eventcodec import _native
    from eventcodec.archive import compact, index, query, repair, verify

    place = Path(sys.argv[1])
    kind = sys.argv[2]

    def header(length):
        packed = struct.pack("<Q", length)
        return packed + _native.masked_crc32c(packed).to_bytes(4, "little")

    def message(number, content):
        size, length = len(content), b""
        while size >= 0x80:
            length += bytes([size & 0x7F | 0x80])
            size >>= 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    def event(tag):
        return message(5, message(1, message(1, tag) + bytes.fromhex("150000803f")))

    if kind == "lengths":
        data = b"".join(header(length) for n in range(6, 64) for length in (1 << n, (1 << n) - 1))
        data += (header(40) + header(30 << 20) + bytes(32)) * 10_000  # as if bytes were missing
    elif kind == "deep":
        inner = b""
        for _ in range(20000):
            inner = message(15, message(3, inner))
        data = _native.frame(message(5, message(1, message(8, inner))))
    elif kind == "groups":
        data = _native.frame(b"\\x0b" * 1_000_000)
    elif kind == "tags":
        data = b"".join(_native.frame(event(b"tag%d" % n)) for n in range(20_000))
    elif kind == "long_tags":
        data = b"".join(_native.frame(event(b"%d" % n + b"x" * 10_000)) for n in range(200))
    elif kind == "sites":
        data = (_native.frame(event(b"a")) + b"\\7\\7\\7") * 30_000
    elif kind == "restarts":
        start = _native.frame(b"\\x10\\x01" + message(7, b"\\x08\\x01"))
        data = b"".join(_native.frame(event(b"t%d" % (n % 500))) + start for n in range(20_000))
    (place / "logs").mkdir()
    (place / "logs" / "events.out.tfevents.1").write_bytes(data)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = int(open("/proc/self/statm").read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (size + (192 << 20),) * 2)
    list(verify(place / "logs", threads=1))
    list(verify(place / "logs", raw=True))
    list(repair(place / "logs", place / "repaired", workers=1))
    list(compact(place / "logs", place / "compacted", workers=1))
    index(place / "logs", workers=1)
    eventcodec.open(place / "logs", threads=1).runs["."].tags
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used
    print("MiB", grown >> 10, "s", round(resource.getrusage(resource.RUSAGE_SELF).ru_utime, 2))
    """
)


@pytest.mark.parametrize(
    "kind", ["lengths", "deep", "groups", "tags", "long_tags", "sites", "restarts"]
)
def test_c15_bombs(campaign: Any, tmp_path: Path, kind: str) -> None:
    """Files made to cost: no crash, no memory that is not there, no quadratic time."""
    done = subprocess.run(
        [sys.executable, "-c", BOMBS, str(tmp_path), kind],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    _, mebibytes, _, seconds = done.stdout.split()
    assert int(mebibytes) < 192
    assert float(seconds) < 60
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 20
    campaign.report(f"C15 bombs: {kind}", "P23 P24 P25", trials=1, hits=1, lost=0,
                    figures=f"{mebibytes} MiB")  # fmt: skip
