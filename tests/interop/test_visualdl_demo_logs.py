"""The demo logs of VisualDL's own page, written by its releases of 2020 and 2021, read here: the
values that VisualDL's reader gives, for every file, component and tag.

They are not part of this project. They are looked for in `../shared/logs/visualdl-demo`, or where
EVENTCODEC_VISUALDL_LOGS says, such as `frontend/packages/demo/logs` of VisualDL's sources.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import eventcodec
from eventcodec.compat.visualdl import LogReader

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "logs" / "visualdl-demo"
LOGS = Path(os.environ.get("EVENTCODEC_VISUALDL_LOGS", BESIDE))
FILES = sorted(LOGS.rglob("vdlrecords*"))

if not FILES:
    pytest.skip(f"no demo logs of VisualDL in {LOGS}", allow_module_level=True)


@pytest.fixture(params=FILES, ids=lambda path: str(path.relative_to(LOGS)))
def path(request):
    return request.param


@pytest.fixture
def theirs(visualdl, path):
    return visualdl.LogReader(file_path=str(path))


def test_messages(theirs, path):
    ours = LogReader(file_path=str(path))
    assert ours.damage == []
    assert ours.get_tags() == theirs.get_tags()
    for component, tags in theirs.get_tags().items():
        for tag in tags:
            want = [value.SerializeToString() for value in theirs.get_data(component, tag)]
            assert want
            assert [v.SerializeToString() for v in ours.get_data(component, tag)] == want, tag


def seconds(timestamp: int) -> float:
    """Releases of 2020 wrote seconds, later ones milliseconds: the server's rule."""
    return float(timestamp) if timestamp < 2_000_000_000 else timestamp / 1000


def number_of(info) -> object:
    """A hyperparameter, whatever its type."""
    return getattr(info, info.WhichOneof("type"))


def content_of(run, component: str, tag: str) -> tuple[object, list]:
    """A series of ours, and what its values hold in the order of the check below."""
    if component == "scalar":
        return run.scalars[tag], [np.float32(value) for value in run.scalars[tag].values]
    if component == "text":
        return run.texts[tag], [each.value for each in run.texts[tag]]
    if component == "audio":
        clips = run.audio[tag]
        return clips, [(c.encoded, c.sample_rate, c.channels, c.frames) for c in clips]
    if component == "image":
        return run.images[tag], [each.encoded for each in run.images[tag]]
    if component == "histogram":
        histograms = run.histograms[tag]
        return histograms, [(h.counts.tolist(), [*h.left, h.right[-1]]) for h in histograms]
    if component == "pr_curve":
        curves = run.pr_curves[tag]
        return curves, [
            [
                row.tolist()
                for row in (
                    c.true_positives,
                    c.false_positives,
                    c.true_negatives,
                    c.false_negatives,
                    c.precision,
                    c.recall,
                )
            ]
            for c in curves
        ]
    assert component == "roc_curve", component
    return run.tensors[tag], [each.value.tolist() for each in run.tensors[tag]]


def want_of(component: str, value) -> object:
    """The same of a value that VisualDL's reader gives."""
    if component == "scalar":
        return np.float32(value.value)
    if component == "text":
        return value.text.encoded_text_string
    if component == "audio":
        clip = value.audio
        return clip.encoded_audio_string, clip.sample_rate, clip.num_channels, clip.length_frames
    if component == "image":
        return value.image.encoded_image_string
    if component == "histogram":
        return list(value.histogram.hist), list(value.histogram.bin_edges)
    curve = value.pr_curve if component == "pr_curve" else value.roc_curve
    rates = (curve.precision, curve.recall) if component == "pr_curve" else (curve.tpr, curve.fpr)
    return [list(row) for row in (curve.TP, curve.FP, curve.TN, curve.FN, *rates)]


def test_values(theirs, path):
    log = eventcodec.open(path)
    assert (log.damage, log.pending) == ([], {})
    (run,) = log.runs.values()
    for component, tags in theirs.get_tags().items():
        for tag in tags:
            values = theirs.get_data(component, tag)
            if component == "meta_data":
                assert run.display_name == values[-1].meta_data.display_name
            elif component == "hyper_parameters":
                infos = values[-1].hparam.hparamInfos
                assert run.hparams.hparams == {info.name: number_of(info) for info in infos}
                assert set(run.hparams.metrics) == {i.name for i in values[-1].hparam.metricInfos}
            elif component == "embeddings":
                items = values[-1].embeddings.embeddings
                embedding = run.embeddings[tag]
                vectors = np.array([item.vectors for item in items], np.float32)
                np.testing.assert_array_equal(embedding.to_array(), vectors)
                columns = [list(column) for column in zip(*(i.label for i in items), strict=True)]
                assert list(embedding.metadata().values()) == columns
            else:
                series, content = content_of(run, component, tag)
                assert series.steps.tolist() == [value.id for value in values]
                assert series.wall_times.tolist() == [seconds(v.timestamp) for v in values]
                assert content == [want_of(component, value) for value in values], tag


def test_one_tag_and_some_steps(theirs, path):
    """What describes the run stays; of the tag, the values whose steps are asked for."""
    for component, tags in theirs.get_tags().items():
        for tag in tags:
            values = theirs.get_data(component, tag)
            start = sorted(value.id for value in values)[len(values) // 2]
            wanted = [value for value in values if start <= value.id < start + 100]
            log = eventcodec.open(path, tags=[tag], steps=(start, start + 100))
            (run,) = log.runs.values()
            if component == "meta_data":
                assert run.display_name == values[-1].meta_data.display_name
            elif component == "hyper_parameters":
                infos = values[-1].hparam.hparamInfos
                assert run.hparams.hparams == {info.name: number_of(info) for info in infos}
            elif component != "embeddings":
                series, content = content_of(run, component, tag)
                assert series.steps.tolist() == [value.id for value in wanted]
                assert content == [want_of(component, value) for value in wanted], tag
