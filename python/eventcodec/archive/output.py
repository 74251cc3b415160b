"""Output that appears whole or not at all, and never outside its destination.

Everything is written under a temporary name beside the destination, made durable, and only then
given its own name in one step that replaces nothing. The temporary names hold no "tfevents", so
that no reader takes what is unfinished for a log. Directories are entered one by one through their
descriptors and without following symbolic links, so that nobody can move the output elsewhere
while it is being written.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "OpenTree",
    "OutputDirectory",
    "OutputTree",
    "Piece",
    "atomic_file",
    "check_run_name",
    "open_source",
    "write_all",
]

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PREFIX, _SUFFIX = ".eventcodec-", ".partial"
_LONGEST_NAME = 255  # bytes of one part of a path, on every file system in use
# Beyond this one sync of the file system costs less than one of each file.
_MANY_FILES = 32


def _temporary_name() -> str:
    return f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"


def open_source(path: Path | str) -> int:
    """Open a regular file for reading and return its descriptor.

    Raises:
        OSError: it cannot be opened, or is no regular file (a named pipe would hang).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def check_run_name(run: str) -> str:
    """Return a run's name if it can be a path below a destination.

    Raises:
        ValueError: it is absolute, has an empty part, `.`, `..`, a control character or a part of
            more than 255 bytes. (`.` alone is the destination itself.)
    """
    if run == ".":
        return run
    for part in run.split("/"):
        if part in ("", ".", ".."):
            raise ValueError(f"run {run!r} would leave the destination: rename it")
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in part):
            raise ValueError(f"run {run!r} holds a control character: rename it")
        if len(os.fsencode(part)) > _LONGEST_NAME:
            raise ValueError(f"run {run[:40]!r}... has a part of over 255 bytes: rename it")
    return run


def _name_in(path: Path) -> tuple[Path, str]:
    """Split a destination into the directory it will stand in and its name there."""
    if "\0" in str(path):
        raise ValueError(f"a path cannot hold a NUL character, got {str(path)!r}")
    absolute = Path(os.path.normpath(path.absolute())) if path.name in ("", "..") else path
    if absolute.name in ("", "..", "."):
        raise ValueError(f"{str(path)!r} names no new file or directory")
    return absolute.parent, absolute.name


@contextlib.contextmanager
def atomic_file(path: Path, *, replace: bool = False) -> Iterator[int]:
    """Give a descriptor to write to; what was written is the file `path` when the block ends.

    Args:
        path: the file to make.
        replace: True to take the place of a file that is there.

    Yields:
        A descriptor open for writing; it is synced and closed here.

    Raises:
        FileExistsError: something is at `path` and `replace` is False.
        OSError: it cannot be written; nothing is left behind.
    """
    directory, name = _name_in(path)
    parent = os.open(directory, _DIRECTORY)
    temporary = _temporary_name()
    try:
        if not replace:
            _refuse_existing(parent, name, path)
        descriptor = os.open(temporary, _NEW_FILE, 0o666, dir_fd=parent)
        try:
            try:
                yield descriptor
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if replace:
                os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
            else:
                _give_name(parent, temporary, name, path)
            os.fsync(parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            raise
    finally:
        os.close(parent)


def _refuse_existing(parent: int, name: str, path: Path) -> None:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return
    raise FileExistsError(errno.EEXIST, "File exists: choose another destination", str(path))


def _give_name(parent: int, temporary: str, name: str, path: Path) -> None:
    """Rename without replacing anything."""
    try:
        os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError as error:
        message = "File exists: choose another destination"
        raise FileExistsError(errno.EEXIST, message, str(path)) from error
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # A file system without hard links: what appears at this very moment would be replaced.
        _refuse_existing(parent, name, path)
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        return
    os.unlink(temporary, dir_fd=parent)


class Piece(NamedTuple):
    """A file that was written into a tree, still under its temporary name."""

    run: str
    temporary: str
    name: str


class OpenTree:
    """A directory that is being filled, with the way to one run in it open; close() ends it."""

    def __init__(self, path: Path) -> None:
        self._parts: list[str] = []
        self._descriptors = [os.open(path, _DIRECTORY | os.O_NOFOLLOW)]

    def close(self) -> None:
        """Close all directories."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def enter(self, run: str, *, make: bool = True) -> int:
        """Return a descriptor of the directory of a run, good until another is entered.

        Args:
            run: the directory below the destination, "." for itself.
            make: False when it is there.
        """
        parts = [] if run == "." else run.split("/")
        same = 0
        for part, other in zip(parts, self._parts):  # noqa: B905
            if part != other:
                break
            same += 1
        while len(self._parts) > same:
            self._parts.pop()
            os.close(self._descriptors.pop())
        for part in parts[same:]:
            if part in ("", ".", "..") or "\0" in part:
                raise ValueError(f"run {run!r} would leave the destination")
            above = self._descriptors[-1]
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=above)
            self._descriptors.append(os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=above))
            self._parts.append(part)
        return self._descriptors[-1]

    @contextlib.contextmanager
    def create(self, run: str, name: str) -> Iterator[tuple[int, Piece]]:
        """Give a descriptor to write to, and the piece that it becomes when the block ends.

        Args:
            run: the directory below the destination, "." for itself.
            name: of the file there.

        Yields:
            The descriptor, which is closed here, and the Piece to hand to
            OutputDirectory.commit().
        """
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            raise ValueError(f"a file cannot have the name {name!r}")
        temporary = _temporary_name()
        descriptor = os.open(temporary, _NEW_FILE, 0o666, dir_fd=self.enter(run))
        try:
            yield descriptor, Piece(run, temporary, name)
        finally:
            os.close(descriptor)


class OutputTree:
    """A directory that is being filled, maybe by several processes. Can be pickled.

    Attributes:
        path: where it stands for now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenTree]:
        """Give the OpenTree of one task."""
        tree = OpenTree(self.path)
        try:
            yield tree
        finally:
            tree.close()

    @contextlib.contextmanager
    def create(self, run: str, name: str) -> Iterator[tuple[int, Piece]]:
        """See OpenTree.create()."""
        with self.opened() as tree, tree.create(run, name) as created:
            yield created

    def reopen(self, piece: Piece) -> int:
        """Open a piece again, to append to it."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        with self.opened() as tree:
            return os.open(piece.temporary, flags, dir_fd=tree.enter(piece.run, make=False))

    @contextlib.contextmanager
    def directory(self, run: str) -> Iterator[Path]:
        """Give the path of a run's directory to those who can only write to a path.

        On Linux it leads through a descriptor, so that nothing put in place of a directory above
        it meanwhile matters.

        Args:
            run: the directory below the destination, "." for itself.

        Yields:
            A path that is good until the block ends.
        """
        with self.opened() as tree:
            through = Path(f"/proc/self/fd/{tree.enter(run)}")
            yield through if through.is_dir() else self.path / run


class OutputDirectory:
    """A new directory of event files: `with OutputDirectory(path) as output: ... commit()`.

    Without a commit nothing is left behind.

    Attributes:
        tree: the OutputTree to write into.
    """

    def __init__(self, path: Path) -> None:
        """Args: path: the destination: nothing, or an empty directory.

        Raises:
            FileExistsError: there is something at `path`.
            OSError: the directory above it cannot be written to.
        """
        self._path = path
        directory, self._name = _name_in(path)
        self._parent = os.open(directory, _DIRECTORY)
        self._temporary = _temporary_name()
        try:
            self._refuse_contents()
            os.mkdir(self._temporary, 0o700, dir_fd=self._parent)
        except BaseException:
            os.close(self._parent)
            raise
        self.tree = OutputTree(directory.absolute() / self._temporary)
        self._committed = False

    def _refuse_contents(self) -> None:
        try:
            is_link = stat.S_ISLNK(os.lstat(self._name, dir_fd=self._parent).st_mode)
            empty = not is_link and not any(self._path.iterdir())
        except FileNotFoundError:
            return
        except NotADirectoryError:
            empty = False
        if not empty:
            message = "File exists: choose another destination, or an empty directory"
            raise FileExistsError(errno.EEXIST, message, str(self._path))

    def __enter__(self) -> Self:
        return self

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a directory for what the work needs meanwhile, on the file system of the output."""
        path = self.tree.path.with_name(_temporary_name())
        path.mkdir(0o700)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def commit(
        self, pieces: Iterable[Piece] = (), *, others: bool = False, elsewhere: bool = False
    ) -> None:
        """Make the pieces durable, name them, and make the directory appear.

        Args:
            pieces: what was written through the tree.
            others: True when files were written into the tree's path, too, under their own names.
            elsewhere: True when tasks may have been killed that were done again elsewhere: what
                they began is removed.
        """
        by_run: dict[str, list[Piece]] = {}
        for piece in pieces:
            by_run.setdefault(piece.run, []).append(piece)
        root = os.open(self._temporary, _DIRECTORY | os.O_NOFOLLOW, dir_fd=self._parent)
        many = others or sum(map(len, by_run.values())) > _MANY_FILES
        try:
            with self.tree.opened() as tree:
                for run in sorted(by_run):  # so that the way from one to the next is short
                    directory = tree.enter(run, make=False)
                    self._name_files(directory, by_run[run], sync=not many)
            if elsewhere:
                _remove_left_overs(root)
            if many:
                _sync_file_system(root)
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(root, 0o777 & ~umask)
            os.fsync(root)
        finally:
            os.close(root)
        # Replaces an empty directory at most.
        os.rename(self._temporary, self._name, src_dir_fd=self._parent, dst_dir_fd=self._parent)
        self._committed = True
        os.fsync(self._parent)

    @staticmethod
    def _name_files(directory: int, files: list[Piece], *, sync: bool) -> None:
        for piece in files:
            if sync:
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(piece.temporary, flags, dir_fd=directory)
                os.fsync(descriptor)
                os.close(descriptor)
            os.rename(piece.temporary, piece.name, src_dir_fd=directory, dst_dir_fd=directory)
        if sync:
            os.fsync(directory)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if not self._committed:
                shutil.rmtree(self.tree.path, ignore_errors=True)
        finally:
            os.close(self._parent)


def _remove_left_overs(root: int) -> None:
    """Remove what tasks began that were killed, and were done again elsewhere."""
    for _, _, names, directory in os.fwalk(".", dir_fd=root):
        for name in names:
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                os.unlink(name, dir_fd=directory)


def _sync_file_system(descriptor: int) -> None:
    """Make everything on the file system of a descriptor durable."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
    elif syncfs(descriptor) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
