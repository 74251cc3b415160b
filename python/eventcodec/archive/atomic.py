"""A directory that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["new_directory"]


@contextlib.contextmanager
def new_directory(path: Path) -> Iterator[Path]:
    """Give a directory to fill, which becomes `path` in one step when the block ends well.

    Args:
        path: the destination: nothing, or an empty directory.

    Yields:
        A directory beside it; after an exception nothing of it is left.

    Raises:
        FileExistsError: there is something at `path`.
        OSError: the directory above it cannot be written to.
    """
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        message = "File exists: choose another destination, or an empty directory"
        raise FileExistsError(17, message, str(path))
    partial = Path(
        tempfile.mkdtemp(prefix=".eventcodec-", suffix=".partial", dir=path.absolute().parent)
    )
    try:
        yield partial
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o777 & ~umask)
        partial.rename(path)  # replaces an empty directory at most
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
