"""Where a writer writes: the default directory, and the check of a given one."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path

__all__ = ["check_suffix", "make_log_directory", "sub_directory"]


def make_log_directory(
    log_dir: str | os.PathLike[str] | None, comment: str, *, create: bool = True
) -> str:
    """Create the directory of a new run.

    Args:
        log_dir: the directory, made with its parents; None for torch's default,
            runs/<%b%d_%H-%M-%S>_<host><comment>.
        comment: ends the default name.
        create: False to find its name only.

    Returns:
        The directory as given, as a str.

    Raises:
        TypeError: `log_dir` is no path.
        ValueError: it is a URL.
        OSError: it cannot be made.

    Source: torch/utils/tensorboard/writer.py, SummaryWriter.__init__.
    """
    if not log_dir:
        moment = time.strftime("%b%d_%H-%M-%S")
        log_dir = Path("runs") / f"{moment}_{socket.gethostname()}{comment}"
    directory = os.fspath(log_dir)
    if found := re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", directory):
        raise ValueError(
            f"log_dir must be a local directory, got {directory!r}; mount the remote one, or log "
            "to a local one and copy it: "
            f"fsspec.filesystem({found[1]!r}).put('LOG_DIR/', '{directory}/', recursive=True)"
        )
    if create:
        Path(directory).mkdir(parents=True, exist_ok=True)
    return directory


def check_suffix(filename_suffix: str) -> str:
    """Refuse a file name suffix that would leave the directory.

    Args:
        filename_suffix: ends the name of the event file.

    Returns:
        The suffix.

    Raises:
        ValueError: it holds a path separator or NUL.
    """
    if "/" in filename_suffix or "\0" in filename_suffix:
        raise ValueError(f"filename_suffix must be part of a file name, got {filename_suffix!r}")
    return filename_suffix


def sub_directory(log_dir: str, name: str) -> str:
    """Return a directory of a run below another one, whatever its name.

    Args:
        log_dir: directory of the run above.
        name: with slashes for directories within one another.

    Returns:
        The directory; never one outside of `log_dir`: a path within it is taken as it is, else a
        leading slash means nothing, and a part ".." is percent-encoded.

    Example:
        >>> sub_directory("runs", "losses_train/a")
        'runs/losses_train/a'
        >>> sub_directory("runs", "/../x")
        'runs/%2e%2e/x'
    """
    if name.startswith("/") and "\0" not in name:
        # add_hparams(run_name=<log_dir>), which scripts use to keep the trial in the run itself.
        top = os.path.realpath(log_dir)
        if Path(os.path.realpath(name)).is_relative_to(top):
            name = os.path.relpath(os.path.realpath(name), top)
    parts = [part.replace("\0", "%00") for part in name.split("/") if part not in ("", ".")]
    return "/".join([log_dir, *("%2e%2e" if part == ".." else part for part in parts)])
