"""Threads, signals, forks, and every way in which a process ends."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from written import event_files, read_events, run_python, values_of

import eventcodec
from eventcodec import SummaryWriter

# tensorboard's stub asks NumPy for a deprecated alias when its reader is made.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")


def test_threads(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:

        def log(thread: int) -> None:
            for step in range(2000):
                writer.add_scalar(f"thread{thread}", step, step)
                if step % 500 == 0:
                    writer.flush()

        threads = [threading.Thread(target=log, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    got = values_of(tmp_path)
    for i in range(8):
        series = [step for tag, step, _ in got if tag == f"thread{i}"]
        assert series == list(range(2000))


PREAMBLE = """
import atexit, os, signal, sys, threading, time
from eventcodec import SummaryWriter
writer = SummaryWriter(sys.argv[1])
for step in range(1000): writer.add_scalar("a", step, step)
"""


ENDINGS = {
    "falls off the end": "",
    "sys.exit": "sys.exit(0)",
    "exception": "raise RuntimeError('boom')",
    "del": "del writer",
    "signal with a handler": (
        "signal.signal(15, lambda *_: sys.exit(0)); os.kill(os.getpid(), 15); time.sleep(5)"
    ),
    "logs from atexit": "atexit.register(lambda: writer.add_scalar('a', 0, 1000))",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_lost_when_the_process_ends(tmp_path: Path, ending: str) -> None:
    run_python(PREAMBLE + ENDINGS[ending], tmp_path)
    steps = [step for _, step, _ in values_of(tmp_path)]
    assert steps == list(range(1001 if "atexit" in ending else 1000))


def test_kill_loses_nothing_of_the_process_level(tmp_path: Path) -> None:
    code = """
    import os, sys
    from eventcodec import SummaryWriter
    writer = SummaryWriter(sys.argv[1], durability="process")
    for step in range(1000): writer.add_scalar("a", step, step)
    os.kill(os.getpid(), 9)
    """
    assert run_python(code, tmp_path).returncode == -signal.SIGKILL
    assert [step for _, step, _ in values_of(tmp_path)] == list(range(1000))


def test_kill_after_flush_loses_nothing(tmp_path: Path) -> None:
    result = run_python(PREAMBLE + "writer.flush(); os.kill(os.getpid(), 9)", tmp_path)
    assert result.returncode == -signal.SIGKILL
    assert [step for _, step, _ in values_of(tmp_path)] == list(range(1000))


def test_kill_leaves_whole_records(tmp_path: Path) -> None:
    code = PREAMBLE + textwrap.dedent("""
        threading.Timer(0.005, lambda: os.kill(os.getpid(), 9)).start()
        while True: writer.add_scalar("a", 0, 0)
    """)
    assert run_python(code, tmp_path).returncode == -signal.SIGKILL
    # The kernel may have been in the middle of a record: an unfinished tail, never damage.
    log = eventcodec.open(tmp_path)
    assert log.damage == []
    assert len(log["."].scalars["a"]) >= 1000


def test_forked_child_writes_its_own_file(tmp_path: Path) -> None:
    code = PREAMBLE + textwrap.dedent("""
        child = os.fork()
        writer.add_scalar("who", 1 if child else 2, 5)
        writer.flush()
        if child: os.waitpid(child, 0)
    """)
    result = run_python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    values = sorted(
        [
            [(v.tag, v.simple_value) for e in read_events(path) for v in e.summary.value]
            for path in event_files(tmp_path)
        ],
        key=len,
    )
    assert values[0] == [("who", 2.0)]
    assert values[1][-1] == ("who", 1.0)
    assert len(values[1]) == 1001


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_lose_nothing(tmp_path: Path, method: str) -> None:
    code = """
    import multiprocessing, sys
    from eventcodec import SummaryWriter
    def log(writer, step): writer.add_scalar("child", step, step)
    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[2])
        writer = SummaryWriter(sys.argv[1])
        writer.add_scalar("parent", 0, 0)
        children = [context.Process(target=log, args=(writer, i)) for i in range(4)]
        for child in children: child.start()
        for child in children: child.join()
        assert all(child.exitcode == 0 for child in children)
    """
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(code))
    run = tmp_path / "run"
    command = [sys.executable, script, run, method]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    got = sorted(
        (v.tag, e.step)
        for path in event_files(run)
        for e in read_events(path)
        for v in e.summary.value
    )
    assert got == [("child", 0), ("child", 1), ("child", 2), ("child", 3), ("parent", 0)]


def test_pickles_as_configuration(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path, filename_suffix=".x", durability="process") as writer:
        writer.add_scalar("a", 1, 1)
        with pickle.loads(pickle.dumps(writer)) as other:
            other.add_scalar("b", 2, 2)
            assert other.stats().path.endswith(".x")
            assert other.stats().path != writer.stats().path
            assert other.stats().written == 1


def test_log_from_a_signal_handler(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        previous = signal.signal(
            signal.SIGALRM, lambda *_: writer.add_metrics({"handler": 1.0, "b": 2})
        )
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        try:
            count = 20_000
            for step in range(count):
                writer.add_scalar("loop", step, step)
                if step % 100 == 0:
                    time.sleep(0.0002)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
    got = values_of(tmp_path)
    assert [step for tag, step, _ in got if tag == "loop"] == list(range(count))
    assert sum(tag == "handler" for tag, _, _ in got) > 10
