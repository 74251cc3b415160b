"""URLs are refused, and the call that the message names does what was asked for, with fsspec."""

from __future__ import annotations

import re

import fsspec
import pytest

import eventcodec
from eventcodec import SummaryWriter


def follow_advice(error, directory):
    """Run the call that an error names."""
    call = re.search(r"fsspec\.filesystem.*\)", str(error))[0]
    eval(call.replace("LOG_DIR", str(directory)), {"fsspec": fsspec})


def test_logs_go_there_and_come_back(tmp_path):
    url = f"memory://{tmp_path.name}/logs"
    with pytest.raises(ValueError, match="must be a local directory") as writing:
        SummaryWriter(url)
    with SummaryWriter(tmp_path / "here") as writer:
        for step in range(3):
            writer.add_scalar("a", step, step)
            writer.add_scalars("g", {"x": step}, step)
            writer.flush()
            follow_advice(writing.value, tmp_path / "here")  # again, into what is there
    follow_advice(writing.value, tmp_path / "here")
    with pytest.raises(FileNotFoundError, match="URLs are not opened") as reading:
        eventcodec.open(url)
    (tmp_path / "back").mkdir()
    follow_advice(reading.value, tmp_path / "back")
    log = eventcodec.open(tmp_path / "back")
    assert log.damage == []
    assert list(log.runs) == [".", "g_x"]
    assert log["."].scalars["a"].values.tolist() == [0.0, 1.0, 2.0]
    assert log["g_x"].scalars["g"].values.tolist() == [0.0, 1.0, 2.0]
