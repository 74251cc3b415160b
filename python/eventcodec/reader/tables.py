"""Makes the tables of a log: histograms, texts and hyperparameters. (Scalars: gather.py.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventcodec.reader.columns import Column, Lists, Names, Numbers, Strings
from eventcodec.reader.hparams import HParams
from eventcodec.reader.run import Run
from eventcodec.reader.series import HistogramSeries, TextSeries
from eventcodec.reader.table import Table

__all__ = ["histogram_table", "hparams_table", "text_table"]

# The rows of a series that a table takes.
Pick = Callable[[NDArray[np.int64]], NDArray[np.int64]]
Place = tuple[str, str]  # run and tag
_Series = TypeVar("_Series", HistogramSeries, TextSeries)
_MOMENTS = ("min", "max", "num", "sum", "sum_squares")


def _join(columns: list[NDArray[Any]], dtype: type) -> Numbers:
    return Numbers(np.concatenate(columns) if columns else np.empty(0, dtype))


def _heading(
    places: list[Place], steps: list[NDArray[np.int64]], wall_times: list[NDArray[np.float64]]
) -> dict[str, Column]:
    """Return the columns that say where a value comes from."""
    lengths = np.array([len(column) for column in steps], dtype=np.int64)
    return {
        "run": Names.of_parts([run for run, _ in places], lengths),
        "tag": Names.of_parts([tag for _, tag in places], lengths),
        "step": _join(steps, np.int64),
        "wall_time": _join(wall_times, np.float64),
    }


def _choose(
    found: Iterable[tuple[Place, _Series]], pick: Pick
) -> tuple[dict[str, Column], list[_Series]]:
    """Return the chosen values of each series, and the columns that say where they come from."""
    places, chosen = [], []
    for place, series in found:
        places.append(place)
        chosen.append(series.take(pick(series.steps)))
    steps = [each.steps for each in chosen]
    return _heading(places, steps, [each.wall_times for each in chosen]), chosen


def histogram_table(found: Iterable[tuple[Place, HistogramSeries]], pick: Pick) -> Table:
    """Return one row for each histogram."""
    heading, chosen = _choose(found, pick)
    moments = [np.empty((0, len(_MOMENTS)))]
    lengths = [np.empty(0, np.int64)]
    edges: dict[str, list[NDArray[np.float64]]] = {
        name: [np.empty(0)] for name in ("left", "right", "counts")
    }
    for series in chosen:
        for some, buckets, *columns in series.columns():
            moments.append(some)
            lengths.append(buckets)
            for name, column in zip(edges, columns, strict=True):
                edges[name].append(column)
    of_all = np.concatenate(moments).T.copy()
    buckets = np.concatenate(lengths)
    columns_of: dict[str, Column] = {
        name: Numbers(column) for name, column in zip(_MOMENTS, of_all, strict=True)
    }
    for name, parts in edges.items():
        columns_of[name] = Lists.of_lengths(np.concatenate(parts), buckets)
    return Table(heading | columns_of)


def text_table(found: Iterable[tuple[Place, TextSeries]], pick: Pick) -> Table:
    """Return one row for each text."""
    heading, chosen = _choose(found, pick)
    texts = [text.value for series in chosen for text in series.read_all()]
    return Table(heading | {"value": Strings(list(texts))})


def hparams_table(runs: Mapping[str, Run], chosen: list[str]) -> Table:
    """Return one row for each chosen run that has a session."""
    wanted = set(chosen)
    sessions: dict[str, HParams] = {}
    experiments: dict[str, list[tuple[str, str]]] = {}
    for name, run in runs.items():
        found = run.hparams
        if found is None:
            continue
        if found.experiment is not None:
            experiments[name] = list(found.experiment.metrics)
        if name in wanted and (found.status != "unknown" or found.hparams):
            sessions[name] = found
    metrics = {name: _metrics(name, runs, experiments) for name in sessions}
    columns: dict[str, Column] = {
        "run": Names.of_parts(list(sessions), np.ones(len(sessions), dtype=np.int64)),
        "status": Strings([each.status for each in sessions.values()]),
        "group_name": Strings([each.group_name for each in sessions.values()]),
        "start_time": Numbers(np.array([each.start_time for each in sessions.values()], float)),
        "end_time": Numbers(np.array([each.end_time for each in sessions.values()], float)),
    }
    for key in _keys(each.hparams for each in sessions.values()):
        columns[f"hparams/{key}"] = _column([each.hparams.get(key) for each in sessions.values()])
    for key in _keys(metrics.values()):
        columns[f"metrics/{key}"] = _column([each.get(key) for each in metrics.values()])
    return Table(columns)


def _keys(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))


def _metrics(
    name: str, runs: Mapping[str, Run], experiments: dict[str, list[tuple[str, str]]]
) -> dict[str, float]:
    """Return the last value of each metric that the nearest experiment at or above declares."""
    where = name
    while where not in experiments and where != ".":
        where = where.rpartition("/")[0] or "."
    found = {}
    for group, tag in experiments.get(where, []):
        below = name if not group else group if name == "." else f"{name}/{group}"
        series = runs[below].scalars.get(tag) if below in runs else None
        if series is not None and len(series):
            found[f"{group}/{tag}" if group else tag] = float(series.values[-1])
    return found


def _column(values: list[Any]) -> Column:
    """Return numbers where all are, else text; a bool is "true" or "false", as in TensorBoard."""
    if all(value is None or isinstance(value, float) for value in values):
        numbers = [float("nan") if value is None else value for value in values]
        return Numbers(np.array(numbers, dtype=np.float64))
    return Strings([None if value is None else _word(value) for value in values])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return (
        value
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
