"""The programs of examples/cluster, each with workers on this machine: `make test-clusters`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import eventcodec

CLUSTER = Path(__file__).resolve().parents[2] / "examples" / "cluster"
BIN = Path(sys.executable).parent
MPI = [
    BIN / "mpiexec", "--allow-run-as-root", "--oversubscribe", "-n", "3", sys.executable, "-m",
    "mpi4py.futures", CLUSTER / "on_mpi.py",
]  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [[sys.executable, CLUSTER / "on_ray.py"], [sys.executable, CLUSTER / "on_spark.py"], MPI],
    ids=["ray", "spark", "mpi"],
)
def test_index(command: list[str | Path], tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    first = logs / "r0"
    with eventcodec.SummaryWriter(str(first)) as writer:
        for step in range(50):
            writer.add_scalar("loss", step / 2, step)
    for run in range(1, 700):  # more than one task: see _TASK_FILES in archive/index.py
        shutil.copytree(first, logs / f"r{run}")
    environment = os.environ | {
        "PYSPARK_PYTHON": sys.executable,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [*command, logs], capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("700 files, 700 read"), done.stdout
    assert (logs / ".eventcodec" / "index.sqlite").is_file()
    log = eventcodec.open(logs)
    assert len(log.runs) == 700
    assert np.array_equal(log["r699"].scalars["loss"].values, np.arange(50) / 2)
