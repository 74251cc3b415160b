"""Convert logs between TensorBoard's event files and VisualDL's."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from eventcodec.archive.losses import Loss, Losses
from eventcodec.archive.output import OutputDirectory, check_run_name
from eventcodec.archive.to_events import write_events
from eventcodec.archive.to_visualdl import write_visualdl
from eventcodec.damage import SkippedRegion
from eventcodec.reader.log import Log, open  # noqa: A004
from eventcodec.reader.run import Run

__all__ = ["ConversionReport", "Target", "convert"]

Target = Literal["tfevents", "vdlrecords"]
_FAMILY = {"tfevents": "events", "vdlrecords": "visualdl"}


@dataclass(frozen=True)
class ConversionReport:
    """What a conversion did.

    Attributes:
        source: what was read.
        destination: the new log directory.
        to: its format.
        runs: how many runs were written.
        values: how many values were read; each of them is written, or counted by a loss.
        losses: what the target cannot hold, as list of Loss.
        damage: bytes of the source that were skipped, as list of SkippedRegion.
    """

    source: str
    destination: str
    to: Target
    runs: int
    values: int
    losses: list[Loss] = field(default_factory=list)
    damage: list[SkippedRegion] = field(default_factory=list)


def convert(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    to: Target | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> ConversionReport:
    """Write the runs of a log in the other format, one file for each run.

    Steps, float32 values, pictures and sounds stay as they are; wall times too, to VisualDL in
    milliseconds. Points that a restart of the run voids are left out, as eventcodec.open does.

    Args:
        source: a log directory or one file; it is not changed.
        destination: the new log directory, which must not exist or be empty. It appears when all
            is done.
        to: "tfevents" or "vdlrecords"; None for what the source is not.
        progress: called with the number of runs that are done.

    Returns:
        A ConversionReport.

    Raises:
        FileExistsError: there is something at `destination`.
        FileNotFoundError: there is nothing at `source`.
        OSError: a file cannot be read or written.
        ValueError: the source holds no log, or some in the target's format.

    Example:
        >>> from eventcodec.archive.convert import convert
        >>> convert("vdl_log", "runs").losses  # doctest: +SKIP
        []
    """
    if to is not None and to not in get_args(Target):
        raise ValueError(f"to must be one of {get_args(Target)}, got {to!r}")
    log = open(source)
    target = to or _other_than(log, source)
    _check_formats(log, source, target)
    losses = Losses()
    values = 0
    write_run = write_visualdl if target == "vdlrecords" else write_events
    with OutputDirectory(Path(destination)) as output:
        for done, (name, run) in enumerate(log.runs.items(), start=1):
            values += sum(tag.count for _, tag in run.contents())
            with output.tree.directory(check_run_name(name)) as directory:
                write_run(run, directory, losses.of_run(name))
            progress(done)
        output.commit(others=True)
    return ConversionReport(
        str(source), str(destination), target, len(log), values, losses.found(), log.damage
    )


def _formats(log: Log) -> set[str]:
    return {family for run in log.runs.values() for family in run.formats}


def _other_than(log: Log, source: object) -> Target:
    formats = _formats(log)
    if not formats:
        raise ValueError(f"no event files and no VisualDL logs at {source}")
    if len(formats) > 1:
        raise ValueError(f"{source} holds event files and VisualDL logs; convert them apart")
    return "vdlrecords" if formats == {"events"} else "tfevents"


def _check_formats(log: Log, source: object, target: Target) -> None:
    def has_target(run: Run) -> bool:
        return _FAMILY[target] in run.formats

    if not len(log):
        raise ValueError(f"no event files and no VisualDL logs at {source}")
    there = [name for name, run in log.runs.items() if has_target(run)]
    if there:
        raise ValueError(f"run {there[0]!r} of {source} is in the format {target} already")
