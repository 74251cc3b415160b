"""Where pictures go, and what is said when an optional package is missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from eventcodec.cli.terminal import WRONG_USAGE

__all__ = ["picture_path", "require"]

# The formats of plots.picture, named here so that --help does not import NumPy.
SUFFIXES = (".png", ".svg", ".html")


def picture_path(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    """Turn the value of `-o` into a path; refuse a suffix that names no picture."""
    if value is None:
        return None
    path = Path(value)
    if path.suffix.lower() not in SUFFIXES:
        message = f"{value!r} must end in {', '.join(SUFFIXES)}"
        raise click.BadParameter(message, ctx=ctx, param=param)
    return path


class MissingPackage(click.ClickException):
    """An optional package is not installed; the message names the extra that has it."""

    exit_code = WRONG_USAGE


def require(package: str, *, extra: str, purpose: str) -> None:
    """Stop with one clear line when an optional package is missing."""
    if importlib.util.find_spec(package) is None:
        message = f"{purpose} needs {package}: pip install 'eventcodec[{extra}]'"
        raise MissingPackage(message)
