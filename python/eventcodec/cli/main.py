"""The entry point `eventcodec`: finds the subcommand, turns every expected failure into one line.

Exit status: 0 fine, 1 damage found, 2 wrong usage, 3 input or output failed.
"""

from __future__ import annotations

import importlib
import keyword
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import click

from eventcodec.cli.terminal import (
    FOUND_DAMAGE,
    INTERRUPTED,
    IO_FAILED,
    discard_output,
    escape,
)
from eventcodec.errors import CodecError

__all__ = ["cli", "main"]

# In the order in which a newcomer meets them. Each is `eventcodec.cli.<name>:command`.
COMMANDS = (
    *("demo", "info", "ls", "show", "plot", "tail"),
    *("verify", "repair", "index", "query", "du"),
    *("compact", "rewind", "merge", "split", "shift", "diff"),
    *("convert", "export", "import"),
    *("run", "bench"),
)


class Failure(click.ClickException):
    """An expected failure of a subcommand, whose name the message will carry."""

    def __init__(self, message: str, group: click.Context, status: int) -> None:
        super().__init__(message)
        self.status = status
        self.command_path = f"{group.command_path} {group.invoked_subcommand or ''}".rstrip()


def describe_os_error(error: OSError) -> str:
    """Say what failed, on which path and why, in one line."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason


class LazyGroup(click.Group):
    """A group that imports a subcommand's module only when that subcommand is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name the subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one subcommand."""
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"eventcodec.cli.{name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; of one that there is not, name what comes near."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=3) or list(COMMANDS)
            raise click.UsageError(f"no command {name!r}; there is {', '.join(near)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; the world's faults become one line and an exit status."""
        result, leaving = None, None
        try:
            try:
                result = super().invoke(ctx)
            except click.exceptions.Exit as asked:
                leaving = asked
            # Here, where a full disk or a reader that has gone can still be answered for.
            sys.stdout.flush()
        except click.UsageError:
            raise
        except click.ClickException as error:
            raise Failure(error.format_message(), ctx, error.exit_code) from error
        except BrokenPipeError:
            # As in `eventcodec show LOG | head`: the reader has seen what it wanted.
            discard_output()
        except CodecError as error:
            raise Failure(str(error), ctx, FOUND_DAMAGE) from error
        except OSError as error:
            raise Failure(describe_os_error(error), ctx, IO_FAILED) from error
        except MemoryError as error:
            raise Failure(str(error) or "no memory is left", ctx, IO_FAILED) from error
        if leaving is not None:
            raise leaving
        return result

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002
        **extra: Any,
    ) -> Any:
        """Run the command line and leave with its exit status."""
        use_escapes_for_unprintable(sys.stdout)
        use_escapes_for_unprintable(sys.stderr)
        try:
            # Not standalone: click would print its own three lines for a usage error.
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            click.echo(one_line(error), err=True)
            status = getattr(error, "status", error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("eventcodec: interrupted", err=True)
            status = INTERRUPTED
        try:
            sys.stdout.flush()
        except OSError:
            discard_output()  # the failure has been told
        sys.exit(status if isinstance(status, int) else 0)


def one_line(error: click.ClickException) -> str:
    """Word a failure as `eventcodec COMMAND: what happened`, for the last line of a terminal."""
    context = getattr(error, "ctx", None)
    name = getattr(context or error, "command_path", "eventcodec")
    message = " ".join(error.format_message().split())
    line = f"{escape(name)}: {escape(message)}"
    if isinstance(error, click.UsageError):
        line = f"{line.rstrip('.')} (see {escape(name)} --help)"
    return line


def use_escapes_for_unprintable(stream: TextIO) -> None:
    """Write what the terminal's encoding lacks as an escape, rather than failing over it."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(package_name="eventcodec", message="eventcodec %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Write, read, check and draw TensorBoard event files.

    \b
    Example:
      eventcodec demo
      eventcodec ls runs

    Exit status: 0 fine, 1 damage found, 2 wrong usage, 3 input or output failed.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line of this process."""
    cli(prog_name="eventcodec")
