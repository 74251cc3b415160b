"""The C floor: the least native code for a scalar, measured in the same run as everyone else."""

from __future__ import annotations

import mmap
from functools import cache
from pathlib import Path
from typing import Any

from eventcodec.bench.compiled import NotCompiledError, load_extension

__all__ = ["FLOOR", "FloorWriter", "available", "load", "scan", "why_not"]

FLOOR = "C floor"


@cache
def load() -> Any:
    """Compile and import the extension, once in a process.

    Raises:
        NotCompiledError: the machine has no compiler, no Python headers, or a CPU without CRC-32C.
    """
    return load_extension("eventcodec_c_floor", "c_floor.c")


@cache
def why_not() -> str:
    """Say why there is no floor on this machine; "" when there is one."""
    try:
        load()
    except (NotCompiledError, ImportError) as error:
        return str(error)
    return ""


def available() -> bool:
    """Whether the floor can be measured here."""
    return not why_not()


class FloorWriter:
    """The floor behind the names of a SummaryWriter; its methods are the C functions themselves."""

    def __init__(self, directory: Path) -> None:
        self._floor = load()
        self._floor.restart()
        self._path = directory / "events.out.tfevents.0000000000.floor.0.0"
        self.add_scalar = self._floor.add_scalar
        self.add_scalar_keyword = self._floor.add_scalar_keyword
        self.add_metrics = self._floor.add_metrics

    def close(self) -> None:
        """Write the buffer to a file, in one write."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_bytes(self._floor.contents())


def scan(path: Path) -> int:
    """Map a file and count the scalars that the floor finds in it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return int(load().scan(data))
