"""The cases of reading a log."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import eventcodec
from eventcodec.bench import baselines, c_floor, limits, peers
from eventcodec.bench.c_floor import FLOOR
from eventcodec.bench.inputs import SEED, loss_curve
from eventcodec.bench.rustboard import rustboard
from eventcodec.bench.sizes import Sizes
from eventcodec.bench.trial import ONE_THREAD, OURS, PLAIN, Case, Contender, Trial, expect
from eventcodec.bench.writer_case import event_files

__all__ = ["SCAN_CASES"]

# Reads a log in one way; gives how many points, or records, it found.
Read = Callable[[Path], int]
LogOf = Callable[[Path], Path]

SLOW_PART = 50  # readers in Python have this part of the files; rates are per event
SLOW_BYTES = 4_000_000  # and so much of what is large
BEYOND_CACHES = 64 << 20
BLOB_SIDE = 256
BUCKETS = 1000
HISTOGRAMS_PER_IMAGE = 3


def shared(name: str, write: Callable[[Path], None]) -> LogOf:
    """Give a function that finds the one log of all trials, beside the directories of each."""

    def log_of(directory: Path) -> Path:
        log = directory.parent / name
        if not log.exists():
            write(log)
        return log

    return log_of


def reader(
    label: str, read: Read, log_of: LogOf, count: int, units: int | None = None
) -> Contender:
    """Read a log of `units` things in which `count` are to be found, all unless told otherwise."""

    def start(directory: Path) -> Trial:
        log = log_of(directory)
        found: list[int] = []

        def check() -> None:
            expect(found[-1] == count, f"{label}: {found[-1]} of {count}")

        return Trial(lambda: found.append(read(log)), check=check)

    return Contender(label, start, count if units is None else units)


def write_scalars(log: Path, count: int, tags: int) -> None:
    """Write one file of scalars, so many tags in turn."""
    names = [f"layer{i:02d}/loss" for i in range(tags)]
    writer = baselines.PlainWriter(log)
    for step, value in enumerate(loss_curve(count)):
        writer.add_scalar(names[step % tags], value, step)
    writer.close()


def write_long(log: Path, count: int, tags: int) -> None:
    """Write what write_scalars() writes, for a million scalars in less than a second."""
    names = [f"layer{i:02d}/loss" for i in range(tags)]
    with eventcodec.SummaryWriter(str(log)) as writer:
        for step, value in enumerate(loss_curve(count)):
            writer.add_scalar(names[step % tags], value, step)


def files_of(log: Path) -> list[Path]:
    """List the event files of a whole log."""
    return sorted(log.rglob("*tfevents*"))


def read_scalars(log: Path) -> int:
    """Open a log as a user would, and load every column of scalars."""
    runs = eventcodec.open(log).runs.values()
    return sum(run.scalars[tag].values.size for run in runs for tag in run.scalars)


def plain_scalars(log: Path) -> int:
    """Count the scalars of a log, in plain Python."""
    columns = (baselines.scan(path).values() for path in files_of(log))
    return sum(len(values) for found in columns for _, _, values in found)


def scan_case(name: str, sizes: Sizes) -> Case:
    """Open a log of 100 tags, both checksums checked, and load all its scalars."""
    count = sizes.scanned
    log_of = shared("scanned", lambda log: write_scalars(log, count, 100))
    functions = {OURS: read_scalars, PLAIN: plain_scalars, **peers.scanners()}
    if c_floor.available():
        functions[FLOOR] = lambda log: c_floor.scan(event_files(log)[0])
    contenders = [reader(label, read, log_of, count) for label, read in functions.items()]
    limit = limits.page_cache_read(lambda directory: event_files(log_of(directory)))
    return Case(
        name,
        "event",
        count,
        0,
        (*contenders, *rustboard(log_of, count), *limit),
        closes=False,
    )


ONE_TAG = "layer07/loss"


def read_one_tag(log: Path) -> int:
    """Open a log for one of its tags, and load its column."""
    (run,) = eventcodec.open(log, tags=ONE_TAG).runs.values()
    return run.scalars[ONE_TAG].values.size


def plain_one_tag(log: Path) -> int:
    """Read a log, and count the scalars of one of its tags, in plain Python."""
    (path,) = event_files(log)
    return len(baselines.scan(path)[ONE_TAG][2])


def one_tag_case(name: str, sizes: Sizes) -> Case:
    """Open the log of scan_case for one of its 100 tags.

    Peers cannot be told which: each loads everything, and is asked for the one.
    """
    count, tags = sizes.scanned, 100
    log_of = shared("scanned", lambda log: write_scalars(log, count, tags))
    functions = {OURS: read_one_tag, PLAIN: plain_one_tag, **peers.scanners(ONE_TAG)}
    found = count // tags
    contenders = [reader(label, read, log_of, found, count) for label, read in functions.items()]
    limit = limits.page_cache_read(lambda directory: event_files(log_of(directory)))
    return Case(
        name,
        "event",
        count,
        0,
        (*contenders, *rustboard(log_of, count), *limit),
        closes=False,
    )


def two_threads_case(name: str, sizes: Sizes) -> Case:
    """Open one long file of 100 tags on two threads, which share it, and on one; load all."""
    count = sizes.long_scanned
    log_of = shared("long", lambda log: write_long(log, count, 100))

    def read_on(threads: int) -> Read:
        def read(log: Path) -> int:
            (run,) = eventcodec.open(log, threads=threads).runs.values()
            return sum(run.scalars[tag].values.size for tag in run.scalars)

        return read

    contenders = (
        reader(OURS, read_on(2), log_of, count),
        reader(ONE_THREAD, read_on(1), log_of, count),
        *rustboard(log_of, count),
        *limits.page_cache_read(lambda directory: event_files(log_of(directory))),
    )
    return Case(name, "event", count, 0, contenders, closes=False)


def many_files_case(name: str, sizes: Sizes) -> Case:
    """Open a log of many small runs of 10 tags, every checksum checked; load all scalars."""
    files, scalars = sizes.files, sizes.file_scalars

    def write(log: Path, count: int) -> None:
        write_scalars(log / "run0000", scalars, 10)
        for number in range(1, count):
            shutil.copytree(log / "run0000", log / f"run{number:04d}")

    part = max(1, files // SLOW_PART)
    whole_of = shared("files", lambda log: write(log, files))
    part_of = shared("files-part", lambda log: write(log, part))
    slow = {PLAIN: plain_scalars, **peers.scanners()}
    contenders = (
        reader(OURS, read_scalars, whole_of, files * scalars),
        *(reader(label, read, part_of, part * scalars) for label, read in slow.items()),
        *rustboard(whole_of, files * scalars),
        *limits.page_cache_read(lambda directory: files_of(whole_of(directory))),
    )
    return Case(name, "event", files * scalars, 0, contenders, closes=False)


def write_blobs(log: Path, images: int) -> None:
    """Write images of noise, and after each of them a few histograms of many buckets."""
    rng = np.random.default_rng(SEED)
    edges = np.linspace(-5.0, 5.0, BUCKETS)
    with eventcodec.SummaryWriter(str(log)) as writer:
        for step in range(images):
            pixels = rng.integers(0, 256, (BLOB_SIDE, BLOB_SIDE, 3), dtype=np.uint8)
            writer.add_image("image", pixels, step, dataformats="HWC")
            for number in range(HISTOGRAMS_PER_IMAGE):
                counts = rng.integers(1, 1000, BUCKETS).astype(np.float64)
                total = float(counts.sum())
                writer.add_histogram_raw(
                    f"weights{number}", -5.0, 5.0, total, 0.0, total, edges, counts, step
                )


def blob_columns(log: Path) -> int:
    """Open a log as a user would, and touch each image and each histogram of it."""
    (run,) = eventcodec.open(log).runs.values()
    images = sum(len(image.encoded) > 0 for tag in run.images for image in run.images[tag])
    histograms = sum(
        histogram.counts.size > 0 for tag in run.histograms for histogram in run.histograms[tag]
    )
    return images + histograms


def plain_blobs(log: Path) -> int:
    """Count the images and histograms of a log, in plain Python."""
    (path,) = event_files(log)
    return sum(4 in content or 5 in content for *_, content in baselines.read_values(path))


def blobs_case(name: str, sizes: Sizes) -> Case:
    """Open a log of images and histograms, every checksum checked, and load all of them."""
    image = BLOB_SIDE * BLOB_SIDE * 3
    group = image + HISTOGRAMS_PER_IMAGE * BUCKETS * 16
    images = max(1, sizes.blob_bytes // group)
    few = max(1, min(sizes.blob_bytes, SLOW_BYTES) // group)
    events = 1 + HISTOGRAMS_PER_IMAGE
    beyond_caches = min(images * group, BEYOND_CACHES)
    whole_of = shared("blobs", lambda log: write_blobs(log, images))
    part_of = shared("blobs-part", lambda log: write_blobs(log, few))
    slow = {PLAIN: plain_blobs, **peers.blob_loaders()}
    contenders = (
        reader(OURS, blob_columns, whole_of, images * events),
        *(reader(label, read, part_of, few * events) for label, read in slow.items()),
        *rustboard(whole_of, images * events),
        *limits.memory_read(beyond_caches, max(1, images * group // beyond_caches)),
        *limits.page_cache_read(lambda directory: event_files(whole_of(directory))),
    )
    return Case(name, "event", images * events, group // events, contenders, closes=False)


def verify_case(name: str, sizes: Sizes) -> Case:
    """Check a file of scalars, every checksum and every event."""
    from eventcodec.archive import verify

    count = sizes.scanned

    def ours(log: Path) -> int:
        (report,) = verify(log)
        expect(report.ok, f"{report.path}: damaged")
        return report.records - 1  # the first says the version

    def of_file(count_records: Read) -> Read:
        return lambda log: count_records(event_files(log)[0]) - 1

    def plain(path: Path) -> int:
        return sum(1 for _ in baselines.read_records(path))

    with tempfile.TemporaryDirectory(prefix="eventcodec-bench-") as scratch:
        write_scalars(Path(scratch), count, 100)
        (path,) = event_files(Path(scratch))
        data = path.read_bytes()

    def write(log: Path) -> None:
        log.mkdir()
        (log / path.name).write_bytes(data)

    log_of = shared("verified", write)
    functions = {PLAIN: plain, **peers.record_readers()}
    contenders = (
        reader(OURS, ours, log_of, count),
        *(reader(label, of_file(read), log_of, count) for label, read in functions.items()),
        *limits.memory_read(len(data), 1),
        *limits.page_cache_read(lambda directory: event_files(log_of(directory))),
    )
    return Case(name, "event", count, round(len(data) / count), contenders, closes=False)


SCAN_CASES: dict[str, Callable[[str, Sizes], Case]] = {
    "scan/scalars": scan_case,
    "scan/one tag": one_tag_case,
    "scan/two threads": two_threads_case,
    "scan/1000 files": many_files_case,
    "scan/blobs": blobs_case,
    "verify/scalars": verify_case,
}
