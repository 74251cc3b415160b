"""The oracle of acknowledged records: shared memory that outlives the process under test."""

from __future__ import annotations

import mmap
import time
from pathlib import Path

__all__ = ["AckBoard"]

_READY = 0
_ACKED = 1
_FLUSHED = 2
_CLOSED = 3
_TIMES = 8
_RING = 1 << 16


class AckBoard:
    """Which calls returned, and when. Each fact is one aligned store of eight bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        size = (_TIMES + _RING) * 8
        if not path.exists():
            with path.open("wb") as file:
                file.truncate(size)
        with path.open("r+b") as file:
            self._words = memoryview(mmap.mmap(file.fileno(), size)).cast("Q")

    def reset(self) -> None:
        """As new, for the next trial."""
        for index in range(_TIMES):
            self._words[index] = 0

    # ---- the process under test ----

    def mark_ready(self) -> None:
        """The writer exists."""
        self._words[_READY] = time.monotonic_ns()

    def acknowledge(self, records: int) -> None:
        """The calls that log records 0..records-1 have returned, the last one just now."""
        self._words[_TIMES + (records - 1) % _RING] = time.monotonic_ns()
        self._words[_ACKED] = records

    def mark_flushed(self, records: int) -> None:
        """A flush() has returned that was called after the first `records` calls had."""
        self._words[_FLUSHED] = records

    def mark_closed(self) -> None:
        """close() has returned."""
        self._words[_CLOSED] = 1

    # ---- the test ----

    def wait_until_ready(self, timeout: float = 30) -> None:
        """Wait for mark_ready()."""
        deadline = time.monotonic() + timeout
        while not self._words[_READY]:
            assert time.monotonic() < deadline, "the process under test does not start"
            time.sleep(0.0002)

    @property
    def acked(self) -> int:
        """Number of records whose calls have returned."""
        return self._words[_ACKED]

    @property
    def flushed(self) -> int:
        """Number of records that a flush which returned covered."""
        return self._words[_FLUSHED]

    @property
    def closed(self) -> bool:
        """Whether close() has returned."""
        return self._words[_CLOSED] != 0

    def acked_at(self, record: int) -> int:
        """When the call of a record returned, in time.monotonic_ns(); the last 65,536 are known."""
        assert record < self.acked <= record + _RING
        return self._words[_TIMES + record % _RING]
