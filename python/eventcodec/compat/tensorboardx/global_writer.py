"""tensorboardX.GlobalSummaryWriter: one writer for a process and its children, with steps counted.

Children hand their calls to the process that made the writer, through a pipe, and that process logs
them in the order in which they come.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
import threading
from collections import Counter
from multiprocessing.connection import wait
from typing import Any

from eventcodec.compat.tensorboardx.writer import FileWriter, SummaryWriter

__all__ = ["GlobalSummaryWriter"]

# How long close() waits for what children have begun to send.
_CLOSE_SECONDS = 5.0

_writer: GlobalSummaryWriter | None = None


class GlobalSummaryWriter:
    """A writer whose calls need no step, from any process that was made after it.

    Args:
        logdir: and all others as in SummaryWriter.
        coalesce_process: accepted for tensorboardX's sake.

    Example:
        >>> import tempfile
        >>> writer = GlobalSummaryWriter(tempfile.mkdtemp())
        >>> writer.add_scalar("loss", 0.5)  # step 0
        >>> writer.add_scalar("loss", 0.25)  # step 1
        >>> writer.close()
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str | None = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        coalesce_process: bool = True,
        **kwargs: Any,
    ) -> None:
        del coalesce_process
        self.smw: SummaryWriter | None = SummaryWriter(
            logdir,
            comment,
            purge_step,
            max_queue,
            flush_secs,
            filename_suffix,
            write_to_disk,
            log_dir,
            **kwargs,
        )
        self._process = os.getpid()
        self._steps: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()  # of this process's threads
        self._incoming, self._outgoing = multiprocessing.Pipe(duplex=False)
        # Of all processes, however they are started.
        self._sending: Any = multiprocessing.get_context("spawn").Lock()
        self._stopped, self._stop = multiprocessing.Pipe(duplex=False)
        self._receiver: threading.Thread | None = threading.Thread(
            target=self._receive, name="eventcodec-global-writer", daemon=True
        )
        self._receiver.start()
        atexit.register(self.close)

    def __getstate__(self) -> dict[str, Any]:
        """Keep what a child process needs: the way to this one."""
        return {name: vars(self)[name] for name in ("_outgoing", "_sending", "_process")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, smw=None)

    def add_scalar(self, tag: str, scalar_value: Any, walltime: float | None = None) -> None:
        """Log one number, see SummaryWriter; its step is how often the tag was logged before."""
        self._log("add_scalar", tag, scalar_value=scalar_value, walltime=walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Log one image, see SummaryWriter; its step is how often the tag was logged before."""
        self._log(
            "add_image", tag, img_tensor=img_tensor, walltime=walltime, dataformats=dataformats
        )

    def add_text(self, tag: str, text_string: str, walltime: float | None = None) -> None:
        """Log a text, see SummaryWriter; its step is how often the tag was logged before."""
        self._log("add_text", tag, text_string=text_string, walltime=walltime)

    @staticmethod
    def getSummaryWriter() -> GlobalSummaryWriter:  # noqa: N802
        """Return the writer that all callers of this method share, made by the first."""
        global _writer  # noqa: PLW0603 - one for the process, as in tensorboardX
        if _writer is None:
            _writer = GlobalSummaryWriter()
        return _writer

    @property
    def file_writer(self) -> FileWriter | None:
        """The FileWriter; None in a child process."""
        writer: Any = None if self.smw is None else self.smw._get_file_writer()
        found: FileWriter | None = writer
        return found

    def close(self) -> None:
        """Log what children have sent, and close the file; only where the writer was made."""
        if self.smw is None or self._process != os.getpid():
            return
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            self._stop.send(None)
            receiver.join(_CLOSE_SECONDS)
        self.smw.close()

    def _log(self, method: str, tag: str, **arguments: Any) -> None:
        if self._process == os.getpid():
            self._log_here(method, tag, arguments)
        else:
            with self._sending:
                self._outgoing.send((method, tag, arguments))

    def _log_here(self, method: str, tag: str, arguments: dict[str, Any]) -> None:
        with self._lock:
            step = self._steps[method, tag]
            getattr(self.smw, method)(tag, global_step=step, **arguments)
            self._steps[method, tag] = step + 1

    def _receive(self) -> None:
        """Log what children send, until close() and nothing is left."""
        while True:
            ready = wait([self._incoming, self._stopped])
            if self._incoming not in ready:
                return
            method, tag, arguments = self._incoming.recv()
            try:
                self._log_here(method, tag, arguments)
            except (TypeError, ValueError) as error:  # of the child, which has gone on
                sys.stderr.write(f"eventcodec: a call of a child process failed: {error}\n")
