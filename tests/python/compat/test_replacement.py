"""patch(), unpatch() and `eventcodec run`: the writers that scripts get without being changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import eventcodec

# What scripts do to get a writer; each prints where its classes come from.
LOOK = """
import json, sys
found = {}
def look(name, value):
    found[name] = value.__module__
"""
TORCH = """
from torch.utils.tensorboard import SummaryWriter, FileWriter
import torch.utils.tensorboard.writer as writer
look("torch", SummaryWriter); look("torch file", FileWriter)
look("torch events", writer.EventFileWriter)
"""
TENSORBOARDX = """
from tensorboardX import SummaryWriter, GlobalSummaryWriter
import tensorboardX.writer, tensorboardX.event_file_writer
look("X", SummaryWriter); look("X global", GlobalSummaryWriter)
look("X writer", tensorboardX.writer.SummaryWriter)
look("X events", tensorboardX.event_file_writer.EventFileWriter)
"""
VISUALDL = """
from visualdl import LogWriter
import visualdl.writer.writer
look("visualdl", LogWriter); look("visualdl writer", visualdl.writer.writer.LogWriter)
"""
SHOW = "print(json.dumps(found))\n"


def run(code, *, cwd, command=(sys.executable,), arguments=(), environment=None):
    script = Path(cwd) / "script.py"
    script.write_text(code)
    return subprocess.run(
        [*command, str(script), *arguments],
        cwd=cwd,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def found_by(code, **options):
    done = run(code, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


EVENTCODEC = [sys.executable, "-m", "eventcodec.cli", "run"]


@pytest.mark.parametrize("imported", ["before", "after"])
@pytest.mark.parametrize(
    "package", [TORCH, TENSORBOARDX, VISUALDL], ids=["torch", "tensorboardX", "visualdl"]
)
def test_patch_and_unpatch(tmp_path, package, imported):
    first = "import eventcodec\neventcodec.patch()\n"
    before = package if imported == "before" else ""
    found = found_by(LOOK + before + first + package + SHOW, cwd=tmp_path)
    assert {module.startswith("eventcodec.compat.") for module in found.values()} == {True}
    undone = found_by(
        LOOK + before + first + package + "eventcodec.unpatch()\n" + package + SHOW, cwd=tmp_path
    )
    assert undone == found_by(LOOK + package + SHOW, cwd=tmp_path)


def test_unpatch_before_the_import(tmp_path):
    code = "import eventcodec\neventcodec.patch(); eventcodec.unpatch()\n"
    assert found_by(LOOK + code + TENSORBOARDX + SHOW, cwd=tmp_path)["X"] == "tensorboardX.writer"
    again = code + "eventcodec.patch()\n"
    found = found_by(LOOK + again + TENSORBOARDX + SHOW, cwd=tmp_path)
    assert found["X"].startswith("eventcodec.")


def test_patch_imports_none_of_them(tmp_path):
    code = """
import json, sys, eventcodec
eventcodec.patch()
peers = ("torch", "tensorboardX", "tensorboard", "visualdl")
print(json.dumps([name for name in peers if name in sys.modules]))
"""
    assert found_by(code, cwd=tmp_path) == []


def test_what_a_tracker_has_put_there_stays(tmp_path):
    code = """
import torch.utils.tensorboard.writer as writer
class Tracked(writer.EventFileWriter):
    pass
Tracked.__module__ = "tracker"
writer.EventFileWriter = Tracked
import eventcodec
eventcodec.patch()
look("events", writer.EventFileWriter); look("writer", writer.SummaryWriter)
"""
    assert found_by(LOOK + code + SHOW, cwd=tmp_path) == {
        "events": "tracker",
        "writer": "eventcodec.compat.torch",
    }


def test_run_replaces_the_writers_of_a_script(tmp_path):
    code = """
import sys, json
assert "torch" not in sys.modules
from tensorboardX import SummaryWriter
with SummaryWriter("log") as writer:
    writer.add_scalar("a (b)", 0.5, 3)
print(json.dumps([__name__, sys.argv[1:], SummaryWriter.__module__]))
"""
    found = found_by(code, cwd=tmp_path, command=EVENTCODEC, arguments=["--help", "-x", "y"])
    assert found == ["__main__", ["--help", "-x", "y"], "eventcodec.compat.tensorboardx.writer"]
    series = eventcodec.open(tmp_path / "log")["."].scalars["a__b_"]
    assert (series.steps.tolist(), series.values.tolist()) == ([3], [0.5])


def test_run_reaches_the_processes_that_a_script_starts(tmp_path):
    (tmp_path / "worker.py").write_text(LOOK + TENSORBOARDX + SHOW)
    code = "import subprocess, sys\nsubprocess.run([sys.executable, 'worker.py'], check=True)\n"
    found = found_by(code, cwd=tmp_path, command=EVENTCODEC)
    assert found["X"].startswith("eventcodec.")


def test_run_of_a_module_and_with_another_sitecustomize(tmp_path):
    other = tmp_path / "site"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import sys\nsys.was_here = True\n")
    (tmp_path / "script.py").write_text(
        LOOK + TENSORBOARDX + "found['other'] = sys.was_here\n" + SHOW
    )
    done = subprocess.run(
        [*EVENTCODEC, "-m", "script"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(other)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    assert found["other"] is True
    assert found["X"].startswith("eventcodec.")


@pytest.mark.parametrize("program", ["bash", "./train.sh", sys.executable])
def test_run_of_a_program_that_starts_python(tmp_path, program):
    # What replaces the writers of a Python that somebody else starts.
    (tmp_path / "worker.py").write_text("import sitecustomize\nprint(sitecustomize.__file__)\n")
    (tmp_path / "train.sh").write_text(f"#!/bin/sh\nexec {sys.executable} worker.py\n")
    (tmp_path / "train.sh").chmod(0o755)
    argument = {"bash": ["train.sh"], "./train.sh": []}.get(program, ["worker.py"])
    done = subprocess.run(
        [*EVENTCODEC, program, *argument],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.strip().endswith("eventcodec/startup/sitecustomize.py")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("import sys\nsys.exit(7)\n", 7, ""),
        ("raise ValueError('mine')\n", 1, "ValueError: mine"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n", -15, ""),
    ],
)
def test_run_ends_as_the_script_does(tmp_path, code, status, error):
    done = run(code, cwd=tmp_path, command=EVENTCODEC)
    assert done.returncode == status
    assert done.stderr.rstrip().endswith(error)
    assert "eventcodec" not in done.stderr


def test_run_of_a_missing_script(tmp_path):
    done = subprocess.run(
        [*EVENTCODEC, "missing.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr == "eventcodec run: missing.py: No such file or directory\n"


def test_a_python_without_eventcodec_says_so(tmp_path):
    startup = Path(eventcodec.__file__).parent / "startup"
    code = (
        f"import sys; sys.path.insert(0, {str(startup)!r}); import sitecustomize; print('goes on')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "goes on\n"
    assert "writers are not replaced" in done.stderr
