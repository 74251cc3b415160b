"""The cases of reading a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import eventcodec
from eventcodec.bench import baselines, c_floor, limits, peers
from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.inputs import loss_curve
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect
from eventcodec.bench.writer_case import event_files

__all__ = ["SCAN_CASES"]


def scan_case(name: str, sizes: Sizes) -> Case:
    """Open a log of 100 tags, both checksums checked, and load all its scalars."""
    tags = [f"layer{i:02d}/loss" for i in range(100)]
    values = loss_curve(sizes.scanned)

    def ours(directory: Path) -> int:
        run = eventcodec.open(directory).runs["."]
        return sum(run.scalars[tag].values.size for tag in run.scalars)

    def plain(directory: Path) -> int:
        (path,) = event_files(directory)
        return sum(len(values) for _, _, values in baselines.scan(path).values())

    def write_log(directory: Path) -> None:
        writer = baselines.PlainWriter(directory)
        for step, value in enumerate(values):
            writer.add_scalar(tags[step % len(tags)], value, step)
        writer.close()

    def floor(directory: Path) -> int:
        (path,) = event_files(directory)
        return c_floor.scan(path)

    def log_of(directory: Path) -> Path:
        # One file for everyone, beside the directories of the single trials.
        log = directory.parent / "scanned"
        if not log.exists():
            write_log(log)
        return log

    def contender(label: str, scan: Callable[[Path], int]) -> Contender:
        def start(directory: Path) -> Trial:
            log = log_of(directory)
            found: list[int] = []

            def check() -> None:
                expect(found[-1] == len(values), f"{label}: {found[-1]} scalars")

            return Trial(lambda: found.append(scan(log)), check=check)

        return Contender(label, start)

    functions = {OURS: ours, PLAIN: plain, **peers.scanners()}
    if c_floor.available():
        functions[FLOOR] = floor
    contenders = tuple(contender(*item) for item in functions.items())
    limit = limits.page_cache_read(lambda directory: event_files(log_of(directory))[0])
    return Case(name, "event", sizes.scanned, 0, (*contenders, *limit), closes=False)


SCAN_CASES: dict[str, Callable[[str, Sizes], Case]] = {"scan/scalars": scan_case}
