"""`eventcodec run`: run a training script with its writers replaced by ours."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import click

__all__ = ["command"]

_STARTUP = Path(__file__).resolve().parents[1] / "startup"


@click.command(
    short_help="Run a script with its writers replaced by ours.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("-m", "is_module", is_flag=True, help="SCRIPT is the name of a module.")
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(is_module: bool, script: str, arguments: tuple[str, ...]) -> None:
    """Run SCRIPT ARGUMENTS... with its writers replaced by ours.

    In the script, and in every Python that it starts, torch.utils.tensorboard, tensorboardX and
    visualdl give the writers of eventcodec. Nothing else changes: the exit status and what is
    printed are the script's. SCRIPT may also be a program that starts Python: torchrun, bash.

    \b
    Example:
      eventcodec run train.py --epochs 3
      eventcodec run torchrun --nproc-per-node 2 train.py
      eventcodec run -m torch.distributed.run --nproc-per-node 2 train.py
    """
    program = None if is_module else _find_program(script)
    if not is_module and program is None and not Path(script).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), script)
    paths = [str(_STARTUP), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # In this very process, so that signals, the exit status and the terminal are the script's.
    flag = ["-m"] if is_module else []
    sys.stdout.flush()
    if program is not None:
        os.execve(program, [script, *arguments], environment)
    os.execve(sys.executable, [sys.executable, *flag, script, *arguments], environment)


def _find_program(name: str) -> str | None:
    """Return the path of a program that is no script of Python's; None when there is none.

    A file that is named comes before the programs of the search path.
    """
    if not Path(name).is_file():
        return shutil.which(name)
    with Path(name).open("rb") as file:
        begin = file.read(64)
    is_binary = begin.startswith(b"\x7fELF")
    is_of_others = begin.startswith(b"#!") and b"python" not in begin.split(b"\n", 1)[0]
    return name if (is_binary or is_of_others) and os.access(name, os.X_OK) else None
