"""Who may know whom, on both sides of the boundary. The tables are the rule."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CPP = ROOT / "cpp"
PACKAGE = ROOT / "python" / "eventcodec"

# C++: a folder may include its own headers and those of the folders named here.
PURE = {"base", "crc32c", "wire", "histogram", "png"}
CPP_MAY_INCLUDE = {
    "base": set(),
    "crc32c": {"base"},
    "wire": {"base"},
    "histogram": {"base"},
    "png": {"base"},
    "record": {"base", "crc32c", "wire"},  # shifted.cc knows where a field begins
    "event": {*PURE, "record"},
    "stream": {*PURE, "record", "event", "vdl"},
    "vdl": {*PURE, "record", "event"},
    "scan": {*PURE, "record", "event", "vdl"},
    "archive": {*PURE, "record", "event", "scan"},
    "bindings": {*PURE, "record", "event", "stream", "scan", "archive", "vdl"},
}
# Files of the core that catch what the standard library throws: containers that report exhausted
# memory, and std::thread, have no other way to fail.
# bad_alloc, as the containers around it do
MAY_THROW = {"scan/adopt.cc", "scan/collector.cc", "scan/vdl_rows.cc"}
MAY_CATCH = {
    "base/error.cc",
    "base/error.h",
    "base/parallel.h",
    "png/encode.cc",
    "scan/adopt.cc",
    "scan/collector.cc",
    "scan/readers.cc",
    "scan/vdl_rows.cc",
    "stream/drain.cc",
    "stream/event_stream.cc",
}
PYTHON_HEADERS = re.compile(r"pybind11/|Python\.h|numpy/")

# Python: a part may import, when it is itself imported, only the parts named here. A part is a
# module or package directly under eventcodec; what it imports inside a function is free of this
# but not of LAZY_NEVER_IMPORTS.
FOUNDATIONS = {"_native", "errors", "damage"}
PYTHON_MAY_IMPORT = {
    "_native": set(),
    "errors": set(),
    "damage": set(),
    "json_lines": set(),
    "build_info": {"_native"},
    "arrays": {"errors"},
    "bin_rules": {"_native"},
    "histogram": {"_native", "arrays", "bin_rules"},
    "png": {"_native", "arrays"},
    "record": FOUNDATIONS,
    "proto": set(),
    "event_reader": {*FOUNDATIONS, "record"},
    "summary": {*FOUNDATIONS, "arrays", "histogram", "png"},
    "writer": {*FOUNDATIONS, "arrays", "summary"},
    "reader": {*FOUNDATIONS, "arrays", "histogram", "event_reader"},
    "vdl": {*FOUNDATIONS, "arrays", "histogram", "png", "summary", "reader"},
    "compat": {*FOUNDATIONS, "arrays", "summary", "writer", "reader", "record", "vdl"},
    "replacement": set(),
    "startup": {"replacement"},
    "torch": set(),
    "archive": {
        *FOUNDATIONS,
        "json_lines",
        "record",
        "writer",
        "reader",
        "vdl",
        "summary",
        "compat",
        "histogram",
    },
    # CLIENTS, see below.
    "plots": set(),
    "bench": {"plots"},
    "demo": {"plots"},
    "cli": {*FOUNDATIONS, "build_info", "json_lines", "plots"},
}
# They alone use the public names through `import eventcodec`, as a user would.
CLIENTS = {"plots", "bench", "demo", "cli"}
# The part on the left is never imported by those on the right, not even inside a function.
CORE = {"arrays", "histogram", "png", "record", "proto", "event_reader", "summary"}
LAZY_NEVER_IMPORTS = {
    "cli": {*CORE, "writer", "reader", "vdl", "compat", "archive", "plots", "bench", "demo"},
    "bench": {*CORE, "writer", "reader", "vdl", "compat", "archive", "plots"},
    "demo": {*CORE, "writer", "reader", "vdl", "compat", "archive", "plots"},
    "plots": {*CORE, "writer", "vdl", "compat", "archive"},
    "compat": {*CORE, "reader"},
    "writer": {*CORE, "reader"},
    "reader": {*CORE, "writer"},
}

# What a module may import besides the standard library when it is itself imported.
THIRD_PARTY = {"numpy"}
THIRD_PARTY_OF = {
    "cli": {"click"},  # loaded by the command, never by `import eventcodec`
    "proto/pool.py": {"google"},  # loaded by the first use of a message class
    "proto/regenerate.py": {"google"},  # a script
}

_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def _cpp_sources():
    return sorted(p for p in CPP.rglob("*") if p.suffix in {".h", ".cc"})


def includes_of(source: str) -> list[str]:
    return _INCLUDE.findall(source)


def cpp_faults(folder: str, source: str) -> list[str]:
    """What a source file in `folder` includes that it may not."""
    allowed = CPP_MAY_INCLUDE[folder] | {folder}
    faults = []
    for include in includes_of(source):
        part = include.split("/", 1)[0]
        reaches_up = part in CPP_MAY_INCLUDE and part not in allowed
        if reaches_up or (folder != "bindings" and PYTHON_HEADERS.search(include)):
            faults.append(include)
    return faults


@pytest.mark.parametrize("path", _cpp_sources(), ids=lambda p: str(p.relative_to(CPP)))
def test_cpp_includes_obey_the_layers(path):
    parts = path.relative_to(CPP).parts
    assert len(parts) == 2, f"{path}: sources are one folder deep"
    assert parts[0] in CPP_MAY_INCLUDE, f"{parts[0]}: name its layer in CPP_MAY_INCLUDE"
    source = path.read_text()
    for include in includes_of(source):
        assert not include.startswith("."), f"{path}: include {include} from the root of cpp/"
    assert cpp_faults(parts[0], source) == []


def test_cpp_rule_sees_a_fault():
    assert cpp_faults("crc32c", '#include "record/frame.h"\n') == ["record/frame.h"]
    assert cpp_faults("scan", "#  include <pybind11/pybind11.h>") == ["pybind11/pybind11.h"]
    assert cpp_faults("bindings", '#include <Python.h>\n#include "scan/scan.h"') == []


def test_cpp_layers_have_no_cycle():
    order: list[str] = []
    left = dict(CPP_MAY_INCLUDE)
    while left:
        ground = [name for name, uses in left.items() if uses <= set(order)]
        assert ground, f"cycle among {sorted(left)}"
        order += ground
        left = {name: uses for name, uses in left.items() if name not in ground}


def test_core_reports_by_value():
    """Exceptions are made in cpp/bindings alone, and caught where the library has no other way."""
    not_code = re.compile(r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"")
    for path in _cpp_sources():
        relative = path.relative_to(CPP)
        if relative.parts[0] == "bindings":
            continue
        words = set(re.findall(r"\b(throw|try|catch)\b", not_code.sub("", path.read_text())))
        assert "throw" not in words or relative.as_posix() in MAY_THROW, relative
        assert not words or relative.as_posix() in MAY_CATCH, relative


def _modules():
    return sorted(PACKAGE.rglob("*.py"))


def _part(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def _is_typing_only(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def imports_of(source: str) -> tuple[set[str], set[str]]:
    """Dotted names that a module imports when imported, and those it imports in functions."""
    eager: set[str] = set()
    lazy: set[str] = set()

    def names(node):
        if isinstance(node, ast.Import):
            return {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            return {f"{module}.{alias.name}" for alias in node.names}
        return set()

    def visit(node, into):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and _is_typing_only(child.test):
                for other in child.orelse:
                    visit(other, into)
                continue
            into |= names(child)
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            visit(child, lazy if is_function else into)

    visit(ast.parse(source), eager)
    return eager, lazy


def _parts_of(names: set[str]) -> set[str]:
    """The parts of eventcodec among dotted names; `from eventcodec import x` names part or root."""
    known = set(PYTHON_MAY_IMPORT)
    own = {n.split(".")[1] for n in names if n.startswith("eventcodec.")}
    return own & known


def _third_party(names: set[str]) -> set[str]:
    import sys

    roots = {name.split(".")[0] for name in names}
    return roots - set(sys.stdlib_module_names) - {"eventcodec", "__future__"}


@pytest.mark.parametrize("path", _modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_python_imports_obey_the_layers(path):
    part = _part(path)
    eager, lazy = imports_of(path.read_text())
    if part != "__init__":
        assert part in PYTHON_MAY_IMPORT, f"{part}: name its layer in PYTHON_MAY_IMPORT"
        assert _parts_of(eager) - PYTHON_MAY_IMPORT[part] - {part} == set()
        assert part in CLIENTS or "eventcodec" not in eager, "the facade is for users"
        for higher in _parts_of(lazy) - {part}:
            assert part not in LAZY_NEVER_IMPORTS.get(higher, set()), f"{part} reaches {higher}"
        assert not any(n.startswith("eventcodec.") and not _parts_of({n}) for n in eager), (
            "import from the module that defines a name, not from the facade"
        )
    relative = path.relative_to(PACKAGE).as_posix()
    allowed = THIRD_PARTY | THIRD_PARTY_OF.get(part, set()) | THIRD_PARTY_OF.get(relative, set())
    assert _third_party(eager) - allowed == set(), "import optional packages where they are used"


def test_python_rule_sees_a_fault():
    eager, lazy = imports_of(
        "import torch\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import pandas\n"
        "try:\n    from eventcodec import _native\nexcept ImportError:\n    pass\n"
        "class A:\n    import matplotlib\n    def f(self):\n        from eventcodec.cli import x\n"
    )
    assert _third_party(eager) == {"torch", "matplotlib"}
    assert _parts_of(eager) == {"_native"}
    assert _parts_of(lazy) == {"cli"}
