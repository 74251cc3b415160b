"""Scalars that are on a device: nothing waits for it in the call, and nothing is lost or reordered.

The stand-in is a tensor that PyTorch takes for one of another device. Reading a number from it
directly fails (PyTorch has no such device); copies to the host are counted.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch.utils import _pytree

import eventcodec
from eventcodec import SummaryWriter
from eventcodec.writer import device_scalars

BATCH = device_scalars._BATCH_SIZE


class DeviceTensor(torch.Tensor):
    """A tensor of a made-up device, whose memory is a tensor of the host."""

    fetches: ClassVar[int] = 0
    failing: ClassVar[bool] = False
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Any:
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, dtype=inner.dtype, device="privateuseone:0"
        )

    def __init__(self, inner: torch.Tensor) -> None:
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        device = kwargs.pop("device", None)
        args, kwargs = _pytree.tree_map(
            lambda x: x.inner if isinstance(x, DeviceTensor) else x, (args, kwargs)
        )
        out = func(*args, **kwargs)
        if device is not None and torch.device(device).type == "cpu":
            DeviceTensor.fetches += 1
            if DeviceTensor.failing:
                raise RuntimeError("the device is on fire")
            return out.clone()
        return _pytree.tree_map(lambda x: cls(x) if isinstance(x, torch.Tensor) else x, out)


class Tensor(DeviceTensor):
    """The same under the name that real ones have, which the native code knows."""


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetch by count alone, also on a machine that is so busy that time would have us fetch."""
    monkeypatch.setattr(device_scalars, "_FETCH_AFTER_SECONDS", 1e9)
    DeviceTensor.fetches = 0
    DeviceTensor.failing = False


@pytest.fixture(params=[DeviceTensor, Tensor])
def on_device(request: pytest.FixtureRequest) -> Any:
    """A function from a number to a tensor on a device."""
    return lambda value, **kwargs: request.param(torch.tensor(value, **kwargs))


def series(directory: Path, tag: str) -> list[tuple[int, float]]:
    scalars = eventcodec.open(directory)["."].scalars[tag]
    return list(zip(scalars.steps.tolist(), scalars.values.tolist(), strict=True))


def test_nothing_waits_in_the_call_and_one_copy_fetches_all(tmp_path: Path, on_device: Any) -> None:
    count = BATCH - 1
    with SummaryWriter(tmp_path) as writer:
        before = time.time()
        for step in range(count):
            writer.add_scalar("loss", on_device(step / 8), global_step=step)
        after = time.time()
        assert DeviceTensor.fetches == 0
        stats = writer.stats()
        assert (stats.accepted, stats.written, stats.pending) == (count, 0, count)
        writer.flush()
        assert DeviceTensor.fetches == 1
        stats = writer.stats()
        assert (stats.accepted, stats.written, stats.pending) == (count, count, 0)
    assert series(tmp_path, "loss") == [(step, step / 8) for step in range(count)]
    wall_times = eventcodec.open(tmp_path)["."].scalars["loss"].wall_times
    assert before <= wall_times[0] <= wall_times[-1] <= after
    assert (np.diff(wall_times) >= 0).all()


def test_many_pending_are_fetched_in_batches(tmp_path: Path, on_device: Any) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(3 * BATCH + 1):
            writer.add_scalar("loss", on_device(1.0), step)
        assert DeviceTensor.fetches == 3
        assert writer.stats().accepted == 3 * BATCH + 1
    assert len(series(tmp_path, "loss")) == 3 * BATCH + 1


def test_old_ones_are_fetched_by_a_later_call(
    tmp_path: Path, on_device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", on_device(1.0), 1)
        assert DeviceTensor.fetches == 0
        monkeypatch.setattr(device_scalars, "_FETCH_AFTER_SECONDS", 0)
        writer.add_scalar("loss", on_device(2.0), 2)
        assert DeviceTensor.fetches == 1
        assert writer.stats().accepted == 2


def test_the_value_is_that_of_the_call(tmp_path: Path) -> None:
    memory = torch.zeros(())
    running = DeviceTensor(memory)
    with SummaryWriter(tmp_path) as writer:
        for step in range(5):
            memory += 1  # as running_loss += loss does
            writer.add_scalar("running", running, step)
            writer.add_metrics({"twice": running}, step)
    assert series(tmp_path, "running") == [(step, step + 1) for step in range(5)]
    assert series(tmp_path, "twice") == [(step, step + 1) for step in range(5)]


def test_the_order_of_each_tag_is_that_of_the_calls(tmp_path: Path, on_device: Any) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", on_device(0.0), 0)
        writer.add_scalar("a", 1.0, 1)
        writer.add_scalar("other", 1.0, 1)
        assert writer.stats().pending == writer.stats().accepted - writer.stats().written
        writer.add_metrics({"a": 2.0, "b": on_device(2)}, 2)
        writer.add_metrics({"a": 3.0}, 3)
        writer.add_scalar_series("b", [3.0, 4.0], [3, 4])
        writer.add_scalar("b", 5.0, 5)
        writer.add_scalar("a", on_device(4.0, dtype=torch.bfloat16), 4)
        writer.add_scalar("a", np.float32(5), 5)
    assert series(tmp_path, "a") == [(step, float(step)) for step in range(6)]
    assert series(tmp_path, "b") == [(step, float(step)) for step in range(2, 6)]
    assert series(tmp_path, "other") == [(1, 1.0)]


def test_metrics_stay_one_event(tmp_path: Path, on_device: Any) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_metrics({"a": on_device(1.5), "b": 2, "c": np.float64(3)}, 7, 123.25)
        writer.flush()
        assert writer.stats().written == 1
    log = eventcodec.open(tmp_path)["."].scalars
    assert {tag: (s.steps[0], s.wall_times[0], s.values[0]) for tag, s in log.items()} == {
        "a": (7, 123.25, 1.5),
        "b": (7, 123.25, 2.0),
        "c": (7, 123.25, 3.0),
    }


def test_forms_and_dtypes(tmp_path: Path, on_device: Any) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("new", on_device([0.5]), 1, None, True)
        value = on_device(0.1, dtype=torch.float64)
        writer.add_scalar("wide", value, 1, new_style=True, double_precision=True)
        writer.add_scalar("narrow", value, 1)
        writer.add_scalar("int", on_device(-7), 1)
        writer.add_scalar("bool", on_device(True), 1)
        writer.add_scalar("nan", on_device(float("nan")), 1)
    scalars = eventcodec.open(tmp_path)["."].scalars
    assert scalars["new"].values[0] == 0.5
    assert scalars["wide"].values[0] == 0.1
    assert scalars["narrow"].values[0] == np.float32(0.1)
    assert (scalars["int"].values[0], scalars["bool"].values[0]) == (-7.0, 1.0)
    assert np.isnan(scalars["nan"].values[0])


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (torch.zeros((), device="meta"), ValueError, "device 'meta', which has no values"),
        (DeviceTensor(torch.zeros(2)), ValueError, r"exactly one number, got shape \(2,\)"),
        (DeviceTensor(torch.zeros((), dtype=torch.complex64)), TypeError, "real number"),
    ],
)
def test_bad_tensors_raise_at_the_call(
    tmp_path: Path, value: Any, error: type[Exception], message: str
) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(error, match=message):
            writer.add_scalar("a", value, 1)
        with pytest.raises(error, match=message):
            writer.add_metrics({"fine": DeviceTensor(torch.ones(())), "a": value}, 1)
        assert writer.stats().accepted == 0


def test_ranks_that_write_nothing_check_tensors(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path, rank=1, other_ranks="drop")
    for value in (torch.ones((), device="meta"), DeviceTensor(torch.zeros(2))):
        with pytest.raises(ValueError, match=r"has no values|exactly one number"):
            writer.add_scalar("a", value, 1)
        with pytest.raises(ValueError, match=r"has no values|exactly one number"):
            writer.add_metrics({"a": value}, 1)


@pytest.mark.parametrize("durability", ["process", "sync"])
def test_levels_that_promise_a_record_fetch_at_once(
    tmp_path: Path, durability: Any, on_device: Any
) -> None:
    with SummaryWriter(tmp_path, durability=durability) as writer:
        for step in range(3):
            writer.add_scalar("a", on_device(1.0), step)
            assert writer.stats().written == step + 1


@pytest.mark.parametrize("on_error", ["warn", "raise", "drop"])
def test_a_device_that_fails_costs_what_stats_tells(
    tmp_path: Path, on_error: Any, on_device: Any
) -> None:
    writer = SummaryWriter(tmp_path, on_error=on_error)
    for step in range(3):
        writer.add_scalar("a", on_device(1.0), step)
    DeviceTensor.failing = True
    if on_error == "warn":
        with pytest.warns(RuntimeWarning, match="the device is on fire"):
            writer.flush()
    elif on_error == "raise":
        for _ in range(3):
            with pytest.raises(OSError, match="the device is on fire"):
                writer.flush()
    else:
        writer.flush()
    DeviceTensor.failing = False
    writer.add_scalar("a", on_device(1.0), 3)
    writer.close()
    stats = writer.stats()
    assert (stats.accepted, stats.written, stats.pending, stats.dropped) == (4, 1, 0, 3)
    assert series(tmp_path, "a") == [(3, 1.0)]


def test_a_collected_writer_loses_nothing(tmp_path: Path, on_device: Any) -> None:
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("a", on_device(1.0), 1)
    del writer
    gc.collect()
    assert series(tmp_path, "a") == [(1, 1.0)]


def test_an_exit_without_close_loses_nothing(tmp_path: Path) -> None:
    code = f"""
    import importlib.util, sys
    spec = importlib.util.spec_from_file_location("stand_in", {str(Path(__file__))!r})
    stand_in = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stand_in)
    writer = stand_in.SummaryWriter({str(tmp_path)!r})
    for step in range(10):
        writer.add_scalar("a", stand_in.DeviceTensor(stand_in.torch.tensor(1.0)), step)
    keep = [writer]; keep.append(keep)
    if sys.argv[1] == "raise":
        raise ValueError("as scripts do")
    """
    for how in ("return", "raise"):
        subprocess.run([sys.executable, "-c", textwrap.dedent(code), how], check=False, timeout=120)
    assert len(series(tmp_path, "a")) == 20


def test_a_fork_leaves_the_parents_to_the_parent(tmp_path: Path, on_device: Any) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", on_device(1.0), 1)
        child = os.fork()
        if child == 0:
            try:
                writer.add_scalar("a", 2.0, 2)
                writer.add_scalar("b", on_device(3.0), 3)
                writer.flush()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        writer.add_scalar("a", on_device(4.0), 4)
    assert sorted(series(tmp_path, "a")) == [(1, 1.0), (2, 2.0), (4, 4.0)]
    assert series(tmp_path, "b") == [(3, 3.0)]


def test_threads(tmp_path: Path) -> None:
    count = 300

    def log(writer: SummaryWriter, tag: str) -> None:
        for step in range(count):
            value = DeviceTensor(torch.tensor(float(step))) if step % 3 else float(step)
            writer.add_scalar(tag, value, step)
            if step % 50 == 49:
                writer.flush()

    with SummaryWriter(tmp_path) as writer:
        threads = [threading.Thread(target=log, args=(writer, f"tag{i}")) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for i in range(4):
        assert series(tmp_path, f"tag{i}") == [(step, float(step)) for step in range(count)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_cuda(tmp_path: Path) -> None:
    busy = torch.randn(4096, 4096, device="cuda")
    loss = torch.zeros((), device="cuda")
    side = torch.cuda.Stream()
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("warm", loss, 0)
        writer.flush()
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")  # raises where a call would wait
        try:
            for step in range(2 * BATCH):
                busy = torch.tanh(busy @ busy)
                loss += 1
                writer.add_scalar("loss", loss, step)
                with torch.cuda.stream(side):
                    writer.add_metrics({"side": torch.ones((), device="cuda") * step}, step)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert series(tmp_path, "loss") == [(step, step + 1.0) for step in range(2 * BATCH)]
    assert series(tmp_path, "side") == [(step, float(step)) for step in range(2 * BATCH)]
