"""Repair beyond the corpus: directories, in place, hostile files, random damage."""

from __future__ import annotations

import json
import os
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

import eventcodec
from eventcodec import _native
from eventcodec.archive import repair, verify
from eventcodec.archive.repair import broken_name


def frames(payloads: list[bytes]) -> bytes:
    return b"".join(map(eventcodec._native.frame, payloads))


def scalar(step: int, size: int = 0) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag="loss" + "x" * size, simple_value=step)
    return event.SerializeToString()


VERSION = Event(wall_time=1.7e9, file_version="brain.Event:2").SerializeToString()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Three runs, the second of them damaged, and a file that is no log."""
    place = tmp_path / "logs"
    for run in ("a", "b/c", "."):
        (place / run).mkdir(parents=True, exist_ok=True)
        data = frames([VERSION, *map(scalar, range(1, 20))])
        if run == "b/c":
            data = data[:90] + b"\xff" + data[91:] + data[:7]
        (place / run / "events.out.tfevents.1").write_bytes(data)
    (place / "notes.txt").write_text("hello")
    return place


def content_of(place: Path) -> dict[str, bytes]:
    found = {}
    for path in place.rglob("*"):
        if path.is_file():
            found[path.relative_to(place).as_posix()] = path.read_bytes()
    return found


def test_a_directory(logs: Path, tmp_path: Path) -> None:
    before = content_of(logs)
    reports = {report.path: report for report in repair(logs, tmp_path / "out", workers=2)}
    assert content_of(logs) == before
    after = content_of(tmp_path / "out")
    assert set(after) == {f"{run}events.out.tfevents.1" for run in ("", "a/", "b/c/")}
    assert after["a/events.out.tfevents.1"] == before["a/events.out.tfevents.1"]
    assert after["b/c/events.out.tfevents.1"] != before["b/c/events.out.tfevents.1"]
    damaged = reports[str(logs / "b/c/events.out.tfevents.1")]
    assert [damaged.changed, damaged.records, damaged.pending_bytes] == [True, 19, 7]
    assert damaged.destination == str(tmp_path / "out/b/c/events.out.tfevents.1")
    assert sum(report.changed for report in reports.values()) == 1
    assert all(report.ok for report in verify(tmp_path / "out"))


def test_in_place(logs: Path) -> None:
    before = content_of(logs)
    reports = list(repair(logs, in_place=True))
    after = content_of(logs)
    kept = "b/c/events.out.tf-events.1.broken"
    assert set(after) == {*before, kept}
    assert after[kept] == before["b/c/events.out.tfevents.1"]
    assert [r.kept for r in reports if r.changed] == [str(logs / kept)]
    assert all(report.ok for report in verify(logs))
    # A second time nothing needs repair.
    assert not any(report.changed for report in repair(logs, in_place=True))
    assert content_of(logs) == after
    assert "tfevents" not in broken_name("events.out.tfevents.1.tfevents")


def test_wrong_calls(logs: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not both"):
        repair(logs)
    with pytest.raises(ValueError, match="not both"):
        repair(logs, tmp_path / "x", in_place=True)
    with pytest.raises(FileNotFoundError):
        repair(tmp_path / "nothing", tmp_path / "x")
    with pytest.raises(FileExistsError):
        list(repair(logs, logs / "a"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no event files"):
        list(repair(tmp_path / "empty", tmp_path / "x"))
    os.mkfifo(tmp_path / "pipe.tfevents")
    with pytest.raises(OSError, match=r"no event files|not a regular"):
        list(repair(tmp_path / "pipe.tfevents", tmp_path / "x"))
    assert not (tmp_path / "x").exists()


def test_an_iterator_that_is_dropped_leaves_nothing(logs: Path, tmp_path: Path) -> None:
    reports = repair(logs, tmp_path / "out")
    next(reports)
    reports.close()
    assert {path.name for path in tmp_path.iterdir()} == {"logs"}


@pytest.mark.parametrize("seed", range(6))
def test_random_damage(tmp_path: Path, seed: int) -> None:
    """Whatever was not touched, and stands on its own, is salvaged, and nothing else."""
    rng = np.random.default_rng(seed)
    payloads = [VERSION, *(scalar(step, int(rng.integers(200))) for step in range(1, 300))]
    records = [frames([payload]) for payload in payloads]
    ends = np.cumsum([len(record) for record in records])
    data = bytearray(b"".join(records))
    kind = ["flip", "zero", "noise"][seed % 3]
    touched = set()
    for _ in range(12):
        size = 1 if kind == "flip" else int(rng.integers(1, 600))
        at = int(rng.integers(len(data) - size))
        new = {
            "flip": lambda at=at: bytes([data[at] ^ (1 << int(rng.integers(8)))]),
            "zero": lambda size=size: bytes(size),
            "noise": lambda size=size: rng.bytes(size),
        }[kind]()
        first, last = (int(np.searchsorted(ends, p, "right")) for p in (at, at + size - 1))
        touched |= set(range(first, last + 1))
        data[at : at + size] = new
    (tmp_path / "in").write_bytes(data)
    [report] = repair(tmp_path / "in", tmp_path / "out")
    with eventcodec.RecordReader(tmp_path / "out") as reader:
        found = list(reader)
    wanted = [payload for number, payload in enumerate(payloads) if number not in touched]
    assert found[int(report.version_added) :] == wanted
    covered = sum(s.length for s in report.salvaged) + sum(r.length for r in report.damage)
    assert covered + report.pending_bytes == len(data)


def test_what_other_readers_take_is_decided_as_they_do() -> None:
    """event_fault() against protobuf: whatever it passes, TensorBoard's messages parse."""
    rng = np.random.default_rng(5)
    whole = Event(wall_time=1.7e9, step=5)
    value = whole.summary.value.add(tag="h", node_name="n")
    value.metadata.plugin_data.plugin_name = "histograms"
    value.metadata.display_name = "d\N{LATIN SMALL LETTER E WITH ACUTE}"
    value.tensor.dtype = 1
    value.tensor.tensor_shape.dim.add(size=3)
    value.tensor.float_val.extend([1.0, 2.0, 3.0])
    value = whole.summary.value.add(tag="i")
    value.histo.bucket.extend([1.0, 2.0])
    data = whole.SerializeToString()
    assert _native.event_fault(data) is None
    refused = passed = 0
    for _ in range(20000):
        changed = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            changed[int(rng.integers(len(changed)))] = int(rng.integers(256))
        fault = _native.event_fault(changed)
        try:
            parsed = Event.FromString(bytes(changed))
            bad = not np.isfinite(parsed.wall_time)
        except Exception:
            bad = True
        if bad:
            assert fault is not None, bytes(changed)
        passed += fault is None
        refused += fault is not None
    assert passed > 1000
    assert refused > 1000


def hostile_headers(size: int) -> bytes:
    """Right headers, each claiming a payload up to near the end, every second one broken."""
    data = bytearray(b"\1" * size)
    for number, at in enumerate(range(64, size - 64, 12)):
        header = struct.pack("<Q", size - at - 32)
        crc = _native.masked_crc32c(header) ^ (number % 2)
        data[at : at + 12] = header + struct.pack("<I", crc)
    return bytes(data)


def damaged_everywhere(size: int) -> bytes:
    """A tiny record, a few bytes of noise, and so on: as many searches as there can be."""
    unit = _native.frame(b"") + b"\7\7\7"
    return unit * (size // len(unit))


@pytest.mark.parametrize("make", [hostile_headers, damaged_everywhere])
def test_hostile_files_cost_linear_time(tmp_path: Path, make) -> None:
    seconds = []
    for size in (1 << 15, 1 << 20):
        (tmp_path / "bomb.tfevents").write_bytes(make(size))
        begin = time.process_time()
        list(repair(tmp_path / "bomb.tfevents", tmp_path / f"out{size}", raw=True))
        list(verify(tmp_path / "bomb.tfevents"))
        seconds.append(time.process_time() - begin)
    # 32 times the bytes: quadratic would be 1,024 times the time.
    assert seconds[1] < 320 * max(seconds[0], 0.01)


def test_the_command(logs: Path, tmp_path: Path, command) -> None:
    done = command("repair", logs, tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["changed"] == 1
    assert facts["records"] == 59
    [damaged] = [each for each in facts["files"] if each["changed"]]
    assert damaged["damage"][0]["reason"] == "length checksum mismatch"
    assert command("verify", tmp_path / "out").returncode == 0
    again = command("repair", logs, tmp_path / "out")
    assert again.returncode == 3
    assert "choose another destination" in again.stderr
    assert command("repair", logs).returncode == 2
    assert command("repair", "--in-place", logs).returncode == 0
    assert command("repair", tmp_path / "none", tmp_path / "x").returncode == 3
    assert command("verify", "--raw", logs).returncode == 0
