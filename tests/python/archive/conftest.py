"""A way to run the command as a user does, and a log directory of three runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_logs import VERSION, append, histogram, image, restart, scalar


@pytest.fixture
def command():
    """Run `eventcodec ARGS...` in a process of its own, its output to pipes."""

    def run(*args, env=None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "eventcodec.cli", *map(str, args)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env={**os.environ, "COLUMNS": "80", **(env or {})},
        )

    return run


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    place = tmp_path / "logs"
    for run in ("a", "b/c", "."):
        append(place / run / "events.out.tfevents.1", VERSION, *map(scalar, range(1, 30)))
        append(place / run / "events.out.tfevents.1", histogram(3), image(4), restart(20))
        append(place / run / "events.out.tfevents.2", VERSION, scalar(5), scalar(6, "late"))
    return place
