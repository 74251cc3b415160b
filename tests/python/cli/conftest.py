"""A small log of every kind, a way to run the command as a user does, and as a terminal does."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import eventcodec

HOSTILE_TAG = "evil\x1b[31m\n\u202egnp.exe"


@pytest.fixture(scope="session")
def log_dir(tmp_path_factory) -> Path:
    """Two runs: `a` with all kinds of values and odd ones among them, `b` with scalars."""
    place = tmp_path_factory.mktemp("log")
    generator = np.random.default_rng(0)
    with eventcodec.SummaryWriter(str(place / "a")) as writer:
        for step in range(50):
            writer.add_scalar("loss", 1 / (step + 1), step, walltime=1.7e9 + step)
        for step, value in enumerate([1.0, float("nan"), float("inf"), -float("inf")]):
            writer.add_scalar("odd", value, step, walltime=1.7e9 + 100 + step)
        writer.add_scalar(HOSTILE_TAG, 1.0, 0, walltime=1.7e9 + 200)
        for step in range(3):
            writer.add_histogram("weights", generator.normal(size=100), step, walltime=1.7e9 + 300)
            image = generator.random((3, 8, 12)).astype(np.float32)
            writer.add_image("photo", image, step, walltime=1.7e9 + 300)
        writer.add_text("note", "first\nsecond \x1b]0;title\x07", 7, walltime=1.7e9 + 400)
    with eventcodec.SummaryWriter(str(place / "b")) as writer:
        for step in range(20):
            writer.add_scalar("loss", 2 / (step + 1), step, walltime=1.7e9 + 1000 + step)
    return place


@pytest.fixture
def damaged_dir(log_dir, tmp_path) -> Path:
    """A log with one flipped bit in the 11th record of its only file."""
    (source,) = (log_dir / "b").iterdir()
    data = bytearray(source.read_bytes())
    offset = 0
    for _ in range(10):
        offset += 16 + int.from_bytes(data[offset : offset + 8], "little")
    data[offset + 14] ^= 0x10
    (tmp_path / source.name).write_bytes(data)
    return tmp_path


@pytest.fixture
def command():
    """Run `eventcodec ARGS...` in a process of its own, its output to pipes."""

    def run(*args, cwd=None, env=None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "eventcodec.cli", *map(str, args)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            timeout=120,
            check=False,
            env={**os.environ, "COLUMNS": "80", **(env or {})},
        )

    return run


@pytest.fixture
def terminal():
    """Run `eventcodec ARGS...` on a pseudo terminal; give what it wrote there."""

    def run(*args, env=None, status=0) -> str:
        primary, secondary = pty.openpty()
        settings = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **(env or {})}
        inherited = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}
        process = subprocess.Popen(
            [sys.executable, "-m", "eventcodec.cli", *map(str, args)],
            stdout=secondary,
            stderr=secondary,
            stdin=subprocess.DEVNULL,
            env={**inherited, **settings},
        )
        os.close(secondary)
        written = b""
        while True:
            try:
                part = os.read(primary, 65536)
            except OSError:  # Linux: every holder of the other end is gone
                break
            if not part:
                break
            written += part
        os.close(primary)
        assert process.wait(timeout=60) == status
        return written.decode("utf-8")

    return run
