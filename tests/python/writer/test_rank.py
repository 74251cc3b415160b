"""Writers of distributed runs: a file of its own for each rank, or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventcodec
from eventcodec import SummaryWriter

VARIABLES = ["RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "LOCAL_RANK"]


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_each_rank_has_a_file_of_the_same_run(tmp_path: Path) -> None:
    for rank in (None, 0, 1, 12):
        with SummaryWriter(tmp_path, rank=rank, filename_suffix=".x") as writer:
            writer.add_scalar(f"rank {rank}", 1, 1)
            assert writer.stats().path.endswith(f".x.rank{rank}" if rank else ".x")
    assert set(eventcodec.open(tmp_path)["."].scalars) == {
        "rank None",
        "rank 0",
        "rank 1",
        "rank 12",
    }


@pytest.mark.parametrize("name", VARIABLES)
def test_launchers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("LOCAL_RANK", "7")  # says least, and is asked last
    monkeypatch.setenv(name, "3")
    with SummaryWriter(tmp_path, rank="env") as writer:
        assert writer.stats().path.endswith(".rank3")


def test_no_launcher_is_no_rank(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, rank="env", other_ranks="drop") as writer:
        writer.add_scalar("a", 1, 1)
        assert writer.stats().accepted == 1
        assert ".rank" not in writer.stats().path


def test_other_ranks_can_be_told_to_write_nothing(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run", rank=0, other_ranks="drop") as writer:
        writer.add_scalar("a", 1, 1)
        assert writer.stats().accepted == 1
    for directory in ("run", "new"):
        before = sorted(tmp_path.rglob("*"))
        with SummaryWriter(tmp_path / directory, rank=1, other_ranks="drop", resume=0) as writer:
            writer.add_scalar("a", 1, 1)
            writer.add_metrics({"a": np.ones(())}, 2)
            writer.add_scalar_series("a", np.zeros(100_000), np.arange(100_000))
            writer.add_histogram("h", np.zeros(10), 1)
            writer.add_text("t", "x" * 1_000_000, 1)
            writer.flush(durable=True)
            assert "muted" in repr(writer)
            stats = writer.stats()
            assert (stats.accepted, stats.segments, stats.path) == (0, 0, "")
        assert sorted(tmp_path.rglob("*")) == before
        with pytest.raises(eventcodec.WriterClosedError):
            writer.add_scalar("a", 1, 1)


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("add_scalar", ("a", "x", 1), TypeError),
        ("add_scalar", ("", 1, 1), ValueError),
        ("add_metrics", ({"a": 1}, "step"), TypeError),
        ("add_image", ("a", np.zeros((2, 2)), 1), ValueError),
        ("add_text", ("a", 3, 1), TypeError),
        ("add_scalar_series", ("a", [1], [1, 2]), ValueError),
    ],
)
def test_ranks_that_write_nothing_check_their_arguments(
    tmp_path: Path, method: str, args: Any, error: type[Exception]
) -> None:
    writer = SummaryWriter(tmp_path, rank=1, other_ranks="drop")
    with pytest.raises(error):
        getattr(writer, method)(*args)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"rank": -1}, ValueError, "at least 0, got -1"),
        ({"rank": "1"}, TypeError, "rank must be an int, \"env\" or None, got '1'"),
        ({"rank": True}, TypeError, "got True"),
        ({"other_ranks": "mute"}, ValueError, "other_ranks must be one of .* got 'mute'"),
    ],
)
def test_bad_options(
    tmp_path: Path, kwargs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        SummaryWriter(tmp_path / "run", **kwargs)
    assert not (tmp_path / "run").exists()


def test_a_variable_that_is_no_rank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "first")
    with pytest.raises(ValueError, match="RANK must be a rank, got 'first'"):
        SummaryWriter(tmp_path, rank="env")
