"""The option `--steps FROM:TO`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["step_range", "steps_option"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def steps_option(command: _Command) -> _Command:
    """Add `--steps FROM:TO`."""
    return click.option(
        "--steps", callback=step_range, metavar="FROM:TO", help="Only these steps; TO excluded."
    )(command)


def step_range(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[int | None, int | None] | None:
    """Turn FROM:TO, either end open, into a pair of steps."""
    if value is None:
        return None
    start, colon, stop = value.partition(":")
    try:
        if not colon:
            raise ValueError
        return (int(start) if start else None, int(stop) if stop else None)
    except ValueError:
        message = f"{value!r} is no range of steps such as 100:200, 100: or :200"
        raise click.BadParameter(message, ctx=ctx, param=param) from None
