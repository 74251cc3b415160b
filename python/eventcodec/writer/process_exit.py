"""What children of multiprocessing must do at their end, which is os._exit."""

from __future__ import annotations

import sys
from typing import Any

from eventcodec import _native
from eventcodec.writer.device_scalars import deliver_all

__all__ = ["flush_at_child_exit"]

_registered = False


def flush_at_child_exit() -> None:
    """Have multiprocessing flush a child's writers before it ends the process.

    An ordinary exit flushes by itself. Forked children of multiprocessing (and so DataLoader
    workers) end with os._exit, which runs nothing but the finalizers of multiprocessing; and a
    child begins by forgetting those and running its after-fork functions.
    """
    global _registered  # noqa: PLW0603 - once for the process and its children
    multiprocessing_util = sys.modules.get("multiprocessing.util")
    if multiprocessing_util is None or _registered:
        return
    _registered = True
    _finalize(multiprocessing_util)
    multiprocessing_util.register_after_fork(multiprocessing_util, _finalize)


def _finalize(multiprocessing_util: Any) -> None:
    multiprocessing_util.Finalize(None, _flush_everything, exitpriority=0)


def _flush_everything() -> None:
    deliver_all()
    _native.flush_all()
