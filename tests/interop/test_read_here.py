"""What torch, tensorboardX and tensorboard write, read here as EventAccumulator reads it."""

from __future__ import annotations

import numpy as np
import pytest

import eventcodec

SEED = 7


def _plain(log) -> dict:
    """A Log in the form of conftest.py."""

    def points(series, value):
        rows = zip(series.steps.tolist(), series.wall_times.tolist(), strict=True)
        return [(step, at, value(series, i)) for i, (step, at) in enumerate(rows)]

    def buckets(series, i):
        histogram = series[i]
        return np.stack([histogram.left, histogram.right, histogram.counts], axis=1)

    def kind(run, name, value):
        return {tag: points(series, value) for tag, series in getattr(run, name).items()}

    return {
        name: {
            "scalars": kind(run, "scalars", lambda series, i: float(series.values[i])),
            "histograms": kind(run, "histograms", buckets),
            "images": kind(run, "images", lambda series, i: [series[i].encoded]),
            "texts": kind(run, "texts", lambda series, i: series[i].value),
        }
        for name, run in log.runs.items()
    }


def _write_everything(writer, rng):
    for step in range(200):
        writer.add_scalar("loss", rng.normal(), step, walltime=rng.random() * 1e9)
        writer.add_scalar("other/loss", rng.normal() * 1e30, 200 - step, walltime=0.5)
    for step in range(5):
        writer.add_histogram("h", rng.normal(size=500), step, walltime=step)
        writer.add_histogram("auto", rng.normal(size=500), step, bins="auto", walltime=step)
        writer.add_image("im", rng.random((3, 6, 5)), step, walltime=step)
        writer.add_images("grid", rng.random((3, 1, 6, 5)), step, walltime=step)
        writer.add_text("t", f"text {step} ü", step, walltime=step)
    writer.add_scalars("group", {"a": 1.0, "b": 2.0}, 3, walltime=9.0)
    writer.add_pr_curve("pr", rng.integers(0, 2, 50), rng.random(50), 1)
    writer.add_hparams({"lr": 0.1, "name": "x"}, {"metric": 0.5})
    writer.close()


def _torch(folder):
    from torch.utils.tensorboard import SummaryWriter

    _write_everything(SummaryWriter(str(folder)), np.random.default_rng(SEED))


def _tensorboardx(folder):
    from tensorboardX import SummaryWriter

    _write_everything(SummaryWriter(str(folder)), np.random.default_rng(SEED))


def _tensorboard(folder):
    from tensorboard.summary import Writer

    rng = np.random.default_rng(SEED)
    writer = Writer(str(folder))
    for step in range(100):
        writer.add_scalar("acc", rng.random(), step, wall_time=step, description="d")
    writer.close()


def _assert_equal(got, want):
    assert set(got) == set(want)
    for run in want:
        for kind in ("scalars", "images", "texts"):
            assert got[run][kind] == want[run][kind], (run, kind)
        assert set(got[run]["histograms"]) == set(want[run]["histograms"])
        for tag, points in want[run]["histograms"].items():
            pairs = list(zip(got[run]["histograms"][tag], points, strict=True))
            assert [a[:2] for a, _ in pairs] == [b[:2] for _, b in pairs]
            assert all(np.array_equal(a[2], b[2]) for a, b in pairs), (run, tag)


@pytest.mark.parametrize("write", [_torch, _tensorboardx, _tensorboard], ids=lambda f: f.__name__)
def test_same_points_as_event_accumulator(write, tmp_path, event_accumulator):
    print(f"seed {SEED}")
    write(tmp_path / "run")
    log = eventcodec.open(tmp_path)
    assert log.damage == []
    _assert_equal(_plain(log), event_accumulator(tmp_path))


@pytest.mark.parametrize("write", [_torch, _tensorboardx], ids=lambda f: f.__name__)
def test_same_points_as_the_data_server(write, tmp_path, data_server):
    """The data server thins out nothing here: one file of increasing steps for each run."""
    write(tmp_path / "run")
    got, want = _plain(eventcodec.open(tmp_path)), data_server(tmp_path)
    for run in want:
        loss = {t: p for t, p in want[run]["scalars"].items() if t != "other/loss"}
        assert {t: p for t, p in got[run]["scalars"].items() if t != "other/loss"} == loss
        assert got[run]["texts"] == want[run]["texts"]
        assert got[run]["images"] == want[run]["images"]
