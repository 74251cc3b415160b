"""Check event files: every length, every checksum, every event."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from eventcodec import _native
from eventcodec.archive import engine
from eventcodec.archive.output import open_source
from eventcodec.damage import SkippedRegion
from eventcodec.reader.discover import PathLike, as_paths, find_event_paths
from eventcodec.reader.threads import count_workers

__all__ = ["FileReport", "verify"]

# Files that are checked in one native call: enough to keep every thread busy.
_BATCH = 64
# A task of an executor checks about so much.
_TASK_BYTES = 256 << 20


@dataclass(frozen=True)
class FileReport:
    """What checking one file found.

    Attributes:
        path: the file.
        bytes: its size when it was checked.
        records: number of intact records.
        damage: the skipped regions, in file order.
        records_before: for each region, how many intact records stand before it.
        pending_bytes: bytes at the end that are an unfinished record or zeros; not damage.
        error: why the file could not be read; None when it could.
    """

    path: str
    bytes: int
    records: int
    damage: list[SkippedRegion] = field(default_factory=list)
    records_before: list[int] = field(default_factory=list)
    pending_bytes: int = 0
    error: OSError | None = None

    @property
    def ok(self) -> bool:
        """Whether the file was read and nothing is damaged."""
        return not self.damage and self.error is None


def verify(
    path: PathLike | Iterable[PathLike],
    *,
    raw: bool = False,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Iterator[FileReport]:
    """Check event files one after the other, in the order of runs and names.

    Args:
        path: an event file, a log directory, or a list of those.
        raw: for any TFRecord file: checksums only, payloads need not be events. Of a directory,
            still only the files that readers take for event files.
        threads: how many files are checked at the same time; None for one per processor.
        executor: where files are checked, `threads` tasks at a time; None for threads of this
            process. With one, reports come in the order in which they are done.

    Returns:
        An iterator of one FileReport per file. Memory does not grow with the size of the files.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        ValueError: `threads` is less than 1.

    Example:
        >>> from eventcodec.archive import verify
        >>> [report.path for report in verify("runs") if not report.ok]  # doctest: +SKIP
        []
    """
    count = count_workers(threads, "threads")
    found = find_event_paths(as_paths(path))
    paths = [file for files in found.values() for file in files]
    if executor is not None:
        return _reports_of(executor, list(map(Path, paths)), raw, count)
    if raw:
        return (_raw_report(Path(file)) for file in paths)
    return _reports(paths, count)


def _reports_of(
    executor: Executor, paths: list[Path], raw: bool, workers: int
) -> Iterator[FileReport]:
    chunks = engine.byte_balanced(
        paths, lambda path: path.stat().st_size, most_bytes=_TASK_BYTES, most_items=_BATCH
    )
    work = partial(_check_chunk, raw)
    for reports in engine.run(work, chunks, executor=executor, workers=workers):
        yield from reports


def _check_chunk(raw: bool, chunk: list[Path]) -> list[FileReport]:
    if raw:
        return [_raw_report(path) for path in chunk]
    return list(_reports([str(path) for path in chunk], 1))


def _raw_report(path: Path) -> FileReport:
    try:
        descriptor = open_source(path)
    except OSError as error:
        return FileReport(path=str(path), bytes=0, records=0, error=error)
    try:
        found = _native.salvage(descriptor, -1, events=False, copy=False, path=os.fsencode(path))
    except OSError as error:
        return FileReport(path=str(path), bytes=0, records=0, error=error)
    finally:
        os.close(descriptor)
    return FileReport(
        path=str(path),
        bytes=found["bytes"],
        records=found["records"],
        damage=[SkippedRegion(str(path), *region[:4]) for region in found["damage"]],
        records_before=[region[-1] for region in found["damage"]],
        pending_bytes=found["pending_bytes"],
    )


def _reports(paths: list[str], threads: int) -> Iterator[FileReport]:
    for start in range(0, len(paths), _BATCH):
        batch = paths[start : start + _BATCH]
        files = [_native.EventFile(os.fsencode(path)) for path in batch]
        failures = _native.scan_files(
            files,
            mode="salvage",
            verify=True,
            threads=threads,
            keep_rows=False,
            keep_tags=False,
        )
        for path, file, failure in zip(batch, files, failures, strict=True):
            if failure is not None and not isinstance(failure, OSError):
                raise failure
            yield _report(path, file, failure)


def _report(path: str, file: _native.EventFile, error: OSError | None) -> FileReport:
    damage = file.damage()
    return FileReport(
        path=path,
        bytes=file.bytes,
        records=file.records,
        damage=[SkippedRegion(path, *region[:4]) for region in damage],
        records_before=[before for *_, before in damage],
        pending_bytes=file.pending,
        error=error,
    )
