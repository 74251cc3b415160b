"""LogWriter by itself: arguments, files, threads, forks, full disks; read back by protobuf."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import struct
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import eventcodec
from eventcodec.compat.visualdl import LogReader, LogWriter
from eventcodec.proto import Record
from eventcodec.vdl.histogram import histogram


def records(path) -> list:
    """Whole records of a file, by the rule that VisualDL's own reader has."""
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        at += 8 + length
        assert at <= len(data), "torn record"
        (value,) = Record.FromString(data[at - length : at]).values
        found.append(value)
    return found


def values_of(directory) -> list:
    """All values but the names of runs."""
    return [
        value
        for path in sorted(directory.glob("vdlrecords*"))
        for value in records(path)
        if value.WhichOneof("one_value") != "meta_data"
    ]


@pytest.fixture
def writer(tmp_path):
    with LogWriter(str(tmp_path)) as made:
        yield made


def test_names_and_first_record(tmp_path):
    first = LogWriter(str(tmp_path), display_name="shown", filename_suffix=".x")
    second = LogWriter(str(tmp_path), filename_suffix=".x")
    names = [Path(w.file_name).name for w in (first, second)]
    assert all(len(n) == len("vdlrecords.0123456789.log.x") for n in names)
    assert names[0] < names[1]
    assert first.logdir == str(tmp_path)
    first.close()
    second.close()
    (meta,) = records(tmp_path / names[0])
    assert (meta.tag, meta.meta_data.display_name) == ("meta_data_tag", "shown")
    assert abs(meta.timestamp / 1000 - Path(first.file_name).stat().st_mtime) < 60


def test_default_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with LogWriter(comment="note") as writer:
        writer.add_scalar("a", 1, 1)
    (run,) = (tmp_path / "runs").iterdir()
    assert run.name.endswith(".note")
    assert len(values_of(run)) == 1


def test_continues_the_file_that_is_named(tmp_path):
    name = "vdlrecords.1700000000.log"
    for step in range(3):
        with LogWriter(str(tmp_path), file_name=name) as writer:
            writer.add_scalar("a", step, step)
            assert writer.file_name == str(tmp_path / name)
    assert [v.id for v in values_of(tmp_path)] == [0, 1, 2]
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_continues_behind_the_last_whole_record(tmp_path):
    path = tmp_path / "vdlrecords.1700000000.log"
    with LogWriter(str(tmp_path), file_name=path.name) as writer:
        writer.add_scalar("a", 1, 1)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    with pytest.warns(RuntimeWarning, match="cut 20 bytes of an unfinished record"):
        writer = LogWriter(str(tmp_path), file_name=path.name)
    writer.add_scalar("a", 2, 2)
    writer.close()
    assert path.read_bytes().startswith(whole)
    assert [v.id for v in values_of(tmp_path)] == [1, 2]
    path.write_bytes(b"something else entirely")
    with pytest.raises(ValueError, match="not a VisualDL log"):
        LogWriter(str(tmp_path), file_name=path.name)
    assert path.read_bytes() == b"something else entirely"


def test_other_file_names_are_replaced(tmp_path):
    with pytest.warns(UserWarning, match='must contain "vdlrecords"'):
        writer = LogWriter(str(tmp_path), file_name="mine.log")
    assert Path(writer.file_name).name.startswith("vdlrecords.")
    with pytest.raises(ValueError, match="without a directory"):
        LogWriter(str(tmp_path), file_name="../vdlrecords.log")


def test_a_closed_writer_goes_on(tmp_path):
    writer = LogWriter(str(tmp_path))
    writer.add_scalar("a", 1, 1)
    writer.close()
    writer.close()
    writer.add_scalar("a", 2, 2)
    writer.add_text("b", "more", 3)
    writer.close()
    assert [v.id for v in values_of(tmp_path)] == [1, 2, 3]
    assert len(list(tmp_path.iterdir())) == 1


def test_bad_arguments_write_nothing(writer, tmp_path):
    bad = [
        (RuntimeError, "%", lambda: writer.add_scalar("a%b", 1, 1)),
        (TypeError, "str", lambda: writer.add_scalar(3, 1, 1)),
        (ValueError, "bytes", lambda: writer.add_scalar("", 1, 1)),
        (TypeError, "value", lambda: writer.add_scalar("a", "x", 1)),
        (TypeError, "missing", lambda: writer.add_scalar("a", 1)),
        (ValueError, "64-bit", lambda: writer.add_scalar("a", 1, 1 << 63)),
        (TypeError, "step", lambda: writer.add_scalar("a", 1, "x")),
        (RuntimeError, "dict", lambda: writer.add_scalars("a", [1], 1)),
        (TypeError, "scalar", lambda: writer.add_scalars("a", {"b": 1, "c": "x"}, 1)),
        (RuntimeError, "%", lambda: writer.add_image("a%b", np.zeros((2, 2, 3)), 1)),
        (ValueError, "dataformats", lambda: writer.add_image("a", np.zeros((2, 2)), 1)),
        (ValueError, "channels", lambda: writer.add_image("a", np.zeros((2, 2, 2)), 1)),
        (ValueError, "rows", lambda: writer.add_image_matrix("a", [np.zeros((2, 2, 3))], 1, 2)),
        (ValueError, "none", lambda: writer.add_image_matrix("a", [], 1)),
        (TypeError, "text_string", lambda: writer.add_text("a", 3, 1)),
        (ValueError, "one dimension", lambda: writer.add_audio("a", np.zeros((4, 2)), 1)),
        (ValueError, "finite", lambda: writer.add_audio("a", np.array([np.nan]), 1)),
        (ValueError, "Hz", lambda: writer.add_audio("a", np.zeros(4), 1, 0)),
        (ValueError, "finite", lambda: writer.add_histogram("a", [1.0, np.nan], 1)),
        (TypeError, "dict", lambda: writer.add_hparams([], [])),
        (TypeError, "list", lambda: writer.add_hparams({}, ("a",))),
        (TypeError, "'x'", lambda: writer.add_hparams({"x": object()}, [])),
        (ValueError, "64 bits", lambda: writer.add_hparams({"x": 1 << 70}, [])),
        (ValueError, "0 or 1", lambda: writer.add_pr_curve("a", [2], [0.5], 1)),
        (ValueError, "0..1", lambda: writer.add_pr_curve("a", [1], [1.5], 1)),
        (ValueError, "n numbers each", lambda: writer.add_roc_curve("a", [1, 0], [0.5], 1)),
        (ValueError, "at least 2", lambda: writer.add_roc_curve("a", [1], [0.5], 1, 1)),
        (ValueError, "each of the 2", lambda: writer.add_embeddings("a", np.eye(2), ["a"])),
        (ValueError, "vectors, dimensions", lambda: writer.add_embeddings("a", [1, 2], ["a"])),
        (ValueError, "one label", lambda: writer.add_embeddings("a", np.eye(2))),
        (ValueError, "name 1", lambda: writer.add_embeddings("a", [[1]], ["a"], ["c", "d"])),
    ]
    for error, words, call in bad:
        with pytest.raises(error, match=words):
            call()
    writer.flush()
    assert values_of(tmp_path) == []


def test_bad_options(tmp_path):
    for options in ({"durability": "no"}, {"on_error": "no"}, {"max_pending_bytes": 1}):
        with pytest.raises(ValueError, match=next(iter(options))):
            LogWriter(str(tmp_path / "a"), **options)
    with pytest.warns(UserWarning, match="sync_cycle"):
        LogWriter(str(tmp_path / "b"), sync_cycle=10)
    with pytest.raises(ValueError, match="local directory"):
        LogWriter("hdfs://host/logs")
    assert not (tmp_path / "a").exists()


def test_arrays_of_the_caller_stay_as_they_are(writer, tmp_path):
    image = np.random.default_rng(0).random((5, 4, 3)).astype(np.float32)
    pictures = [np.ones((2, 2, 3), np.uint8), np.zeros((3, 3, 3), np.uint8)]
    sound = np.linspace(-2, 2, 50)
    for array in (image, *pictures, sound):
        array.setflags(write=False)
    kept = list(pictures)
    writer.add_image("a", image, 1)
    writer.add_image_matrix("b", pictures, 1)
    writer.add_audio("c", sound, 1)
    assert all(a is b for a, b in zip(pictures, kept, strict=True))
    writer.flush()
    assert len(values_of(tmp_path)) == 3


@pytest.mark.parametrize(
    "img",
    [
        np.random.default_rng(1).random((6, 5, 3)),
        np.random.default_rng(1).random((6, 5, 3)).astype(np.float32),
        np.random.default_rng(1).random((6, 5, 1)).astype(np.float16),
        np.random.default_rng(1).random((6, 5, 4)) * 255,
        np.random.default_rng(1).integers(0, 256, (6, 5, 3)),
        np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8),
        np.random.default_rng(1).integers(0, 2, (6, 5, 3), dtype=np.uint8),
    ],
    ids=lambda img: f"{img.dtype}-{img.shape[-1]}-{img.max():.0f}",
)
def test_pixels_follow_the_rule_of_the_original(writer, img):
    """Its rule: all in 0..1 is multiplied by 255, then fractions are cut off."""
    wanted = (img * 255 if img.max() <= 1 else img).astype(np.uint8)
    writer.add_image("a", img, 1)
    writer.flush()
    pixels = eventcodec.open(writer.logdir)["."].images["a"][0].to_array()
    np.testing.assert_array_equal(pixels, np.broadcast_to(wanted, (6, 5, max(3, img.shape[2]))))


def test_pixels_beyond_the_range_are_clipped(writer):
    img = np.array([[[-5.0, 300.0, 20.7]]])
    writer.add_image("a", img, 1)
    writer.flush()
    assert eventcodec.open(writer.logdir)["."].images["a"][0].to_array().tolist() == [
        [[0, 255, 20]]
    ]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "uint8", "bool"])
@pytest.mark.parametrize("buckets", [1, 10, 257, "sturges", [0.0, 0.5, 0.5, 9.0, 9.0], [1e6, 2e6]])
def test_histograms_are_numpys(writer, tmp_path, dtype, buckets):
    generator = np.random.default_rng(3)
    for size in (1, 100, 5000):
        values = (generator.normal(size=size) * 3 + 5).astype(dtype)
        try:
            countable = values.astype(np.uint8) if dtype == "bool" else values
            counts, edges = np.histogram(countable, bins=buckets)
        except (ValueError, TypeError) as error:
            with pytest.raises(type(error)):
                writer.add_histogram("h", values, 1, buckets=buckets)
            continue
        writer.add_histogram("h", values, 1, buckets=buckets)
        writer.flush()
        logged = values_of(tmp_path)[-1].histogram
        assert list(logged.hist) == counts.tolist()
        assert list(logged.bin_edges) == edges.astype(np.float64).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_histograms_are_numpys_at_any_scale(dtype):
    generator = np.random.default_rng(11)
    rises = 0
    for _ in range(2000):
        values = generator.normal(size=generator.integers(1, 40))
        values *= 10.0 ** generator.integers(-44, 37)
        values = (values + generator.choice([0, 1, 1000])).astype(dtype)
        buckets = int(generator.integers(1, 33))
        try:
            counts, edges = np.histogram(values, bins=buckets)
        except ValueError as error:  # too many buckets for so narrow a range
            with pytest.raises(ValueError, match=str(error)[:20]):
                histogram(values, buckets)
            continue
        got = Record.Histogram.FromString(histogram(values, buckets).message)
        assert list(got.bin_edges) == edges.astype(np.float64).tolist()
        assert list(got.hist) == counts.tolist()
        rises += bool((np.diff(edges) > 0).all())
    assert rises > 1000


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_histogram_of_what_is_no_number(writer, tmp_path, wrong):
    values = np.arange(1000, dtype=np.float32)
    values[517] = wrong
    with pytest.raises(ValueError, match="finite"):
        writer.add_histogram("h", values, 1)
    writer.flush()
    assert values_of(tmp_path) == []


def test_a_histogram_of_equal_values(writer, tmp_path):
    for values in (np.full(5000, 3.5), np.full(5000, 7, np.int32), np.zeros(0)):
        counts, edges = np.histogram(values)
        writer.add_histogram("h", values, 1)
        writer.flush()
        logged = values_of(tmp_path)[-1].histogram
        assert (list(logged.hist), list(logged.bin_edges)) == (counts.tolist(), edges.tolist())


def test_figures(writer):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure = pyplot.figure(figsize=(2, 1), dpi=50)
    figure.add_subplot().plot([1, 2, 3])
    writer.add_figure("f", figure, 1)
    assert not pyplot.fignum_exists(figure.number)
    writer.flush()
    pixels = eventcodec.open(writer.logdir)["."].images["f"][0].to_array()
    assert pixels.shape == (50, 100, 3)
    assert len(np.unique(pixels)) > 2


def test_zoom_of_a_matrix(writer):
    writer.add_image_matrix("m", [np.full((8, 8, 3), 200, np.uint8)] * 4, 1, scale=0.5)
    writer.add_image_matrix("n", np.ones((4, 1, 8, 6), np.uint8), 1, dataformats="CHW", rows=1)
    writer.flush()
    images = eventcodec.open(writer.logdir)["."].images
    assert images["m"][0].to_array().shape == (8, 8, 3)
    assert images["n"][0].to_array().shape == (8, 24, 3)


def test_former_names_of_embeddings(writer):
    with pytest.warns(DeprecationWarning, match="is now called"):
        writer.add_embeddings("e", labels=["a", "b"], hot_vectors=np.eye(2))
    writer.flush()
    assert eventcodec.open(writer.logdir)["."].embeddings["e"].metadata() == {"label": ["a", "b"]}


def test_flags_and_numpy_numbers_are_hyperparameters(writer):
    writer.add_hparams({"flag": True, "rate": np.float32(0.5), "n": np.int64(3)}, [])
    writer.flush()
    hparams = eventcodec.open(writer.logdir)["."].hparams.hparams
    assert hparams == {"flag": 1.0, "rate": 0.5, "n": 3.0}


def test_graph_names_what_it_needs(writer, monkeypatch):
    monkeypatch.setitem(sys.modules, "paddle", None)
    with pytest.raises(ImportError, match="paddle"):
        writer.add_graph(object(), [])


def test_nothing_on_disk(tmp_path):
    with LogWriter(str(tmp_path / "no"), write_to_disk=False) as writer:
        writer.add_scalar("a", 1, 1)
        assert writer.file_name == ""
        with pytest.raises(TypeError):
            writer.add_scalar("a", "x", 1)
    writer.add_text("a", "after close", 1)
    assert not (tmp_path / "no").exists()


def test_pickled_writers_log_elsewhere(tmp_path):
    writer = LogWriter(str(tmp_path), display_name="n")
    other = pickle.loads(pickle.dumps(writer))
    other.add_scalar("a", 1, 1)
    other.close()
    writer.close()
    assert other.file_name != writer.file_name
    assert len(values_of(tmp_path)) == 1


def test_threads_lose_nothing(tmp_path):
    with LogWriter(str(tmp_path)) as writer:

        def log(number):
            for step in range(3000):
                writer.add_scalar(f"t{number}", step, step)

        threads = [threading.Thread(target=log, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    log = eventcodec.open(tmp_path)["."]
    for number in range(4):
        assert log.scalars[f"t{number}"].steps.tolist() == list(range(3000))


def _log_in_child(writer):
    writer.add_scalar("child", 1, 1)


def test_a_forked_child_has_a_file_of_its_own(tmp_path):
    writer = LogWriter(str(tmp_path))
    writer.add_scalar("parent", 1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads
        child = multiprocessing.get_context("fork").Process(target=_log_in_child, args=(writer,))
        child.start()
    child.join()
    writer.add_scalar("parent", 2, 2)
    writer.close()
    assert child.exitcode == 0
    assert sorted(v.tag for v in values_of(tmp_path)) == ["child", "parent", "parent"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_forked_child_does_not_continue_what_its_parent_closed(tmp_path):
    writer = LogWriter(str(tmp_path))
    writer.add_scalar("parent", 1, 1)
    writer.close()
    child = multiprocessing.get_context("fork").Process(target=_log_in_child, args=(writer,))
    child.start()
    child.join()
    writer.add_scalar("parent", 2, 2)
    writer.close()
    assert child.exitcode == 0
    files = [records(path) for path in sorted(tmp_path.iterdir())]
    tags = [[v.tag for v in values if v.HasField("value")] for values in files]
    assert tags == [["parent", "parent"], ["child"]]


def test_a_killed_process_leaves_whole_records(tmp_path):
    code = (
        "import sys\n"
        "from eventcodec.compat.visualdl import LogWriter\n"
        "w = LogWriter(sys.argv[1], durability='process')\n"
        "step = 0\n"
        "while True:\n"
        "    w.add_scalar('a', step, step)\n"
        "    step += 1\n"
        "    print(step, flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with child:
        for _ in range(200):
            last = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
    assert len(values_of(tmp_path)) >= last


def test_an_exit_without_close_loses_nothing(tmp_path):
    code = (
        "import sys\n"
        "from eventcodec.compat.visualdl import LogWriter\n"
        "w = LogWriter(sys.argv[1])\n"
        "for step in range(1000): w.add_scalar('a', step, step)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert len(values_of(tmp_path)) == 1000


def test_a_full_disk_does_not_reach_the_training_loop(tmp_path):
    writer = LogWriter(str(tmp_path), on_error="drop")
    import resource

    path = writer.file_name

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
        for step in range(500):
            writer.add_scalar("a", step, step)
        writer.flush()
        assert writer.stats().pending > 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    writer.flush()
    writer.close()
    stats = writer.stats()
    assert (stats.written, stats.dropped) == (500, 0)
    values = values_of(tmp_path)
    assert [v.id for v in values] == list(range(500))
    assert Path(path).exists()


def test_a_removed_directory_comes_back(tmp_path):
    import shutil

    run = tmp_path / "run"
    writer = LogWriter(str(run), on_error="drop")
    writer.add_scalar("a", 1, 1)
    writer.flush()
    shutil.rmtree(run)
    writer.add_scalar("a", 2, 2)
    writer.flush()
    writer.close()
    assert [v.id for v in values_of(run)] == [2]
    assert LogReader(str(run)).damage == []
