"""Makes the tables of a log: histograms, texts and hyperparameters. (Scalars: gather.py.)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventcodec.histogram import Histogram
from eventcodec.reader.columns import Column, Lists, Names, Numbers, Strings
from eventcodec.reader.hparams import HParams
from eventcodec.reader.run import Run
from eventcodec.reader.series import HistogramSeries, TextSeries
from eventcodec.reader.table import Table
from eventcodec.reader.text import Text

__all__ = ["histogram_table", "hparams_table", "text_table"]

# The rows of a series that a table takes.
Pick = Callable[[NDArray[np.int64]], NDArray[np.int64]]
Place = tuple[str, str]  # run and tag
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


def _read(
    found: Iterable[tuple[Place, HistogramSeries | TextSeries]], pick: Pick
) -> tuple[dict[str, Column], list[Any]]:
    places, steps, wall_times = [], [], []
    values: list[Any] = []
    for place, series in found:
        chosen = series.take(pick(series.steps))
        places.append(place)
        steps.append(chosen.steps)
        wall_times.append(chosen.wall_times)
        values += chosen.read_all()
    return _heading(places, steps, wall_times), values


def histogram_table(found: Iterable[tuple[Place, HistogramSeries]], pick: Pick) -> Table:
    """Return one row for each histogram."""
    heading, read = _read(found, pick)
    values: list[Histogram] = read
    columns: dict[str, Column] = {
        name: Numbers(np.array([getattr(value, name) for value in values], dtype=np.float64))
        for name in _MOMENTS
    }
    for name in ("left", "right", "counts"):
        columns[name] = Lists([getattr(value, name) for value in values])
    return Table(heading | columns)


def text_table(found: Iterable[tuple[Place, TextSeries]], pick: Pick) -> Table:
    """Return one row for each text."""
    heading, read = _read(found, pick)
    values: list[Text] = read
    return Table(heading | {"value": Strings([value.value for value in values])})


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
