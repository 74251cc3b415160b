"""What the machine itself allows, as contenders: memory, page cache, an empty C call, the clock.

A limit is measured in the same rounds as everyone else, so that each figure is also a share of what
was possible at that time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from eventcodec.bench.compiled import NotCompiledError, load_extension
from eventcodec.bench.trial import Contender, Trial

__all__ = ["calls_and_clock", "memory_copy", "memory_read", "page_cache_read", "page_cache_write"]

BLOCK = 1 << 20


@cache
def load() -> Any:
    """Compile and import the extension, once in a process; None where that cannot be done."""
    try:
        return load_extension("eventcodec_limits", "limits.c")
    except (NotCompiledError, ImportError):
        return None


def _limit(name: str, run: Callable[[], object]) -> tuple[Contender, ...]:
    return (Contender(name, lambda _: Trial(run), limit=True),)


def calls_and_clock(count: int) -> tuple[Contender, ...]:
    """Call a C function of three arguments that does nothing, and read the clock, `count` times."""
    module = load()
    if module is None:
        return ()

    def run() -> None:
        nothing = module.nothing
        for step in range(count):
            nothing("tag", 0.5, step)
        module.read_clock(count)

    return _limit("call + clock", run)


def memory_read(size: int, count: int) -> tuple[Contender, ...]:
    """Read `size` bytes of memory `count` times."""
    module = load()
    if module is None:
        return ()
    memory = np.ones(size, dtype=np.uint8)
    return _limit("memory read", lambda: module.read_memory(memory, count))


def memory_copy(size: int, count: int) -> tuple[Contender, ...]:
    """Copy `size` bytes of memory `count` times."""
    source, target = np.ones(size, dtype=np.uint8), np.ones(size, dtype=np.uint8)

    def run() -> None:
        for _ in range(count):
            np.copyto(target, source)

    return _limit("memory copy", run)


def page_cache_read(paths: Callable[[Path], list[Path]]) -> tuple[Contender, ...]:
    """Read files that are in the page cache into one buffer; `paths` finds them for a trial."""
    buffer = bytearray(BLOCK)

    def start(directory: Path) -> Trial:
        files = paths(directory)

        def run() -> None:
            for file in files:
                descriptor = os.open(file, os.O_RDONLY)
                while os.readv(descriptor, [buffer]):
                    pass
                os.close(descriptor)

        return Trial(run)

    return (Contender("page cache", start, limit=True),)


def page_cache_write(size: int) -> tuple[Contender, ...]:
    """Write `size` bytes to a new file, a megabyte at a time."""
    block = bytes(BLOCK)

    def start(directory: Path) -> Trial:
        def run() -> None:
            with (directory / "written").open("xb", buffering=0) as file:
                for at in range(0, size, BLOCK):
                    file.write(block[: min(BLOCK, size - at)])

        return Trial(run)

    return (Contender("page cache", start, limit=True),)
