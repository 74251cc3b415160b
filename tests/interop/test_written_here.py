"""What eventcodec.SummaryWriter writes, read by EventAccumulator, the data server and tbparse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import eventcodec

START = 1_700_000_000.25
SEED = 20261121


def _f32(value: float) -> float:
    return float(np.float32(value))


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng([SEED, *key])


def _metrics(step: int) -> dict[str, float]:
    return {f"metrics/{i}": float(v) for i, v in enumerate(_rng(1, step).normal(size=5))}


def _weights(step: int) -> np.ndarray:
    return _rng(2, step).normal(size=(20, 30)).astype(np.float32)


def _image(step: int) -> np.ndarray:
    return _rng(3, step).integers(0, 256, size=(3, 7, 9), dtype=np.uint8)


EDGES = [-4.0, -1.0, 0.0, 0.5, 5.0]
SERIES_STEPS = np.arange(0, 3000, 3)
ODD = {0: math.nan, 1: math.inf, 2: -math.inf, 3: 0.0, 4: -0.0, 5: 1e-45, 2**62: 3.4e38}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """Two runs with every kind, at fixed wall times."""
    print(f"seed {SEED}")
    root = tmp_path_factory.mktemp("ours")
    with eventcodec.SummaryWriter(root / "exp" / "a") as writer:
        for step in range(50):
            at = START + step
            writer.add_scalar("loss", 1 / (step + 1), step, walltime=at)
            writer.add_metrics(_metrics(step), step, walltime=at)
        for step, value in ODD.items():
            writer.add_scalar("odd values/é", value, step, walltime=START)
        writer.add_scalar_series(
            "column", SERIES_STEPS / 7, SERIES_STEPS, walltimes=START + SERIES_STEPS
        )
        for step in range(4):
            at = START + step
            writer.add_histogram("weights", _weights(step), step, walltime=at)
            writer.add_histogram("edges", _weights(step), step, bins=EDGES, walltime=at)
            writer.add_image("pixels", _image(step), step, walltime=at)
            writer.add_text("note", f"step *{step}*\n\nzweite Zeile: größer", step, walltime=at)
    with eventcodec.SummaryWriter(root / "b", purge_step=3) as writer:
        writer.add_scalar("loss", 0.25, 3, walltime=START)
    return root


def _bits(points):
    """Points as text that is equal when every bit is, NaN and the sign of zero included."""
    return [(step, float(wall_time).hex(), float(value).hex()) for step, wall_time, value in points]


def _check_scalars(result):
    run = result["exp/a"]["scalars"]
    assert set(run) == {"loss", "column", "odd values/é", *_metrics(0)}
    want = {
        "loss": [(s, START + s, _f32(1 / (s + 1))) for s in range(50)],
        "odd values/é": [(s, START, _f32(v)) for s, v in ODD.items()],
        "column": [(s, START + s, _f32(s / 7)) for s in SERIES_STEPS.tolist()],
        **{tag: [(s, START + s, _f32(_metrics(s)[tag])) for s in range(50)] for tag in _metrics(0)},
    }
    for tag, points in want.items():
        assert _bits(run[tag]) == _bits(points), tag
    assert _bits(result["b"]["scalars"]["loss"]) == _bits([(3, START, 0.25)])


def _torch_buckets(step: int, edges) -> np.ndarray:
    """Left, right, count as torch.utils.tensorboard stores them: the oracle."""
    from torch.utils.tensorboard.summary import make_histogram

    proto = make_histogram(_weights(step).astype(float), np.asarray(edges))
    limits = np.array(proto.bucket_limit)
    return np.stack([limits[:-1], limits[1:], np.array(proto.bucket[1:])], axis=1)


@pytest.fixture(scope="module")
def default_edges(tmp_path_factory):
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path_factory.mktemp("torch"))) as writer:
        return writer.default_bins


def _check_histograms(result, default_edges, *, outer_edges=True):
    run = result["exp/a"]["histograms"]
    assert set(run) == {"weights", "edges"}
    for tag, edges in (("weights", default_edges), ("edges", EDGES)):
        assert [(s, w) for s, w, _ in run[tag]] == [(s, START + s) for s in range(4)]
        for step, _, buckets in run[tag]:
            want = _torch_buckets(step, edges)
            got = buckets[-len(want) :].copy()
            if outer_edges:
                assert len(buckets) == len(want)
            else:  # the data server keeps the carrier, and puts min and max outside
                got[0, 0], got[-1, 1] = want[0, 0], want[-1, 1]
            assert np.array_equal(got, want), (tag, step)


def _check_images(result, pixels):
    points = result["exp/a"]["images"]["pixels"]
    assert [(s, w) for s, w, _ in points] == [(s, START + s) for s in range(4)]
    for step, _, (encoded,) in points:
        assert np.array_equal(pixels(encoded), _image(step).transpose(1, 2, 0))


def _check_texts(points):
    want = [(s, START + s, f"step *{s}*\n\nzweite Zeile: größer") for s in range(4)]
    assert points == want


def test_event_accumulator(logdir, event_accumulator, default_edges, pixels):
    result = event_accumulator(logdir)
    assert set(result) == {"exp/a", "b"}
    _check_scalars(result)
    _check_histograms(result, default_edges)
    _check_images(result, pixels)
    assert set(result["exp/a"]["texts"]) == {"note/text_summary"}
    _check_texts(result["exp/a"]["texts"]["note/text_summary"])


def test_data_server(logdir, data_server, default_edges, pixels):
    result = data_server(logdir)
    assert set(result) == {"exp/a", "b"}
    _check_scalars(result)
    _check_histograms(result, default_edges, outer_edges=False)
    _check_images(result, pixels)
    assert set(result["exp/a"]["texts"]) == {"note/text_summary"}
    _check_texts(result["exp/a"]["texts"]["note/text_summary"])


def test_tbparse(logdir, tbparse, default_edges):
    result = tbparse(logdir)
    assert set(result) == {"exp/a", "b"}
    _check_scalars(result)
    _check_histograms(result, default_edges)
    _check_texts(result["exp/a"]["texts"]["note"])


def test_images_are_decoded_to_the_same_pixels_by_a_second_decoder(logdir, event_accumulator):
    import png

    for step, _, (encoded,) in event_accumulator(logdir)["exp/a"]["images"]["pixels"]:
        width, height, rows, info = png.Reader(bytes=encoded).read()
        got = np.array([list(row) for row in rows]).reshape(height, width, info["planes"])
        assert np.array_equal(got, _image(step).transpose(1, 2, 0))


def test_histogram_statistics(logdir):
    from tensorboard.backend.event_processing import event_accumulator as ea

    reader = ea.EventAccumulator(str(logdir / "exp" / "a"), ea.STORE_EVERYTHING_SIZE_GUIDANCE)
    for event in reader.Reload().Histograms("weights"):
        values = _weights(event.step).astype(np.float64).reshape(-1)
        got = event.histogram_value
        assert (got.min, got.max, got.num) == (values.min(), values.max(), values.size)
        assert got.sum == pytest.approx(values.sum(), rel=1e-12)
        assert got.sum_squares == pytest.approx(values @ values, rel=1e-12)


def test_one_event_for_all_metrics_of_a_step(logdir):
    """add_metrics is one event with several values, and peers see each of them."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    (path,) = (logdir / "exp" / "a").iterdir()
    sizes = {
        event.step: len(event.summary.value)
        for event in LegacyEventFileLoader(str(path)).Load()
        if event.summary.value and event.summary.value[0].tag == "metrics/0"
    }
    assert sizes == dict.fromkeys(range(50), 5)


def test_purge_step_is_a_session_start_that_hides_what_was_there(tmp_path, event_accumulator):
    with eventcodec.SummaryWriter(tmp_path, filename_suffix=".1") as writer:
        for step in range(6):
            writer.add_scalar("loss", step, step, walltime=START + step)
    with eventcodec.SummaryWriter(tmp_path, purge_step=4, filename_suffix=".2") as writer:
        writer.add_scalar("loss", 44, 4, walltime=START + 10)
    points = event_accumulator(tmp_path)["."]["scalars"]["loss"]
    assert [(step, value) for step, _, value in points] == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 44)]


def test_the_data_server_finds_no_fault_with_an_open_file(tmp_path, data_server):
    writer = eventcodec.SummaryWriter(tmp_path)
    writer.add_scalar("loss", 0.5, 1, walltime=START)
    writer.flush()
    assert data_server(tmp_path)["."]["scalars"] == {"loss": [(1, START, 0.5)]}
    writer.close()
