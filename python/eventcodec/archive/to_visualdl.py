"""A run of event files as a VisualDL log: one record for each value."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from eventcodec.archive.losses import RunLosses
from eventcodec.compat.visualdl.writer import LogWriter
from eventcodec.histogram import Histogram
from eventcodec.reader.audio import Audio
from eventcodec.reader.pr_curve import PrCurve
from eventcodec.reader.run import Run
from eventcodec.reader.tag import Tag
from eventcodec.reader.tensor import Tensor
from eventcodec.vdl import components
from eventcodec.vdl.components import Component
from eventcodec.vdl.histogram import histogram_of
from eventcodec.vdl.image import encoded_image
from eventcodec.vdl.summary import CHART, META_DATA, ROC_CURVE

__all__ = ["write_visualdl"]

# A fullwidth percent sign: VisualDL's pages exchange the plain one with a slash.
_PERCENT = "\uff05"
_FIRST_MILLISECOND = 2_000_000_000  # smaller timestamps are seconds to VisualDL
_NOT_HELD = {
    "meshes": "VisualDL has no meshes",
    "graphs": "VisualDL takes graphs of Paddle alone",
    "custom_scalars": "VisualDL has no layouts of charts",
    "tensors": "VisualDL has no tensors",
    "raw": "VisualDL has nothing for this plugin",
}


def write_visualdl(run: Run, directory: Path, losses: RunLosses) -> None:
    """Write a run into a directory.

    Args:
        run: of event files.
        directory: made if missing.
        losses: takes what VisualDL cannot hold.
    """
    _RunWriter(run, directory, losses).write()


class _RunWriter:
    """Writes one run, and knows which names are taken: a tag has one kind in VisualDL."""

    def __init__(self, run: Run, directory: Path, losses: RunLosses) -> None:
        self._run = run
        self._directory = directory
        self._losses = losses
        self._taken: dict[str, str] = {}

    def write(self) -> None:
        with LogWriter(
            str(self._directory), display_name=self._run.display_name, on_error="raise"
        ) as self._writer:
            for name, tag in self._run.contents():
                self._write_tag(name, tag)
            if self._run.hparams is not None:
                self._write_hparams()
            for name in self._run.embeddings:
                self._write_embedding(name)
            self._writer.flush(durable=True)

    def _write_tag(self, name: str, tag: Tag) -> None:
        if tag.kind == "hparams" or tag.plugin == META_DATA:
            return
        is_roc = tag.kind == "tensors" and tag.plugin == ROC_CURVE
        if tag.kind in _NOT_HELD and not is_roc:
            self._losses.add(name, _NOT_HELD[tag.kind], tag.count)
            return
        chart = _chart_of(name, tag)
        if not chart and (tag.display_name or tag.description):
            self._losses.add(name, "VisualDL has no display names and descriptions of tags")
        if tag.kind == "scalars":
            self._write_scalars(name, chart)
            return
        kept = self._name(name, tag.plugin if is_roc else tag.kind)
        series: Any = getattr(self._run, tag.kind)[name]
        times = self._timestamps(name, series.wall_times).tolist()
        for value, step, time in zip(series, series.steps.tolist(), times, strict=True):
            component = self._component(name, tag.kind, value)
            if component is not None:
                self._writer._add_message(kept, component.field, component.message, step, time)

    def _name(self, name: str, kind: str) -> str:
        """Return the tag that a series gets, which no other kind has."""
        kept = name.replace("%", _PERCENT) or "(empty)"
        while self._taken.setdefault(kept, f"{kind} {name}") != f"{kind} {name}":
            kept = f"{kept}/{kind}"
        if kept != name:
            self._losses.add(name, f"is called {kept!r}: VisualDL could not show the tag")
        return kept

    def _timestamps(self, name: str, wall_times: Any) -> Any:
        exact = np.asarray(wall_times, np.float64) * 1000
        rounded = np.rint(exact)
        close = np.abs(exact - rounded) <= np.spacing(np.abs(exact)) * 2
        self._losses.add(
            name, "wall times are rounded to milliseconds", int(np.count_nonzero(~close))
        )
        early = int(np.count_nonzero(rounded < _FIRST_MILLISECOND))
        self._losses.add(name, "wall times before 24 January 1970 are not milliseconds", early)
        return rounded.astype(np.int64)

    def _write_scalars(self, name: str, chart: str) -> None:
        series = self._run.scalars[name]
        with np.errstate(over="ignore"):
            values = series.values.astype(np.float32)
        changed = (values.astype(np.float64) != series.values) & ~np.isnan(series.values)
        self._losses.add(name, "float64 values are rounded to float32", int(changed.sum()))
        tag, sub_tag = (chart, name[len(chart) + 1 :]) if chart else (name, "")
        kept = self._name(tag, "scalars of a chart" if chart else "scalars")
        times = self._timestamps(name, series.wall_times)
        steps = np.ascontiguousarray(series.steps)
        self._writer._add_series(kept, sub_tag, values, steps, times)

    def _component(self, name: str, kind: str, value: Any) -> Component | None:
        if kind == "histograms":
            return self._histogram(name, value)
        if kind == "images":
            return encoded_image(value.encoded)
        if kind == "audio":
            return self._audio(value)
        if kind == "texts":
            if len(value.parts) > 1:
                self._losses.add(name, "the parts of a text become lines of one")
            return components.text(value.value)
        return self._pr_curve(name, value) if kind == "pr_curves" else self._roc_curve(name, value)

    def _histogram(self, name: str, histogram: Histogram) -> Component | None:
        if not len(histogram.counts):
            self._losses.add(name, "a histogram without buckets has no form in VisualDL")
            return None
        if not np.isnan(histogram.sum):
            self._losses.add(name, "VisualDL does not keep sum and sum of squares")
        edges, counts = [float(histogram.left[0])], []
        for left, right, count in zip(
            histogram.left.tolist(),
            histogram.right.tolist(),
            histogram.counts.tolist(),
            strict=True,
        ):
            if left != edges[-1]:
                edges.append(left)
                counts.append(0.0)
                self._losses.add(name, "gaps between buckets become empty buckets")
            edges.append(right)
            counts.append(count)
        return histogram_of(np.array(counts), np.array(edges))

    def _audio(self, clip: Audio) -> Component:
        from eventcodec.proto import Record

        message = Record.Audio(
            sample_rate=clip.sample_rate,
            num_channels=clip.channels,
            length_frames=clip.frames,
            encoded_audio_string=clip.encoded,
            content_type=clip.content_type,
        )
        return Component(6, message.SerializeToString())

    def _counts(self, name: str, rows: Iterable[Any]) -> dict[str, Any]:
        counts = dict(zip(("TP", "FP", "TN", "FN"), rows, strict=True))
        if any((np.asarray(row) % 1 != 0).any() for row in counts.values()):
            self._losses.add(name, "counts of a curve are cut to integers")
        return {key: np.asarray(row).astype(np.int64).tolist() for key, row in counts.items()}

    def _pr_curve(self, name: str, curve: PrCurve) -> Component:
        from eventcodec.proto import Record

        rows = (
            curve.true_positives,
            curve.false_positives,
            curve.true_negatives,
            curve.false_negatives,
        )
        message = Record.PRCurve(
            **self._counts(name, rows),
            precision=curve.precision.tolist(),
            recall=curve.recall.tolist(),
        )
        return Component(9, message.SerializeToString())

    def _roc_curve(self, name: str, tensor: Tensor) -> Component | None:
        from eventcodec.proto import Record

        rows = tensor.value
        if rows.ndim != 2 or rows.shape[0] != 6 or rows.dtype.kind not in "fiu":
            self._losses.add(name, _NOT_HELD["tensors"])
            return None
        message = Record.ROC_Curve(
            **self._counts(name, rows[:4]), tpr=rows[4].tolist(), fpr=rows[5].tolist()
        )
        return Component(11, message.SerializeToString())

    def _write_hparams(self) -> None:
        found = self._run.hparams
        assert found is not None
        if found.status in ("success", "failure") or found.group_name:
            self._losses.add("", "VisualDL keeps neither status nor group of hyperparameters")
        values: dict[str, Any] = {}
        for key, value in found.hparams.items():
            if isinstance(value, bool):
                self._losses.add("", f"hyperparameter {key!r} becomes 0 or 1")
            if value is None or isinstance(value, list | dict):
                self._losses.add("", f"hyperparameter {key!r} has no form in VisualDL")
                continue
            values[key] = value
        metrics = [tag for _, tag in found.experiment.metrics] if found.experiment else []
        name = components.name_of_file(self._writer.file_name)
        component = components.hparams(name, values, metrics)
        time = round(found.start_time * 1000) or self._first_time()
        self._writer._add_message("hparam", component.field, component.message, 1, time)

    def _write_embedding(self, name: str) -> None:
        embedding = self._run.embeddings[name]
        if embedding.sprite_path:
            self._losses.add(name, "VisualDL has no pictures of vectors")
        columns = embedding.metadata()
        vectors = embedding.to_array()
        if not columns:
            self._losses.add(name, "vectors without labels get their numbers")
            columns = {"label": [str(number) for number in range(len(vectors))]}
        heading = list(columns) if len(columns) > 1 else None
        labels = list(columns.values()) if heading else next(iter(columns.values()))
        component = components.embeddings(vectors, labels, heading)
        kept = self._name(name, "embeddings")
        self._writer._add_message(kept, component.field, component.message, 0, self._first_time())

    def _first_time(self) -> int:
        """Return a time for what has none: that of the run's first value."""
        times = [tag.first_wall_time for _, tag in self._run.contents() if tag.count]
        return round(min(times, default=0.0) * 1000)


def _chart_of(name: str, tag: Tag) -> str:
    """Return the chart that a scalar is one curve of, "" for none; see cpp/scan/vdl_rows.cc."""
    chart = tag.description.removeprefix(CHART)
    is_curve = tag.description.startswith(CHART) and name == f"{chart}/{tag.display_name}"
    return chart if is_curve and tag.kind == "scalars" and tag.display_name else ""
