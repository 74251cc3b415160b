"""Iteration reads values in batches: the same values and errors as one by one."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

import eventcodec
from eventcodec.compat.visualdl import LogWriter

WriteRecords = Callable[..., Path]
KINDS = ["histograms", "images", "texts", "audio", "tensors", "pr_curves", "meshes", "raw"]
STEPS = 40
LARGE = 200_000  # bytes: two of them are a batch of one thread


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """STEPS values of each kind but graphs, in two files."""
    folder = tmp_path_factory.mktemp("every_kind")
    random = np.random.default_rng(1)
    for first in (0, STEPS // 2):
        with eventcodec.SummaryWriter(str(folder), filename_suffix=f".{first}") as writer:
            for step in range(first, first + STEPS // 2):
                values = random.normal(size=300)
                writer.add_histogram("h", values, step)
                writer.add_image("x", random.integers(0, 256, (3, 90, 90), dtype=np.uint8), step)
                writer.add_text("t", f"text {step}", step)
                writer.add_audio("a", values[None] / 9, step, sample_rate=8000)
                writer.add_tensor("n", values, step)
                writer.add_pr_curve("p", values > 0, (values > 1).astype(float), step)
                writer.add_mesh("m", values.reshape(1, 100, 3), global_step=step)
    return folder


def plain(value: Any) -> Any:
    """A value in a form that == compares, arrays by dtype, shape and bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return repr(value) if isinstance(value, float) else value


@pytest.mark.parametrize("threads", [1, 2])
def test_iteration_gives_what_items_give(every_kind: Path, threads: int) -> None:
    run = eventcodec.open(every_kind, threads=threads)["."]
    seen = set()
    for kind in KINDS:
        for tag, series in getattr(run, kind).items():
            seen.add(kind)
            want = [plain(series[i]) for i in range(len(series))]
            assert len(set(map(str, want))) == len(want) == STEPS, (kind, tag)
            assert list(map(plain, series)) == want, (kind, tag)
            for part in (slice(17, 23), slice(None, None, -3), slice(np.int64(5), np.int32(31))):
                assert list(map(plain, series[part])) == want[part], (kind, tag)
            assert plain(series[np.int64(-1)]) == want[-1]
            assert list(series[7:7]) == []
    assert seen == set(KINDS)


def test_graphs(write_records: WriteRecords, event: Any) -> None:
    messages = [event(step) for step in range(5)]
    for message in messages:
        graph = GraphDef(node=[{"name": f"node{message.step}"}])
        message.graph_def = graph.SerializeToString()
    (series,) = eventcodec.open(write_records(*messages))["."].graphs.values()
    assert [(each.step, each.data) for each in series] == [
        (message.step, message.graph_def) for message in messages
    ]


def test_values_of_visualdl(tmp_path: Path) -> None:
    with LogWriter(str(tmp_path)) as writer:
        for step in range(20):
            writer.add_histogram("h", np.arange(step + 2), step)
            writer.add_image("x", np.full((8, 8, 3), step, np.uint8), step)
            writer.add_text("t", f"text {step}", step)
    run = eventcodec.open(tmp_path)["."]
    for kind in ("histograms", "images", "texts"):
        (series,) = getattr(run, kind).values()
        assert list(map(plain, series)) == [plain(series[i]) for i in range(20)]


def test_rows_of_a_restart_that_are_left_out(tmp_path: Path) -> None:
    for purge_step in (None, 3):
        options = {"purge_step": purge_step, "filename_suffix": f".{purge_step}"}
        with eventcodec.SummaryWriter(str(tmp_path), **options) as writer:  # type: ignore[arg-type]
            for step in range(purge_step or 0, 6):
                writer.add_text("t", f"{purge_step}: {step}", step)
    (series,) = eventcodec.open(tmp_path)["."].texts.values()
    want = [*(f"None: {step}" for step in range(3)), *(f"3: {step}" for step in range(3, 6))]
    assert [text.value for text in series] == want
    assert [text.value for text in series[::-1]] == want[::-1]


@pytest.fixture
def large(write_records: WriteRecords, event: Any) -> tuple[Path, list[int]]:
    """20 large images in a file, and where their records start."""
    messages = []
    for step in range(20):
        message = event(step)
        message.summary.value.add(tag="x").image.encoded_image_string = bytes([step]) * LARGE
        messages.append(message)
    path = write_records(*messages)
    content = path.read_bytes()
    starts = [content.index(bytes([step]) * LARGE) for step in range(20)]
    return path, starts


def read(series: Any) -> Iterator[int]:
    for image in series:
        assert image.encoded == bytes([image.step]) * LARGE
        yield image.step


@pytest.mark.parametrize("threads", [1, 2])
def test_a_damaged_record_is_an_error_where_it_stands(
    large: tuple[Path, list[int]], threads: int
) -> None:
    path, starts = large
    series = eventcodec.open(path, threads=threads)["."].images["x"]
    content = bytearray(path.read_bytes())
    content[starts[11] + 5] ^= 1
    path.write_bytes(content)
    assert list(read(series[:11])) == list(range(11))
    got: list[int] = []
    with pytest.raises(eventcodec.CorruptRecordError, match="payload checksum mismatch") as raised:
        got.extend(read(series))
    assert got == list(range(11))
    with pytest.raises(eventcodec.CorruptRecordError) as alone:
        series[11]
    assert str(raised.value) == str(alone.value)
    assert list(read(series[12:])) == list(range(12, 20))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_malformed_value_is_an_error_where_it_stands(
    write_records: WriteRecords, event: Any, threads: int
) -> None:
    messages = []
    for step in range(9):
        message = event(step)
        audio = message.summary.value.add(tag="a").audio
        audio.encoded_audio_string = b"RIFF"
        histogram = message.summary.value.add(tag="h").histo
        histogram.bucket_limit.extend([0.0, 1.0])
        histogram.bucket.extend([0.0, 1.0] if step != 6 else [1.0])
        messages.append(message)
    series = eventcodec.open(write_records(*messages), threads=threads)["."].histograms["h"]
    values = iter(series)
    assert len([next(values) for _ in range(6)]) == 6
    with pytest.raises(eventcodec.CorruptRecordError, match="malformed histogram"):
        next(values)
    assert len(list(series[7:])) == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_that_is_cut_or_replaced_meanwhile(
    large: tuple[Path, list[int]], threads: int, tmp_path: Path
) -> None:
    path, starts = large
    kept = Path(shutil.copy(path, tmp_path / "kept"))
    series = eventcodec.open(path, threads=threads)["."].images["x"]
    os.truncate(path, starts[13] + 1)
    got: list[int] = []
    with pytest.raises(eventcodec.CorruptRecordError, match="the file ends inside the record"):
        got.extend(read(series))
    assert got == list(range(13))
    values = read(series)
    assert next(values) == 0
    path.unlink()
    with pytest.raises(FileNotFoundError):
        list(values)
    kept.replace(path)  # the same bytes in another file
    assert list(read(series)) == list(range(20))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_a_replaced_file_has_no_more(every_kind: Path, tmp_path: Path, kind: str) -> None:
    """An iteration that began before does not invent values, nor end as if all had come."""
    first, second = sorted(every_kind.iterdir())
    long, path = tmp_path / "long", tmp_path / "run" / "events.out.tfevents.1"
    path.parent.mkdir()
    with long.open("wb") as file:
        file.write(first.read_bytes() + second.read_bytes())
    shutil.copy(long, path)
    log = eventcodec.open(path, threads=1)
    tag, series = next(iter(getattr(log["."], kind).items()))
    values = iter(series)
    next(values)
    shutil.copy(first, tmp_path / "short")
    (tmp_path / "short").replace(path)
    log.refresh()
    assert len(getattr(log["."], kind)[tag]) == len(series) // 2
    with pytest.raises(IndexError, match="no such row"):
        list(values)
    with pytest.raises(IndexError, match="no such row"):
        _ = series[-1]


def several_in_one(plugin: str, step: int) -> Any:
    """An event of one value with five large strings, all different, as TensorFlow writes them."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util.tensor_util import make_tensor_proto

    strings = [bytes([step, number]) * LARGE for number in range(5)]
    event = Event(step=step, wall_time=float(step))
    value = event.summary.value.add(tag=plugin)
    value.metadata.plugin_data.plugin_name = plugin
    if plugin == "images":
        array = np.array([b"7", b"9", *strings], dtype=object)
    else:
        array = np.array([[each, b"label", b"more"] for each in strings], dtype=object)
    value.tensor.CopyFrom(make_tensor_proto(array))
    return event


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the kernel does not count reads")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["images", "audio"])
def test_a_record_with_several_is_read_once(
    write_records: WriteRecords, kind: str, threads: int
) -> None:
    from tensorboard.util.tensor_util import make_ndarray

    def bytes_read() -> int:
        fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        return int(fields["rchar"])

    events = [several_in_one(kind, step) for step in range(1, 7)]
    path = write_records(*events)
    series = getattr(eventcodec.open(path, threads=threads)["."], kind)[kind]
    arrays = [make_ndarray(event.summary.value[0].tensor) for event in events]
    encoded = [each for array in arrays for each in (array[2:] if array.ndim == 1 else array[:, 0])]
    steps = [event.step for event in events for _ in range(5)]
    before = bytes_read()
    values = list(series)
    assert bytes_read() - before < 1.01 * path.stat().st_size
    assert [(each.step, each.encoded) for each in values] == list(zip(steps, encoded, strict=True))
    for part in (slice(2, 19), slice(None, None, -3), slice(1, None, 4), slice(None, None, 5)):
        assert [each.encoded for each in series[part]] == encoded[part]
    if kind == "images":
        assert {(each.width, each.height) for each in values} == {(7, 9)}
