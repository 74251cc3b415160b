"""The Python side of fault_shim.c: builds it, and steers it through shared memory."""

from __future__ import annotations

import ctypes
import mmap
import shutil
import subprocess
from enum import IntEnum, IntFlag
from pathlib import Path

__all__ = [
    "ALL_BUT_ONE",
    "FOREVER",
    "HALF",
    "Action",
    "FaultControl",
    "Operation",
    "build_shim",
    "compiler",
]

FOREVER = (1 << 64) - 1
# Sizes of a short write that depend on what was asked for.
HALF = 0
ALL_BUT_ONE = 0xFFFFFFFF


class Operation(IntFlag):
    """What is counted, and can be hit."""

    WRITE = 1
    OPEN = 2
    TRUNCATE = 4
    DATA_SYNC = 8
    SYNC = 16
    CLOSE = 32
    ANY = 63


class Action(IntEnum):
    """What happens to a call that is hit."""

    PASS = 0
    FAIL = 1
    SHORT = 2
    KILL_BEFORE = 3
    KILL_AFTER = 4
    KILL_TORN = 5
    STALL = 6


def compiler() -> str:
    """Find a C compiler."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert found is not None, "the campaigns need a C compiler (cc, gcc or clang)"
    return found


def build_shim(directory: Path) -> Path:
    """Compile fault_shim.c into `directory`."""
    library = directory / "fault_shim.so"
    source = Path(__file__).with_suffix(".c")
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-Wno-nonnull-compare", "-shared", "-fPIC"]
    subprocess.run([compiler(), *flags, str(source), "-o", str(library), "-ldl"], check=True)
    return library


class FaultControl:
    """The control block of one trial, in a file that the test and the process under test map."""

    _FIELDS = (
        "armed",
        "operations",
        "first",
        "times",
        "action",
        "argument",
        "calls",
        "hits",
        "frozen_seconds",
        "fixed_pid",
    )

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(bytes(mmap.PAGESIZE))
        with path.open("r+b") as file:
            self._words = memoryview(mmap.mmap(file.fileno(), mmap.PAGESIZE)).cast("Q")

    def attach(self) -> None:
        """Put the calling process under this control; it must run with the shim preloaded."""
        attached = ctypes.CDLL(None).fault_shim_attach(str(self.path).encode())
        assert attached == 0, f"fault_shim_attach({self.path}) failed"

    def reset(self) -> None:
        """Let everything pass, and count from zero."""
        for index in range(len(self._FIELDS)):
            self._words[index] = 0

    def arm(
        self,
        action: Action,
        operations: Operation = Operation.ANY,
        *,
        first: int = 0,
        times: int = 1,
        argument: int = 0,
    ) -> None:
        """Hit `times` of the counted calls, from number `first` on."""
        self._set(operations=operations, first=first, times=times, action=action)
        self._set(argument=argument, calls=0, hits=0)
        self._set(armed=1)

    def disarm(self) -> None:
        """Take the cause away: calls pass, and stalled ones go on."""
        self._set(armed=0)

    def impersonate(self, seconds: int, pid: int) -> None:
        """Freeze the wall clock, the process id and the host name."""
        self._set(frozen_seconds=seconds, fixed_pid=pid)

    @property
    def calls(self) -> int:
        """Calls that were counted since arm()."""
        return self._words[self._FIELDS.index("calls")]

    @property
    def hits(self) -> int:
        """Calls that were hit since arm()."""
        return self._words[self._FIELDS.index("hits")]

    def _set(self, **values: int) -> None:
        for name, value in values.items():
            self._words[self._FIELDS.index(name)] = value
