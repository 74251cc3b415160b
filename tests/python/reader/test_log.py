"""open(), Log, Run, series and tables: names, selections, refreshing, messages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventcodec

WriteRecords = Callable[..., Path]


@pytest.fixture
def directory(write_records: WriteRecords, event: Any, tmp_path: Path) -> Path:
    """Three runs, one of them with two files, and things that are no event files."""
    root = tmp_path / "root"
    for run, name, steps in [
        (".", "events.out.tfevents.1", range(3)),
        ("a/b", "events.out.tfevents.2", range(3, 6)),
        ("a/b", "events.out.tfevents.1", range(3)),
        ("c", "my.tfevents.v2", range(10)),
    ]:
        made = write_records(*[event(step, wall_time=step, loss=step, lr=-step) for step in steps])
        (root / run).mkdir(parents=True, exist_ok=True)
        made.rename(root / run / name)
    (root / "c" / "model.pt").write_bytes(b"no")
    (root / "empty").mkdir()
    return root


def test_runs_are_directories(directory: Path) -> None:
    log = eventcodec.open(directory)
    assert list(log.runs) == list(log) == [".", "a/b", "c"]
    assert log["a/b"].scalars["loss"].steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert log["a/b"].scalars["lr"].values.tolist() == [0, -1, -2, -3, -4, -5]
    tag = log["a/b"].tags["loss"]
    assert (tag.count, tag.first_step, tag.last_step, tag.last_wall_time) == (6, 0, 5, 5.0)


def test_a_file_and_a_list(directory: Path) -> None:
    file = directory / "c" / "my.tfevents.v2"
    log = eventcodec.open(file)
    assert list(log.runs) == ["."]
    assert len(log["."].scalars["loss"]) == 10
    log = eventcodec.open([directory / "a", str(file)])
    assert list(log.runs) == ["a/b", "c"]
    renamed = file.rename(directory / "c" / "any.name")
    assert len(eventcodec.open(renamed)["."].tags) == 2


def test_links_in_a_circle_end(directory: Path) -> None:
    (directory / "c" / "up").symlink_to(directory)
    assert list(eventcodec.open(directory).runs) == [".", "a/b", "c"]


def test_missing_paths(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No such event file or log directory"):
        eventcodec.open(tmp_path / "nothing")
    with pytest.raises(
        FileNotFoundError, match=r"filesystem\('gs'\).get\('gs://bucket/x/'"
    ) as error:
        eventcodec.open("gs://bucket/x")
    assert error.value.filename == "gs://bucket/x"
    with pytest.raises(ValueError, match="empty list"):
        eventcodec.open([])
    with pytest.raises(ValueError, match="threads must be at least 1, got 0"):
        eventcodec.open(tmp_path, threads=0)
    assert len(eventcodec.open(tmp_path)) == 0


def test_key_errors_name_what_is_near(directory: Path) -> None:
    log = eventcodec.open(directory)
    with pytest.raises(KeyError, match=r"no run 'a/c'; nearest: 'a/b'"):
        log["a/c"]
    with pytest.raises(KeyError, match=r"no scalars tag 'los'; nearest: 'loss'"):
        log["c"].scalars["los"]
    with pytest.raises(KeyError, match=r"no images tag 'x': there are none"):
        log["c"].images["x"]


def test_series_are_sequences(directory: Path) -> None:
    series = eventcodec.open(directory)["c"].scalars["loss"]
    assert len(series) == 10
    assert series[-1] == (9, 9.0, 9.0)
    assert series[2].value == 2.0
    assert [point.step for point in series[2:8:3]] == [2, 5]
    assert not series.values.flags.writeable
    assert (series.steps.dtype, series.values.dtype) == (np.int64, np.float64)
    with pytest.raises(IndexError):
        series[10]
    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 1
    assert repr(series) == "ScalarSeries('loss', 10 values, steps 0..9)"


def test_series_of_references_slice(write_records: WriteRecords, event: Any) -> None:
    messages = []
    for step in range(5):
        message = event(step)
        message.summary.value.add(tag="x").image.encoded_image_string = bytes([step])
        messages.append(message)
    first = write_records(*messages[:2])
    second = write_records(*messages[2:])
    second.rename(first.with_name("events.out.tfevents.1700000001.host.1.0"))
    series = eventcodec.open(first.parent)["."].images["x"]
    assert [image.encoded for image in series] == [b"\0", b"\1", b"\2", b"\3", b"\4"]
    assert [image.step for image in series[::-2]] == [4, 2, 0]
    assert series[1:][1:][0].encoded == b"\2"
    assert series[-1].step == 4
    with pytest.raises(IndexError):
        series[5]
    with pytest.raises(IndexError):
        series[-6]


def test_arrays_outlive_the_log(directory: Path) -> None:
    values = eventcodec.open(directory)["c"].scalars["loss"].values
    eventcodec.open(directory)
    assert values.tolist() == list(range(10))


def test_table(directory: Path) -> None:
    log = eventcodec.open(directory)
    table = log.scalars()
    assert len(table) == 2 * (3 + 6 + 10)
    assert set(table["run"]) == {".", "a/b", "c"}
    assert {table[name].dtype.str for name in ("step", "wall_time", "value")} == {"<i8", "<f8"}
    table = log.scalars(runs=["a/*", "c"], tags="l?", steps=(2, 5))
    assert table["run"].tolist() == ["a/b"] * 3 + ["c"] * 3
    assert table["tag"].tolist() == ["lr"] * 6
    assert table["step"].tolist() == [2, 3, 4] * 2
    assert table["value"].tolist() == [-2, -3, -4] * 2
    assert log.scalars(runs="c", tags="loss", steps=slice(1, None, 4))["step"].tolist() == [1, 5, 9]
    assert len(log.scalars(runs="nothing")) == 0
    assert log.scalars(runs="nothing")["run"].tolist() == []
    with pytest.raises(KeyError, match="no column 'steps'; there are run, tag, step"):
        table["steps"]


def test_table_to_pandas(directory: Path) -> None:
    table = eventcodec.open(directory).scalars()
    frame = table.to_pandas()
    assert list(frame.columns) == ["run", "tag", "step", "wall_time", "value"]
    for name in table.columns:
        assert frame[name].tolist() == table[name].tolist()
    assert len(eventcodec.open(directory).scalars(tags="none").to_pandas()) == 0


def test_a_glob_character_in_a_tag_matches_itself(write_records: WriteRecords, event: Any) -> None:
    path = write_records(event(1, **{"a[0]": 1.0, "a0": 2.0}))
    assert eventcodec.open(path).scalars(tags="a[0]")["tag"].tolist() == ["a[0]", "a0"]


def test_refresh_reads_what_was_added(directory: Path, event: Any, frame: Any) -> None:
    log = eventcodec.open(directory)
    run = log["c"]
    before = run.scalars["loss"]
    file = directory / "c" / "my.tfevents.v2"
    with file.open("ab") as stream:
        for step in range(10, 500):
            stream.write(frame(event(step, loss=step).SerializeToString()))
        torn = frame(event(500, loss=500.0).SerializeToString())
        stream.write(torn[:20])
    assert log.refresh() is log
    assert before.steps.tolist() == list(range(10))
    assert run.scalars["loss"].steps.tolist() == list(range(500))
    assert log.pending == {str(file): 20}
    with file.open("ab") as stream:
        stream.write(torn[20:])
    log.refresh()
    assert run.scalars["loss"].values[-1] == 500.0
    assert log.pending == {}
    (directory / "new").mkdir()
    (directory / "new" / "x.tfevents").write_bytes(file.read_bytes())
    log.refresh()
    assert len(log["new"].scalars["loss"]) == 501


def test_refresh_reads_only_new_bytes(directory: Path, event: Any, frame: Any) -> None:
    log = eventcodec.open(directory)
    file = directory / "c" / "my.tfevents.v2"
    content = bytearray(file.read_bytes())
    content[60] ^= 1  # damage in what was read already goes unnoticed
    content += frame(event(10, loss=10.0).SerializeToString())
    with file.open("r+b") as stream:
        stream.write(content)
    log.refresh()
    assert log.damage == []
    assert log["c"].scalars["loss"].steps.tolist() == list(range(11))


def test_refresh_after_replacement_and_shrinking(
    directory: Path, write_records: WriteRecords, event: Any
) -> None:
    log = eventcodec.open(directory)
    file = directory / "c" / "my.tfevents.v2"
    write_records(event(7, other=1.0)).replace(file)
    log.refresh()
    assert set(log["c"].tags) == {"other"}
    os.truncate(file, 40)
    log.refresh()
    assert len(log["c"].tags) == 0
    file.unlink()
    log.refresh()
    assert list(log.runs) == [".", "a/b"]


def test_zero_tail_that_is_filled_later(
    write_records: WriteRecords, event: Any, frame: Any
) -> None:
    path = write_records(event(1, a=1.0))
    size = path.stat().st_size
    record = frame(event(2, a=2.0).SerializeToString())
    with path.open("ab") as stream:
        stream.write(bytes(len(record)))
    log = eventcodec.open(path)
    with path.open("r+b") as stream:
        stream.seek(size)
        stream.write(record)
    os.utime(path, ns=(1, 1))
    log.refresh()
    assert log["."].scalars["a"].values.tolist() == [1, 2]
    assert log.pending == {}


def test_reprs(directory: Path) -> None:
    log = eventcodec.open(directory)
    assert repr(log) == f"Log({directory}: 3 runs, 4 files)"
    assert repr(log["c"]) == "Run('c', 2 scalars)"
    assert repr(log.runs) == "<3 run: '.', 'a/b', 'c'>"
    assert repr(log.scalars()) == "Table(38 rows, 3 runs, 2 tags)"


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(tmp_path: Path, threads: int) -> None:
    for run in range(12):
        writer = eventcodec.SummaryWriter(str(tmp_path / f"run{run}"))
        for step in range(200 * (run % 3 + 1)):
            writer.add_scalar("loss", step * run, step)
        writer.close()
    log = eventcodec.open(tmp_path, threads=threads)
    assert len(log) == 12
    for run in range(12):
        wanted = [float(step * run) for step in range(200 * (run % 3 + 1))]
        assert log[f"run{run}"].scalars["loss"].values.tolist() == wanted


KERNELS = """
import sys, eventcodec
log = eventcodec.open(sys.argv[1], threads=1)
for name, run in log.runs.items():
    for tag, series in run.scalars.items():
        print(name, tag, series.steps.tolist(), series.wall_times.tolist(), series.values.tolist())
print(log.damage)
"""


@pytest.mark.skipif(
    not eventcodec.build_info().test_build, reason="only test builds heed EVENTCODEC_DISABLE_CPU"
)
def test_every_kernel_reads_the_same(
    tmp_path: Path, write_records: WriteRecords, event: Any
) -> None:
    rng = np.random.default_rng(3)
    messages = []
    for step in range(300):
        names = ["a", "x" * 25, "y" * 48, "z" * 56, "z" * 70][: rng.integers(1, 6)]
        if rng.random() < 0.5:
            messages += [event(step * 2**20, step / 3, **{name: rng.normal()}) for name in names]
        else:
            messages.append(event(step - 5, step / 3, **{name: rng.normal() for name in names}))
    path = write_records(*messages)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    outputs = set()
    for disabled in ["", "avx2", "sse42,avx2,pclmul,vpclmul,avx512"]:
        environment = {**os.environ, "EVENTCODEC_DISABLE_CPU": disabled}
        command = [sys.executable, "-c", KERNELS, str(path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert "SkippedRegion" in outputs.pop()


def test_other_runs_are_not_opened(directory: Path, event: Any, frame: Any) -> None:
    other = directory / "other" / "events.out.tfevents.9"
    other.parent.mkdir()
    damaged = bytearray(frame(event(loss=1.0).SerializeToString()))
    damaged[20] ^= 1
    other.write_bytes(damaged)
    with pytest.raises(eventcodec.CorruptRecordError):
        eventcodec.open(directory, mode="strict")
    every = eventcodec.open(directory)
    chosen = eventcodec.open(directory, runs=["a*", re.compile("^c$")], mode="strict")
    assert list(chosen) == [name for name in every if name not in (".", "other")]
    assert chosen.damage == []
    assert len(every.damage) == 1
    tables = (chosen.scalars(), every.scalars(runs=list(chosen)))
    assert tables[0]["value"].tolist() == tables[1]["value"].tolist() != []
    assert "other" not in chosen.refresh().runs
