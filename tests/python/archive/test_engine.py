"""Bulk work on any executor gives what it gives here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from eventcodec import _native
from eventcodec.archive import compact, engine, index, merge, query, repair, shift, split, verify


def scalar(step: int, size: int = 0) -> bytes:
    event = Event(wall_time=1.7e9 + step, step=step)
    event.summary.value.add(tag="loss", simple_value=step)
    event.summary.value.add(tag="x").image.encoded_image_string = b"p" * size
    return event.SerializeToString()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one file, some of them damaged, large enough for several tasks."""
    place = tmp_path_factory.mktemp("logs")
    version = Event(file_version="brain.Event:2").SerializeToString()
    for run in range(24):
        payloads = [version, *(scalar(step, 5_000) for step in range(100))]
        data = bytearray(b"".join(map(_native.frame, payloads)))
        if run % 5 == 0:
            data[100 * run + 500] ^= 1
        (place / f"r{run}").mkdir()
        (place / f"r{run}" / "events.out.tfevents.1").write_bytes(data)
    return place


def files_of(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


TABLES = {
    "files": "run, path, bytes, records, health, damaged_regions, pending_bytes",
    "runs": "*",
    "tags": "*",
    "damage": "*",
}


def contents(logs: Path, location: Path) -> dict[str, Any]:
    return {
        table: sorted(
            query(
                logs,
                f"SELECT {columns} FROM {table}",
                dialect="sqlite",
                location=location,
                update=False,
            ).rows
        )
        for table, columns in TABLES.items()
    }


@pytest.fixture(params=["threads", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "threads":
        with ThreadPoolExecutor(2) as pool:
            yield pool
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            yield pool


def test_equal_results(logs: Path, tmp_path: Path, executor: Executor) -> None:
    at_work = {"executor": executor, "workers": 2}
    index(logs, location=tmp_path / "a")
    index(logs, location=tmp_path / "b", **at_work)
    assert contents(logs, tmp_path / "a") == contents(logs, tmp_path / "b")
    jobs: dict[str, Any] = {
        "repair": repair,
        "compact": lambda *a, **k: compact(*a, keep_every=3, **k),
        "shift": lambda *a, **k: shift(*a, step=5, **k),
        "split": lambda *a, **k: split(*a, max_bytes=10**5, **k),
        "merge": lambda source, *a, **k: merge([source], *a, **k),
    }
    for name, job in jobs.items():
        here = sorted(map(str, job(logs, tmp_path / f"{name}-here")))
        there = sorted(map(str, job(logs, tmp_path / f"{name}-there", **at_work)))
        assert [line.replace("-there", "-here") for line in there] == here
        assert files_of(tmp_path / f"{name}-there") == files_of(tmp_path / f"{name}-here")
    there = verify(logs, threads=2, executor=executor)
    assert sorted(there, key=lambda r: r.path) == sorted(verify(logs), key=lambda r: r.path)


def test_equal_results_on_dask(logs: Path, tmp_path: Path) -> None:
    """A real scheduler, two worker processes, and the death of one of them."""
    script = Path(__file__).with_name("on_dask.py")
    done = subprocess.run(
        [sys.executable, str(script), str(logs), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s"},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.endswith("done\n")
    index(logs, location=tmp_path / "local")
    wanted = contents(logs, tmp_path / "local")
    assert contents(logs, tmp_path / "index") == wanted
    assert contents(logs, tmp_path / "command") == wanted
    list(compact(logs, tmp_path / "compact-local", keep_every=2))
    assert files_of(tmp_path / "compact") == files_of(tmp_path / "compact-local")
    list(repair(logs, tmp_path / "repaired-local"))
    assert files_of(tmp_path / "repaired") == files_of(tmp_path / "repaired-local")


class Counting(Executor):
    """Runs a task when its result is awaited, and counts those that were handed over."""

    def __init__(self) -> None:
        self.most = self.open = 0
        self.pool = ThreadPoolExecutor(1)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.open += 1
        self.most = max(self.most, self.open)
        future = self.pool.submit(fn, *args, **kwargs)
        future.add_done_callback(lambda _: setattr(self, "open", self.open - 1))
        return future


def test_few_tasks_are_handed_over_at_a_time() -> None:
    executor = Counting()
    results = engine.run(lambda n: n * n, iter(range(1000)), executor=executor, workers=2)
    assert sorted(results) == [n * n for n in range(1000)]
    assert executor.most <= 8
    executor.pool.shutdown()


def test_a_failing_task_ends_the_work(logs: Path, tmp_path: Path) -> None:
    def work(number: int) -> int:
        if number == 5:
            raise OSError("no")
        return number

    with pytest.raises(OSError, match="no"):
        list(engine.run(work, range(1000), workers=2))
    with pytest.raises(ValueError, match="at least 1"):
        list(engine.run(work, range(3), workers=0))


def test_chunks_are_balanced_by_bytes() -> None:
    chunks = list(engine.byte_balanced([5, 1, 1, 9, 2, 2], int, most_bytes=6, most_items=10))
    assert chunks == [[5, 1], [1, 9], [2, 2]]
    chunks = list(engine.byte_balanced([1] * 7, int, most_bytes=100, most_items=3))
    assert chunks == [[1] * 3, [1] * 3, [1]]


def test_an_interrupt_leaves_nothing_half_written(logs: Path, tmp_path: Path) -> None:
    """Ctrl-C in the middle of a command: no destination, no temporary files."""
    import signal
    import time

    for number, delay in enumerate((0.3, 0.6, 0.9, 1.2)):
        process = subprocess.Popen(
            [sys.executable, "-m", "eventcodec.cli", "compact", str(logs),
             str(tmp_path / f"out{number}"), "--keep-every", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        done = tmp_path / f"out{number}"
        assert not done.exists() or len(list(done.iterdir())) == 24, stderr
        assert done.exists() or process.returncode != 0
        assert all(path.name.startswith("out") for path in tmp_path.iterdir())
