"""Work on archives that is killed in the middle; see test_c02_archive.py."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import duckdb  # noqa: F401 (so that no trial imports it)

from eventcodec.archive import compact, index, query, repair, split

JOBS: dict[str, Callable[[Path, Path], object]] = {
    "repair": lambda source, out: list(repair(source, out, workers=1)),
    "repair_file": lambda source, out: list(
        repair(next(source.glob("a/*tfevents*")), out, workers=1)
    ),
    "in_place": lambda source, out: list(repair(source, in_place=True, workers=1)),
    "compact": lambda source, out: list(
        compact(source, out, dedup="last", keep_every=2, workers=1)
    ),
    "split": lambda source, out: list(split(source, out, max_bytes=300, workers=1)),
    "index": lambda source, out: index(source, workers=1),
    "query": lambda source, out: query(source, "SELECT count(*) FROM scalars", dialect="sqlite"),
}


def work(job: str, source: str, out: str, call: int, moment: int) -> None:
    """Do a job; die at its call number `call`."""
    shim = ctypes.CDLL(None)
    shim.kill_shim_arm.argtypes = (ctypes.c_long, ctypes.c_int)
    shim.kill_shim_arm(call, moment)
    JOBS[job](Path(source), Path(out))
    counted = shim.kill_shim_disarm()
    assert counted <= call, "the death was not delivered"
