"""A way to run the command as a user does."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


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
