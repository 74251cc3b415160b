"""LogFile: a VisualDL log that is written, from its opening to its close; LogWriter fills it."""

from __future__ import annotations

import os
import threading
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, get_args

from eventcodec import _native
from eventcodec.vdl.resume import prepare_to_continue
from eventcodec.writer.event_log import Durability, OnError
from eventcodec.writer.log_directory import check_suffix, make_log_directory
from eventcodec.writer.process_exit import flush_at_child_exit
from eventcodec.writer.stats import WriterStats

__all__ = ["LogFile"]

_Log = TypeVar("_Log", bound="LogFile")

_OPTIONS: dict[str, Any] = {
    "durability": "buffered",
    "on_error": "warn",
    "max_pending_bytes": 64 << 20,
}


class LogFile(_native.VdlWriter):
    """One log, with VisualDL's names and options; see LogWriter for what they mean."""

    def __init__(
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str = "",
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        display_name: str = "",
        file_name: str = "",
        **kwargs: Any,
    ) -> None:
        options = _options_of(kwargs)
        suffix = check_suffix(filename_suffix)
        if file_name and "vdlrecords" not in file_name:
            warnings.warn(
                f'file_name must contain "vdlrecords", got {file_name!r}; the log gets a name of '
                "its own",
                stacklevel=2,
            )
            file_name = ""
        if "/" in file_name or "\0" in file_name:
            raise ValueError(f"file_name must be a name without a directory, got {file_name!r}")
        if not logdir:
            logdir = Path("runs") / (time.strftime("%b%d_%H-%M-%S") + (comment and f".{comment}"))
        self._logdir = make_log_directory(logdir, "", create=write_to_disk)
        self._configuration: dict[str, Any] = {
            "max_queue": max_queue,
            "flush_secs": flush_secs,
            "filename_suffix": filename_suffix,
            "write_to_disk": write_to_disk,
            "display_name": display_name,
            **options,
        }
        self._opening = threading.Lock()
        self._closed_in: int | None = None
        self._place = {
            # As it is now: new files belong here after os.chdir(), too.
            "directory": str(Path(self._logdir).absolute()),
            "suffix": suffix,
            "display_name": display_name,
            "durability": options["durability"],
            "max_pending_bytes": options["max_pending_bytes"],
        }
        if file_name and write_to_disk:
            prepare_to_continue(Path(self._logdir) / file_name)
        super().__init__(
            **self._place,
            file_name=file_name,
            on_error=options["on_error"],
            muted=not write_to_disk,
        )
        flush_at_child_exit()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as configuration: unpickled, the writer logs to a file of its own in logdir."""
        return _open_like, (type(self), self._logdir, self._configuration)

    def __repr__(self) -> str:
        return (
            f"<eventcodec.compat.visualdl.{type(self).__name__} {getattr(self, '_logdir', None)!r}>"
        )

    @property
    def logdir(self) -> str:
        """The directory of the run, as it was given."""
        return self._logdir

    @property
    def file_name(self) -> str:
        """The path of the newest file, "" with write_to_disk=False."""
        path: str = self._stats()["path"]
        return os.path.join(self._logdir, os.path.basename(path)) if path else ""  # noqa: PTH118, PTH119

    def flush(self, durable: bool = False) -> None:
        """Wait until every earlier add, from any thread, is with the kernel; with durable, on disk.

        Raises:
            OSError: the device refuses, with durable=True or on_error="raise".
        """
        self._flush(durable)

    def close(self) -> None:
        """Flush and close the file; a later add continues it."""
        if self._configuration["write_to_disk"]:
            # What a child of a fork has not logged to is its parent's.
            self._closed_in = None if self._is_forked else os.getpid()
            self._close()

    def stats(self) -> WriterStats:
        """Return what was accepted, written, and dropped since the file was opened."""
        return WriterStats(**self._stats())

    def _open_again(self) -> None:
        """Continue the file that was closed; the native writer calls it.

        A child of a fork begins a file of its own: two processes must not write to one.
        """
        with self._opening:
            if not self._is_closed:
                return
            name = ""
            if self._closed_in == os.getpid():
                path = Path(self._stats()["path"])
                prepare_to_continue(path)
                name = path.name
            self._open(file_name=name, **self._place)
            flush_at_child_exit()

    def __enter__(self: _Log) -> _Log:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _options_of(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Check what VisualDL does not know; other options it ignores, and here they are named."""
    unknown = kwargs.keys() - _OPTIONS.keys()
    if unknown:
        warnings.warn(f"LogWriter ignores the options {sorted(unknown)}", stacklevel=3)
    options = _OPTIONS | {name: kwargs[name] for name in kwargs.keys() - unknown}
    for name, choices in (("durability", get_args(Durability)), ("on_error", get_args(OnError))):
        if options[name] not in choices:
            raise ValueError(f"{name} must be one of {choices}, got {options[name]!r}")
    if options["max_pending_bytes"] < 1 << 20:
        raise ValueError(
            f"max_pending_bytes must be at least 1 MiB, got {options['max_pending_bytes']!r}"
        )
    return options


def _open_like(writer_class: type[_Log], logdir: str, configuration: dict[str, Any]) -> _Log:
    """Make a writer like the pickled one."""
    return writer_class(logdir, **configuration)
