"""histogram and histogram_summary against torch and numpy."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard import summary as torch_summary

from eventcodec import bin_rules
from eventcodec.histogram import Histogram, histogram
from eventcodec.summary.histogram import histogram_raw_summary, histogram_summary

RULES = ["auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt"]
DTYPES = ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"]


@pytest.fixture(scope="module")
def torch_edges(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    """The default edges of a real torch writer."""
    with SummaryWriter(str(tmp_path_factory.mktemp("torch"))) as writer:
        edges: list[float] = writer.default_bins
        return edges


def parse(data: bytes) -> tuple[str, Any]:
    (value,) = Summary.FromString(data).value
    assert value.WhichOneof("value") == "histo"
    return value.tag, value.histo


def assert_as_torch(got: bytes, want: Any, values: np.ndarray) -> None:
    """Everything but the sums bit for bit; those to 1e-12 of what was added up."""
    tag, ours = parse(got)
    (theirs,) = Summary.FromString(want.SerializeToString()).value
    assert tag == theirs.tag
    theirs = theirs.histo
    for field in ("bucket_limit", "bucket"):
        assert list(getattr(ours, field)) == list(getattr(theirs, field)), field
    for field in ("min", "max", "num"):
        np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field), field)
    wide = values.astype(np.float64)
    with np.errstate(all="ignore"):
        scale = float(np.abs(wide).sum())
    for field, size in (("sum", scale), ("sum_squares", theirs.sum_squares)):
        slack = 1e-12 * size if np.isfinite(size) else 0.0
        np.testing.assert_allclose(
            getattr(ours, field), getattr(theirs, field), rtol=1e-12, atol=slack, err_msg=field
        )


def random_values(rng: np.random.Generator) -> np.ndarray:
    """An array of any shape, dtype, scale and order, with special values now and then."""
    shape = tuple(rng.integers(1, 40, size=rng.integers(0, 4)))
    dtype = np.dtype(DTYPES[rng.integers(len(DTYPES))])
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            scale = 10.0 ** rng.uniform(-20, 15)
            values = np.asarray(rng.normal(size=shape) * scale).astype(dtype)
            if rng.random() < 0.3:
                pool = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-40, -5e-324, 1e30, 1e-12, -1e-12]
                special = rng.random(shape) < 0.2
                values[special] = np.asarray(rng.choice(pool, size=shape)).astype(dtype)[special]
    elif dtype.kind == "b":
        values = np.asarray(rng.random(shape) < 0.5)
    else:
        info = np.iinfo(dtype)
        shift = rng.integers(0, dtype.itemsize * 8)
        values = np.asarray(
            rng.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)
            >> dtype.type(shift)
        )
    if values.ndim and rng.random() < 0.5:
        values = values.T if rng.random() < 0.5 else values[::2]
    return values


@pytest.mark.parametrize("seed", range(4))
def test_default_bins_are_torchs(seed: int, torch_edges: list[float]) -> None:
    rng = np.random.default_rng(seed)
    refused = 0
    for _ in range(400):
        values = random_values(rng)
        with np.errstate(all="ignore"):
            try:
                want = torch_summary.histogram("t/äg", values, torch_edges)
            except ValueError:
                refused += 1
                with pytest.raises(ValueError, match="lies in a bucket"):
                    histogram_summary("t/äg", values)
                continue
        assert_as_torch(histogram_summary("t/äg", values), want, values)
    assert refused < 100


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_next_to_every_edge(dtype: type, torch_edges: list[float]) -> None:
    at = np.array(torch_edges, dtype=dtype)
    values = np.concatenate([at, np.nextafter(at, dtype(np.inf)), np.nextafter(at, dtype(-np.inf))])
    for some in (values, *np.array_split(values, 300)):
        want = torch_summary.histogram("w", some, torch_edges)
        assert_as_torch(histogram_summary("w", some), want, some)


def test_large_arrays_are_summed_accurately(torch_edges: list[float]) -> None:
    values = np.random.default_rng(5).normal(size=300_001).astype(np.float32)
    want = torch_summary.histogram("w", values, torch_edges)
    assert_as_torch(histogram_summary("w", values), want, values)
    _, got = parse(histogram_summary("w", np.full(2_000_000, 0.1, dtype=np.float32)))
    exact = 2_000_000 * float(np.float32(0.1))
    assert got.sum == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("dtype", ["f2", "i2", "u2"])
def test_many_values_of_16_bits_are_torchs(dtype: str, torch_edges: list[float]) -> None:
    values = (np.random.default_rng(6).normal(size=150_001) * 300 + 900).clip(0).astype(dtype)
    values[::3] = 0
    want = torch_summary.histogram("w", values, torch_edges)
    assert_as_torch(histogram_summary("w", values), want, values)


def test_bytes_are_those_of_protobuf(torch_edges: list[float]) -> None:
    for values in (np.array([0.0]), np.array([-4.0, 0.0, 2.0]), np.arange(100.0)):
        want = torch_summary.histogram("w", values, torch_edges).SerializeToString()
        assert histogram_summary("w", values) == want


@pytest.mark.parametrize("max_bins", [1, 2, 7, 30, 773, 774, 1000, 1547, 1548, 5000])
def test_max_bins_is_torchs(max_bins: int, torch_edges: list[float]) -> None:
    values = np.random.default_rng(max_bins).normal(size=500) * 1e6
    want = torch_summary.histogram("w", values, torch_edges, max_bins)
    assert_as_torch(histogram_summary("w", values, max_bins=max_bins), want, values)
    want = torch_summary.histogram("w", values, 1013, max_bins)
    assert_as_torch(histogram_summary("w", values, bins=1013, max_bins=max_bins), want, values)


def test_bfloat16_is_exact_where_torch_goes_through_float16(torch_edges: list[float]) -> None:
    halves = torch.linspace(-100, 100, 999).to(torch.bfloat16)  # each of them is a float16, too
    want = torch_summary.histogram("w", halves, torch_edges)
    assert_as_torch(histogram_summary("w", halves), want, halves.float().numpy())
    wide = (torch.randn(999) * 1e10).to(torch.bfloat16)
    want = torch_summary.histogram("w", wide.float(), torch_edges)
    assert_as_torch(histogram_summary("w", wide), want, wide.float().numpy())


def test_torch_tensors_and_lists() -> None:
    values = [0.5, 1.5, -2.0]
    want = histogram_summary("w", np.array(values))
    assert histogram_summary("w", values) == want
    assert histogram_summary("w", torch.tensor(values, requires_grad=True)) == want
    assert histogram_summary("w", torch.tensor(values, dtype=torch.float64).reshape(3, 1).T) == want
    assert histogram_summary("w", np.array(values, dtype=np.longdouble)) == want


# What numpy itself says about its rule "stone" is left to be heard.
@pytest.mark.filterwarnings("ignore:The number of bins estimated:RuntimeWarning")
@pytest.mark.parametrize("seed", range(3))
def test_numpys_rules_bit_for_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(400):
        values = random_values(rng)
        values = values[np.isfinite(values)].astype(np.float64)
        if rng.random() < 0.3:
            values = np.round(values % 7, 1)
        choice = rng.integers(3)
        bins: Any = RULES[rng.integers(len(RULES))] if choice == 0 else int(rng.integers(1, 300))
        if choice == 2:
            bins = np.sort(rng.normal(size=rng.integers(2, 60)) * np.abs(values).max(initial=1.0))
            bins = np.round(bins, 1) if rng.random() < 0.5 else bins
            values = np.concatenate([values, rng.choice(bins, size=20)])
        if values.size == 0:
            continue
        try:
            counts, edges = np.histogram(values, bins)
        except ValueError:
            with pytest.raises(ValueError, match="bins"):
                histogram(values, bins)
            continue
        if not counts.any():
            continue
        got = histogram(values, bins)
        first, last = np.flatnonzero(counts)[[0, -1]]
        np.testing.assert_array_equal(got.counts, counts[first : last + 1])
        np.testing.assert_array_equal(got.left, edges[first : last + 1])
        np.testing.assert_array_equal(got.right, edges[first + 1 : last + 2])


# What numpy itself says about its rule "stone" is left to be heard.
@pytest.mark.filterwarnings("ignore:The number of bins estimated:RuntimeWarning")
@pytest.mark.parametrize("bins", [*RULES, 1, 10, 977])
def test_uniform_bins_are_torchs(bins: Any) -> None:
    for dtype in ("f4", "f8", "i4", "u1"):
        values = (np.random.default_rng(1).normal(size=700) * 40).astype("f8").clip(0).astype(dtype)
        want = torch_summary.histogram("w", values, bins)
        assert_as_torch(histogram_summary("w", values, bins=bins), want, values)


def stones_counts(values: np.ndarray) -> np.ndarray:
    return histogram(values, "stone").counts


# Rounded to ties, skewed, far from zero, and so narrow that NumPy must be asked.
@pytest.mark.parametrize("kind", range(5))
def test_stones_rule_is_numpys_with_its_warning(kind: int) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=rng.integers(2, 20_000 if seed == 0 else 900)).astype("f4")
        values = [
            values,
            np.round(values * 4),
            np.exp(values * 3),
            values.astype("f8") + 1e6,
            values.astype("f8") + 1e10,
        ][kind]
        heard, counted = [], []
        for count in (lambda v: np.trim_zeros(np.histogram(v, "stone")[0]), stones_counts):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                counted.append(count(values.astype("f8")))
            heard.append([str(warning.message) for warning in caught])
        np.testing.assert_array_equal(counted[1], counted[0])
        assert heard[0] == heard[1]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_the_installed_numpys(rule: str) -> None:
    assert bin_rules._is_numpys(rule)  # else NumPy is asked, which is right but slow


def test_a_rule_that_numpy_changed_is_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are compared with the installed numpy before they are used."""
    values = np.random.default_rng(2).normal(size=500)
    want = np.histogram_bin_edges(values, "rice").size - 1
    assert bin_rules.uniform_bins(values, "rice").buckets == want
    bin_rules._is_numpys.cache_clear()
    monkeypatch.setitem(bin_rules._WIDTHS, "rice", lambda values: values.spread / 77)
    assert bin_rules.uniform_bins(values, "rice").buckets == want
    bin_rules._is_numpys.cache_clear()


@pytest.mark.parametrize("rule", ["scott", "doane"])
def test_sums_that_rounding_decides_are_made_as_numpy_makes_them(rule: str) -> None:
    for offset in (0.0, 1e6, 1e13):
        values = np.random.default_rng(4).normal(size=3000) + offset
        want = np.histogram_bin_edges(values, rule).size - 1
        assert bin_rules.uniform_bins(values, rule).buckets == want


def test_histogram_has_arrays_of_its_own() -> None:
    got = histogram(np.array([0.5, 1.5, np.nan, -np.inf, 1.5]), bins=[0, 1, 2, 3])
    assert isinstance(got, Histogram)
    assert got.left.tolist() == [0.0, 1.0]
    assert got.right.tolist() == [1.0, 2.0]
    assert got.counts.tolist() == [1.0, 2.0]
    assert got.num == 5
    assert np.isnan([got.min, got.max, got.sum, got.sum_squares]).all()
    assert not got.counts.flags.writeable


@pytest.mark.parametrize(
    ("values", "bins", "error", "text"),
    [
        ([], "tensorflow", ValueError, "one number at least, got an empty array"),
        ([], "auto", ValueError, "one number at least, got an empty array"),
        ([], [0.0, 1.0], ValueError, "one number at least, got an empty array"),
        ([np.nan] * 3, "tensorflow", ValueError, "none of the 3 values lies in a bucket"),
        ([1e20, -np.inf], "tensorflow", ValueError, r"outside -9.92078e\+19 to 9.92078e\+19"),
        ([5.0], [0, 1], ValueError, "none of the 1 values lies in a bucket"),
        ([1.0, np.nan], "auto", ValueError, "values must be finite where bins='auto'"),
        ([1.0, np.inf], 10, ValueError, "values must be finite where bins=10"),
        ([1.0], "automatic", ValueError, "one of 'tensorflow', 'auto'.* got 'automatic'"),
        ([1.0], 0, ValueError, "1 to 1000000 buckets, got 0"),
        ([1.0], -3, ValueError, "got -3"),
        ([1.0], 1_000_001, ValueError, "1 to 1000000 buckets, got more"),
        ([0.0, 1e9, *np.linspace(1, 1 + 1e-12, 50)], "fd", ValueError, "1 to 1000000 .* got more"),
        ([1.0], [1.0], ValueError, "two edges at least, got 1"),
        ([1.0], [2.0, 1.0], ValueError, "must increase and not be NaN, got 2 before 1"),
        ([1.0], [0.0, np.nan], ValueError, "must increase and not be NaN"),
        ([1.0], [[0.0, 1.0]], ValueError, r"one row of edges, got an array of shape \(1, 2\)"),
        ([1.0], 1.5, ValueError, "one row of edges"),
        (["a"], "tensorflow", TypeError, "values must be numbers"),
        ([1j], "tensorflow", TypeError, "values must be real"),
    ],
)
def test_the_callers_mistakes(values: Any, bins: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        histogram(np.asarray(values), bins)
    with pytest.raises(error, match=text):
        histogram_summary("w", np.asarray(values), bins=bins)


def test_mistakes_in_the_other_arguments() -> None:
    with pytest.raises(ValueError, match="max_bins must be None or at least 1, got 0"):
        histogram_summary("w", [1.0], max_bins=0)
    with pytest.raises(TypeError):
        histogram_summary(b"w", [1.0])  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        histogram_summary("\ud800", [1.0])
    with pytest.raises(ValueError, match="must be of one length, got 2 and 1"):
        histogram_raw_summary("w", 0, 1, 2, 1, 1, [0.5, 1.0], [2])
    with pytest.raises(TypeError, match="bucket_limits must be numbers"):
        histogram_raw_summary("w", 0, 1, 2, 1, 1, ["a"], [2])


def test_raw_histograms_are_stored_verbatim() -> None:
    rng = np.random.default_rng(3)
    for count in (0, 1, 15, 16, 2000):
        numbers = rng.normal(size=5).tolist()
        limits, counts = rng.normal(size=(2, count))
        want = torch_summary.histogram_raw("a/b", *numbers, limits.tolist(), counts.tolist())
        got = histogram_raw_summary("a/b", *numbers, torch.from_numpy(limits), counts.tolist())
        assert got == want.SerializeToString()
    want = torch_summary.histogram_raw("", 0.0, -0.0, 0, np.nan, 0, [1], [1])
    assert histogram_raw_summary("", 0.0, -0.0, 0, np.nan, 0, [1], [1]) == want.SerializeToString()


def test_a_long_tag_has_a_length_of_several_bytes(tmp_path: Path) -> None:
    tag = "é" * 40_000
    got, histo = parse(histogram_summary(tag, [1.0]))
    assert got == tag
    assert histo.num == 1


def test_repr_fits_a_line() -> None:
    shown = repr(histogram([1.0, 2.0, 4.0], bins=3))
    assert shown == "Histogram(3 buckets, num=3, min=1, max=4, sum=7, sum_squares=21)"
