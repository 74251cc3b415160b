"""build_info: what it says is what is there."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

import eventcodec


def test_version_is_that_of_the_installed_package() -> None:
    assert eventcodec.build_info().version == importlib.metadata.version("eventcodec")
    assert eventcodec.__version__ == eventcodec.build_info().version


def test_every_hot_path_has_a_chosen_and_a_portable_kernel() -> None:
    kernels = eventcodec.build_info().kernels
    assert {"crc32c", "record"} <= set(kernels)
    for kernel in kernels.values():
        assert kernel.chosen == kernel.available[0]
        assert kernel.available[-1] == "portable"
        assert len(set(kernel.available)) == len(kernel.available)


def test_features_are_those_that_linux_reports() -> None:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        pytest.skip("needs /proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines()
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), None)
    if flags is None:
        pytest.skip("/proc/cpuinfo has no flags: not an x86 machine")
    names = {"sse42": "sse4_2", "pclmul": "pclmulqdq", "avx2": "avx2", "avx512": "avx512bw"}
    names["vpclmul"] = "vpclmulqdq"
    features = eventcodec.build_info().cpu_features
    assert {ours: ours in features for ours in names} == {
        ours: theirs in flags for ours, theirs in names.items()
    }


def test_the_answer_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        eventcodec.build_info().version = "2"  # type: ignore[misc]


def test_a_misspelt_feature_aborts() -> None:
    if not eventcodec.build_info().test_build:
        pytest.skip("this build does not honour EVENTCODEC_DISABLE_CPU")
    result = subprocess.run(
        [sys.executable, "-c", "import eventcodec; eventcodec.build_info()"],
        env={**os.environ, "EVENTCODEC_DISABLE_CPU": "avx1024"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode < 0
    assert 'unknown feature "avx1024"' in result.stderr
