"""Every example in a docstring of the package runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import eventcodec

# Modules that are scripts or need a package that users may lack.
NOT_IMPORTED = {"eventcodec.proto.regenerate"}


def _names():
    walked = pkgutil.walk_packages(eventcodec.__path__, "eventcodec.")
    found = [m.name for m in walked if m.name not in NOT_IMPORTED and "__main__" not in m.name]
    return ["eventcodec", *found]


@pytest.mark.parametrize("name", _names())
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    # The names that examples may use without saying where they come from.
    with eventcodec.SummaryWriter(tmp_path / "run") as writer:
        failed, _ = doctest.testmod(
            module,
            extraglobs={"eventcodec": eventcodec, "np": np, "writer": writer},
            optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
        )
    assert failed == 0


def test_there_are_examples():
    counts = {
        name: sum(
            len(t.examples) for t in doctest.DocTestFinder().find(importlib.import_module(name))
        )
        for name in _names()
    }
    assert sum(counts.values()) >= 3
