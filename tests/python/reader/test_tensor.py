"""Tensors of every dtype and form against tensorboard's make_ndarray, NumPy and ml_dtypes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DataType
from tensorboard.util.tensor_util import make_ndarray, make_tensor_proto

import eventcodec

Read = Callable[[TensorProto], np.ndarray]

CONTENT = {
    DataType.DT_FLOAT: np.float32,
    DataType.DT_DOUBLE: np.float64,
    DataType.DT_HALF: np.float16,
    DataType.DT_INT8: np.int8,
    DataType.DT_UINT8: np.uint8,
    DataType.DT_INT16: np.int16,
    DataType.DT_UINT16: np.uint16,
    DataType.DT_INT32: np.int32,
    DataType.DT_INT64: np.int64,
    DataType.DT_UINT32: np.uint32,
    DataType.DT_UINT64: np.uint64,
    DataType.DT_BOOL: np.bool_,
    DataType.DT_COMPLEX64: np.complex64,
    DataType.DT_COMPLEX128: np.complex128,
    DataType.DT_QINT8: np.int8,
    DataType.DT_QUINT8: np.uint8,
    DataType.DT_QINT16: np.int16,
    DataType.DT_QUINT16: np.uint16,
    DataType.DT_QINT32: np.int32,
}
SMALL_FLOATS = {
    14: ml_dtypes.bfloat16,
    24: ml_dtypes.float8_e5m2,
    25: ml_dtypes.float8_e4m3fn,
    26: ml_dtypes.float8_e4m3fnuz,
    27: ml_dtypes.float8_e4m3b11fnuz,
    28: ml_dtypes.float8_e5m2fnuz,
}


@pytest.fixture
def read(write_records: Callable[..., Path]) -> Read:
    """read(message) -> the array that the reader gives for it."""

    def read_one(tensor: TensorProto) -> np.ndarray:
        event = Event(step=1, wall_time=2.0)
        event.summary.value.add(tag="t").tensor.CopyFrom(tensor)
        log = eventcodec.open(write_records(event))
        assert log.damage == []
        found = log["."].tensors["t"][0]
        assert (found.step, found.wall_time) == (1, 2.0)
        return found.value

    return read_one


def shaped(tensor: TensorProto, *shape: int) -> TensorProto:
    tensor.tensor_shape.SetInParent()
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


@pytest.mark.parametrize(("dtype", "numpy_dtype"), CONTENT.items())
def test_contents_of_every_dtype(read: Read, dtype: int, numpy_dtype: type) -> None:
    values = np.array([[0, 1, 2], [100, 7, 1]]).astype(numpy_dtype)
    if np.issubdtype(numpy_dtype, np.integer):
        values[0, :2] = [np.iinfo(numpy_dtype).min, np.iinfo(numpy_dtype).max]
    for number in (dtype, dtype + 100):  # + 100: a reference
        content = shaped(TensorProto(dtype=number, tensor_content=values.tobytes()), 2, 3)
        found = read(content)
        assert found.dtype == numpy_dtype
        np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    "dtype",
    ["f4", "f8", "f2", "i1", "u1", "i2", "u2", "i4", "i8", "?", "c8", "c16"],
)
def test_long_form_of_every_dtype(read: Read, dtype: str) -> None:
    values = np.array([[0, 1, 2], [100, 7, 1]]).astype(dtype)
    tensor = TensorProto()
    for value in values.reshape(-1):  # of one element alone tensorboard makes the long form
        tensor.MergeFrom(make_tensor_proto(value))
    assert not tensor.tensor_content
    shaped(tensor, 2, 3)
    oracle = make_ndarray(tensor)
    found = read(tensor)
    assert found.dtype == oracle.dtype
    np.testing.assert_array_equal(found, oracle)


@pytest.mark.parametrize(("number", "dtype"), [(22, np.uint32), (23, np.uint64)])
def test_unsigned_long_form(read: Read, number: int, dtype: type) -> None:
    from eventcodec.proto import TensorProto as Ours

    top = np.iinfo(dtype).max
    ours = Ours(dtype=number, **{f"{np.dtype(dtype).name}_val": [0, top]})
    found = read(TensorProto.FromString(shaped(ours, 2).SerializeToString()))
    assert found.dtype == dtype
    assert found.tolist() == [0, top]


@pytest.mark.parametrize(("number", "dtype"), SMALL_FLOATS.items())
def test_small_floats_are_widened_exactly(read: Read, number: int, dtype: type) -> None:
    storage = np.uint16 if number == 14 else np.uint8
    codes = np.arange(np.iinfo(storage).max + 1).astype(storage)
    tensor = TensorProto(dtype=number, tensor_content=codes.tobytes())
    found = read(shaped(tensor, len(codes)))
    assert found.dtype == np.float32
    wanted = codes.view(dtype).astype(np.float32)
    np.testing.assert_array_equal(found, wanted)
    zero = wanted == 0
    np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(wanted[zero]))


def test_half_and_bfloat16_in_the_long_form(read: Read) -> None:
    half = shaped(TensorProto(dtype=DataType.DT_HALF, half_val=[0x3C00, 0xC000]), 2)
    assert read(half).tolist() == [1.0, -2.0]
    bfloat = shaped(TensorProto(dtype=DataType.DT_BFLOAT16, half_val=[0x3FC0]), 3)
    assert read(bfloat).tolist() == [1.5, 1.5, 1.5]


@pytest.mark.parametrize("shape", [(), (1,), (2, 2), (0,)])
def test_strings(read: Read, shape: tuple[int, ...]) -> None:
    values = np.full(shape, "größer\0".encode(), dtype=object)
    tensor = make_tensor_proto(values)
    found = read(tensor)
    assert found.dtype == object
    assert found.shape == shape
    assert found.tolist() == make_ndarray(tensor).tolist() == values.tolist()


def test_the_last_value_is_repeated(read: Read) -> None:
    one = shaped(TensorProto(dtype=DataType.DT_FLOAT, float_val=[1.5]), 2, 3)
    np.testing.assert_array_equal(read(one), make_ndarray(one))
    some = shaped(TensorProto(dtype=DataType.DT_INT32, int_val=[1, 2]), 4)
    assert read(some).tolist() == [1, 2, 2, 2]
    none = shaped(TensorProto(dtype=DataType.DT_INT64), 3)
    assert read(none).tolist() == [0, 0, 0]
    word = shaped(TensorProto(dtype=DataType.DT_STRING, string_val=[b"x"]), 2)
    assert read(word).tolist() == make_ndarray(word).tolist()


def test_without_a_shape(read: Read) -> None:
    assert read(TensorProto(dtype=DataType.DT_FLOAT, float_val=[1.5])).shape == ()
    assert read(TensorProto(dtype=DataType.DT_FLOAT, float_val=[1.5, 2.0])).tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (shaped(TensorProto(dtype=1), 1 << 20, 1 << 20), "holds 0 elements only"),
        (shaped(TensorProto(dtype=1, float_val=[1, 2, 3]), 2), "holds 3 elements"),
        (shaped(TensorProto(dtype=1, tensor_content=b"abcde"), 1), "no whole number of 4-byte"),
        (shaped(TensorProto(dtype=4, int_val=[256]), 1), "beyond uint8"),
        (shaped(TensorProto(dtype=8, scomplex_val=[1, 2, 3]), 1), "odd number of parts"),
        (shaped(TensorProto(dtype=20), 1), "no form in NumPy"),
        (shaped(TensorProto(dtype=1, float_val=[1.0]), *[1] * 100), "dimension"),
    ],
)
def test_hostile_tensors_are_refused(read: Read, tensor: TensorProto, message: str) -> None:
    with pytest.raises(eventcodec.CorruptRecordError, match=message):
        read(tensor)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "uint8", "int8", "float64", "bool"])
def test_tensors_of_torch(tmp_path: Path, name: str) -> None:
    """torch stores the bits of a float32 where 16 bits belong, and uint8 in a field of uint32."""
    import torch
    from torch.utils.tensorboard import SummaryWriter

    values = torch.tensor([[0.0, -0.0, 1.0], [2.0**-24, 3.0, 6e4]])
    if name not in ("float16", "bfloat16"):
        values = torch.tensor([[0, 1, 100], [7, 90, 127]])
    logged = values.to(getattr(torch, name))
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_tensor("t", logged, 1)
    found = eventcodec.open(tmp_path)["."].tensors["t"][0].value
    wanted = (logged.float() if name == "bfloat16" else logged).numpy()
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


def test_values_in_the_field_of_another_dtype_are_not_zeros(read: Read) -> None:
    wrong = shaped(TensorProto(dtype=DataType.DT_DOUBLE, float_val=[1.5]), 1)
    with pytest.raises(eventcodec.CorruptRecordError, match="no values in double_val"):
        read(wrong)
