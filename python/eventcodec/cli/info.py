"""`eventcodec info`: what was compiled, what this machine has, which kernels were chosen."""

from __future__ import annotations

import dataclasses
import platform

import click

import eventcodec
from eventcodec.cli.terminal import console, new_table, print_json

__all__ = ["command"]


@click.command(short_help="Show what was built and which kernels run here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Show the version, the compiler and the kernels chosen for this machine.

    \b
    Example:
      eventcodec info
      eventcodec info --json
    """
    info = eventcodec.build_info()
    if as_json:
        print_json(dataclasses.asdict(info) | {"python": platform.python_version()})
        return
    about = new_table("eventcodec", info.version)
    about.add_row("Python", f"{platform.python_version()} on {platform.platform()}")
    about.add_row("compiler", info.compiler)
    about.add_row("CPU features", " ".join(info.cpu_features) or "none that matter here")
    if info.test_build:
        about.add_row("test build", "honours EVENTCODEC_DISABLE_CPU")
    kernels = new_table("hot path", "kernel in use", "others that run here")
    for path, kernel in sorted(info.kernels.items()):
        others = [name for name in kernel.available if name != kernel.chosen]
        kernels.add_row(path, kernel.chosen, ", ".join(others) or "-")
    out = console()
    out.print(about)
    out.print()
    out.print(kernels)
