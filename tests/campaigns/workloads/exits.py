"""C17: every way in which a process that logs comes to its end."""

from __future__ import annotations

import atexit
import concurrent.futures
import faulthandler
import gc
import os
import resource
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from harness.acks import AckBoard
from harness.fault_shim import FOREVER, Action, FaultControl, Operation

from eventcodec import SummaryWriter
from workloads.writers import Writer, open_writer

__all__ = ["ABRUPT", "GRACEFUL", "log_and_end"]

# Ends that leave time to write, and ends that do not.
GRACEFUL = [
    "return",
    "exception",
    "sys.exit",
    "KeyboardInterrupt",
    "SIGTERM with a handler",
    "atexit",
    "daemon thread",
    "thread pool",
    "collected",
    "in a cycle",
    "subinterpreter",
]
ABRUPT = ["SIGTERM", "os._exit", "os.abort", "SIGKILL", "faulthandler"]

_kept: list[Any] = []  # what lives until the interpreter takes its modules apart


class _Log:
    """Logs steps 0, 1, 2, ... from any thread, and acknowledges each."""

    def __init__(self, writer: Writer, acks: AckBoard) -> None:
        self.writer = writer
        self._acks = acks
        self._next = 0
        self._lock = threading.Lock()

    def one(self, _: object = None) -> None:
        with self._lock:
            self.writer.add_scalar("loss", self._next, self._next)
            self._next += 1
            self._acks.acknowledge(self._next)

    def many(self, records: int) -> None:
        for _ in range(records):
            self.one()

    def forever(self) -> None:
        while True:
            self.one()
            time.sleep(0.0001)


def _run_in_subinterpreter() -> None:
    try:
        import _interpreters as interpreters  # type: ignore[import-not-found]
    except ImportError:
        import _xxsubinterpreters as interpreters  # type: ignore[import-not-found,no-redef]
    interpreter = interpreters.create()
    interpreters.run_string(interpreter, "import os; os.getpid()")
    interpreters.destroy(interpreter)


def log_and_end(
    directory: str,
    acks: str,
    control: str,
    how: str,
    durability: Any,
    records: int,
    close: bool,
    pause: float,
    hang: bool,
    writer_name: str = "SummaryWriter",
) -> None:
    """Log, perhaps close, and end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    fault = FaultControl(Path(control))
    fault.attach()
    board = AckBoard(Path(acks))
    writer = open_writer(writer_name, directory, durability=durability)
    log = _Log(writer, board)
    if hang:
        warnings.simplefilter("ignore", RuntimeWarning)
        others = [SummaryWriter(directory) for _ in range(3)]
        fault.arm(Action.STALL, Operation.ANY, times=FOREVER, argument=1 << 40)
        for other in others:
            other.add_scalar("other", 1.0, 1)
        _kept.append(others)
    log.many(records)
    if how == "thread pool":
        pool = concurrent.futures.ThreadPoolExecutor(4)
        _kept.append(pool)
        for _ in pool.map(log.one, range(100)):
            pass
    if close:
        writer.close()
        board.mark_closed()
    time.sleep(pause)
    if not close and how == "daemon thread":
        threading.Thread(target=log.forever, daemon=True).start()
        time.sleep(0.01)
    if not close and how == "atexit":
        atexit.register(log.many, 10)
    if how == "in a cycle":
        cycle: list[Any] = [writer]
        cycle.append(cycle)
        _kept.append(cycle)
    elif how == "collected":
        del log, writer
        gc.collect()
    else:
        _kept.append(writer)
    _end(how)


def _end(how: str) -> None:
    if how == "exception":
        raise RuntimeError("boom")
    if how == "sys.exit":
        sys.exit(3)
    elif how == "KeyboardInterrupt":
        raise KeyboardInterrupt
    elif how == "SIGTERM with a handler":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    elif how == "subinterpreter":
        _run_in_subinterpreter()
    elif how == "SIGTERM":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    elif how == "os._exit":
        os._exit(5)
    elif how == "os.abort":
        os.abort()
    elif how == "SIGKILL":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "faulthandler":
        faulthandler.enable()
        faulthandler._sigsegv()  # type: ignore[attr-defined]
