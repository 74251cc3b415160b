"""Numbers that the native code reads from a tensor's memory, through DLPack's C functions."""

from __future__ import annotations

import ctypes
import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from written import values_of

from eventcodec import SummaryWriter

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
EIGHT_BIT_FLOATS = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz]
INTEGERS = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8]
WIDE_UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]


def edges(dtype: torch.dtype) -> list[torch.Tensor]:
    """0-d tensors of a type: the usual, and the ends of its range."""
    if dtype == torch.bool:
        return [torch.tensor(False), torch.tensor(True)]
    if not dtype.is_floating_point:
        ends = torch.iinfo(dtype)
        integers = [0, 1, 77, ends.min, ends.max, ends.max - 1]
        return [torch.tensor(number, dtype=dtype) for number in integers]
    limits = torch.finfo(dtype)
    numbers = [0.0, -0.0, 1.0, -0.1, 3.0, limits.max, limits.min, limits.tiny, limits.tiny / 2]
    if dtype in FLOATS:
        numbers += [float("inf"), float("-inf"), float("nan")]
    return [torch.tensor(number, dtype=torch.float64).to(dtype) for number in numbers]


@pytest.mark.parametrize(
    "dtype",
    [torch.bool, *FLOATS, *EIGHT_BIT_FLOATS, *INTEGERS, *WIDE_UNSIGNED],
    ids=lambda dtype: str(dtype).removeprefix("torch."),
)
def test_every_dtype_is_what_item_says(tmp_path: Path, dtype: torch.dtype) -> None:
    tensors = edges(dtype)
    with SummaryWriter(tmp_path) as writer:
        for step, tensor in enumerate(tensors):
            writer.add_scalar("alone", tensor, step)
            writer.add_scalar("matrix", tensor.reshape(1, 1), step)
            writer.add_metrics({"metric": tensor}, step)
    with np.errstate(over="ignore"):
        want = np.array([np.float32(tensor.item()) for tensor in tensors])
    for tag in ("alone", "matrix", "metric"):
        got = np.array([value for t, _, value in values_of(tmp_path) if t == tag], np.float32)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(want))


def views() -> dict[str, torch.Tensor]:
    """Tensors whose memory does not hold what they stand for, or not at its beginning."""
    pair = torch.tensor([1.0 + 2.0j, 3.0 + 4.0j])
    with torch.inference_mode():
        inference = pair.clone().conj().imag[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch will not have them for much longer
        quantized = torch.quantize_per_tensor(torch.tensor([1.5]), 0.5, 0, torch.qint8)
    return {
        "imaginary part of a conjugate": pair.conj().imag[1],
        "without its history": pair.conj().imag[1].detach(),
        "its data": pair.conj().imag[1].data,
        "in inference mode": inference,
        "negative view": torch._neg_view(torch.tensor(5.0)),
        "negative view of integers": torch._neg_view(torch.tensor(5)),
        "real part of a conjugate": pair.conj().real[1],
        "slice": torch.arange(9.0)[7],
        "element of a transposed": torch.arange(6.0).reshape(2, 3).t()[2, 1],
        "expanded": torch.tensor(2.5).expand(1, 1),
        "needs a gradient": torch.tensor(1.5, requires_grad=True),
        "result with a gradient": torch.tensor(1.5, requires_grad=True) * 3,
        "parameter": torch.nn.Parameter(torch.tensor(1.5)),
        "zero tensor": torch._efficientzerotensor(()),
        "quantized": quantized,
    }


@pytest.mark.parametrize("name", views())
def test_views_are_what_item_says(tmp_path: Path, name: str) -> None:
    value = views()[name]
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", value)
        writer.add_metrics({"a": value})
    assert [number for _, _, number in values_of(tmp_path)] == [value.item()] * 2


def test_tensors_without_one_number_in_memory_are_refused_however_often(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for _ in range(20):
            for value in (
                torch.zeros(2),
                torch.zeros(0),
                torch.zeros((), device="meta"),
                torch.tensor(1j),
                torch.zeros(2, 2).to_sparse(),
            ):
                with pytest.raises((TypeError, ValueError)):
                    writer.add_scalar("a", value)
                with pytest.raises((TypeError, ValueError)):
                    writer.add_metrics({"a": value})
        writer.add_scalar("a", torch.tensor(4.0))
    assert values_of(tmp_path) == [("a", 0, 4.0)]


def test_steps_and_columns_may_be_tensors(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with SummaryWriter(tmp_path) as writer:
            writer.add_scalar("a", torch.nn.Parameter(torch.ones(())), torch.tensor(11))
            writer.add_metrics({"tensor": torch.tensor(1.5), "plain": 2}, torch.tensor(12))
            writer.add_scalar_series("column", torch.tensor([1.0, 2.0]), torch.tensor([3, 4]))
    assert values_of(tmp_path) == [
        ("a", 11, 1.0),
        ("tensor", 12, 1.5),
        ("plain", 12, 2.0),
        ("column", 3, 1.0),
        ("column", 4, 2.0),
    ]


class Overridden(torch.Tensor):
    """A subclass may mean something else by its number than what its memory holds."""

    def __float__(self) -> float:
        return 42.0

    def item(self) -> Any:
        return 42.0


def test_a_subclass_says_what_its_number_is(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", torch.tensor(1.0).as_subclass(Overridden))
    assert values_of(tmp_path) == [("a", 0, 42.0)]


# ---- types of other libraries: DLPack's structs, as its documentation lays them out ----


class DLTensor(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


VIEW = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.POINTER(DLTensor))


class ExchangeApi(ctypes.Structure):
    _fields_: ClassVar[Any] = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("prev_api", ctypes.c_void_p),
        ("managed_tensor_allocator", ctypes.c_void_p),
        ("managed_tensor_from_py_object_no_sync", ctypes.c_void_p),
        ("managed_tensor_to_py_object_no_sync", ctypes.c_void_p),
        ("dltensor_from_py_object_no_sync", ctypes.c_void_p),
        ("current_work_stream", ctypes.c_void_p),
    ]


memory = (ctypes.c_float * 2)(-1.0, 7.5)
kept: list[Any] = []  # what native code points to


def capsule(api: ExchangeApi, name: bytes = b"dlpack_exchange_api") -> Any:
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    kept.extend((api, name))
    return new(ctypes.addressof(api), name, None)


def exchange_api(major: int = 1, older: ExchangeApi | None = None, **fields: int) -> ExchangeApi:
    def view(_: Any, out: Any) -> int:
        tensor = DLTensor(ctypes.addressof(memory), 1, 0, 0, 2, 32, 1, None, None, 4)
        for field, value in fields.items():
            setattr(tensor, field, value)
        out[0] = tensor
        return 0

    function = VIEW(view)
    kept.extend((function, older))
    return ExchangeApi(
        major,
        9,
        None if older is None else ctypes.addressof(older),
        dltensor_from_py_object_no_sync=ctypes.cast(function, ctypes.c_void_p).value,
    )


def foreign(published: Any) -> Any:
    """An object of a new type that publishes this, and whose __float__ gives another number."""
    body = {"__dlpack_c_exchange_api__": published, "__float__": lambda self: -3.0}
    return type("Foreign", (), body)()


newer_only = exchange_api(major=2)
without_view = ExchangeApi(1, 3)
FOREIGN: dict[str, tuple[Any, float]] = {
    "read in place": (capsule(exchange_api()), 7.5),
    "newer, with an older one behind": (capsule(exchange_api(major=2, older=exchange_api())), 7.5),
    "newer only": (capsule(newer_only), -3.0),
    "older": (capsule(exchange_api(major=0)), -3.0),
    "no such function": (capsule(without_view), -3.0),
    "another capsule": (capsule(exchange_api(), b"something else"), -3.0),
    "no capsule": (17, -3.0),
    "on a device": (capsule(exchange_api(device_type=2)), -3.0),
    "no memory": (capsule(exchange_api(data=None)), -3.0),  # type: ignore[arg-type]
    "complex": (capsule(exchange_api(code=5, bits=64)), -3.0),
    "four lanes": (capsule(exchange_api(lanes=4)), -3.0),
    "four bits": (capsule(exchange_api(code=17, bits=4)), -3.0),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_types_of_other_libraries(tmp_path: Path, name: str) -> None:
    published, want = FOREIGN[name]
    value = foreign(published)
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("a", value, step)
    assert [number for _, _, number in values_of(tmp_path)] == [want] * 3


def test_a_function_that_fails_leaves_no_error_behind(tmp_path: Path) -> None:
    value = foreign(torch.Tensor.__dlpack_c_exchange_api__)  # which refuses what is no tensor
    with SummaryWriter(tmp_path) as writer:
        for step in range(20):
            writer.add_scalar("a", value, step)
            writer.add_metrics({"b": value}, step)
    assert [number for _, _, number in values_of(tmp_path)] == [-3.0] * 40


def test_a_function_that_fails_again_and_again_is_left_alone(tmp_path: Path) -> None:
    calls = []

    def fail(object_: Any, out: Any) -> int:
        calls.append(object_)
        return -1

    function = VIEW(fail)
    kept.append(function)
    api = ExchangeApi(
        1, 3, dltensor_from_py_object_no_sync=ctypes.cast(function, ctypes.c_void_p).value
    )
    value = foreign(capsule(api))
    with SummaryWriter(tmp_path) as writer:
        for step in range(50):
            writer.add_scalar("a", value, step)
    assert len(calls) == 8


def test_many_types(tmp_path: Path) -> None:
    values = [foreign(capsule(exchange_api())) for _ in range(40)]
    values += [foreign(None) for _ in range(40)]
    with SummaryWriter(tmp_path) as writer:
        for value in values * 2:
            writer.add_scalar("a", value)
    got = [number for _, _, number in values_of(tmp_path)]
    # Those beyond the few that are remembered give the number of __float__, as any object.
    assert set(got[:40]) == {7.5, -3.0}
    assert set(got[40:80]) == {-3.0}
    assert got[:80] == got[80:]


def test_a_loss_is_logged_without_a_warning(tmp_path: Path) -> None:
    """float() of a tensor that is part of a graph warns, once in a process."""
    loss = torch.tensor(1.5, requires_grad=True) * 2
    torch.set_warn_always(True)
    try:
        with pytest.warns(UserWarning, match="requires_grad=True"):
            float(loss)
        with warnings.catch_warnings(record=True) as warned, SummaryWriter(tmp_path) as writer:
            warnings.simplefilter("always")
            writer.add_scalar("a", loss, 1)
            writer.add_metrics({"b": loss, "c": torch.nn.Parameter(torch.tensor(4.0))}, 1)
            writer.add_scalars("g", {"d": loss}, 1, layout="single")
    finally:
        torch.set_warn_always(False)
    assert warned == []
    values = {(tag, step, value) for tag, step, value in values_of(tmp_path) if value}
    assert values == {("a", 1, 3.0), ("b", 1, 3.0), ("c", 1, 4.0), ("g/d", 1, 3.0)}
