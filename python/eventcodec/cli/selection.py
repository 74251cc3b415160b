"""Opens logs for the commands and picks runs and tags by globs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
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
    "run_option",
    "series_of",
    "tag_option",
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
        "--tag",
        "tags",
        multiple=True,
        metavar="GLOB",
        help="Only these tags: a glob, or /a regular expression/; may be repeated.",
    )(command)


def run_option(command: Command) -> Command:
    """Add `--run GLOB`."""
    return click.option(
        "--run", "runs", multiple=True, metavar="GLOB", help="Only these runs, in the same way."
    )(command)


def open_log(path: str, runs: tuple[str, ...] = ()) -> Log:
    """Open a file or a log directory; with globs, only the runs that match are read.

    Raises:
        OSError: it cannot be read, or there is no event file in it.
        click.UsageError: no run matches.
    """
    from eventcodec.reader.discover import as_paths, find_event_paths

    with progress(f"reading {path}", total=None):
        wanted = exactly(pick(find_event_paths(as_paths(path)), runs, what="run")) if runs else None
        log = eventcodec.open(path, runs=wanted)
    if not log.runs:
        place = Path(path)
        reason = "no events in this file" if place.is_file() else "no event files in this directory"
        raise FileNotFoundError(0, reason, path)
    return log


def pick(names: Iterable[str], globs: tuple[str, ...], *, what: str) -> list[str]:
    """Pick the names that match one of the globs, in their order; () takes all.

    Raises:
        click.UsageError: nothing matches; the message names what comes near.
    """
    known = list(dict.fromkeys(names))
    if not globs:
        return known
    wanted = matcher(globs)
    picked = [name for name in known if wanted(name)]
    if not picked:
        near = difflib.get_close_matches(globs[0], known, n=3, cutoff=0.4) or known[:3]
        asked = " or ".join(repr(glob) for glob in globs)
        hint = ", ".join(repr(name) for name in near)
        message = f"no {what} matches {asked}; there is {hint}" if near else f"there is no {what}"
        raise click.UsageError(message, ctx=click.get_current_context(silent=True))
    return picked


def matcher(globs: tuple[str, ...]) -> Callable[[str], bool]:
    """Make the function that says whether one of the globs matches a name; () takes all.

    A name matches itself, whatever it contains; /.../ is a regular expression, which may match
    anywhere.

    Raises:
        click.UsageError: a regular expression is none.
    """
    from eventcodec.reader.select import matches

    patterns = [pattern_of(glob) for glob in globs] if globs else None
    return lambda name: name in globs or matches(name, patterns)


def pattern_of(glob: str) -> str | re.Pattern[str]:
    """Read what stands behind --tag or --run."""
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
