"""Importing eventcodec does nothing but define names."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Runs in a fresh interpreter; tells what an import changed.
PROBE = """
import json, os, sys, threading, warnings
import numpy
before = {
    "modules": set(sys.modules),
    "environment": dict(os.environ),
    "filters": list(warnings.filters),
    "threads": len(os.listdir("/proc/self/task")),
    "files": set(os.listdir(".")),
    "descriptors": len(os.listdir("/proc/self/fd")),
}
opened = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        opened.append(args[0])
    if event in ("socket.connect", "subprocess.Popen", "os.fork", "os.putenv"):
        opened.append(event)
sys.addaudithook(watch)
import eventcodec
print(json.dumps({
    "modules": sorted(set(sys.modules) - before["modules"]),
    "environment": dict(os.environ) != before["environment"],
    "filters": list(warnings.filters) != before["filters"],
    "threads": len(os.listdir("/proc/self/task")) - before["threads"],
    "python_threads": threading.active_count() - 1,
    "files": sorted(set(os.listdir(".")) - before["files"]),
    "descriptors": len(os.listdir("/proc/self/fd")) - before["descriptors"],
    "opened": [str(path) for path in opened],
}))
"""


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROBE],
        cwd=tmp_path_factory.mktemp("cwd"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_imports_only_numpy_the_standard_library_and_itself(probed):
    roots = {name.split(".")[0] for name in probed["modules"]}
    # Editable installs map the package by a finder of this name.
    foreign = {r for r in roots - set(sys.stdlib_module_names) if "_editable" not in r}
    assert foreign <= {"eventcodec", "numpy"}


def test_starts_no_thread(probed):
    assert probed["threads"] == 0
    assert probed["python_threads"] == 0


def test_touches_no_file_and_no_environment(probed):
    assert probed["files"] == []
    assert probed["opened"] == []
    assert probed["descriptors"] == 0
    assert not probed["environment"]


def test_leaves_warnings_alone(probed):
    assert not probed["filters"]


def test_every_public_name_is_there():
    import eventcodec

    assert sorted(eventcodec.__all__) == list(eventcodec.__all__), "keep __all__ sorted"
    for name in eventcodec.__all__:
        assert getattr(eventcodec, name) is not None
    assert set(eventcodec.__all__) <= set(dir(eventcodec))
