"""C1 and C2: log, and say what was acknowledged, until death."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path
from typing import Any

from harness.acks import AckBoard
from harness.fault_shim import FaultControl

from eventcodec import SummaryWriter
from workloads.writers import open_writer

__all__ = ["log_a_bit_of_everything", "log_until_killed"]


def log_until_killed(
    directory: str,
    acks: str,
    durability: Any,
    pace: float,
    flush_every: int,
    seed: int,
    writer_name: str = "SummaryWriter",
) -> None:
    """Log one record after another, of several kinds; the step of a record is its number."""
    board = AckBoard(Path(acks))
    draw = random.Random(seed).random
    writer = open_writer(writer_name, directory, durability=durability, max_file_bytes=1 << 20)
    board.mark_ready()
    for step in itertools.count():
        kind = draw()
        if kind < 0.95:
            writer.add_scalar("loss", step, step)
        elif kind < 0.99 and isinstance(writer, SummaryWriter):
            writer.add_metrics({"a": 1.0, "b": 2.0, "c": 3.0}, step)
        elif kind < 0.99:
            writer.add_histogram("weights", [draw(), draw(), draw()], step)
        else:
            writer.add_text("note", "x" * int(draw() * 20_000), step)
        board.acknowledge(step + 1)
        if flush_every and step % flush_every == 0:
            writer.flush()
            board.mark_flushed(step + 1)
        if pace:
            time.sleep(pace)


def log_a_bit_of_everything(
    directory: str, acks: str, control: str, durability: Any, shape: str
) -> None:
    """Every operation that reaches the file, once; the shim kills somewhere in between."""
    board = AckBoard(Path(acks))
    FaultControl(Path(control)).attach()
    segment = 1 << 16 if shape == "segments" else None
    writer = SummaryWriter(directory, durability=durability, max_file_bytes=segment)
    board.mark_ready()
    step = 0

    def log(text_bytes: int = 0) -> None:
        nonlocal step
        if text_bytes:
            writer.add_text("note", "x" * text_bytes, step)
        else:
            writer.add_scalar("loss", step, step)
        step += 1
        board.acknowledge(step)

    def flush(durable: bool = False) -> None:
        writer.flush(durable)
        board.mark_flushed(step)

    log()
    flush()
    for _ in range(3):
        log()
    flush(durable=True)
    for _ in range(3):
        log(40_000 if shape != "small" else 100)
    if shape == "large":
        log(1_000_000)
    flush()
    log()
    flush(durable=True)
    log()
    writer.close()
    board.mark_closed()
