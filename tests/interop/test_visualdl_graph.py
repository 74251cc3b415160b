"""add_graph of a Paddle model, by visualdl and by us, each in a process of its own: `make
test-paddle` installs paddle and runs this.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "scripts" / "paddle_model.py"

if importlib.util.find_spec("paddle") is None:
    pytest.skip("paddle is not installed: make test-paddle", allow_module_level=True)


def log_graph(writer: str, directory: Path, home: Path, **environment: str) -> str:
    """Log the graph of the script's model; the last line that it prints."""
    result = subprocess.run(
        [sys.executable, str(SCRIPT), writer, str(directory)],
        capture_output=True,
        text=True,
        # The order of some of the names is that of a set.
        env={**os.environ, "HOME": str(home), "PYTHONHASHSEED": "0", **environment},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().rpartition("\n")[2]


def graph_of(directory: Path) -> dict:
    """The one graph of a directory, without the lines of code that made its nodes."""
    (path,) = directory.glob("vdlgraph*")
    graph = json.loads(path.read_text())
    for node in graph["nodes"]:
        node.get("attrs", {}).pop("op_callstack", None)
    return graph


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """The directory that we logged to, and what is left of the model."""
    home = tmp_path_factory.mktemp("home")
    directory = tmp_path_factory.mktemp("ours")
    return directory, log_graph("ours", directory, home)


def test_graph_is_that_of_the_original(logged, tmp_path):
    # Paddle 3 saves programs in a form that visualdl 2.5.3 cannot read, but for this flag.
    log_graph("theirs", tmp_path / "run", tmp_path, FLAGS_enable_pir_api="0")
    theirs = graph_of(tmp_path / "run")
    assert len(theirs["nodes"]) > 10
    assert graph_of(logged[0]) == theirs


def test_model_stays_as_it_was(logged):
    assert json.loads(logged[1]) == {"attributes": True, "hooks": 0, "same": True}


def test_visualdls_server_shows_the_graph(logged, visualdl_server):
    from flask import Flask

    call = visualdl_server(logged[0])
    with Flask(__name__).test_request_context():  # it keeps what is unfolded for each client
        runs = json.loads(call("graph_runs", {})[0])["data"]
        (run,) = runs
        question = {"run": run, "expand_all": "true", "refresh": "true"}
        answer = json.loads(call("graph/graph", question)[0])
    assert answer["status"] == 0, answer
    names = {node["name"] for node in answer["data"]["nodes"]}
    for name in ("Conv2D", "Linear", "MaxPool2D"):
        assert any(name in each for each in names), names
