"""Run the campaigns of the C++ core in their long form, and keep their results in RESULTS.md.

    python tests/campaigns/run_core.py build/cpp-dev build/cpp-tsan ...

Their fast form is part of ctest. A build folder with a sanitizer in its name says so in the row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from harness.results import Row, update_results

PREFIX = "CAMPAIGN "


def run(program: Path, build: str) -> int:
    """Run one program and keep its rows; its exit status."""
    environment = os.environ | {
        "EVENTCODEC_CAMPAIGN": "long",
        "TSAN_OPTIONS": "die_after_fork=0",
    }
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith(PREFIX):
            row = Row(**json.loads(line.removeprefix(PREFIX)))
            row = replace(row, campaign=f"{row.campaign}, {build}")
            print(row.line(), flush=True)
            if done.returncode == 0:
                update_results(Path(__file__).with_name("RESULTS.md"), row)
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
    return done.returncode


def main() -> int:
    """Run every campaign of the build folders that are named."""
    failures = 0
    for folder in map(Path, sys.argv[1:]):
        programs = sorted((folder / "tests").glob("campaigns_*_test"))
        if not programs:
            raise SystemExit(f"{folder} holds no campaigns; build it first: make test-cpp")
        failures += sum(run(program, folder.name.removeprefix("cpp-")) != 0 for program in programs)
    return min(failures, 1)


if __name__ == "__main__":
    raise SystemExit(main())
