"""`eventcodec run`: run a training script with its writers replaced by ours."""

from __future__ import annotations

import errno
import os
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
    printed are the script's.

    \b
    Example:
      eventcodec run train.py --epochs 3
      eventcodec run -m torch.distributed.run --nproc-per-node 2 train.py
    """
    if not is_module and not Path(script).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), script)
    paths = [str(_STARTUP), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # In this very process, so that signals, the exit status and the terminal are the script's.
    flag = ["-m"] if is_module else []
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *flag, script, *arguments], environment)
