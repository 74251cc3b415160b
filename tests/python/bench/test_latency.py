"""Latencies are measured of real calls, on a disk that is as slow as the scenario says."""

import pytest

from eventcodec.bench import baselines
from eventcodec.bench.latency import SCENARIOS, check_count, measure_latency, time_calls
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN

# The peers warn about their own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")

# More than Python's file buffer holds, so that plain Python meets the disk.
TINY = Sizes(latency_calls=300, latency_seconds=0.1)
STALL = 0.1


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_gives_every_contender_a_distribution(name):
    rows = measure_latency(name, TINY, 1)
    assert [row.contender for row in rows][:2] == [OURS, PLAIN]
    assert len(rows) >= 3, "no peer was measured"
    for row in rows:
        assert row.scenario == name
        assert row.calls > 0
        assert 0 < row.p50 <= row.p99 <= row.p999 <= row.worst


def test_a_stalled_disk_stalls_plain_python_and_not_us():
    ours, plain = measure_latency("latency/stalled-hot", TINY, 1)[:2]
    assert plain.worst >= STALL
    # No call waits for the disk; on a loaded machine one may still lose the processor for a while.
    assert ours.p99 < STALL / 2


def test_calls_are_timed_one_by_one_until_time_is_up():
    made = []
    calls = [lambda *args: made.append(("a", args)), lambda *args: made.append(("b", args))]
    took = time_calls(calls, count=5, interval=0, seconds=60)
    assert [(who, args[2]) for who, args in made] == [
        ("a", 0), ("b", 1), ("a", 2), ("b", 3), ("a", 4)
    ]  # fmt: skip
    assert len(took) == 5
    assert (took > 0).all()
    assert len(time_calls(calls, count=10**6, interval=1e-3, seconds=0.05)) <= 51


def test_a_lost_record_is_noticed(tmp_path):
    writer = baselines.PlainWriter(tmp_path)
    writer.add_scalar("loss", 0.5, 1)
    writer.close()
    check_count([tmp_path], 1)
    with pytest.raises(AssertionError, match="1 of 2 scalars"):
        check_count([tmp_path], 2)
