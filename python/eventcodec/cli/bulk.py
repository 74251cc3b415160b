"""What the commands that work on whole archives share: progress, where they run, how they end."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eventcodec.cli.terminal import WRONG_USAGE, console, escape

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["bulk_progress", "chosen_engine", "engine_options", "expected_errors"]

Command = TypeVar("Command", bound=Callable[..., Any])


@contextlib.contextmanager
def bulk_progress(label: str, paths: Iterable[str]) -> Iterator[Callable[[int], None]]:
    """Show files, bytes and time left on stderr, if that is a terminal and work takes over 1 s.

    Args:
        label: what is being done.
        paths: files and log directories that are worked on.

    Yields:
        A function to be called for each file that is done, with its size in bytes.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    files, size = count(paths)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[files]}/" + f"{files} files", markup=False),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )
    task = bar.add_task(escape(label), total=size or None, files=0)
    timer = threading.Timer(1.0, bar.start)
    timer.start()
    done = 0

    def advance(size: int) -> None:
        nonlocal done
        done += 1
        bar.update(task, advance=size, files=done)

    try:
        yield advance
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def count(paths: Iterable[str]) -> tuple[int, int]:
    """Count the event files at some paths, and their bytes."""
    from eventcodec.reader.discover import as_paths, find_event_files

    files = size = 0
    for found in find_event_files(as_paths(list(paths))).values():
        for file in found:
            files += 1
            with contextlib.suppress(OSError):
                size += file.stat().st_size
    return files, size


def engine_options(command: Command) -> Command:
    """Add `--engine`, `--scheduler` and `--workers`."""
    for option in (
        click.option("--workers", type=click.IntRange(1), metavar="N", help="How many at a time."),
        click.option(
            "--scheduler", metavar="ADDRESS", help="Of a running Dask cluster: tcp://host:8786."
        ),
        click.option(
            "--engine",
            type=click.Choice(["local", "dask"]),
            default="local",
            show_default=True,
            help="Threads of this process, or a Dask cluster.",
        ),
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def chosen_engine(
    engine: str, scheduler: str | None, workers: int | None
) -> Iterator[dict[str, Any]]:
    """Give the arguments `executor` and `workers` for a function of eventcodec.archive."""
    if engine == "local":
        if scheduler is not None:
            raise click.UsageError("--scheduler needs --engine dask")
        yield {"executor": None, "workers": workers}
        return
    from eventcodec.archive.engine import dask_executor

    with contextlib.ExitStack() as stack:
        executor: Executor
        try:
            executor, threads = stack.enter_context(
                dask_executor(scheduler=scheduler, workers=workers)
            )
        except ImportError as error:
            raise MissingEngine(str(error)) from error
        yield {"executor": executor, "workers": threads}


class MissingEngine(click.ClickException):
    """The engine is not installed; the message names the extra that has it."""

    exit_code = WRONG_USAGE


@contextlib.contextmanager
def expected_errors() -> Iterator[None]:
    """Turn what a wrong argument raises into a usage error."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error
