"""Exceptions: the class says what the caller may do, the attributes about what."""

from __future__ import annotations

__all__ = [
    "CodecError",
    "CorruptRecordError",
    "TruncatedError",
    "WriterClosedError",
    "WriterFailedError",
    "missing_package",
]


class CodecError(Exception):
    """Base class of everything that eventcodec raises of its own.

    Bad arguments raise the built-in TypeError and ValueError, and the operating system's errors are
    OSError, so that callers need not know this module to handle them.

    Attributes:
        path: the file concerned, "" when there is none.
        offset: the byte in that file where the trouble starts.
        got: the checksum that stands in the file, where one is wrong.
        want: the checksum that its bytes have.
    """

    def __init__(
        self, message: str, *, path: str = "", offset: int = 0, got: int = 0, want: int = 0
    ) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.offset = offset
        self.got = got
        self.want = want


class CorruptRecordError(CodecError):
    """Bytes of a file are wrong: skip them (mode="salvage") or stop."""


class TruncatedError(CodecError, EOFError):
    """A file ends inside a record: try again when it has grown."""


class WriterClosedError(CodecError):
    """A writer was used after close()."""


class WriterFailedError(CodecError, OSError):
    """Writing failed in the background; `__cause__` is the first failure."""


def missing_package(package: str, extra: str, purpose: str) -> ImportError:
    """Return the error for an optional package that is not installed.

    Example:
        >>> missing_package("Pillow", "image", "add_video")
        ImportError('add_video needs Pillow: pip install "eventcodec[image]"')
    """
    return ImportError(f'{purpose} needs {package}: pip install "eventcodec[{extra}]"')
