"""follow(): the new scalars, or events, of a log directory while it grows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.damage import SkippedRegion
from eventcodec.reader.arguments import checked_callback, checked_seconds
from eventcodec.reader.discover import PathLike
from eventcodec.reader.given_damage import GivenDamage
from eventcodec.reader.given_events import FollowedEvent, GivenEvents
from eventcodec.reader.watch import Watch, WatchedFiles

__all__ = ["FollowedScalar", "follow"]

OnDamage = Callable[[SkippedRegion], object]
_New = TypeVar("_New")
_Columns = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
_FIRST_WAIT = 0.02  # seconds between looks while values come
_LONGEST_WAIT = 0.08  # a value is seen within 0.1 s of being written


class FollowedScalar(NamedTuple):
    """One point of a scalar series of a run."""

    run: str
    tag: str
    step: int
    wall_time: float
    value: float


@overload
def follow(
    path: PathLike,
    *,
    events: Literal[False] = False,
    timeout: float | None = None,
    on_damage: OnDamage | None = None,
) -> Iterator[FollowedScalar]: ...
@overload
def follow(
    path: PathLike,
    *,
    events: Literal[True],
    timeout: float | None = None,
    on_damage: OnDamage | None = None,
) -> Iterator[FollowedEvent]: ...
def follow(
    path: PathLike,
    *,
    events: bool = False,
    timeout: float | None = None,
    on_damage: OnDamage | None = None,
) -> Iterator[FollowedScalar] | Iterator[FollowedEvent]:
    """Yield the scalars of a log directory, those that are there and then each new one.

    A value comes within 0.1 s of its flush, in a new file of a new run, too: on Linux the kernel
    tells which files change. What it cannot tell (what other machines write to a shared file
    system) is found by polling: files that have grown in the last minutes all the time; all others,
    and whether there are new ones, as often as one per cent of a processor allows: several times a
    second for a hundred files, every few minutes for a hundred thousand.

    Each point comes once; the points of a file in its order, and what several files have gained
    between two looks by wall time. New runs and new files of a run are found; of a file that was
    replaced (as rsync does) only what goes beyond the points already given is new, unless they
    differ. Damaged records are passed over, and `on_damage` is told.

    Args:
        path: an event file or a log directory. It must exist, but may be empty.
        events: yield whole events instead, whatever they hold, each once; the new events of one
            file in its order, and those of the next file behind them. VisualDL logs have none.
        timeout: end when no point or event has come for so many seconds; None for never.
        on_damage: called with each SkippedRegion as it is found, before what is read behind it, by
            the thread that iterates, once; once more if the region went to the end of its file and
            turns out to be another when more comes. An unfinished record at the end is not damage.

    Returns:
        An iterator of FollowedScalar(run, tag, step, wall_time, value), or of FollowedEvent(run,
        path, event) with an eventcodec.proto.Event.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        TypeError: an argument of another type.
        ValueError: timeout is negative.
        Exception: what `on_damage` raises; the iteration is over then.

    Example:
        >>> import eventcodec
        >>> for point in eventcodec.follow("runs"):  # doctest: +SKIP
        ...     print(point.run, point.tag, point.step, point.value)
    """
    timeout = None if timeout is None else checked_seconds("timeout", timeout)
    on_damage = checked_callback("on_damage", on_damage)
    watch = Watch(path)
    if events:
        return _follow(watch, GivenEvents().take, timeout, on_damage)
    return _follow(watch, _Given().take, timeout, on_damage)


def _follow(
    watch: Watch,
    take: Callable[[WatchedFiles], Iterable[_New]],
    timeout: float | None,
    on_damage: OnDamage | None,
) -> Iterator[_New]:
    damage = GivenDamage()
    wait = _FIRST_WAIT
    quiet_since = time.monotonic()
    while True:
        came = False
        files = watch.look()
        if on_damage is not None:
            for region in damage.take(files):
                on_damage(region)
        for new in take(files):
            came = True
            yield new
        if came:
            wait, quiet_since = _FIRST_WAIT, time.monotonic()
        elif timeout is not None and time.monotonic() - quiet_since >= timeout:
            return
        time.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT)


class _Given:
    """How many rows of each series of each file have been given."""

    def __init__(self) -> None:
        # Path -> (file, generation, tag -> columns that were given)
        self._files: dict[str, tuple[_native.EventFile, int, dict[str, _Columns]]] = {}

    def take(self, files: WatchedFiles) -> list[FollowedScalar]:
        """Return the new rows of files and count them as given."""
        found: list[FollowedScalar] = []
        for run, file in files:
            found += self._take_file(run, file)
        found.sort(key=lambda point: point.wall_time)  # stable: a file's order stays
        return found

    def _take_file(self, run: str, file: _native.EventFile) -> list[FollowedScalar]:
        known, generation, given = self._files.get(file.path, (file, file.generation, {}))
        replaced = known is not file or generation != file.generation
        found: list[FollowedScalar] = []
        for number, described in enumerate(file.series()):
            tag, kind, count = described[0], described[1], described[5]
            if kind != "scalars":
                continue
            before = given.get(tag)
            rows = 0 if before is None else len(before[0])
            if count == rows and not replaced:
                continue
            columns = file.columns(number)
            steps, wall_times, values = columns
            assert values is not None
            if replaced and before is not None:
                rows = _common(before, (steps, wall_times, values))
            new = (column[rows:].tolist() for column in (steps, wall_times, values))
            found += [FollowedScalar(run, tag, *row) for row in zip(*new, strict=True)]
            given[tag] = (steps, wall_times, values)
        self._files[file.path] = (file, file.generation, given)
        return found


def _common(before: _Columns, now: _Columns) -> int:
    """Return how many rows of a replaced file were given already: all of both, or none."""
    rows = min(len(before[0]), len(now[0]))
    same = all(
        np.array_equal(a[:rows].view(np.int64), b[:rows].view(np.int64))
        for a, b in zip(before, now, strict=True)
    )
    return rows if same else 0
