"""C7: log while storage refuses, is slow or hangs, and account for every record."""

from __future__ import annotations

import json
import resource
import signal
import time
import warnings
from pathlib import Path
from typing import Any

from harness.event_records import event_files, read_event_file
from harness.fault_shim import FOREVER, Action, FaultControl, Operation
from harness.visualdl_records import whole_payloads

from eventcodec import SummaryWriter
from eventcodec.writer.stats import WriterStats
from workloads.writers import Writer, open_writer

__all__ = [
    "fail_to_begin",
    "fill_the_disk",
    "hang_and_exit",
    "hang_when_full",
    "log_through_faults",
    "outgrow_the_limit",
    "stall",
]

RESUME_TIMEOUT = 20.0  # when the writer counts as never having resumed


def _records_on_disk(directory: str) -> int:
    contents = [read_event_file(path) for path in event_files(Path(directory))]
    logs = [whole_payloads(path.read_bytes()) for path in Path(directory).glob("vdlrecords*")]
    # The first record of a log is the name of the run.
    return sum(len(content.steps) for content in contents) + sum(len(log) - 1 for log in logs)


def _check_account(stats: WriterStats, logged: int) -> None:
    assert stats.accepted == logged, (stats, logged)
    assert stats.accepted == stats.written + stats.pending + stats.dropped, stats
    assert 0 <= stats.pending <= stats.accepted, stats


def _seconds_until_written(writer: Writer) -> float:
    start = time.monotonic()
    while writer.stats().pending and time.monotonic() - start < RESUME_TIMEOUT:
        time.sleep(0.001)
    return time.monotonic() - start


class _Clock:
    """The longest of the calls that were timed."""

    def __init__(self) -> None:
        self.longest = 0.0

    def time(self, call: Any, *arguments: Any) -> None:
        start = time.monotonic()
        call(*arguments)
        self.longest = max(self.longest, time.monotonic() - start)


def _finish(result: str, **figures: Any) -> None:
    Path(result).write_text(json.dumps(figures))


def log_through_faults(
    directory: str,
    control: str,
    result: str,
    durability: Any,
    on_error: Any,
    action: int,
    argument: int,
    first: int,
    times: int,
    operations: int,
    writer_name: str = "SummaryWriter",
) -> None:
    """Log 48 records, with some system calls hit, take the cause away, log one more."""
    fault = FaultControl(Path(control))
    fault.attach()
    warnings.simplefilter("ignore", RuntimeWarning)
    segment = 1 << 16 if first % 2 else None
    writer = open_writer(
        writer_name, directory, durability=durability, on_error=on_error, max_file_bytes=segment
    )
    clock = _Clock()
    fault.arm(Action(action), Operation(operations), first=first, times=times, argument=argument)
    for step in range(48):
        if step % 8 == 5:
            clock.time(writer.add_text, "note", "x" * 12_000, step)
        else:
            clock.time(writer.add_scalar, "loss", step, step)
        _check_account(writer.stats(), step + 1)
        if step % 6 == 3:
            try:
                writer.flush(durable=step % 4 == 1)
            except OSError:
                assert fault.hits or writer.stats().last_error
        if step % 16 == 7:
            # What is called written is there, whatever happened since.
            written = writer.stats().written
            assert _records_on_disk(directory) >= written
    hits, calls = fault.hits, fault.calls
    fault.disarm()
    resumed = _seconds_until_written(writer)
    clock.time(writer.add_scalar, "loss", 48, 48)
    _seconds_until_written(writer)
    writer.close()
    stats = writer.stats()
    _check_account(stats, 49)
    _finish(
        result,
        hits=hits,
        calls=calls,
        resumed=resumed,
        longest=clock.longest,
        written=stats.written,
        dropped=stats.dropped,
        pending=stats.pending,
    )


def fail_to_begin(directory: str, control: str, action: int, argument: int, first: int) -> None:
    """Make a writer while a call of its constructor is hit."""
    fault = FaultControl(Path(control))
    fault.attach()
    fault.arm(Action(action), first=first, argument=argument)
    try:
        writer = SummaryWriter(directory, on_error="drop")
    except OSError:
        assert fault.hits
        return
    fault.disarm()
    writer.add_scalar("loss", 0, 0)
    writer.close()


def stall(directory: str, control: str, result: str, milliseconds: int, seconds: float) -> None:
    """Log for a while with every write held up, and time each call."""
    fault = FaultControl(Path(control))
    fault.attach()
    writer = SummaryWriter(directory)
    fault.arm(Action.STALL, Operation.WRITE, times=FOREVER, argument=milliseconds)
    end = time.monotonic() + seconds
    latencies: list[int] = []
    step = 0
    while time.monotonic() < end:
        for _ in range(100):
            start = time.perf_counter_ns()
            writer.add_scalar("loss", step, step)
            latencies.append(time.perf_counter_ns() - start)
            step += 1
        time.sleep(0.001)
    stalls = fault.hits
    fault.disarm()
    writer.close()
    latencies.sort()
    _finish(
        result,
        hits=stalls,
        logged=step,
        written=writer.stats().written,
        p50=latencies[len(latencies) // 2] / 1e3,
        p99=latencies[len(latencies) * 99 // 100] / 1e3,
        p999=latencies[len(latencies) * 999 // 1000] / 1e3,
        longest=latencies[-1] / 1e3,
    )


def hang_when_full(directory: str, control: str, result: str) -> None:
    """Fill the memory for pending records while writes hang; then let them go on."""
    fault = FaultControl(Path(control))
    fault.attach()
    warnings.simplefilter("ignore", RuntimeWarning)
    writer = SummaryWriter(directory, max_pending_bytes=1 << 20)
    fault.arm(Action.STALL, Operation.WRITE, times=FOREVER, argument=1 << 40)
    clock = _Clock()
    step = 0
    while writer.stats().dropped < 3:
        clock.time(writer.add_text, "note", "x" * 60_000, step)
        step += 1
        _check_account(writer.stats(), step)
        assert step < 100
    hits = fault.hits
    fault.disarm()
    resumed = _seconds_until_written(writer)
    clock.time(writer.add_scalar, "loss", step, step)
    writer.close()
    stats = writer.stats()
    _finish(
        result,
        hits=hits,
        logged=step + 1,
        written=stats.written,
        dropped=stats.dropped,
        longest=clock.longest,
        resumed=resumed,
    )


def hang_while_durable(
    directory: str, control: str, result: str, durability: str, operations: int
) -> None:
    """Log with a durability that waits for storage, which hangs; then let it go on."""
    fault = FaultControl(Path(control))
    fault.attach()
    warnings.simplefilter("ignore", RuntimeWarning)
    writer = SummaryWriter(directory, durability=durability)
    writer.add_scalar("loss", 0, 0)
    fault.arm(Action.STALL, Operation(operations), times=FOREVER, argument=1 << 40)
    first, others = _Clock(), _Clock()
    first.time(writer.add_scalar, "loss", 1, 1)
    for step in range(2, 100):
        others.time(writer.add_scalar, "loss", step, step)
        _check_account(writer.stats(), step + 1)
    hits = fault.hits
    fault.disarm()
    resumed = _seconds_until_written(writer)
    time.sleep(0.1)
    clock = _Clock()
    clock.time(writer.add_scalar, "loss", 100, 100)
    stats = writer.stats()  # and this one waited for what it was promised
    writer.close()
    _finish(
        result,
        hits=hits,
        written=stats.written,
        dropped=stats.dropped,
        first=first.longest,
        others=others.longest,
        resumed=resumed,
    )


def hang_and_exit(directory: str, control: str, operations: int, delay: float, how: str) -> None:
    """End the process while storage hangs, with records pending."""
    fault = FaultControl(Path(control))
    fault.attach()
    warnings.simplefilter("ignore", RuntimeWarning)
    writer = SummaryWriter(directory, durability="buffered")
    fault.arm(Action.STALL, Operation(operations), times=FOREVER, argument=1 << 40)
    for step in range(100):
        writer.add_scalar("loss", step, step)
    time.sleep(delay)
    if how == "close":
        writer.close()
    elif how == "del":
        del writer


def outgrow_the_limit(directory: str, result: str, limit: int, before: bool) -> None:
    """Log beyond RLIMIT_FSIZE, which is there before or after the writer, and is lifted later."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    warnings.simplefilter("ignore", RuntimeWarning)
    if before:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        writer = SummaryWriter(directory)
    except OSError:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        _finish(result, refused=True, left=len(event_files(Path(directory))))
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    clock = _Clock()
    for step in range(120):
        clock.time(writer.add_scalar, "loss", step, step)
        _check_account(writer.stats(), step + 1)
        if step % 10 == 0:
            writer.flush()
    pending = writer.stats().pending
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    resumed = _seconds_until_written(writer)
    writer.close()
    stats = writer.stats()
    _check_account(stats, 120)
    _finish(
        result,
        refused=False,
        pending=pending,
        resumed=resumed,
        longest=clock.longest,
        written=stats.written,
        dropped=stats.dropped,
    )


def fill_the_disk(directory: str, result: str) -> None:
    """Log until a small file system is full, free space, log on."""
    filler = Path(directory).parent / "filler"
    filler.write_bytes(b"x" * 8192)
    warnings.simplefilter("ignore", RuntimeWarning)
    writer = SummaryWriter(directory)
    clock = _Clock()
    step = 0
    while writer.stats().last_error == "":
        clock.time(writer.add_text, "note", "x" * 500, step)
        step += 1
        writer.flush()
        assert step < 2000
    for _ in range(5):
        clock.time(writer.add_text, "note", "x" * 500, step)
        step += 1
        _check_account(writer.stats(), step)
    pending = writer.stats().pending
    filler.unlink()
    resumed = _seconds_until_written(writer)
    writer.close()
    stats = writer.stats()
    _check_account(stats, step)
    _finish(
        result,
        logged=step,
        pending=pending,
        resumed=resumed,
        longest=clock.longest,
        written=stats.written,
        dropped=stats.dropped,
    )
