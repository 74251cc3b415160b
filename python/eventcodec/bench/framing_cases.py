"""The cases of framed records, written to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import eventcodec
from eventcodec.bench import baselines, limits, peers
from eventcodec.bench.inputs import SEED, random_bytes
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect

__all__ = ["FRAMING_CASES"]


def framing_case(name: str, sizes: Sizes) -> Case:
    """Write records of 100 bytes to a file."""
    count, size = sizes.records, 100
    payloads = [random_bytes(size, SEED + i) for i in range(count)]
    openers: dict[str, Callable[[Path], Any]] = {
        OURS: eventcodec.RecordWriter,
        PLAIN: baselines.PlainRecordWriter,
        **peers.record_writers(),
    }

    def contender(label: str, open_writer: Callable[[Path], Any]) -> Contender:
        def start(directory: Path) -> Trial:
            path = directory / "records"
            writer = open_writer(path)

            def run() -> None:
                write = writer.write
                for payload in payloads:
                    write(payload)

            def check() -> None:
                expect(list(baselines.read_records(path)) == payloads, f"{label}: wrong records")

            return Trial(run, writer.close, check)

        return Contender(label, start)

    contenders = tuple(contender(*item) for item in openers.items())
    limit = limits.page_cache_write(count * (size + 16))
    return Case(name, "record", count, size, (*contenders, *limit))


FRAMING_CASES: dict[str, Callable[[str, Sizes], Case]] = {"framing/100B": framing_case}
