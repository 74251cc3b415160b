"""What a conversion cannot carry over, collected by run, tag and reason."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Loss", "Losses", "RunLosses"]


@dataclass(frozen=True)
class Loss:
    """Something that the target of a conversion cannot hold.

    Attributes:
        run: the run.
        tag: the tag, "" for what belongs to the run.
        count: how many values it is about.
        reason: what is lost or changed, in words.
    """

    run: str
    tag: str
    count: int
    reason: str


class RunLosses:
    """The losses of one run; `add` counts equal ones together."""

    def __init__(self, run: str, counts: dict[tuple[str, str, str], int]) -> None:
        self._run = run
        self._counts = counts

    def add(self, tag: str, reason: str, count: int = 1) -> None:
        """Note that `count` values of a tag are lost or changed."""
        if count:
            key = (self._run, tag, reason)
            self._counts[key] = self._counts.get(key, 0) + count


class Losses:
    """The losses of a conversion."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}

    def of_run(self, run: str) -> RunLosses:
        """Return what notes the losses of a run."""
        return RunLosses(run, self._counts)

    def found(self) -> list[Loss]:
        """Return all, in the order in which they were found."""
        return [Loss(run, tag, count, reason) for (run, tag, reason), count in self._counts.items()]
