"""How many threads, or other workers, do something at the same time."""

from __future__ import annotations

import os

from eventcodec.reader.arguments import checked_count

__all__ = ["count_workers"]


def count_workers(workers: int | None, name: str = "workers") -> int:
    """Return how many were asked for; for None one for each processor that the process may use.

    Raises:
        TypeError: no whole number; it is called `name`.
        ValueError: less than 1.
    """
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return checked_count(name, workers, 1)
