"""A run that was killed and resumed shows each step once, in every loader of TensorBoard."""

from __future__ import annotations

import os
import re
import signal
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import eventcodec
from eventcodec import SummaryWriter

pytestmark = [
    # tensorboard's stub asks NumPy for a deprecated alias when its reader is made.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard"),
]

LOADERS = ["event_accumulator", "slow_loader", "data_server", "eventcodec_reader"]
STEPS, CUT, RUNS = 150, 100, 4


@pytest.fixture(scope="session")
def eventcodec_reader():
    """Our own reader, in the form of conftest.py."""

    def read(logdir) -> dict:
        def kind(series_of, value):
            return {
                tag: [(step, 0.0, value(series, i)) for i, step in enumerate(series.steps.tolist())]
                for tag, series in series_of.items()
            }

        return {
            name: {
                "scalars": kind(run.scalars, lambda series, i: series[i].value),
                "histograms": kind(
                    run.histograms,
                    lambda series, i: np.stack(
                        [series[i].left, series[i].right, series[i].counts], axis=1
                    ),
                ),
                "images": kind(run.images, lambda series, i: [series[i].encoded]),
                "texts": kind(run.texts, lambda series, i: series[i].value),
            }
            for name, run in eventcodec.open(logdir).runs.items()
        }

    return read


@pytest.fixture(params=LOADERS)
def load(request):
    """One of TensorBoard's loaders, or ours: from a log directory to its root run."""
    read = request.getfixturevalue(request.param)

    def points(logdir) -> dict:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run = read(logdir)["."]
        return {
            (kind, tag): [(step, value) for step, _, value in series]
            for kind in ("scalars", "histograms", "images", "texts")
            for tag, series in run[kind].items()
            if series
        }

    return points


def train(directory: Path, run: int, resume) -> None:
    """Log steps as one life of a training run does, and die without a word."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        writer = SummaryWriter(directory, resume=resume)
        for step in range(CUT if run else 0, STEPS):
            writer.add_scalar("loss", 1000 * run + step, step)
            if step % 7 == 0:
                writer.add_metrics({"lr": 1000 * run + step, "tensor/x": step}, step)
            if step % 60 == 0:
                writer.add_histogram("weights", np.full(10, run + step), step)
            if step % 40 == 0:
                writer.add_image("picture", np.full((1, 4, 4), run, np.uint8), step)
            if step % 30 == 0:
                writer.add_text("note", f"run {run} step {step}", step)
            if step == 130 and run == 0:
                writer.add_scalar("only in the first run", 1, step)
            if step == 99 or (step == 120 and run == 0):
                writer.add_scalar("not since the first run", 1, step)
                writer.add_text("old note", "gone" if step > CUT else "kept", step)
        writer.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    except BaseException as error:  # the child must not go on as a test
        print(error, file=sys.stderr)
    os._exit(1)


def events_of(path: Path) -> list:
    with eventcodec.EventReader(path) as events:
        return list(events)


def load_drops_no_tensors(request, series) -> bool:
    """EventAccumulator, the scripting interface, drops no tensor at any restart: no file can."""
    return request.node.callspec.params["load"] == "event_accumulator" and series[0] == "texts"


def last_run_of(step: int) -> int:
    return RUNS - 1 if step >= CUT else 0


@pytest.mark.parametrize("resume", ["auto", CUT])
def test_steps_after_three_restarts_are_those_of_the_last(tmp_path, load, resume, request) -> None:
    for run in range(RUNS):
        train(tmp_path, run, resume)
    assert len(list(tmp_path.iterdir())) == RUNS
    got = load(tmp_path)

    def steps(every):
        return range(0, STEPS, every)

    want = {
        ("scalars", "loss"): [(s, 1000 * last_run_of(s) + s) for s in steps(1)],
        ("scalars", "lr"): [(s, 1000 * last_run_of(s) + s) for s in steps(7)],
        ("scalars", "tensor/x"): [(s, s) for s in steps(7)],
        ("texts", "note/text_summary"): [(s, f"run {last_run_of(s)} step {s}") for s in steps(30)],
        ("scalars", "not since the first run"): [(99, 1)],
        ("texts", "old note/text_summary"): [(99, "kept")],
    }
    for series, points in want.items():
        shown = got.pop(series)
        if load_drops_no_tensors(request, series):
            assert set(points) < set(shown), series
        else:
            assert shown == points, series
    histograms = got.pop(("histograms", "weights"))
    assert [step for step, _ in histograms] == list(steps(60))
    for step, buckets in histograms:
        full = np.asarray(buckets)[np.asarray(buckets)[:, 2] > 0]
        assert full[:, 2].sum() == 10
        assert full[0, 0] <= last_run_of(step) + step <= full[-1, 1]
    images = got.pop(("images", "picture"))
    assert [step for step, _ in images] == list(steps(40))
    assert len({image[0] for _, image in images[:3]}) == 1
    assert images[3][1] != images[2][1]
    assert got == {}, "shown although no step before the restart has it"


def test_points_without_a_step_do_not_decide_where_to_resume(tmp_path, load) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_scalar("a", step, step)
    with SummaryWriter(tmp_path, resume="auto") as writer:
        writer.add_text("settings", "new")
        writer.add_scalar("a", 50, 5)
    got = load(tmp_path)
    assert got[("scalars", "a")] == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 50)]
    assert got[("texts", "settings/text_summary")] == [(0, "new")]


@pytest.mark.parametrize("peer", ["torch", "tensorboardX"])
def test_files_of_other_writers_are_resumed(tmp_path, load, peer) -> None:
    if peer == "torch":
        from torch.utils.tensorboard import SummaryWriter as PeerWriter
    else:
        from tensorboardX import SummaryWriter as PeerWriter
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with PeerWriter(str(tmp_path), purge_step=0) as writer:
            for step in range(10):
                writer.add_scalar("a", step, step)
                writer.add_histogram("h", np.arange(5), step)
                writer.add_image("i", np.zeros((3, 4, 4), np.uint8), step)
    with SummaryWriter(tmp_path, resume=5):
        pass
    got = load(tmp_path)
    assert {key: [step for step, _ in points] for key, points in got.items()} == {
        ("scalars", "a"): [0, 1, 2, 3, 4],
        ("histograms", "h"): [0, 1, 2, 3, 4],
        ("images", "i"): [0, 1, 2, 3, 4],
    }


def test_the_new_file_is_read_last_whatever_the_clock_says(tmp_path, load) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_scalar("a", step, step)
    (path,) = tmp_path.iterdir()
    ahead = re.sub(r"tfevents\.\d+\.[^.]+", "tfevents.4000000000.zzz", path.name)
    path.rename(tmp_path / ahead)
    for run in (1, 2):
        with SummaryWriter(tmp_path, resume="auto", max_file_bytes=1 << 16) as writer:
            writer.add_scalar_series("a", np.full(5000, run), np.arange(8, 5008))
            writer.flush()
            assert writer.stats().segments > 1
    assert load(tmp_path)[("scalars", "a")] == [
        *((step, step) for step in range(8)),
        *((step, 2) for step in range(8, 5008)),
    ]


def test_a_name_that_cannot_be_outdone_is_told(tmp_path) -> None:
    SummaryWriter(tmp_path).close()
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / "my.tfevents")
    with pytest.warns(RuntimeWarning, match="'my.tfevents' sorts after every name"):
        SummaryWriter(tmp_path, resume="auto").close()


def test_earlier_files_stay_as_they_are_and_the_first_run_is_plain(tmp_path) -> None:
    with SummaryWriter(tmp_path, resume="auto") as writer:
        writer.add_scalar("a", 1, 1)
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    assert [event.WhichOneof("what") for event in events_of(path)] == ["file_version", "summary"]
    with SummaryWriter(tmp_path, resume=0) as writer:
        assert writer.stats().accepted == 3
    assert path.read_bytes() == before


def test_children_of_a_fork_hide_nothing(tmp_path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 1)
    with SummaryWriter(tmp_path, resume="auto") as writer:
        child = os.fork()
        if child == 0:
            writer.add_scalar("child", 1, 0)
            writer.flush()
            os._exit(0)
        os.waitpid(child, 0)
        writer.add_scalar("a", 2, 2)
    starts = [
        event.step
        for path in tmp_path.iterdir()
        for event in events_of(path)
        if event.HasField("session_log")
    ]
    assert starts == [2, 2]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"resume": "yes"}, TypeError, "resume must be a real number, got 'yes'"),
        ({"resume": 1, "purge_step": 1}, ValueError, "either resume or purge_step"),
        ({"resume": 1, "rank": 0}, ValueError, "files from those that other ranks begin"),
    ],
)
def test_bad_options(tmp_path, kwargs, error, message) -> None:
    with pytest.raises(error, match=message):
        SummaryWriter(tmp_path / "run", **kwargs)
    assert not (tmp_path / "run").exists()
