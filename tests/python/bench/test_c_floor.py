"""The C floor does the work that it is the floor of, and says so where it cannot be had."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event

from eventcodec.bench import baselines, c_floor, compiled

pytestmark = pytest.mark.skipif(not c_floor.available(), reason=c_floor.why_not() or "available")


def events(path):
    return [Event.FromString(payload) for payload in baselines.read_records(path)]


def test_events_are_those_of_a_writer(tmp_path):
    writer = c_floor.FloorWriter(tmp_path)
    writer.add_scalar("loss", 0.1, 3)
    writer.add_scalar("l" * 300, np.float32(-2.5), -1)
    writer.add_scalar_keyword("loss", 7, global_step=1 << 40)
    writer.add_metrics({f"tag/{i}": i for i in range(3000)}, 9)
    writer.close()
    (path,) = tmp_path.iterdir()
    version, *scalars = events(path)
    assert version.file_version == "brain.Event:2"
    got = [(v.tag, e.step, v.simple_value) for e in scalars for v in e.summary.value]
    assert got[:3] == [("loss", 3, np.float32(0.1)), ("l" * 300, -1, -2.5), ("loss", 1 << 40, 7.0)]
    assert got[3:] == [(f"tag/{i}", 9, float(i)) for i in range(3000)]
    assert all(abs(e.wall_time - version.wall_time) < 60 for e in scalars)
    assert c_floor.scan(path) == 3003


def test_its_reader_checks_both_checksums(tmp_path):
    writer = c_floor.FloorWriter(tmp_path)
    writer.add_scalar("loss", 0.5, 3)
    writer.close()
    (path,) = tmp_path.iterdir()
    good = path.read_bytes()
    for at in (1, 9, 14, len(good) - 1):
        damaged = bytearray(good)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="damage"):
            c_floor.scan(path)


@pytest.mark.parametrize(
    "args", [(), ("loss", 0.5), (b"loss", 0.5, 1), ("loss", "x", 1), ("loss", 0.5, 0.5)]
)
def test_wrong_arguments_are_refused(args, tmp_path):
    with pytest.raises(TypeError):
        c_floor.FloorWriter(tmp_path).add_scalar(*args)
    with pytest.raises(TypeError):
        c_floor.FloorWriter(tmp_path).add_scalar_keyword("loss", 0.5, step=1)


def test_without_a_compiler_the_reason_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(compiled.NotCompiledError, match="none of cc, gcc, clang is on PATH"):
        compiled.compile_shared("c_floor.c", tmp_path / "floor.so")


def test_a_compiler_that_refuses_is_quoted(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", shutil.which("cc") or "gcc")
    with pytest.raises(
        compiled.NotCompiledError, match=r"does not compile c_floor\.c: .*Python\.h"
    ):
        compiled.compile_shared("c_floor.c", tmp_path / "floor.so", ["-I", str(tmp_path)])


def test_the_command_goes_on_without_a_compiler(tmp_path):
    options = ("--quick", "--rounds", "1", "stalled", "crc32c/64B")
    done = subprocess.run(
        [sys.executable, "-m", "eventcodec.cli", "bench", *options],
        env={**{k: v for k, v in os.environ.items() if k != "CC"}, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "crc32c/64B" in done.stdout
    assert "skipped the C floor: no C compiler" in done.stderr
    assert "skipped latency/stalled-hot: no C compiler" in done.stderr
