"""tensorboardX.record_writer: records into a file, or into what a registered factory opens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from eventcodec._native import masked_crc32c
from eventcodec.compat import file_writer

__all__ = [
    "REGISTERED_FACTORIES",
    "RecordWriter",
    "directory_check",
    "make_valid_tf_name",
    "masked_crc32c",
    "open_file",
    "register_writer_factory",
    "u32",
]

# What stands before the colon of a path -> an object with open(path) and directory_check(path).
REGISTERED_FACTORIES: dict[str, Any] = {}


def register_writer_factory(prefix: str, factory: Any) -> None:
    """Have paths that begin with `prefix`: opened by a factory.

    Raises:
        ValueError: the prefix holds a colon.
    """
    if ":" in prefix:
        raise ValueError(f"prefix cannot contain a ':', got {prefix!r}")
    REGISTERED_FACTORIES[prefix] = factory


def directory_check(path: str) -> None:
    """Make a directory, or have the factory of its prefix see to it."""
    factory = REGISTERED_FACTORIES.get(path.split(":", 1)[0])
    if factory is not None:
        factory.directory_check(path)
    else:
        Path(path).mkdir(parents=True, exist_ok=True)


def open_file(path: str) -> Any:
    """Open a file to write to, with the factory of its prefix if there is one."""
    factory = REGISTERED_FACTORIES.get(path.split(":", 1)[0])
    return factory.open(path) if factory is not None else Path(path).open("wb")


class RecordWriter(file_writer.RecordWriter):
    """Write records to a file.

    Args:
        path: of the file, which is emptied; or with a prefix that has a factory.
    """

    def __init__(self, path: str) -> None:
        super().__init__(open_file(path))
        self.path = path


def u32(x: int) -> int:
    """Return the lower 32 bits.

    Example:
        >>> u32(1 << 32 | 5)
        5
    """
    return x & 0xFFFFFFFF


def make_valid_tf_name(name: str) -> str:
    """Return a name that TensorFlow takes for an operation.

    Example:
        >>> make_valid_tf_name("$ave/&sound")
        '._ave/_sound'
    """
    if not re.match(r"[A-Za-z0-9.]", name):
        name = "." + name
    return "_".join(re.findall(r"[A-Za-z0-9_.\-/]+", name))
