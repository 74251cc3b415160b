"""Scalars that are still on a device when they are logged: kept there, and fetched many at once.

Reading one number from a GPU waits until the GPU has done everything that was asked of it before.
So add_scalar takes a copy on the device, which is only one more thing to do for it, and the copies
of many calls come over together, when nobody has to wait for them.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from eventcodec import _native
from eventcodec.summary.scalar import as_number

__all__ = ["DeviceScalars", "check_number", "deliver_all"]

# Copies that come over together.
_BATCH_SIZE = 256
# How old a copy may become before a later call has it fetched.
_FETCH_AFTER_SECONDS = 0.5
# When this many calls wait, the device is so far behind that one more call waits for it.
_MAX_WAITING = 1 << 16


class Writer(Protocol):
    """What a queue needs of the writer that it belongs to."""

    def _deliver_device_scalars(self) -> None: ...

    def _append_scalar(
        self, tag: str, number: float, step: int, wall_time: float, as_tensor: bool, wide: bool
    ) -> None: ...
    def _append_metrics(self, numbers: dict[str, float], step: int, wall_time: float) -> None: ...


class _Number:
    """A number on its way from a device."""

    __slots__ = ("batch", "tensor", "value")

    def __init__(self, tensor: Any, batch: _Batch) -> None:
        self.tensor = tensor
        self.batch = batch
        self.value = 0.0


class _Batch:
    """Numbers of one device, type and stream, which come over in one copy."""

    def __init__(self, stream: Any) -> None:
        self.numbers: list[_Number] = []
        self.begun = time.monotonic()
        self.arrived = False
        self.error: Exception | None = None
        self._stream = stream  # None for devices without CUDA's streams
        self._copy: Any = None
        self._copied: Any = None

    def start(self) -> None:
        """Have the device send the numbers, without waiting for it where it can do that."""
        if self._stream is None or self._copied is not None or self.arrived:
            return
        torch = sys.modules["torch"]
        try:
            # On the stream that the numbers were copied on, so that they are there by then.
            with torch.cuda.stream(self._stream):
                stacked = torch.stack([number.tensor for number in self.numbers])
                self._copy = torch.empty(stacked.shape, dtype=stacked.dtype, pin_memory=True)
                self._copy.copy_(stacked, non_blocking=True)
                self._copied = torch.cuda.Event()
                self._copied.record(self._stream)
        except RuntimeError as error:
            self._settle([0.0] * len(self.numbers), error)

    def poll(self) -> None:
        """Take the numbers if they are here. Waits only for devices that cannot be asked."""
        if self.arrived:
            return
        if self._stream is None:
            self.wait()
            return
        try:
            if self._copied.query():
                self._settle(self._copy.tolist())
        except RuntimeError as error:
            self._settle([0.0] * len(self.numbers), error)

    def wait(self) -> None:
        """Wait until the numbers are here."""
        self.start()
        if self.arrived:
            return
        try:
            if self._copied is None:
                torch = sys.modules["torch"]
                stacked = torch.stack([number.tensor for number in self.numbers])
                self._settle(stacked.cpu().tolist())
            else:
                self._copied.synchronize()
                self._settle(self._copy.tolist())
        except RuntimeError as error:
            self._settle([0.0] * len(self.numbers), error)

    def _settle(self, values: Iterable[float], error: Exception | None = None) -> None:
        for number, value in zip(self.numbers, values, strict=True):
            number.value = value
            number.tensor = None
        self.error = error
        self.arrived = True
        self._copy = self._copied = None


@dataclass(frozen=True)
class _Waiting:
    """One call: what it logs, and what its record says besides."""

    numbers: dict[str, float | _Number]
    step: int
    wall_time: float
    form: tuple[bool, bool] | None  # new_style, double_precision; None for add_metrics

    def batches(self) -> list[_Batch]:
        return [number.batch for number in self.numbers.values() if isinstance(number, _Number)]


class DeviceScalars:
    """The calls of one writer that wait for numbers from a device, in the order they were made.

    A call with a number of the host waits here only when its tag has others waiting before it, so
    that the records of each tag stand in the file in the order of the calls.

    Args:
        on_error: the writer's; what a device that fails does to the caller.
        patient: False when every call must have written its record when it returns.
    """

    def __init__(self, *, on_error: str, patient: bool) -> None:
        self.tags: dict[str, int] = {}  # tag -> calls that wait; the native writer looks into it
        self._on_error = on_error
        self._patient = patient
        self._warned = False
        self._begin()

    def _begin(self) -> None:
        self.tags.clear()
        self._queue: deque[_Waiting] = deque()
        self._open: dict[Any, _Batch] = {}  # batches that take more, by device, dtype and stream
        self._started: list[_Batch] = []
        self._dropped = 0
        self._process = os.getpid()
        self._state = threading.RLock()  # for moments
        self._delivery = threading.RLock()  # one thread delivers, in order; may be long
        self._deliverer: int | None = None
        self._busy_thread: int | None = None  # the one inside _add

    def account(self) -> tuple[int, int]:
        """Return how many calls wait, and how many were given up with a device that failed."""
        if self._process != os.getpid():
            self._begin()
        with self._state:
            return len(self._queue), self._dropped

    def add_scalar(
        self,
        writer: Writer,
        tag: str,
        number: Any,
        step: int,
        wall_time: float,
        form: tuple[bool, bool],
    ) -> None:
        """Log a number that is on a device, or one of the host behind those of its tag."""
        self._add(writer, {tag: check_number(number, "scalar_value")}, step, wall_time, form)

    def add_metrics(
        self, writer: Writer, metrics: Mapping[str, Any], step: int, wall_time: float
    ) -> None:
        """Log numbers of one step, some of which are on a device or behind those of their tag."""
        numbers: dict[str, Any] = {}
        for tag, value in metrics.items():
            _native.check_tag(tag)
            numbers[tag] = check_number(value, "a metric")
        self._add(writer, numbers, step, wall_time, None)

    def _add(
        self,
        writer: Writer,
        numbers: dict[str, Any],
        step: int,
        wall_time: float,
        form: tuple[bool, bool] | None,
    ) -> None:
        if self._process != os.getpid():
            self._begin()  # what waited here is the parent's, which logs it
        thread = threading.get_ident()
        if self._busy_thread == thread:  # a signal handler, within the call that it interrupted
            self._enqueue(numbers, step, wall_time, form)
            return
        with self._state:
            self._busy_thread = thread
            try:
                self._enqueue(numbers, step, wall_time, form)
                self._close_batches(time.monotonic())
            finally:
                self._busy_thread = None
        _deliver_at_exit(writer)
        if self._started or not self._patient or len(self._queue) > _MAX_WAITING:
            self.deliver(writer, wait=not self._patient or len(self._queue) > _MAX_WAITING)

    def _enqueue(
        self,
        numbers: dict[str, Any],
        step: int,
        wall_time: float,
        form: tuple[bool, bool] | None,
    ) -> None:
        wide = form is not None and form[1]
        taken = {
            tag: number if isinstance(number, float) else self._take(number, wide)
            for tag, number in numbers.items()
        }
        self._queue.append(_Waiting(taken, step, wall_time, form))
        for tag in taken:
            self.tags[tag] = self.tags.get(tag, 0) + 1

    def _take(self, tensor: Any, wide: bool) -> _Number:
        """Copy one number on its device, where the caller may change it as soon as we return."""
        torch = sys.modules["torch"]
        device = tensor.device
        stream = torch.cuda.current_stream(device) if device.type == "cuda" else None
        dtype = torch.float64 if wide and device.type != "mps" else torch.float32
        key = (device, dtype, stream)
        if key not in self._open:
            self._open[key] = _Batch(stream)
        batch = self._open[key]
        number = _Number(tensor.detach().reshape(()).to(dtype, copy=True), batch)
        batch.numbers.append(number)
        return number

    def _close_batches(self, now: float) -> None:
        """Have the batches fetched that are full or old."""
        for key, batch in list(self._open.items()):
            full = len(batch.numbers) >= _BATCH_SIZE
            if full or now - batch.begun >= _FETCH_AFTER_SECONDS:
                del self._open[key]
                self._started.append(batch)
                batch.start()

    def deliver(self, writer: Writer, *, wait: bool) -> None:
        """Hand to the writer what has arrived; with `wait`, everything that waits now.

        Raises:
            OSError: a device failed, and the writer was made with on_error="raise".
        """
        if self._process != os.getpid():
            self._begin()
        if threading.get_ident() in (self._deliverer, self._busy_thread):
            return  # from a signal handler, within the call that it interrupted
        if not self._delivery.acquire(blocking=wait):
            return
        self._deliverer = threading.get_ident()
        try:
            self._fetch(wait=wait)
            while self._queue and all(batch.arrived for batch in self._queue[0].batches()):
                self._write(writer, self._queue[0])
        finally:
            self._deliverer = None
            self._delivery.release()

    def _fetch(self, *, wait: bool) -> None:
        with self._state:
            if wait:
                self._started += self._open.values()
                self._open.clear()
            started = list(self._started)
        for batch in started:
            batch.start()
        for batch in started:
            if wait:
                batch.wait()
            else:
                batch.poll()
        with self._state:
            self._started = [batch for batch in self._started if not batch.arrived]

    def _write(self, writer: Writer, call: _Waiting) -> None:
        errors = [batch.error for batch in call.batches() if batch.error is not None]
        numbers = {
            tag: number.value if isinstance(number, _Number) else number
            for tag, number in call.numbers.items()
        }
        with self._state:
            self._queue.popleft()
            for tag in call.numbers:
                self.tags[tag] -= 1
                if self.tags[tag] == 0:
                    del self.tags[tag]
            if errors:
                self._dropped += 1
            elif call.form is None:
                writer._append_metrics(numbers, call.step, call.wall_time)
            else:
                ((tag, number),) = numbers.items()
                writer._append_scalar(tag, number, call.step, call.wall_time, *call.form)
        if errors:
            self._report(errors[0])

    def _report(self, error: Exception) -> None:
        message = f"numbers could not be read from their device and are dropped: {error}"
        if self._on_error == "raise":
            raise OSError(message) from error
        if self._on_error == "warn" and not self._warned:
            self._warned = True
            warnings.warn(message, RuntimeWarning, stacklevel=4)


def _is_on_device(value: object) -> bool:
    """Tell whether a value is a torch tensor whose memory is not the host's."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor) and value.device.type != "cpu"


def check_number(value: Any, name: str) -> Any:
    """Return a float, or a tensor on a device that holds exactly one real number.

    Raises:
        TypeError, ValueError: it is neither.
    """
    if not _is_on_device(value):
        return as_number(value, name)
    if value.is_meta:
        raise ValueError(f"{name} is a tensor on the device 'meta', which has no values")
    if value.numel() != 1:
        raise ValueError(f"{name} must hold exactly one number, got shape {tuple(value.shape)}")
    if value.is_complex():
        raise TypeError(f"{name} must be a real number, got a {value.dtype} tensor")
    if value.is_quantized or str(value.layout) != "torch.strided":
        raise TypeError(f"{name} must be a plain dense tensor, got {value.dtype}, {value.layout}")
    return value


_waiting_writers: weakref.WeakSet[Any] = weakref.WeakSet()


def _deliver_at_exit(writer: Writer) -> None:
    if not _waiting_writers:
        atexit.unregister(deliver_all)
        atexit.register(deliver_all)
    if writer not in _waiting_writers:
        _waiting_writers.add(writer)


def deliver_all() -> None:
    """Hand over what waits for devices, in every writer: before the process ends."""
    for writer in list(_waiting_writers):
        writer._deliver_device_scalars()
