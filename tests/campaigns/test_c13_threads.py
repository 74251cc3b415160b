"""C13: 64 threads on a few writers: every record once, in each thread's order."""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from harness.event_records import read_run

from eventcodec import SummaryWriter

THREADS = 64
WRITERS = 4
RECORDS = {"fast": 500, "long": 100_000}  # of each thread


def test_c13_python_threads(campaign: Any, tmp_path: Path) -> None:
    count = RECORDS[campaign.scale]
    writers = [SummaryWriter(tmp_path / str(i), max_file_bytes=1 << 20) for i in range(WRITERS)]
    start = threading.Barrier(THREADS)

    def log(thread: int) -> None:
        start.wait()
        tag = f"thread{thread}"
        for step in range(count):
            writer = writers[step % WRITERS]
            if step % 7 == 3:
                writer.add_metrics({tag: 1.0, "shared": 2.0}, step)
            elif step % 50 == 49:
                writer.add_text(tag, "word", step)
                writer.flush()
            else:
                writer.add_scalar(tag, 1.0, step)

    threads = [threading.Thread(target=log, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.close()
        stats = writer.stats()
        assert stats.accepted == stats.written == THREADS * count // WRITERS
    lost = 0
    for index in range(WRITERS):
        steps: dict[str, list[int]] = defaultdict(list)
        for content in read_run(tmp_path / str(index)):
            assert content.tail == b""
            for event in content.events[1:]:
                tag = event.summary.value[0].tag.removesuffix("/text_summary")
                steps[tag].append(event.step)
        for thread in range(THREADS):
            want = list(range(index, count, WRITERS))
            lost += len(set(want) - set(steps[f"thread{thread}"]))
            assert steps[f"thread{thread}"] == want
    campaign.report("C13 Python threads", "P15", trials=THREADS * count, hits=THREADS, lost=lost)
