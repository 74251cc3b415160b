"""C25: the programs in which other writers lose data, hang, or damage their files."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from harness.fault_shim import Action, FaultControl, Operation

from eventcodec import SummaryWriter

__all__ = [
    "add_then",
    "add_until_full",
    "big_record",
    "fail_one_write",
    "fork_and_log",
    "keep_nothing",
    "kill_a_child_that_logs",
    "lose_the_file",
    "thousand_in_each_thread",
]


def _log(writer: SummaryWriter, records: int, *, pace: float = 0.0, tag: str = "loss") -> None:
    for step in range(records):
        writer.add_scalar(tag, step, step)
        if pace:
            time.sleep(pace)


def add_then(directory: str, end: str, durability: Any, records: int, pace: float) -> None:
    """Add and end, without close."""
    writer = SummaryWriter(directory, durability=durability)
    _log(writer, records, pace=pace)
    if end == "flush and SIGKILL":
        writer.flush()
    if end.endswith("SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    if end == "SIGTERM":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    if end == "os._exit":
        os._exit(0)
    if end == "exception":
        raise RuntimeError("boom")
    if end == "sys.exit":
        sys.exit(0)


def thousand_in_each_thread(directory: str) -> None:
    """Eight threads, one writer, no close."""
    writer = SummaryWriter(directory)
    threads = [
        threading.Thread(target=_log, args=(writer, 1000), kwargs={"tag": f"thread{number}"})
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fork_and_log(directory: str, end: str) -> None:
    """Parent and child both go on logging to the writer of before the fork."""
    writer = SummaryWriter(directory)
    _log(writer, 100, tag="parent")
    child = os.fork()
    if child == 0:
        _log(writer, 100, tag="child")
        if end == "os._exit":
            os._exit(0)
        sys.exit(0)
    _log(writer, 100, tag="parent")
    os.waitpid(child, 0)


def kill_a_child_that_logs(directory: str) -> None:
    """A worker process is killed, perhaps by the kernel, after 20 adds."""
    writer = SummaryWriter(directory)
    context = multiprocessing.get_context("fork")
    logged = context.Event()

    def log_and_wait() -> None:
        _log(writer, 20, tag="child")
        logged.set()
        time.sleep(60)

    child = context.Process(target=log_and_wait)
    child.start()
    logged.wait()
    child.kill()
    child.join()
    _log(writer, 100, tag="parent")


def add_until_full(directory: str, result: str) -> None:
    """The disk fills up in the middle of a run, and is cleared a while later."""
    warnings.simplefilter("ignore", RuntimeWarning)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    writer = SummaryWriter(directory)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    start = time.monotonic()
    _log(writer, 3000, pace=1e-5)
    added = time.monotonic() - start
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    writer.close()
    Path(result).write_text(json.dumps({"added": added, "dropped": writer.stats().dropped}))


def fail_one_write(directory: str, control: str, code: int) -> None:
    """The fifth write fails, once."""
    warnings.simplefilter("ignore", RuntimeWarning)
    fault = FaultControl(Path(control))
    fault.attach()
    writer = SummaryWriter(directory)
    fault.arm(Action.FAIL, Operation.WRITE, first=4, argument=code)
    for step in range(100):
        writer.add_scalar("loss", step, step)
        writer.flush()
    assert fault.hits == 1


def lose_the_file(directory: str, what: str) -> None:
    """Somebody deletes the file, or the directory, under the writer."""
    warnings.simplefilter("ignore", RuntimeWarning)
    writer = SummaryWriter(directory)
    _log(writer, 10, tag="before")
    writer.flush()
    if what == "directory":
        shutil.rmtree(directory)
    else:
        Path(writer.stats().path).unlink()
    _log(writer, 10, tag="after")
    writer.close()


def big_record(directory: str) -> None:
    """One record of 100 MB between two small ones."""
    writer = SummaryWriter(directory)
    writer.add_scalar("loss", 0, 0)
    writer.add_text("note", "x" * 100_000_000, 1)
    writer.add_scalar("loss", 2, 2)


def keep_nothing(directory: str, result: str) -> None:
    """A million records, and what memory they leave behind."""
    writer = SummaryWriter(directory)
    _log(writer, 100_000)
    writer.flush()
    before = _resident_bytes()
    for step in range(10):
        _log(writer, 100_000)
        writer.flush()
        assert step < 10
    Path(result).write_text(json.dumps({"grown": _resident_bytes() - before}))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
