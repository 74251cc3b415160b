"""open() and Log: what a file or a log directory holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeVar, get_args

from eventcodec import _native
from eventcodec.damage import SkippedRegion
from eventcodec.reader.arguments import checked_count, checked_flag
from eventcodec.reader.discover import PathLike, as_paths, base_of, find_event_paths
from eventcodec.reader.embedding import Embedding, find_embeddings
from eventcodec.reader.gather import gather_scalars
from eventcodec.reader.named import Named
from eventcodec.reader.run import Run
from eventcodec.reader.saved_scans import restore_files
from eventcodec.reader.select import (
    Patterns,
    Selection,
    Steps,
    as_choice,
    as_patterns,
    matches,
    rows_of,
)
from eventcodec.reader.table import Table
from eventcodec.reader.tables import histogram_table, hparams_table, text_table
from eventcodec.reader.threads import count_workers

__all__ = ["Log", "Mode", "Steps", "open"]

_Series = TypeVar("_Series")
Mode = Literal["salvage", "prefix", "strict"]
_MOST_THREADS = 1024


def open(  # noqa: A001
    path: PathLike | Iterable[PathLike],
    *,
    runs: Patterns = None,
    tags: Patterns = None,
    steps: Steps = None,
    mode: Mode = "salvage",
    verify: bool = True,
    purge: bool = True,
    threads: int | None = None,
    index: bool | PathLike = True,
) -> Log:
    """Read event files into columns.

    Args:
        path: an event file, a log directory (searched with all its subdirectories for files whose
            name contains "tfevents"), or a list of those.
        runs: the runs that are wanted, as in Log.scalars; None for all. Files of other runs are not
            opened: to the log they do not exist, and neither do their damage and hyperparameters.
        tags: the tags that are wanted, in the same way; None for all. Values of other tags are
            checked, but neither decoded into columns nor kept: to the log they do not exist. What
            says what a run is stays whatever its tag and steps: hyperparameters, layouts of custom
            scalars, graphs, the name that VisualDL shows for the run.
        steps: (start, stop) or slice(start, stop): of the series only rows with start <= step <
            stop, None for open ends; a series without such rows does not exist. None for all.
            What restarts void, and what kind a tag is, is decided by all that the files hold.
            `every`, `last` and `points` of Log.scalars choose among the rows that restarts leave,
            which is known when all is read: they have no counterpart here.
        mode: what to do about damage. "salvage" skips the damaged records and lists them in
            `log.damage`; "prefix" stops each file at its first damage; "strict" raises.
        verify: check the checksum of every payload. Lengths are always checked.
        purge: leave out what a restart of the run voids: points from step T on that stand before
            a SessionLog START at T, which the writers' purge_step= and resume= put there. False
            gives every point in the files.
        threads: how many files are read at the same time, and how many threads read the values of
            a series that is iterated over; None for one per processor.
        index: take what `eventcodec index` has read before from its index, at or above `path` or
            in the user's cache, and read only what is new. A path names the directory of the index
            of `path`; False reads everything. The answers are the same. Used with
            mode="salvage" and verify=True alone.

    Returns:
        A Log. An unfinished record at the end of a file is not damage: see `Log.refresh`.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: a file that `path` names cannot be read. (One that cannot be read among those of a
            directory is listed in `log.damage`.)
        CorruptRecordError: mode is "strict" and a file is damaged.
        MemoryError: there is no memory for the values of a file.
        TypeError: an argument of another type.
        ValueError: a mode or number of threads that there is not; `steps` with a stride.

    Source: cpp/FORMAT.md; what a run is, TensorBoard decides.

    Example:
        >>> import eventcodec
        >>> log = eventcodec.open("runs")  # doctest: +SKIP
        >>> log["exp1"].scalars["loss"].values  # doctest: +SKIP
        array([0.9, 0.5, 0.25])
        >>> late = eventcodec.open("runs", tags="loss*", steps=(1000, None))  # doctest: +SKIP
    """
    return Log(
        path,
        runs=runs,
        tags=tags,
        steps=steps,
        mode=mode,
        verify=verify,
        purge=purge,
        threads=threads,
        index=index,
    )


class Log:
    """Runs read from event files. Made by `eventcodec.open`.

    Attributes:
        path: what was opened, as a list of paths.
        runs: mapping from run name to Run; `log["exp1"]` is `log.runs["exp1"]`.
        damage: list of SkippedRegion, in the order of files and bytes; empty when all is well.
        embeddings: those of a projector_config.pbtxt in the log directory itself.
        pending: path -> bytes at the end of that file that are not a whole record yet, for the
            files that have some: they are being written, or their writer died.
    """

    def __init__(
        self,
        path: PathLike | Iterable[PathLike],
        *,
        runs: Patterns = None,
        tags: Patterns = None,
        steps: Steps = None,
        mode: Mode = "salvage",
        verify: bool = True,
        purge: bool = True,
        threads: int | None = None,
        index: bool | PathLike = True,
    ) -> None:
        self.path = as_paths(path)
        self._wanted = as_patterns(runs, "runs")
        self._selection = Selection(tags, steps)
        if mode not in get_args(Mode):
            raise ValueError(f'mode must be "salvage", "prefix" or "strict", got {mode!r}')
        self._mode = mode
        self._verify = checked_flag("verify", verify)
        self._purge = checked_flag("purge", purge)
        self._threads = min(count_workers(threads, "threads"), _MOST_THREADS)
        self._named = {str(each) for each in self.path if each.is_file()}
        self._files: dict[str, _native.EventFile] = {}
        self._unread: dict[str, OSError] = {}
        # The index is as old as it is: what was read since is known better here.
        self._index = index if mode == "salvage" and verify else False
        self._paths: dict[str, list[str]] = {}  # of each run
        self._made: dict[str, tuple[list[str], Run]] = {}  # runs that were asked for
        self.refresh()

    @property
    def runs(self) -> Mapping[str, Run]:
        """Runs by name, in sorted order."""
        return self._runs

    def __getitem__(self, run: str) -> Run:
        return self._runs[run]

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def damage(self) -> list[SkippedRegion]:
        """Bytes that were skipped, with the reason; also files that could not be read at all."""
        regions = []
        for path, file in self._files.items():
            regions += [SkippedRegion(path, *region[:4]) for region in file.damage()]
            if path in self._unread:
                reason = f"cannot be read: {self._unread[path].strerror}"
                regions.append(SkippedRegion(path, file.bytes, 0, reason))
        return regions

    @property
    def pending(self) -> dict[str, int]:
        """Files with an unfinished tail, and its size in bytes."""
        return {path: file.pending for path, file in self._files.items() if file.pending}

    @property
    def embeddings(self) -> Mapping[str, Embedding]:
        """Embeddings by name whose configuration stands in the log directory itself, where Keras
        writes it although the runs are below; as Run.embeddings.

        Raises:
            CorruptRecordError: the configuration cannot be parsed.
            OSError: it cannot be read.
        """
        base = base_of(self.path)
        found = find_embeddings([base], base)
        return Named("embedding", found, found.__getitem__)

    def refresh(self) -> Log:
        """Read what has been added since the log was opened or last refreshed.

        Only new bytes are read. New files and runs appear, files that are gone disappear, a file
        that was replaced or cut short is read anew. Arrays that were taken from the log before
        keep their values; ask the log again for longer ones.

        Returns:
            The log itself.
        """
        found = find_event_paths(as_paths(self.path))
        found = {name: files for name, files in found.items() if matches(name, self._wanted)}
        paths = [path for files in found.values() for path in files]
        unchanged: set[str] = set()
        if self._index is not False:
            place = None if self._index is True else Path(self._index)
            unchanged = restore_files(
                paths, self._files, place, base_of(self.path), self._selection.native
            )
            self._index = False
        self._files = {
            path: self._files.get(path)
            or _native.EventFile(os.fsencode(path), self._selection.native)
            for path in paths
        }
        self._unread = {}
        self._read([path for path in paths if path not in unchanged])
        # Files whose tensors are what an earlier file of their run says.
        self._read(
            [
                of_run[number]
                for of_run in found.values()
                if len(of_run) > 1
                for number in _native.carry_metadata([self._files[path] for path in of_run])
            ]
        )
        self._paths = found
        self._base = base_of(self.path)
        self._made = {
            name: (paths, run)
            for name, (paths, run) in self._made.items()
            if found.get(name) == paths  # callers may hold it
        }
        for _, run in self._made.values():
            run.refresh()
        self._runs = Named("run", found, self._make_run)
        return self

    def scalars(
        self,
        runs: Patterns = None,
        tags: Patterns = None,
        steps: Steps = None,
        *,
        every: int | None = None,
        last: int | None = None,
        points: int | None = None,
    ) -> Table:
        """Return scalars of many runs and tags as one table.

        Args:
            runs: which of the log's runs, all of which have been read (`open(runs=)` reads only
                some, `open(tags=, steps=)` only some of each): a glob ("exp*"), a compiled regular
                expression (which may match anywhere in the name), a list of those, or None for
                all. Globs are those of fnmatch, with upper and lower case apart; a name matches
                itself whatever it contains.
            tags: the same for tags.
            steps: (start, stop) or slice(start, stop, every): start <= step < stop, None for open
                ends; None for all.
            every: of the points of each series that `steps` leaves, take the first and each n-th
                after it; None for all.
            last: of those, take at most the last n; None for all.
            points: of those, take at most so many that look like all of them in a plot (LTTB: the
                points that span the largest triangles); None for all. NaN and the infinities are
                taken only where there is nothing else nearby.

        Returns:
            A Table with the columns run and tag (str), step (int64), wall_time (float64, seconds
            since 1970) and value (float64), ordered by run, then by tag, in the order in which the
            tags of a run first appear in its files, then file order.

        Raises:
            ValueError: `every` or the step of a slice is less than 1, `last` less than 0 or
                `points` less than 3.
            CorruptRecordError: an index is damaged, and the file has changed since.
            OSError: an index is damaged, and the file cannot be read.

        Example:
            >>> import eventcodec
            >>> log = eventcodec.open("runs")  # doctest: +SKIP
            >>> log.scalars(tags=["loss", "lr"], steps=(0, 1000)).to_pandas()  # doctest: +SKIP
        """
        choice = as_choice(steps, every, last)
        points = None if points is None else checked_count("points", points, 3)
        run_patterns, tag_patterns = as_patterns(runs, "runs"), as_patterns(tags, "tags")

        def is_wanted(tag: str) -> bool:
            return self._selection.keeps(tag, "scalars", "", 1) and matches(tag, tag_patterns)

        return Table(
            gather_scalars(
                [each for each in self.files() if matches(each[0], run_patterns)],
                lambda name: self._runs[name].sources("scalars"),
                is_wanted,
                choice=choice,
                points=points,
                purge=self._purge,
                threads=self._threads,
            )
        )

    def histograms(
        self,
        runs: Patterns = None,
        tags: Patterns = None,
        steps: Steps = None,
        *,
        every: int | None = None,
        last: int | None = None,
    ) -> Table:
        """Return histograms of many runs and tags as one table, one row for each.

        Args:
            runs: see Log.scalars.
            tags: see Log.scalars.
            steps: see Log.scalars.
            every: see Log.scalars.
            last: see Log.scalars.

        Returns:
            A Table with the columns run, tag, step and wall_time as in Log.scalars; min, max, num,
            sum and sum_squares (float64); left, right and counts (an array of float64 a row).

        Raises:
            CorruptRecordError: a record has been damaged since the log was opened.
            OSError: a file cannot be read.
            ValueError: `every` is less than 1 or `last` less than 0.
        """
        return histogram_table(
            self._find(runs, tags, lambda run: run.histograms),
            lambda column: rows_of(column, steps, every, last),
        )

    def texts(
        self,
        runs: Patterns = None,
        tags: Patterns = None,
        steps: Steps = None,
        *,
        every: int | None = None,
        last: int | None = None,
    ) -> Table:
        """Return texts of many runs and tags as one table, one row for each.

        Args:
            runs: see Log.scalars.
            tags: see Log.scalars.
            steps: see Log.scalars.
            every: see Log.scalars.
            last: see Log.scalars.

        Returns:
            A Table with the columns run, tag, step, wall_time as in Log.scalars, and value (str).

        Raises:
            CorruptRecordError: a record has been damaged since the log was opened.
            OSError: a file cannot be read.
            ValueError: `every` is less than 1 or `last` less than 0.
        """
        return text_table(
            self._find(runs, tags, lambda run: run.texts),
            lambda column: rows_of(column, steps, every, last),
        )

    def hparams(self, runs: Patterns = None) -> Table:
        """Return the hyperparameters and results of many runs as one table, one row for each.

        Args:
            runs: see Log.scalars. A run without a session has no row.

        Returns:
            A Table with the columns run, status, group_name (str), start_time and end_time
            (float64, seconds since 1970, 0 for not said); then "hparams/NAME" for each
            hyperparameter and "metrics/TAG" for each metric that the nearest experiment, of the run
            or of one above it, declares. These are float64 with NaN for what is missing, or str
            with None where some value is no number.

        Raises:
            CorruptRecordError: a record is malformed.
            OSError: a file cannot be read.
        """
        chosen = as_patterns(runs, "runs")
        return hparams_table(self.runs, [name for name in self._runs if matches(name, chosen)])

    def files(self) -> Iterator[tuple[str, list[_native.EventFile]]]:
        """Yield each run's name and its files as the native core reads them."""
        for name, paths in self._paths.items():
            yield name, [self._files[path] for path in paths]

    def _read(self, paths: list[str]) -> None:
        """Scan files, and note those of a directory that cannot be read."""
        failures = self._scan([self._files[path] for path in paths])
        for path, failure in zip(paths, failures, strict=True):
            if isinstance(failure, OSError) and path not in self._named and self._mode != "strict":
                self._unread[path] = failure
            elif isinstance(failure, MemoryError):
                raise MemoryError(
                    f"{path}: no memory for its values: choose runs, tags or steps to be read"
                ) from failure
            elif failure is not None:
                raise failure

    def _scan(self, files: list[_native.EventFile]) -> list[Exception | None]:
        return _native.scan_files(
            files, mode=self._mode, verify=self._verify, threads=self._threads, keep_rows=True
        )

    def _find(
        self,
        runs: Patterns,
        tags: Patterns,
        kind: Callable[[Run], Mapping[str, _Series]],
    ) -> Iterator[tuple[tuple[str, str], _Series]]:
        """Yield the series of one kind under the runs and tags that match, in their order."""
        run_patterns, tag_patterns = as_patterns(runs, "runs"), as_patterns(tags, "tags")
        for name in self._runs:
            if matches(name, run_patterns):
                found = kind(self._runs[name])
                yield from (
                    ((name, tag), found[tag]) for tag in found if matches(tag, tag_patterns)
                )

    def __repr__(self) -> str:
        shown = ", ".join(str(path) for path in self.path[:3])
        damaged = f", {len(self.damage)} skipped regions" if self.damage else ""
        return f"Log({shown}: {len(self._runs)} runs, {len(self._files)} files{damaged})"

    def _make_run(self, name: str) -> Run:
        if name not in self._made:
            paths = self._paths[name]
            files = [self._files[path] for path in paths]
            run = Run(
                name,
                files,
                self._base,
                purge=self._purge,
                selection=self._selection if self._selection.native else None,
            )
            self._made[name] = (paths, run)
        return self._made[name][1]
