"""C18: many writers that believe to be one process on one host in one second."""

from __future__ import annotations

import os
from pathlib import Path

from harness.fault_shim import FaultControl

from eventcodec import SummaryWriter

__all__ = ["open_many"]


def open_many(directory: str, control: str, writers: int, number: int) -> None:
    """Open writers one after another; each logs one record that names it."""
    FaultControl(Path(control)).attach()
    for index in range(writers):
        with SummaryWriter(directory) as writer:
            writer.add_scalar(f"{number}/{index}", float(number), index)
    assert os.getpid() == 4242
