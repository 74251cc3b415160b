"""_native.pyi says what the built module is, and the public types are what users are told."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from eventcodec import _native

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STUB = ROOT / "python" / "eventcodec" / "_native.pyi"


def _mypy(module: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _public(names):
    return {name for name in names if not name.startswith("_")}


def _stub_names(body):
    names = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_every_native_name_is_in_the_stub_and_back():
    tree = ast.parse(STUB.read_text())
    assert _public(_stub_names(tree.body)) == _public(vars(_native))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and hasattr(_native, node.name):
            native = _public(vars(getattr(_native, node.name)))
            assert _public(_stub_names(node.body)) == native, node.name


def test_stubtest_agrees(tmp_path):
    # What no stub can say of a class of pybind11: its metaclass, and its mark of ownership.
    classes = [name for name, value in vars(_native).items() if isinstance(value, type)]
    allowed = [rf"eventcodec\._native\.{name}(\.__pybind11_.*)?" for name in classes]
    allowlist = tmp_path / "allowlist"
    allowlist.write_text("\n".join(allowed) + "\n")
    _mypy(
        "mypy.stubtest",
        "eventcodec._native",
        "--ignore-disjoint-bases",
        "--ignore-unused-allowlist",
        f"--mypy-config-file={HERE / 'mypy.ini'}",
        f"--allowlist={allowlist}",
    )


def test_examples_have_the_types_they_claim():
    _mypy("mypy", "--config-file", str(HERE / "mypy.ini"), str(HERE / "examples.py"))
