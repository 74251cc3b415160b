"""Histograms of VisualDL: counts and edges, equal to numpy.histogram's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec import _native
from eventcodec.arrays import as_array
from eventcodec.vdl.components import Component

__all__ = ["histogram", "histogram_of"]

# What is faster in numpy than the look at all values before.
_FEW = 256
# See cpp/histogram/few_buckets.h.
_FEW_BUCKETS = 32
# Before that linspace made edges of float32 in float64, and the native code does as numpy 2 does.
_SAME_LINSPACE = np.lib.NumpyVersion(np.__version__) >= "2.0.0"


def histogram(values: object, buckets: Any) -> Component:
    """Encode the distribution of `values`.

    Args:
        values: real numbers, any shape and dtype.
        buckets: what numpy.histogram takes as bins: how many, edges, or the name of a rule.

    Returns:
        The component; counts and edges are those of numpy.histogram(values, bins=buckets).

    Raises:
        TypeError, ValueError: no real numbers, NaN or infinities, or no such buckets.
    """
    array = as_array(values, argument="values")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"values must be real numbers, got {array.dtype}")
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if type(buckets) is int and 0 < buckets <= _FEW_BUCKETS and _SAME_LINSPACE:
        message = _native.few_buckets_message(array, buckets)
        if message is not None:
            return Component(8, message)
    if array.size <= _FEW:
        counts, edges = np.histogram(array, bins=buckets)
    else:
        edges = np.histogram_bin_edges(_representatives(array, buckets), bins=buckets)
        counts = _count(array, edges)
    return histogram_of(counts, edges)


def histogram_of(counts: NDArray[Any], edges: NDArray[Any]) -> Component:
    """Encode n counts and their n + 1 edges."""
    return Component(8, _packed(1, counts) + _packed(2, edges))


def _packed(field: int, numbers: NDArray[Any]) -> bytes:
    """One packed field of doubles, as protobuf writes it."""
    data = numbers.astype("<f8").tobytes()
    length, size = bytearray(), len(data)
    while size >= 0x80:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([field << 3 | 2, *length, size]) + data if data else b""


def _representatives(array: NDArray[Any], buckets: Any) -> NDArray[Any]:
    """Values that have the same edges: a number of buckets depends on the ends alone."""
    if isinstance(buckets, int | np.integer):
        return np.array([array.min(), array.max()], dtype=array.dtype)
    return array


def _count(array: NDArray[Any], edges: NDArray[Any]) -> NDArray[np.float64]:
    """How many values lie between each two edges; the native code leaves empty buckets out."""
    wide = np.ascontiguousarray(edges, dtype=np.float64)
    flat = array if array.flags.c_contiguous else array.ravel(order="K")
    if flat.dtype.kind == "f" and flat.itemsize > 8:
        flat = flat.astype(np.float64)
    try:
        kept_edges, kept_counts, _ = _native.histogram_buckets(flat, False, wide, 0)
    except ValueError:  # nothing in any bucket of given edges
        return np.histogram(array, bins=edges)[0].astype(np.float64)
    kept = np.frombuffer(kept_counts)
    counts = np.zeros(len(wide) - 1)
    # Of equal edges the last begins a bucket that can hold something, but for those at the end.
    first = int(np.searchsorted(wide, np.frombuffer(kept_edges)[0], side="right")) - 1
    first = min(first, len(counts) - len(kept))
    counts[first : first + len(kept)] = kept
    return counts
