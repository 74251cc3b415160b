"""The published corpus of damaged files: what is read, verified and repaired of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import google_crc32c
import pytest
from tensorboard.compat.proto.event_pb2 import Event

import eventcodec
from eventcodec.archive import repair, verify

CORPUS = Path(__file__).parent / "corpus"
CASES: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text())["cases"]
# Its payload is no message, so that even a lenient reader has no event.
NO_EVENT = {"not_an_event"}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return request.param


def regions(case: str) -> list[tuple[int, int]]:
    found = CASES[case]["damage"] + (CASES[case]["unreadable"] if case in NO_EVENT else [])
    return sorted(tuple(region) for region in found)


def file_of(case: str) -> Path:
    return CORPUS / f"{case}.tfevents"


def intact(case: str) -> list[bytes]:
    """The records that a repaired file holds."""
    data = file_of(case).read_bytes()
    facts = CASES[case]
    return [data[at : at + n] for at, n in facts["records"] if [at, n] not in facts["unreadable"]]


def test_the_corpus_is_what_its_script_makes(tmp_path: Path) -> None:
    import runpy

    runpy.run_path(str(CORPUS.parent / "make_corpus.py"))["make"](tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in CORPUS.iterdir() if path.name != "README.md"}
    assert made == kept


def test_the_corpus_covers_its_files(case: str) -> None:
    """The expectations themselves, by other people's checksums and messages."""
    facts, data = CASES[case], file_of(case).read_bytes()
    at = 0
    for offset, length in sorted(facts["records"] + facts["damage"]):
        assert offset == at
        at += length
    assert at + facts["tail_bytes"] == facts["bytes"] == len(data)
    for offset, length in facts["records"]:
        payload = data[offset + 12 : offset + length - 4]
        crc = google_crc32c.value(payload)
        stored = int.from_bytes(data[offset + length - 4 : offset + length], "little")
        assert stored == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_open(case: str) -> None:
    log = eventcodec.open(file_of(case))
    assert [(region.offset, region.length) for region in log.damage] == regions(case)
    assert sum(log.pending.values()) == CASES[case]["tail_bytes"]
    run = eventcodec.open(file_of(case), purge=False)["."]
    steps = sorted(
        int(step)
        for series in [*run.scalars.values(), *run.images.values()]
        for step in series.steps
    )
    # A lenient reader also has what stricter ones refuse.
    odd = {"tag_not_utf8": [2], "nan_wall_time": [2]}.get(case, [])
    assert steps == sorted(CASES[case]["steps"] + odd)


def test_verify(case: str) -> None:
    [report] = verify(file_of(case))
    assert [(region.offset, region.length) for region in report.damage] == regions(case)
    assert report.records == len(CASES[case]["records"]) - (case in NO_EVENT)
    assert report.pending_bytes == CASES[case]["tail_bytes"]
    [raw] = verify(file_of(case), raw=True)
    assert [[region.offset, region.length] for region in raw.damage] == CASES[case]["damage"]
    assert raw.records == len(CASES[case]["records"])
    assert raw.pending_bytes == CASES[case]["tail_bytes"]


def test_record_reader(case: str) -> None:
    data = file_of(case).read_bytes()
    want = [data[at + 12 : at + length - 4] for at, length in CASES[case]["records"]]
    with eventcodec.RecordReader(file_of(case)) as reader:
        assert list(reader) == want
        assert [[region.offset, region.length] for region in reader.damage] == CASES[case]["damage"]
        assert reader.pending_bytes == CASES[case]["tail_bytes"]


def test_repair(case: str, tmp_path: Path) -> None:
    before = file_of(case).read_bytes()
    [report] = repair(file_of(case), tmp_path / "once.tfevents")
    repaired = (tmp_path / "once.tfevents").read_bytes()
    wanted = b"".join(intact(case))
    if report.version_added:
        size = int.from_bytes(repaired[:8], "little") + 16
        assert Event.FromString(repaired[12 : size - 4]).file_version == "brain.Event:2"
        repaired = repaired[size:]
    assert repaired == wanted
    starts_with_version = bool(wanted) and b"brain.Event:2" in intact(case)[0]
    assert report.version_added == (not starts_with_version)
    assert [[r.offset, r.length] for r in report.damage] == CASES[case]["damage"]
    assert [[r.offset, r.length] for r in report.unreadable] == CASES[case]["unreadable"]
    kept = b"".join(before[s.offset : s.offset + s.length] for s in report.salvaged)
    assert kept == wanted
    assert file_of(case).read_bytes() == before
    [again] = repair(tmp_path / "once.tfevents", tmp_path / "twice.tfevents")
    assert not again.changed
    once, twice = (tmp_path / f"{name}.tfevents" for name in ("once", "twice"))
    assert once.read_bytes() == twice.read_bytes()


def test_repair_raw(case: str, tmp_path: Path) -> None:
    data = file_of(case).read_bytes()
    list(repair(file_of(case), tmp_path / "raw", raw=True))
    wanted = b"".join(data[at : at + length] for at, length in CASES[case]["records"])
    assert (tmp_path / "raw").read_bytes() == wanted


@pytest.mark.parametrize(
    ("case", "marks"),
    [
        ("flipped_payload", [False]),
        ("flipped_length", [True]),
        ("garbage_between", [True]),
        ("missing_bytes", [True]),
        ("nested_damaged_payload_and_next", [False, True]),
        ("not_an_event", []),
        ("cut_in_payload", []),
    ],
)
def test_recovered_records_are_marked_by_readers(case: str, marks: list[bool]) -> None:
    """The region before them says that they were found by a search."""
    log = eventcodec.open(file_of(case))
    assert [each.recovered for each in log.damage if each.reason != "malformed event"] == marks
    [report] = verify(file_of(case), raw=True)
    assert [each.recovered for each in report.damage] == marks
    with eventcodec.EventReader(file_of(case)) as events:
        assert len(list(events)) > 0
        found = [each.recovered for each in events.damage if each.reason != "malformed event"]
    assert found == marks


def test_recovered_records_are_marked() -> None:
    """What follows a damaged header was found by a search, or by what the header still tells."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        [report] = repair(file_of("garbage_between"), Path(place) / "out")
        assert [stretch.recovered for stretch in report.salvaged] == [False, True]
        [report] = repair(file_of("flipped_payload"), Path(place) / "out2")
        assert [stretch.recovered for stretch in report.salvaged] == [False, False]
