"""C14 (P20): readers follow a file while every write(2) brings it 1 to 17 bytes."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventcodec

RECORDS = {"fast": 20_000, "long": 2_000_000}
DEADLINE_SECONDS = 600

# write(2) in small bites: a library that is loaded before the C library.
BITES = """
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t write(int fd, const void* bytes, size_t count) {
  static unsigned long long state = SEED;
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  const size_t bite = 1 + (state >> 33) % 17;
  return syscall(SYS_write, fd, bytes, fd > 2 && count > bite ? bite : count);
}
"""

PROGRAM = """
    import sys, time
    from eventcodec import SummaryWriter
    directory, count = sys.argv[1], int(sys.argv[2])
    with SummaryWriter(directory, max_file_bytes=1 << 20) as writer:
        for step in range(count):
            writer.add_scalar("loss", step, step)
            if step % 1000 == 0:
                time.sleep(0.001)
"""


def build_bites(directory: Path, seed: int) -> Path:
    source, library = directory / "bites.c", directory / "bites.so"
    source.write_text(BITES.replace("SEED", str(seed | 1)))
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", str(source), "-o", str(library)],
        check=True,
    )
    return library


def start_writer(tmp_path: Path, seed: int, records: int) -> subprocess.Popen[bytes]:
    library = build_bites(tmp_path, seed)
    (tmp_path / "run").mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path / "run"), str(records)],
        # Python does not loop when it writes .pyc files, which would end up cut short.
        env={"LD_PRELOAD": str(library), "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_c14_our_reader(campaign: Any, tmp_path: Path) -> None:
    records = RECORDS[campaign.scale]
    writer = start_writer(tmp_path, campaign.seed, records)
    log = eventcodec.open(tmp_path / "run")
    seen = polls = partial = 0
    deadline = time.monotonic() + DEADLINE_SECONDS
    while seen < records and time.monotonic() < deadline:
        ended = writer.poll() is not None
        log.refresh()
        polls += 1
        assert not log.damage
        for run in log.runs.values():
            if "loss" in run.scalars:
                steps = np.asarray(run.scalars["loss"].steps)
                np.testing.assert_array_equal(steps[seen:], np.arange(seen, len(steps)))
                partial += seen < len(steps) < records
                seen = len(steps)
        assert seen == records or not ended
    assert writer.wait() == 0
    assert seen == records
    assert partial > 1
    campaign.report(
        "C14 growing file", "P20", trials=records, hits=partial, lost=0, figures=f"{polls} polls"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_c14_tensorboard(campaign: Any, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    records = RECORDS[campaign.scale] // 4
    writer = start_writer(tmp_path, campaign.seed, records)
    accumulator = EventAccumulator(str(tmp_path / "run"), size_guidance={"scalars": 0})
    seen = partial = 0
    deadline = time.monotonic() + DEADLINE_SECONDS
    while seen < records and time.monotonic() < deadline:
        ended = writer.poll() is not None
        accumulator.Reload()
        if "loss" in accumulator.Tags()["scalars"]:
            steps = [event.step for event in accumulator.Scalars("loss")]
            assert steps[seen:] == list(range(seen, len(steps)))
            partial += seen < len(steps) < records
            seen = len(steps)
        assert seen == records or not ended
    assert writer.wait() == 0
    campaign.report("C14 TensorBoard follows", "P20", trials=records, hits=partial, lost=0)
