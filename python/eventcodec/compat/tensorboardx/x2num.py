"""tensorboardX.x2num: what a caller calls an array becomes a NumPy array."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.arrays import as_array

__all__ = ["check_nan", "make_np"]

logger = logging.getLogger(__name__)


def make_np(x: Any) -> NDArray[Any]:
    """Return a NumPy array of a list, number, array or tensor.

    Raises:
        NotImplementedError: it is none of them.

    Example:
        >>> make_np(1.5).shape
        ()
    """
    if np.isscalar(x) and not isinstance(x, (str, bytes)):
        return check_nan(np.array(x))
    try:
        return check_nan(as_array(x, argument="x"))
    except TypeError as error:
        message = f"Got {type(x)}, but expected numpy array or torch tensor: {error}"
        raise NotImplementedError(message) from error


def check_nan(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array after a log message if NaN or an infinity is in it."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        logger.warning("NaN or Inf found in input tensor.")
    return array
