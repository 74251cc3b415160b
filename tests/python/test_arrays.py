"""arrays.as_array: what becomes an array, what is refused, and what is said about it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from eventcodec.arrays import as_array, bfloat16_bits


@pytest.mark.parametrize(
    ("values", "dtype", "want"),
    [
        (1, "int64", 1),
        (2.5, "float64", 2.5),
        (True, "bool", True),
        (np.float16(2), "float16", 2.0),
        ([[1, 2], [3, 4]], "int64", [[1, 2], [3, 4]]),
        ((1.5, 2), "float64", [1.5, 2.0]),
        (range(3), "int64", [0, 1, 2]),
        (np.arange(3, dtype=">f4"), "float32", [0.0, 1.0, 2.0]),
        ([torch.tensor(1.5), torch.tensor(2.5, requires_grad=True)], "float32", [1.5, 2.5]),
        (torch.tensor([1.0, 2.0], requires_grad=True), "float32", [1.0, 2.0]),
        (torch.tensor([[1, 2], [3, 4]]).T, "int64", [[1, 3], [2, 4]]),
        (torch.tensor([1.0, 2.0], dtype=torch.float16), "float16", [1.0, 2.0]),
        (torch.tensor([448.0, 0.5]).to(torch.float8_e4m3fn), "float32", [448.0, 0.5]),
        (torch.tensor(True), "bool", True),
    ],
)
def test_numbers_become_an_array(values: object, dtype: str, want: object) -> None:
    array = as_array(values, argument="x")
    assert array.dtype == dtype
    assert array.dtype.isnative
    assert array.tolist() == want


def test_arrays_and_cpu_tensors_are_not_copied() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    assert as_array(array, argument="x") is array
    tensor = torch.zeros(4)
    view = as_array(tensor, argument="x")
    tensor[1] = 7
    assert view[1] == 7


def test_bfloat16_is_widened_exactly() -> None:
    bits = np.arange(65536, dtype=np.uint16)
    tensor = torch.from_numpy(bits.view(np.int16)).view(torch.bfloat16)
    want = (bits.astype(np.uint32) << 16).view(np.float32)
    got = as_array(tensor, argument="x")
    np.testing.assert_array_equal(got.view(np.uint32), want.view(np.uint32))
    found = bfloat16_bits(tensor, argument="x")
    assert found is not None
    np.testing.assert_array_equal(found, bits)
    assert as_array(tensor[:4].requires_grad_().reshape(2, 2).T, argument="x").shape == (2, 2)


def test_ml_dtypes_are_widened_exactly() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="not installed: see the extra 'test'")
    values = np.array([1.0, -3.5, 2**-100], dtype=ml_dtypes.bfloat16)
    assert as_array(values, argument="x").tolist() == [1.0, -3.5, 2**-100]


def test_an_object_that_speaks_dlpack_only() -> None:
    class Foreign:
        def __init__(self, tensor: torch.Tensor) -> None:
            self.tensor = tensor

        def __dlpack__(self, **options: object) -> object:
            return np.arange(3).__dlpack__()

        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

    assert as_array(Foreign(torch.zeros(1)), argument="x").tolist() == [0, 1, 2]


def test_bits_of_bfloat16_that_do_not_say_so() -> None:
    class PaddleTensor:
        dtype = "paddle.bfloat16"

        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return np.array([0x3F80, 0xC000], dtype=np.uint16)

    assert as_array(PaddleTensor(), argument="x").tolist() == [1.0, -2.0]


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        ("loss", TypeError, "weights must be numbers, got 'loss'"),
        (None, TypeError, "got None"),
        (2**64, TypeError, "18446744073709551616"),
        ([1, "a"], TypeError, "got list of dtype <U"),
        (np.array([1, None]), TypeError, "dtype object"),
        (np.array([1j]), TypeError, "weights must be real, got complex128"),
        (torch.zeros(2, dtype=torch.complex64), TypeError, "must be real, got a torch.complex64"),
        (torch.zeros(2, device="meta"), ValueError, "device 'meta'"),
        (torch.zeros(2, device="meta", dtype=torch.bfloat16), ValueError, "device 'meta'"),
        (torch.eye(2).to_sparse(), TypeError, r"torch.sparse_coo; pass .to_dense\(\)"),
        ([[1], [2, 3]], ValueError, "weights must be a rectangular array"),
        (np.datetime64("2024-01-01"), TypeError, "datetime64"),
        (np.ma.array([1, 2], mask=[0, 1]), TypeError, "masked array"),
        ((value for value in [1]), TypeError, "got generator"),
    ],
)
def test_what_is_no_number_is_refused(values: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        as_array(values, argument="weights")


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from eventcodec.histogram import histogram; histogram([1.0]); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
