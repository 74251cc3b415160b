"""The readers of conftest.py on files that torch and tensorboardX wrote: the harness is sound."""

from __future__ import annotations

import numpy as np
import pytest

STEPS = [0, 1, 5, 2**40]
LOSS = [0.5, -1.25, float(np.float32(0.1)), float(np.float32(3e30))]


@pytest.fixture(params=["torch", "tensorboardX"])
def written(request, tmp_path):
    """A log directory with one run, `a/b`, of known content."""
    if request.param == "torch":
        from torch.utils.tensorboard import SummaryWriter
    else:
        from tensorboardX import SummaryWriter
    with SummaryWriter(str(tmp_path / "a" / "b")) as writer:
        for step, value in zip(STEPS, LOSS, strict=True):
            writer.add_scalar("loss", value, step, walltime=1000.5 + step)
        writer.add_histogram("h", np.arange(10.0), 3, bins=[0, 2, 5, 9], walltime=7.5)
        image = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
        writer.add_image("im", image, 1, walltime=8.0)
        writer.add_text("note", "hi **there**\nü", 2, walltime=9.0)
    return tmp_path


def _check_common(run):
    assert run["scalars"] == {
        "loss": [(s, 1000.5 + s, v) for s, v in zip(STEPS, LOSS, strict=True)]
    }
    assert [len(points) for points in run["histograms"].values()] == [1]
    step, wall_time, buckets = run["histograms"]["h"][0]
    assert (step, wall_time) == (3, 7.5)
    assert buckets[-3:].tolist() == [[0, 2, 2], [2, 5, 3], [5, 9, 5]]


def _check_image(run, pixels):
    ((step, wall_time, encoded),) = run["images"]["im"]
    assert (step, wall_time, len(encoded)) == (1, 8.0, 1)
    want = np.arange(60, dtype=np.uint8).reshape(3, 4, 5).transpose(1, 2, 0)
    assert np.array_equal(pixels(encoded[0]), want)


def test_event_accumulator(written, event_accumulator, pixels):
    result = event_accumulator(written)
    assert list(result) == ["a/b"]
    _check_common(result["a/b"])
    _check_image(result["a/b"], pixels)
    assert result["a/b"]["texts"] == {"note/text_summary": [(2, 9.0, "hi **there**\nü")]}


def test_data_server(written, data_server, pixels):
    result = data_server(written)
    assert list(result) == ["a/b"]
    _check_common(result["a/b"])
    _check_image(result["a/b"], pixels)
    assert result["a/b"]["texts"] == {"note/text_summary": [(2, 9.0, "hi **there**\nü")]}


def test_tbparse(written, tbparse):
    result = tbparse(written)
    assert list(result) == ["a/b"]
    _check_common(result["a/b"])
    assert result["a/b"]["texts"] == {"note": [(2, 9.0, "hi **there**\nü")]}


def test_data_server_reports_damage(written, data_server):
    """A flipped bit must not pass the harness unseen."""
    (path,) = (written / "a" / "b").iterdir()
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(AssertionError, match="complains"):
        data_server(written)
