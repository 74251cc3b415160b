"""Salvage the intact records of damaged event files."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from eventcodec import _native
from eventcodec.archive import engine
from eventcodec.archive.fill import fill, size_of_files
from eventcodec.archive.output import OpenTree, Piece, atomic_file, open_source
from eventcodec.archive.salvage_visualdl import salvage_visualdl
from eventcodec.damage import SkippedRegion
from eventcodec.reader.discover import (
    EVENT_FILE_MARK,
    VISUALDL_MARK,
    PathLike,
    find_event_paths,
)

__all__ = ["RepairReport", "Salvaged", "broken_name", "repair"]


class Salvaged(NamedTuple):
    """A run of intact records that were copied.

    Attributes:
        offset: the first byte of it in the source.
        length: its bytes.
        records: how many records.
        recovered: whether it was found by a search behind a damaged header.
    """

    offset: int
    length: int
    records: int
    recovered: bool


@dataclass(frozen=True)
class RepairReport:
    """What repairing one file did.

    Attributes:
        path: the damaged file.
        destination: the repaired one; None when it needed no repair and stayed in its place.
        kept: where the file as it was is kept after a repair in place; else None.
        bytes: size of the damaged file.
        records: number of records that were copied.
        salvaged: the runs of records that were copied, in file order.
        damage: the regions that hold no intact record.
        records_before: for each region of damage, how many copied records stand before it.
        unreadable: intact records that were left out because no event of them can be read
            elsewhere: TensorBoard's readers would give up on the whole file.
        pending_bytes: bytes at the end that were left out: an unfinished record, or zeros.
        version_added: whether the first record of a file, "brain.Event:2", was missing.
    """

    path: str
    destination: str | None
    kept: str | None
    bytes: int
    records: int
    salvaged: list[Salvaged]
    damage: list[SkippedRegion]
    records_before: list[int]
    unreadable: list[SkippedRegion]
    pending_bytes: int
    version_added: bool

    @property
    def changed(self) -> bool:
        """Whether the repaired file differs from the damaged one."""
        left_out = bool(self.damage or self.unreadable or self.pending_bytes)
        return left_out or self.version_added


def repair(
    source: PathLike,
    destination: PathLike | None = None,
    *,
    in_place: bool = False,
    raw: bool = False,
    executor: Executor | None = None,
    workers: int | None = None,
) -> Iterator[RepairReport]:
    """Copy what is intact of event files to new ones.

    A record is intact when the checksums of its length and its payload are right, wherever in the
    file it stands; records inside the payload of another are not taken for records of the file.
    The output starts with the version record that readers expect and holds only events that
    TensorBoard's readers take (its schema, UTF-8, a finite wall time), so that they show exactly
    what was salvaged. The source is never changed.

    Args:
        source: an event file or a log directory.
        destination: of a file: the new file, or a directory to put it in. Of a directory: the new
            directory, which gets the event files under their names. It appears whole when the
            iterator ends, or not at all.
        in_place: instead of a destination: each damaged file is replaced by its repaired form in
            one step, and kept under its name with "tf-events" for "tfevents" and ".broken" at the
            end. Not for files that are still being written.
        raw: for any TFRecord file: payloads are not looked at.
        executor: where to work; None for threads of this process.
        workers: how many files at a time; None for one per processor.

    Returns:
        An iterator of one RepairReport per file, in the order in which they are done. The work is
        done as it is iterated.

    Raises:
        FileNotFoundError: there is nothing at `source`.
        FileExistsError: there is something at `destination`.
        OSError: a file cannot be read or written.
        ValueError: neither or both of `destination` and `in_place`.

    Example:
        >>> from eventcodec.archive import repair
        >>> [report.records for report in repair("runs", "repaired")]  # doctest: +SKIP
        [1001]
    """
    if in_place == (destination is not None):
        raise ValueError("name a destination, or set in_place=True, not both")
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(errno.ENOENT, "No such event file or log directory", str(path))
    if in_place or destination is None:
        return _in_place(path, raw, executor, workers)
    if path.is_file():
        return iter([_to_file(path, Path(destination), raw)])
    return _to_directory(path, Path(destination), raw, executor, workers)


def broken_name(name: str) -> str:
    """Return the name under which a repaired file is kept as it was: one that no reader takes."""
    for mark, other in ((EVENT_FILE_MARK, "tf-events"), (VISUALDL_MARK, "vdl-records")):
        name = name.replace(mark, other)
    return name + ".broken"


def _salvage(
    path: str, descriptor: int, *, raw: bool, destination: str | None = None
) -> RepairReport:
    """Copy the intact records of one file to a descriptor."""
    source = open_source(path)
    try:
        found = _native.salvage(
            source, descriptor, events=not raw, copy=descriptor >= 0, path=os.fsencode(path)
        )
    finally:
        os.close(source)
    if found is None:
        return _salvage_visualdl(path, descriptor, destination)
    return RepairReport(
        path=path,
        destination=destination,
        kept=None,
        bytes=found["bytes"],
        records=found["records"],
        salvaged=[Salvaged(*stretch) for stretch in found["stretches"]],
        damage=[SkippedRegion(path, *region[:4]) for region in found["damage"]],
        records_before=[region[-1] for region in found["damage"]],
        unreadable=[SkippedRegion(path, *region[:4]) for region in found["unreadable"]],
        pending_bytes=found["pending_bytes"],
        version_added=found["version_added"],
    )


def _salvage_visualdl(path: str, descriptor: int, destination: str | None) -> RepairReport:
    found = salvage_visualdl(Path(path), descriptor)
    return RepairReport(
        path=path,
        destination=destination,
        kept=None,
        bytes=found.bytes,
        records=found.records,
        salvaged=[Salvaged(*stretch) for stretch in found.stretches],
        damage=found.damage,
        records_before=found.records_before,
        unreadable=[],
        pending_bytes=found.pending_bytes,
        version_added=False,
    )


def _to_file(path: Path, destination: Path, raw: bool) -> RepairReport:
    if destination.is_dir():
        destination = destination / path.name
    with atomic_file(destination) as descriptor:
        return _salvage(str(path), descriptor, raw=raw, destination=str(destination))


def _files_of(path: Path) -> list[tuple[str, str]]:
    found = [(run, file) for run, files in find_event_paths([path]).items() for file in files]
    if not found:
        raise FileNotFoundError(errno.ENOENT, "no event files here", str(path))
    return found


def _to_tree(
    destination: str, raw: bool, tree: OpenTree, task: tuple[str, str]
) -> tuple[RepairReport, list[Piece]]:
    run, path = task
    name = path.rpartition("/")[2]
    with tree.create(run, name) as (descriptor, piece):
        where = os.path.join(destination, "" if run == "." else run, name)  # noqa: PTH118
        return _salvage(path, descriptor, raw=raw, destination=where), [piece]


def _to_directory(
    path: Path, destination: Path, raw: bool, executor: Executor | None, workers: int | None
) -> Iterator[RepairReport]:
    yield from fill(
        destination,
        _files_of(path),
        partial(_to_tree, str(destination), raw),
        size_of=lambda task: size_of_files([task[1]]),
        executor=executor,
        workers=workers,
    )


def _in_place(
    path: Path, raw: bool, executor: Executor | None, workers: int | None
) -> Iterator[RepairReport]:
    files = [path] if path.is_file() else [Path(file) for _, file in _files_of(path)]
    yield from engine.run(partial(_replace, raw), files, executor=executor, workers=workers)


def _replace(raw: bool, path: Path) -> RepairReport:
    """Repair one file where it stands, if it needs it."""
    found = _salvage(str(path), -1, raw=raw)
    if not found.changed:
        return found
    path = path.resolve()  # of a link, the file itself is replaced
    with atomic_file(path, replace=True) as descriptor:
        os.fchmod(descriptor, path.stat().st_mode & 0o777)
        report = _salvage(str(path), descriptor, raw=raw, destination=str(path))
        kept = _keep(path)
    return replace(report, kept=str(kept))


def _keep(path: Path) -> Path:
    """Give a file a second name that no reader takes; it then survives being replaced."""
    name = broken_name(path.name)
    for number in range(1000):
        kept = path.with_name(f"{name}.{number}" if number else name)
        with contextlib.suppress(FileExistsError):
            os.link(path, kept, follow_symlinks=False)
            return kept
    raise FileExistsError(errno.EEXIST, "too many .broken files", str(path))
