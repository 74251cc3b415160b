"""The entry point `eventcodec`: finds the subcommand, turns every expected failure into one line.

Exit status: 0 fine, 1 damage found, 2 wrong usage, 3 input or output failed.
"""

from __future__ import annotations

import click

__all__ = ["cli", "main"]

# In the order in which a newcomer meets them. Each is `eventcodec.cli.<name>:command`.
COMMANDS = (
    *("demo", "info", "ls", "show", "plot", "tail"),
    *("verify", "repair", "index", "query", "du"),
    *("compact", "rewind", "merge", "split", "shift", "diff"),
    *("convert", "export", "import"),
    *("run", "bench"),
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
