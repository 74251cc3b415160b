"""What a benchmark is made of: cases, contenders, and trials that are run, finished and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ONE_THREAD", "OURS", "PLAIN", "Case", "Contender", "Trial", "expect", "nothing"]

OURS = "eventcodec"
PLAIN = "plain Python"
ONE_THREAD = "1 thread"  # eventcodec's own, where it uses several


def expect(holds: object, message: str) -> None:
    """Raise AssertionError unless something holds; unlike `assert`, also under `python -O`."""
    if not holds:
        raise AssertionError(message)


def nothing() -> None:
    """Do nothing: the end of a trial that has none."""


@dataclass(frozen=True)
class Trial:
    """One measurement that is ready to start.

    Attributes:
        run: the timed work.
        finish: what is needed until the result is complete, as close(); timed on its own.
        check: raises AssertionError when the result is wrong; never timed.
        stored: bytes that came out, where they are not in files.
        clean: ends what the trial left running, whatever became of it; never timed.
    """

    run: Callable[[], object]
    finish: Callable[[], object] = nothing
    check: Callable[[], object] = nothing
    stored: Callable[[], int] | None = None
    clean: Callable[[], object] = nothing


@dataclass(frozen=True)
class Contender:
    """One way to do the work of a case.

    Attributes:
        name: eventcodec, plain Python, or the package's name.
        start: makes a Trial that may write into the given empty directory.
        count: how many units its trial does, where others do more or fewer; 0 for the case's.
        limit: whether it does not do the work, but what bounds it: see limits.py.
    """

    name: str
    start: Callable[[Path], Trial]
    count: int = 0
    limit: bool = False


@dataclass(frozen=True)
class Case:
    """One piece of work.

    Attributes:
        name: what users select it by.
        unit: what is counted: "call", "event" or "record".
        count: how many of them one trial does.
        size: bytes of input to one of them; 0 where bytes are not the point.
        contenders: eventcodec first.
        closes: whether there is something to finish, so that the time to the end is a second
            figure.
    """

    name: str
    unit: str
    count: int
    size: int = 0
    contenders: tuple[Contender, ...] = ()
    closes: bool = True
