"""RecordWriter and RecordReader: framed bytes in any TFRecord file, whatever the bytes mean."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast, get_args

from eventcodec import _native
from eventcodec.damage import SkippedRegion
from eventcodec.errors import CorruptRecordError, WriterClosedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Buffer, Self

__all__ = ["Mode", "ReadableFile", "RecordReader", "RecordWriter", "WritableFile"]

Mode = Literal["salvage", "prefix", "strict"]

_HEADER_BYTES = 8 + 4  # length and its checksum
_READ_BYTES = 1 << 20
_TAKE_RECORDS = 1024
_WRITE_BYTES = 64 * 1024


class WritableFile(Protocol):
    """A binary file object to write to: open(path, "xb"), io.BytesIO(), ..."""

    def write(self, data: bytes, /) -> int | None:
        """Write some of the bytes; return how many."""

    def flush(self) -> None:
        """Hand what was written to the operating system."""


class ReadableFile(Protocol):
    """A binary file object to read from: open(path, "rb"), io.BytesIO(), ..."""

    def read(self, size: int, /) -> bytes | None:
        """Read at most `size` bytes; b"" where the file ends today."""


class RecordWriter:
    """Write records to a new file, or to a binary file object.

    Records are collected and handed to the operating system whole, 64 KiB at a time, so that a
    process that dies leaves a file that ends with a whole record.

    Args:
        path_or_file: a path that does not exist yet, or a binary file object, which is written to
            from where it stands and left open by close().

    Raises:
        FileExistsError: the path exists: records are never written over a file.
        TypeError: neither a path nor a binary file object.

    Source: cpp/FORMAT.md section 1.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> with RecordWriter(file) as writer:
        ...     writer.write(b"first")
        >>> len(file.getvalue())
        21
    """

    def __init__(self, path_or_file: str | os.PathLike[str] | WritableFile) -> None:
        self._closed = True  # for __del__, should opening fail
        self._pending = bytearray()
        self._file: WritableFile
        self._owned: io.FileIO | None = None
        if isinstance(path_or_file, (str, os.PathLike)):
            self._file = self._owned = _create(Path(path_or_file))
        else:
            _check_binary_file(path_or_file, "write")
            self._file = path_or_file
        self.path = _name_of(path_or_file)
        self._closed = False

    def write(self, data: Buffer) -> None:
        """Append one record.

        Args:
            data: the payload: bytes, bytearray, memoryview or a C-contiguous array, at most
                2**31 - 1 bytes. It is copied.

        Raises:
            WriterClosedError: after close().
            ValueError: `data` is longer than a record can be.
            OSError: the file could not be written; the records are kept for the next attempt.
        """
        if self._closed:
            message = "write() after close(): open another RecordWriter"
            raise WriterClosedError(message, path=self.path)
        self._pending += _native.frame(data)
        if len(self._pending) >= _WRITE_BYTES:
            self._drain()

    def flush(self) -> None:
        """Hand every record to the operating system.

        Raises:
            OSError: the file could not be written; the records are kept for the next attempt.
        """
        if not self._closed:
            self._drain()
            self._file.flush()

    def close(self) -> None:
        """Flush, and close the file if it was opened here. A second call does nothing.

        Raises:
            OSError: the last records could not be written. The file is closed all the same.
        """
        if self._closed:
            return
        try:
            self.flush()
        finally:
            self._closed = True
            if self._owned is not None:
                self._owned.close()

    def _drain(self) -> None:
        # What a failed or short write left over stays pending and is continued, never repeated.
        while self._pending:
            written = self._file.write(bytes(self._pending))
            if written is None:  # a non-blocking file that is full
                message = "the file takes no more bytes now: call flush() again later"
                raise BlockingIOError(message)
            del self._pending[:written]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._closed and self._pending:
            warnings.warn(
                f"RecordWriter({self.path!r}) was not closed: {len(self._pending)} bytes are lost",
                ResourceWarning,
                stacklevel=1,
                source=self,
            )


class RecordReader:
    """Iterate over the records of a file, or of a binary file object, as bytes.

    An unfinished record at the end of the file is not damage, nor is a tail of zeros: they wait
    (see `pending_bytes`), and iterating again goes on when the file has grown. Where whole records
    stand behind it, up to the end of the file, it has lost bytes, and they are read. The length
    that a record claims is never allocated before the bytes are there.

    Args:
        path_or_file: a path, or a binary file object, which is read from where it stands and left
            open by close().
        verify: check the payloads' checksums. (The headers' are always checked.)
        mode: at damage, "salvage" goes on with the next intact record, "prefix" ends before the
            damage, and "strict" raises.

    Attributes:
        path: the file's name, "" for a file object without one.
        damage: what was skipped so far. The last entry grows while no intact record follows it.

    Raises:
        FileNotFoundError: and other OSErrors from opening the path.
        TypeError: neither a path nor a binary file object.
        ValueError: an unknown mode.
        CorruptRecordError: while iterating in mode "strict".

    Source: cpp/FORMAT.md section 1.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> with RecordWriter(file) as writer:
        ...     writer.write(b"first")
        >>> list(RecordReader(io.BytesIO(file.getvalue())))
        [b'first']
    """

    def __init__(
        self,
        path_or_file: str | os.PathLike[str] | ReadableFile,
        *,
        verify: bool = True,
        mode: Mode = "salvage",
    ) -> None:
        if mode not in get_args(Mode):
            message = f'mode must be "salvage", "prefix" or "strict", got {mode!r}'
            raise ValueError(message)
        self._file: ReadableFile
        self._owned: io.FileIO | None = None
        if isinstance(path_or_file, (str, os.PathLike)):
            self._file = self._owned = io.FileIO(path_or_file, "rb")
        else:
            _check_binary_file(path_or_file, "read")
            self._file = path_or_file
        self.path = _name_of(path_or_file)
        self.damage: list[SkippedRegion] = []
        self._mode = mode
        self._unframer = _native.Unframer(verify)
        self._ready: list[bytes] = []  # the next record last
        self._open_region = False  # whether the last entry of `damage` may still grow
        self._blank_bytes = 0  # zeros at the end, passed but not reported
        self._ended = False  # by damage, in mode "prefix"

    @property
    def pending_bytes(self) -> int:
        """The bytes of an unfinished record, or of nothing but zeros, at the end of the file."""
        if self._ended or (self._open_region and not self._has_unfinished()):
            return 0
        return self._blank_bytes + self._unframer.pending

    def _has_unfinished(self) -> bool:
        """Whether a search for a record ended at a right header whose record is not complete.

        A search that finds none passes all but the last bytes, which are too few for a header.
        """
        return self._unframer.pending >= _HEADER_BYTES

    def __iter__(self) -> Iterator[bytes]:
        """Iterate from where the last iteration stopped."""
        while True:
            ready = self._ready
            while ready:
                yield ready.pop()
            if not self._fill():
                return

    def close(self) -> None:
        """Close the file if it was opened here. A second call does nothing."""
        if self._owned is not None:
            self._owned.close()

    def _fill(self) -> bool:
        """Make the next records ready; False where the file ends today."""
        unframer = self._unframer
        while not self._ended:
            self._ready = unframer.take(_TAKE_RECORDS)
            if self._ready:
                self._ready.reverse()
                return True
            damage = unframer.damage(last=False)
            if damage is not None and (self._ends_at(*damage) or self._pass_damage(damage[0])):
                continue
            chunk = self._file.read(_READ_BYTES)
            if chunk:
                unframer.append(chunk)
                continue
            if damage is None:  # an unfinished record, unless whole ones follow it
                damage = unframer.damage(last=True)
                if damage is None:
                    return False
            if not (self._ends_at(*damage) or self._pass_last_damage(damage[0])):
                return False
        return False

    def _ends_at(self, reason: str, got: int, want: int) -> bool:
        """Say whether damage ends the reading, as mode "prefix" wants it; raise for "strict"."""
        unframer = self._unframer
        if self._mode == "strict":
            message = f"{reason} at byte {unframer.offset}"
            if got != want:
                message += f": got 0x{got:08x}, want 0x{want:08x}"
            raise CorruptRecordError(
                message, path=self.path, offset=unframer.offset, got=got, want=want
            )
        if self._mode == "prefix":
            self._ended = True
            begin = unframer.offset
            self._report(begin, unframer.pending + self._drain(), reason)
        return self._ended

    def _pass_damage(self, reason: str) -> bool:
        """Skip damage; False when its end was not found in the bytes read so far."""
        begin, length, complete, _, searched = self._unframer.skip(last=False)
        if complete:
            self._report(begin, length, reason, recovered=searched)
        return complete

    def _pass_last_damage(self, reason: str) -> bool:
        """The same at the end of the file: what is not a record there is damage, for now."""
        begin, length, complete, blank, searched = self._unframer.skip(last=True)
        if complete:
            self._report(begin, length, reason, recovered=searched)
        elif blank:
            self._blank_bytes = length
        else:
            unfinished = self._has_unfinished()
            self._report(begin, length + (0 if unfinished else self._unframer.pending), reason)
            self._open_region = True
        return complete

    def _report(self, begin: int, length: int, reason: str, *, recovered: bool = False) -> None:
        if self._open_region:
            self.damage.pop()
        self._open_region = False
        self._blank_bytes = 0
        self.damage.append(SkippedRegion(self.path, begin, length, reason, recovered))

    def _drain(self) -> int:
        """Read to the end; return how many bytes there were."""
        count = 0
        while chunk := self._file.read(_READ_BYTES):
            count += len(chunk)
        return count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _create(path: Path) -> io.FileIO:
    try:
        return io.FileIO(path, "xb")
    except FileExistsError as error:
        message = "exists already, and records are never written over a file: choose another path"
        raise FileExistsError(error.errno, message, str(path)) from None


def _name_of(path_or_file: object) -> str:
    if isinstance(path_or_file, (str, os.PathLike)):
        return os.fspath(cast("str | os.PathLike[str]", path_or_file))
    name = getattr(path_or_file, "name", "")
    return name if isinstance(name, str) else ""


def _check_binary_file(file: object, method: str) -> None:
    if isinstance(file, io.TextIOBase) or not hasattr(file, method):
        message = f'expected a path or a binary file object (opened with "b"), got {file!r}'
        raise TypeError(message)
