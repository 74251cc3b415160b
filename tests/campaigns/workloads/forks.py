"""C12: a process with a writer has a child; each logs what it likes."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from harness.fault_shim import FOREVER, Action, FaultControl, Operation

from eventcodec import WriterClosedError
from workloads.writers import Writer, open_writer

__all__ = ["CHILD_ACTS", "PARENT_ACTS", "STATES", "have_a_child"]

STATES = ["idle", "buffered", "mid-write", "closed"]
CHILD_ACTS = ["add", "flush", "close", "exit", "_exit", "exception", "collect", "nothing", "nested"]
PARENT_ACTS = ["add", "close", "nothing"]
CHILD_RECORDS = 50


class _Parent:
    """Logs steps 0, 1, 2, ... of the tag "parent", from one thread at a time."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.logged = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._log_until_stopped)

    def log(self, records: int) -> None:
        for _ in range(records):
            self.writer.add_scalar("parent", self.logged, self.logged)
            self.logged += 1

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _log_until_stopped(self) -> None:
        while not self._stop.is_set():
            self.log(100)
            time.sleep(0.0005)


def act_in_child(writer: Writer, act: str) -> None:
    """What a child does with the writer that it inherited or was sent."""
    if act == "nothing":
        return
    if act == "nested":
        child = os.fork()
        _log_in_child(writer)
        if child == 0:
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        return
    if act != "collect":
        _log_in_child(writer)
    if act == "flush":
        writer.flush()
    elif act == "close":
        writer.close()
    elif act == "exit":
        sys.exit(0)
    elif act == "_exit":
        os._exit(0)
    elif act == "exception":
        sys.excepthook = lambda *_: None
        raise RuntimeError("boom")
    elif act == "collect":
        del writer
        gc.collect()


def _log_in_child(writer: Writer) -> None:
    try:
        for step in range(CHILD_RECORDS):
            writer.add_scalar("child", step, step)
    except WriterClosedError:
        pass


def _quiet_act_in_child(writer: Writer, act: str) -> None:
    """The same under multiprocessing, which prints exceptions by itself."""
    try:
        act_in_child(writer, act)
    except RuntimeError:
        sys.exit(1)


def _work_through(tasks: Any, writer: Writer, act: str) -> None:
    """A worker as torch's DataLoader has: takes tasks until there are no more."""
    while tasks.get() is not None:
        _quiet_act_in_child(writer, act)


def _in_forked_child(writer: Writer, act: str) -> None:
    act_in_child(writer, act)
    sys.exit(0)


def _start(way: str, writer: Writer, act: str) -> list[BaseProcess]:
    context: Any
    workers: list[BaseProcess]
    if way == "loader":
        context = multiprocessing.get_context("fork")
        tasks = context.SimpleQueue()
        workers = [
            context.Process(target=_work_through, args=(tasks, writer, act)) for _ in range(2)
        ]
        for task in (0, None, None):
            tasks.put(task)
    else:
        context = multiprocessing.get_context(way.removeprefix("mp "))
        workers = [context.Process(target=_quiet_act_in_child, args=(writer, act))]
    for worker in workers:
        worker.start()
    return workers


def have_a_child(
    directory: str,
    control: str,
    result: str,
    way: str,
    state: str,
    child_act: str,
    parent_act: str,
    writer_name: str = "SummaryWriter",
) -> None:
    """Fork in one of several ways while the writer is in some state."""
    fault = FaultControl(Path(control))
    fault.attach()
    writer = open_writer(writer_name, directory)
    parent = _Parent(writer)
    if state == "idle":
        writer.flush()
    elif state == "buffered":
        parent.log(1000)
    elif state == "mid-write":
        fault.arm(Action.STALL, Operation.WRITE, times=FOREVER, argument=5)
        parent.start()
        time.sleep(0.01)
    else:
        parent.log(10)
        writer.close()

    children: list[BaseProcess] = []
    pid = 0
    start = time.monotonic()
    if way == "os.fork":
        pid = os.fork()
        if pid == 0:
            _in_forked_child(writer, child_act)
    elif way == "subprocess":
        command = ["ls", "-l", "/proc/self/fd"]
        listing = subprocess.check_output(command, close_fds=False, text=True)
        assert "tfevents" not in listing
        assert "vdlrecords" not in listing
    else:
        children = _start(way, writer, child_act)
    began = time.monotonic() - start

    parent.stop()
    if state != "closed" and parent_act != "nothing":
        parent.log(100)
        if parent_act == "close":
            writer.close()
    start = time.monotonic()
    if pid:
        os.waitpid(pid, 0)
    for child in children:
        child.join()
    waited = time.monotonic() - start
    fault.disarm()
    figures = {"logged": parent.logged, "began": began, "waited": waited}
    Path(result).write_text(json.dumps(figures))
