"""One version, told by three places."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import eventcodec
from eventcodec import _native

ROOT = Path(__file__).resolve().parents[2]


def test_project_native_and_package_versions_are_equal():
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared is not None
    assert declared[1] == _native.build_info()["version"]
    assert declared[1] == eventcodec.__version__ == eventcodec.build_info().version
    assert declared[1] == version("eventcodec")
    assert f"## [{declared[1]}]" in (ROOT / "CHANGELOG.md").read_text()
