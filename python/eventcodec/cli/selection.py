"""Opens logs for the commands and picks runs and tags by globs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import eventcodec
from eventcodec.cli.terminal import FOUND_DAMAGE, escape, format_count, progress

if TYPE_CHECKING:
    from eventcodec.reader import Log, Run

__all__ = [
    "exactly",
    "matcher",
    "open_log",
    "pick",
    "report_damage",
    "report_nothing",
    "run_option",
    "series_of",
    "tag_option",
    "tags_of",
]

Command = TypeVar("Command", bound=Callable[..., Any])

# The kinds by the name of the attribute of Run; "raw" has what is left.
KINDS = (
    "scalars",
    "histograms",
    "images",
    "texts",
    "audio",
    "tensors",
    "pr_curves",
    "meshes",
    "graphs",
    "raw",
)


def tag_option(command: Command) -> Command:
    """Add `--tag GLOB`."""
    return click.option(
        "--tag", "tags", multiple=True, metavar="GLOB", help="Only these tags, in the same way."
    )(command)


def run_option(command: Command) -> Command:
    """Add `--run GLOB`."""
    return click.option(
        "--run",
        "runs",
        multiple=True,
        metavar="GLOB",
        help="Only these runs: a glob, or /a regular expression/; may be repeated.",
    )(command)


def open_log(
    path: str,
    runs: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    steps: tuple[int | None, int | None] | None = None,
    *,
    known: Callable[[Log], Iterable[str]] | None = None,
) -> Log:
    """Open a file or a log directory, and read of it only what is asked for.

    Args:
        path: the file or directory.
        runs: globs; () for all runs.
        tags: globs; () for all tags.
        steps: start and stop; None for all steps.
        known: the tags that the command picks from. Where none of them matches, all tags and steps
            are read, so that pick() can say what there is.

    Raises:
        OSError: it cannot be read, or there is no event file in it.
        click.UsageError: no run matches, or no tag at these steps.
    """
    from eventcodec.reader.discover import as_paths, find_event_paths

    with progress(f"reading {path}", total=None):
        wanted = exactly(pick(find_event_paths(as_paths(path)), runs, what="run")) if runs else None
        log = eventcodec.open(path, runs=wanted, tags=patterns_of(tags), steps=steps)
        if known is not None and tags and not any(map(matcher(tags), known(log))):
            log = eventcodec.open(path, runs=wanted)
            if steps is not None and any(map(matcher(tags), known(log))):
                asked = " or ".join(map(repr, tags))
                raise click.UsageError(
                    f"there is no value of {asked} at these steps", click.get_current_context()
                )
    if not log.runs:
        raise FileNotFoundError(0, "no event files in this directory", path)
    if not log.damage and not any(file.records for _, files in log.files() for file in files):
        what = "this file" if Path(path).is_file() else "the files of this directory"
        raise FileNotFoundError(0, f"no events in {what}", path)
    return log


def tags_of(log: Log, kind: str = "tags") -> Iterator[str]:
    """Yield the tags of all runs, or those of one kind of values such as "scalars"."""
    for run in log.runs.values():
        yield from getattr(run, kind)
        run.refresh()  # of many runs no more is kept than they need


def report_nothing(path: str, steps: tuple[int | None, int | None] | None = None) -> None:
    """Say on stderr that there was nothing to print."""
    command = click.get_current_context().command_path
    when = "yet" if steps is None else "at these steps"
    click.echo(f"{command}: no values in {escape(path)} {when}", err=True)


def pick(names: Iterable[str], globs: tuple[str, ...], *, what: str) -> list[str]:
    """Pick the names that match one of the globs, in their order; () takes all.

    Raises:
        click.UsageError: nothing matches; the message names what comes near.
    """
    known = list(dict.fromkeys(names))
    if not globs:
        return known
    chosen = list(filter(matcher(globs), known))
    if not chosen:
        near = difflib.get_close_matches(globs[0], known, n=3, cutoff=0.4) or known[:3]
        asked = " or ".join(repr(glob) for glob in globs)
        hint = ", ".join(repr(name) for name in near)
        message = f"no {what} matches {asked}; there is {hint}" if near else f"there is no {what}"
        raise click.UsageError(message, ctx=click.get_current_context(silent=True))
    return chosen


def matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Make the function that says whether one of the globs matches a name; see patterns_of().

    Raises:
        click.UsageError: a regular expression is none.
    """
    from eventcodec.reader.select import matches

    patterns = patterns_of(globs)
    return lambda name: matches(name, patterns)


def patterns_of(globs: tuple[str, ...]) -> list[str | re.Pattern[str]] | None:
    """Read what stands behind --tag or --run; () takes all.

    A name matches itself, whatever it contains; /.../ is a regular expression, which may match
    anywhere.

    Raises:
        click.UsageError: a regular expression is none.
    """
    return [*map(pattern_of, globs), exactly(globs)] if globs else None


def pattern_of(glob: str) -> str | re.Pattern[str]:
    """Read one glob, or regular expression."""
    if len(glob) < 3 or not (glob.startswith("/") and glob.endswith("/")):
        return glob
    try:
        return re.compile(glob[1:-1])
    except re.error as error:
        message = f"no regular expression: {glob!r}: {error}"
        raise click.UsageError(message, ctx=click.get_current_context(silent=True)) from error


def exactly(names: Iterable[str]) -> re.Pattern[str]:
    """Make the pattern of these names and no others, whatever characters they hold."""
    return re.compile(r"\A(?:" + "|".join(map(re.escape, names)) + r")\Z")


def series_of(run: Run, tag: str) -> tuple[str, Any] | None:
    """Find the kind ("scalars", ...) and the series of a tag; None where it has no series."""
    for kind in KINDS:
        series = getattr(run, kind)
        if tag in series:
            return kind, series[tag]
    return None


def report_damage(log: Log) -> None:
    """Say on stderr what could not be read, and leave with the status for damage."""
    if not log.damage:
        return
    lost = sum(region.length for region in log.damage)
    first = log.damage[0]
    searched = sum(region.recovered for region in log.damage)
    found = f"; a search found what follows {format_count(searched)} of them" if searched else ""
    click.echo(
        f"{click.get_current_context().command_path}: skipped {format_count(len(log.damage))} "
        f"damaged region(s), {format_count(lost)} bytes; the first in {escape(first.path)} "
        f"at byte {first.offset}: {escape(first.reason)}{found}; see eventcodec verify",
        err=True,
    )
    click.get_current_context().exit(FOUND_DAMAGE)
