"""One text of a log."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Text"]


@dataclass(frozen=True)
class Text:
    """A text as it was logged, usually Markdown.

    Attributes:
        step: the step it was logged at.
        wall_time: when, in seconds since 1970.
        value: the text; the parts of a tensor of several strings stand on lines of their own.
        parts: the strings of the tensor in row-major order; one for almost every writer.
    """

    step: int
    wall_time: float
    value: str
    parts: tuple[str, ...]
