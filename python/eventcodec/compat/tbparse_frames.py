"""tbparse's data frames: those of one file, and those of many put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Series", "of_file", "stack"]

_LAST = ("wall_time", "dir_name", "file_name")  # in this order, behind the columns of values


class Series(NamedTuple):
    """The values of one tag: columns of equal length; "" is the one that is named value or tag."""

    tag: str
    steps: Sequence[int] | NDArray[np.int64]
    wall_times: Sequence[float] | NDArray[np.float64]
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def of_file(
    found: list[Series],
    extra: set[str],
    places: set[str],
    file_name: str,
    *,
    pivot: bool,
    steps: bool,
) -> pd.DataFrame:
    """Return the frame of one file.

    Args:
        found: the values, tag by tag.
        extra: which columns of a kind of values are wanted beside the value.
        places: which of wall_time, dir_name, file_name are wanted.
        file_name: the file's name.
        pivot: a column for each tag instead of a row for each value.
        steps: whether the values have steps and wall times.
    """
    import pandas as pd

    found = [each for each in found if len(each)]
    length = sum(map(len, found))
    columns: dict[str, Any] = {}
    if steps and found:
        columns["step"] = _join([each.steps for each in found])
    if pivot:
        columns |= _columns_of_tags(found, extra, length)
    elif found:
        columns["tag"] = [each.tag for each in found for _ in range(len(each))]
        for name in found[0].columns:
            if name in extra or name in ("", "counts", "limits"):
                columns[name or "value"] = _join([each.columns[name] for each in found])
    if "wall_time" in places and steps:
        columns["wall_time"] = _join([each.wall_times for each in found])
    if "dir_name" in places:
        columns["dir_name"] = [""] * length
    if "file_name" in places:
        columns["file_name"] = [file_name] * length
    return pd.DataFrame.from_dict(columns)


def _join(columns: list[Any]) -> Any:
    if columns and all(isinstance(column, np.ndarray) for column in columns):
        return np.concatenate(columns)
    return [value for column in columns for value in column]


def _columns_of_tags(found: list[Series], extra: set[str], length: int) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    start = 0
    for each in found:
        stop = start + len(each)
        for name, values in each.columns.items():
            if name in extra or name in ("", "counts", "limits"):
                column = f"{each.tag}/{name}" if name else each.tag
                if isinstance(values, np.ndarray):
                    columns.setdefault(column, np.full(length, np.nan))[start:stop] = values
                else:
                    columns.setdefault(column, [np.nan] * length)[start:stop] = values
        start = stop
    return columns


def stack(found: list[pd.DataFrame], extra_columns: set[str], *, pivot: bool) -> pd.DataFrame:
    """Return frames as one, in tbparse's order of rows and columns."""
    import pandas as pd

    if not found:
        return pd.DataFrame()
    stacked = pd.concat(found, ignore_index=True)
    if stacked.empty:
        return pd.DataFrame()
    places = [name for name in ("dir_name", "file_name") if name in extra_columns]
    keys: list[str] = [*places, "step"] if pivot else [*places, "tag", "step"]
    keys = [name for name in keys if name in stacked]
    if keys:
        stacked = stacked.sort_values(keys, ignore_index=True)
    return _merge(stacked, keys) if pivot else stacked


def _merge(stacked: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return a row for each group of equal keys; several values of a column there are a list."""
    import pandas as pd

    if keys:
        groups = stacked.groupby(keys, sort=False)
        codes = groups.ngroup().to_numpy()
    else:
        codes = np.zeros(len(stacked), dtype=np.intp)
    firsts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])  # sorted by the keys
    last = [name for name in _LAST if name in stacked]
    middle = sorted(name for name in stacked.columns if name not in ("step", *_LAST))
    order = [*(["step"] if "step" in stacked else []), *middle, *last]
    merged = {
        name: stacked[name].iloc[firsts].reset_index(drop=True)
        if name in keys
        else _merge_column(stacked[name], firsts)
        for name in order
    }
    return pd.DataFrame(merged)


def _merge_column(column: pd.Series, firsts: NDArray[np.intp]) -> Any:
    """Return for each group the value that is not missing, a list of several, NaN for none."""
    values = column.to_numpy()
    if values.dtype.kind == "f":
        there = ~np.isnan(values)
        if np.add.reduceat(there, firsts, dtype=np.intp).max() <= 1:
            rows = np.flatnonzero(there)
            single = np.full(len(firsts), np.nan)
            single[np.searchsorted(firsts, rows, side="right") - 1] = values[rows]
            return single
    ends = [*firsts[1:].tolist(), len(values)]
    return [
        _merge_values(column.iloc[start:end].tolist())
        for start, end in zip(firsts.tolist(), ends, strict=True)
    ]


def _merge_values(values: list[Any]) -> Any:
    if len(values) == 1:
        return values[0]
    found: list[Any] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        elif not (isinstance(value, float) and np.isnan(value)):  # stands for what is missing
            found.append(value)
    return np.nan if not found else found[0] if len(found) == 1 else found
