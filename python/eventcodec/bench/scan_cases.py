"""The cases of reading a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import eventcodec
from eventcodec.bench import baselines, c_floor, peers
from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.inputs import loss_curve
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import OURS, PLAIN, Case, Contender, Trial, expect
from eventcodec.bench.writer_case import event_files

__all__ = ["SCAN_CASES"]

Scan = Callable[[Path], int]


TAGS = [f"layer{i:02d}/loss" for i in range(100)]


def count_scalars(directory: Path, threads: int | None = None) -> int:
    """Open a log directory and load all its scalars."""
    log = eventcodec.open(directory, threads=threads)
    return sum(series.values.size for run in log.runs.values() for series in run.scalars.values())


def count_plainly(directory: Path) -> int:
    """Do the same in plain Python."""
    files = (path for folder in folders(directory) for path in event_files(folder))
    return sum(len(values) for path in files for _, _, values in baselines.scan(path).values())


def count_by_name(directory: Path) -> int:
    """Do the same through the reader that has TensorBoard's names."""
    from eventcodec.compat.tensorboard import STORE_EVERYTHING_SIZE_GUIDANCE, EventAccumulator

    count = 0
    for folder in folders(directory):
        log = EventAccumulator(str(folder), STORE_EVERYTHING_SIZE_GUIDANCE).Reload()
        count += sum(len(log.Scalars(tag)) for tag in log.Tags()["scalars"])
    return count


def folders(directory: Path) -> list[Path]:
    """List the directories of the runs."""
    below = sorted(each for each in directory.iterdir() if each.is_dir())
    return below or [directory]


def over_folders(scan: Scan) -> Scan:
    """Make of a function that counts the scalars of a run one that counts those of all."""
    return lambda directory: sum(map(scan, folders(directory)))


def log_case(name: str, runs: int, scalars: int, functions: dict[str, Scan]) -> Case:
    """Open a log of `runs` files of so many scalars, both checksums checked, and load them all."""
    values = loss_curve(scalars)

    def write_log(directory: Path) -> None:
        for number in range(runs):
            folder = directory / f"run{number:04d}" if runs > 1 else directory
            writer = baselines.PlainWriter(folder)
            for step, value in enumerate(values):
                writer.add_scalar(TAGS[step % len(TAGS)], value, step)
            writer.close()

    def contender(label: str, scan: Scan) -> Contender:
        def start(directory: Path) -> Trial:
            # One log for everyone, beside the directories of the single trials.
            log = directory.parent / "scanned"
            if not log.exists():
                write_log(log)
            found: list[int] = []

            def check() -> None:
                expect(found[-1] == runs * scalars, f"{label}: {found[-1]} scalars")

            return Trial(lambda: found.append(scan(log)), check=check)

        return Contender(label, start)

    contenders = tuple(contender(*item) for item in functions.items())
    return Case(name, "event", runs * scalars, 0, contenders, closes=False)


def one_file(name: str, sizes: Sizes) -> Case:
    """One long file."""

    def floor(directory: Path) -> int:
        (path,) = event_files(directory)
        return c_floor.scan(path)

    functions: dict[str, Scan] = {
        OURS: count_scalars,
        f"{OURS}, 1 thread": lambda directory: count_scalars(directory, threads=1),
        f"{OURS}, EventAccumulator": count_by_name,
        PLAIN: count_plainly,
        **peers.scanners(),
    }
    if c_floor.available():
        functions[FLOOR] = floor
    return log_case(name, 1, sizes.scanned, functions)


def small_files(name: str, sizes: Sizes) -> Case:
    """Many files of a thousand scalars, or fewer where little is read at all."""
    scalars = min(1000, max(1, sizes.scanned // 20))
    functions: dict[str, Scan] = {
        OURS: count_scalars,
        f"{OURS}, EventAccumulator": count_by_name,
        PLAIN: count_plainly,
        **{label: over_folders(scan) for label, scan in peers.scanners().items()},
    }
    return log_case(name, max(2, sizes.scanned // scalars), scalars, functions)


SCAN_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "scan/scalars": one_file,
    "scan/small files": small_files,
}
