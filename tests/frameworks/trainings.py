"""Frameworks and trackers with our writers in place of theirs: `make test-frameworks` runs it.

Each script runs as it is, and by `eventcodec run`; both logs, and what trackers saw, must be equal.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import eventcodec

SCRIPTS = Path(__file__).resolve().parent / "scripts"
NEEDS = {
    "lightning": ["lightning"],
    "transformers": ["transformers", "accelerate"],
    "accelerate": ["accelerate"],
    "stable_baselines3": ["stable_baselines3"],
    "ignite": ["ignite", "tensorboardX"],
    "mlflow": ["mlflow", "sqlalchemy"],
    "wandb": ["wandb"],
}
# What two runs of the same script do not have in common: times and speeds.
VARIES = ("time/", "train/train_", "train_")


def run(name, directory, *command):
    directory.mkdir()
    done = subprocess.run(
        [*command, str(SCRIPTS / f"{name}_run.py")],
        cwd=directory,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = [line for line in done.stdout.splitlines() if line.startswith("SEEN ")]
    return eventcodec.open(directory / "log"), seen


def contents(log):
    """Everything comparable of a log: {run: {(kind, tag): values}}; runs named by time in order."""
    assert log.damage == []
    found = {}
    for name, each in log.runs.items():
        parts = ["time" if part.replace(".", "").isdigit() else part for part in name.split("/")]
        run_found = found.setdefault("/".join(parts), {})
        for tag, series in each.scalars.items():
            if not tag.startswith(VARIES):
                points = zip(series.steps.tolist(), series.values.tolist(), strict=True)
                run_found["scalar", tag] = sorted(points)
        for tag, series in each.histograms.items():
            run_found["histogram", tag] = [h.counts.tolist() for h in series]
        for tag, series in each.images.items():
            run_found["image", tag] = [np.asarray(i.to_array()).tolist() for i in series]
        for tag, series in each.texts.items():
            run_found["text", tag] = [t.value for t in series]
        for tag, series in each.graphs.items():
            run_found["graph", tag] = len(series)
        if each.hparams is not None:
            run_found["hparams", ""] = each.hparams.hparams
    return found


@pytest.mark.parametrize("name", NEEDS)
def test_same_log_as_with_the_original_writer(tmp_path, name):
    missing = [each for each in NEEDS[name] if importlib.util.find_spec(each) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    theirs, seen = run(name, tmp_path / "theirs", sys.executable)
    ours, seen_of_ours = run(name, tmp_path / "ours", sys.executable, "-m", "eventcodec.cli", "run")
    assert seen_of_ours == seen
    assert len(seen) == (name in ("mlflow", "wandb"))
    wanted, found = contents(theirs), contents(ours)
    assert wanted
    for run_name, series in wanted.items():
        assert series.keys() == found[run_name].keys(), run_name
        for key, values in series.items():
            assert found[run_name][key] == values, (run_name, key)
    assert wanted.keys() == found.keys()
    files = sorted((tmp_path / "ours" / "log").rglob("*tfevents*"))
    assert files
    with eventcodec.EventReader(files[0]) as reader:
        assert next(iter(reader)).source_metadata.writer == "eventcodec"
