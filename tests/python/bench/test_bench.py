"""The benchmark measures what it says: contenders checked, wrong results caught, sane figures."""

import io
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event

import eventcodec
from eventcodec.bench import baselines
from eventcodec.bench.cases import CASES, build_case
from eventcodec.bench.inputs import PICTURES
from eventcodec.bench.measure import measure_case, quiet_peers
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import ONE_THREAD, OURS, PLAIN, Case, Contender, Trial, expect

# The peers warn about their own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")

TINY = Sizes(
    checksum_bytes=1 << 16,
    checksum_calls=10,
    records=20,
    scalars=50,
    series=100,
    small_histograms=2,
    large_histograms=1,
    images=1,
    image_side=32,
    pictures=1,
    picture_side=30,
    scanned=200,
    long_scanned=300,
    files=3,
    file_scalars=20,
    blob_bytes=1_000_000,
    latency_calls=50,
    latency_seconds=0.2,
)


@pytest.mark.parametrize("name", CASES)
def test_every_contender_of_every_case_gives_the_right_result(name, tmp_path):
    with quiet_peers():
        rows = measure_case(build_case(name, TINY), tmp_path, rounds=1)
    second = "visualdl" if name.startswith("visualdl/") else PLAIN
    first = [OURS, ONE_THREAD if name == "scan/two threads" else second]
    assert [row.contender for row in rows][:2] == first
    assert len(rows) >= 3 or PLAIN not in first, "no peer was measured"
    for row in rows:
        assert 0 < row.call <= row.total
        assert row.best <= row.call
        assert row.slower > 0


def test_a_wrong_result_is_not_measured(tmp_path):
    def check():
        expect(False, "wrong")

    case = Case("x", "call", 1, 0, (Contender(OURS, lambda _: Trial(int, check=check)),))
    with pytest.raises(AssertionError, match="wrong"):
        measure_case(case, tmp_path, rounds=1)


def test_rounds_interleave_and_rotate(tmp_path):
    order = []

    def contender(name):
        return Contender(name, lambda _: Trial(lambda: order.append(name)))

    case = Case("x", "call", 1, 0, (contender(OURS), contender("a"), contender("b")))
    rows = measure_case(case, tmp_path, rounds=3, case_seconds=math.inf)
    assert len(rows) == 3
    timed = [order[i : i + 3] for i in range(3, 12, 3)]
    assert {turn[0] for turn in timed} == {OURS, "a", "b"}
    assert all(sorted(turn) == sorted([OURS, "a", "b"]) for turn in timed)


def test_slow_contenders_have_two_rounds():
    runs = []
    case = Case("x", "call", 1, 0, (Contender(OURS, lambda _: Trial(lambda: runs.append(1))),))
    with tempfile.TemporaryDirectory() as directory:
        (row,) = measure_case(case, Path(directory), rounds=9, case_seconds=0.0)
    assert len(row.trials) == 2
    assert len(runs) == 3  # one to warm up


def test_plain_python_checksum_and_events_are_right(tmp_path):
    # RFC 3720, appendix B.4.
    assert baselines.crc32c(bytes(32)) == 0x8A9136AA
    assert baselines.crc32c(b"123456789") == 0xE3069283
    writer = baselines.PlainWriter(tmp_path)
    writer.add_scalar("loss", 0.5, 3)
    writer.add_scalar("loss", 0.25, -1)
    writer.close()
    (path,) = tmp_path.iterdir()
    events = [Event.FromString(payload) for payload in baselines.read_records(path)]
    assert events[0].file_version == "brain.Event:2"
    assert [(e.step, e.summary.value[0].simple_value) for e in events[1:]] == [(3, 0.5), (-1, 0.25)]


def test_plain_python_histogram_is_that_of_numpy(tmp_path):
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    parsed = HistogramProto.FromString(baselines.histogram(values))
    assert parsed.num == sum(parsed.bucket) == 1000
    assert len(parsed.bucket) == len(parsed.bucket_limit)
    assert parsed.min == values.min()


@pytest.mark.parametrize("picture", sorted(PICTURES))
def test_plain_python_png_is_that_of_two_decoders(picture):
    """What it encodes Pillow decodes, and it decodes what Pillow encodes, by every filter."""
    pixels = PICTURES[picture]()[:60, :50]
    encoded = baselines.encode_png(pixels)
    with Image.open(io.BytesIO(encoded)) as image:
        assert np.array_equal(np.asarray(image).reshape(pixels.shape), pixels)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    for data in (encoded, file.getvalue(), eventcodec.encode_png(pixels)):
        assert np.array_equal(baselines.decode_png(data).reshape(pixels.shape), pixels)


def test_plain_python_reader_sees_damage(tmp_path):
    writer = baselines.PlainRecordWriter(tmp_path / "records")
    writer.write(b"hello")
    writer.close()
    data = bytearray((tmp_path / "records").read_bytes())
    data[13] ^= 1
    (tmp_path / "damaged").write_bytes(data)
    with pytest.raises(ValueError, match="checksum mismatch at byte 0"):
        list(baselines.read_records(tmp_path / "damaged"))
