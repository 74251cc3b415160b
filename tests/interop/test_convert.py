"""Converted logs: round trips equal in everything that both formats hold, shown by both sides."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eventcodec
from eventcodec import SummaryWriter
from eventcodec.archive.convert import convert
from eventcodec.archive.to_events import write_events
from eventcodec.compat.visualdl import LogReader, LogWriter

MILLISECONDS = 1700000000250


@pytest.fixture
def visualdl_log(tmp_path):
    """A log of two runs with every component."""
    generator = np.random.default_rng(0)
    source = tmp_path / "vdl"
    labels = generator.integers(0, 2, 300)
    scores = np.clip(labels * 0.3 + generator.random(300) * 0.7, 0, 1)
    with LogWriter(str(source / "exp" / "one"), display_name="first") as writer:
        for step, value in enumerate((0.5, math.inf, math.nan, -0.0, 1e-40, 3e38)):
            writer.add_scalar("train/loss", value, step * 10 - 20, MILLISECONDS + step)
            writer.add_scalars("waves/a", {"sin": step / 3, "co/s": step / 7}, step, MILLISECONDS)
        writer.add_image("pictures/a", generator.random((6, 8, 3)), 1, MILLISECONDS)
        writer.add_text("note", "größer 大\n\ttab", 2, MILLISECONDS)
        writer.add_audio("beep", np.sin(np.arange(800) / 8), 4, 8000, MILLISECONDS)
        writer.add_histogram("weights", generator.normal(size=1000), 5, MILLISECONDS, buckets=7)
        writer.add_embeddings("words", generator.random((5, 3)), list("abcde"), None, MILLISECONDS)
        writer.add_embeddings("two", np.eye(2), [["a", "b"], ["c", "d"]], ["x", "y"], MILLISECONDS)
        writer.add_pr_curve("pr", labels, scores, 6, 11, None, MILLISECONDS)
        writer.add_roc_curve("roc", labels, scores, 7, 11, None, MILLISECONDS)
        writer.add_hparams({"lr": 0.1, "layers": 3, "act": "relu"}, ["train/loss"], MILLISECONDS)
    with LogWriter(str(source / "exp" / "two")) as writer:
        writer.add_scalar("train/loss", 1, 1)
    return source


def messages(directory):
    """(run, tag, component, step, time) -> the value's own message, of a VisualDL log."""
    found = {}
    for path in sorted(directory.rglob("vdlrecords*")):
        run = path.parent.relative_to(directory).as_posix()
        for component, tags in LogReader(file_path=str(path)).log_data.items():
            for values in tags.values():
                for value in values:
                    sort = value.WhichOneof("one_value")
                    body = getattr(value, sort)
                    if sort == "hparam":
                        body = (
                            {i.name: getattr(i, i.WhichOneof("type")) for i in body.hparamInfos},
                            [i.name for i in body.metricInfos],
                        )
                    elif sort == "value":
                        body = np.float32(body).tobytes()
                    elif sort != "meta_data":
                        body = body.SerializeToString()
                    time = 0 if component in ("meta_data", "embeddings") else value.timestamp
                    key = (run, component, value.tag, value.id, time)
                    found.setdefault(key, []).append(body)
    return found


def test_visualdl_there_and_back(visualdl_log, tmp_path):
    report = convert(visualdl_log, tmp_path / "tf")
    assert (report.to, report.runs, report.damage) == ("tfevents", 2, [])
    assert {loss.reason for loss in report.losses} == {
        "kept as a tensor, which no page of TensorBoard shows",
        "the name of the run is kept, but no page of TensorBoard shows it",
        "the time of an embedding is not kept",
        "hyperparameters that are integers become float64",
    }
    back = convert(tmp_path / "tf", tmp_path / "back")
    assert back.to == "vdlrecords"
    assert back.losses == []
    assert messages(tmp_path / "back") == messages(visualdl_log)


def test_event_files_there_and_back(tmp_path):
    source = tmp_path / "tf"
    generator = np.random.default_rng(1)
    with SummaryWriter(source / "a" / "b") as writer:
        for step in range(20):
            writer.add_scalar("loss", generator.random(), step - 5, 1700000000.125 + step)
        writer.add_histogram("h", generator.normal(size=500), 3, walltime=1700000000.5)
        writer.add_image("i", generator.random((3, 5, 6)), 4, 1700000000.5)
        writer.add_text("t", "some **text**", 5, 1700000000.5)
    report = convert(source, tmp_path / "vdl")
    assert [(loss.tag, loss.reason) for loss in report.losses] == [
        ("h", "VisualDL does not keep sum and sum of squares")
    ]
    assert convert(tmp_path / "vdl", tmp_path / "back").losses == []
    (first,), (again,) = (eventcodec.open(d).runs.values() for d in (source, tmp_path / "back"))
    assert first.name == again.name
    for column in ("steps", "wall_times", "values"):
        mine, other = (getattr(run.scalars["loss"], column) for run in (first, again))
        np.testing.assert_array_equal(mine, other)
    mine, other = (run.histograms["h"][0] for run in (first, again))
    for column in ("left", "right", "counts"):
        np.testing.assert_array_equal(getattr(mine, column), getattr(other, column))
    assert first.images["i"][0] == again.images["i"][0]
    assert first.texts["t/text_summary"][0] == again.texts["t/text_summary"][0]


NAMES = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="%"), min_size=1, max_size=12
)
POINTS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.floats(width=32, allow_nan=True),
        st.integers(2_000_000_000, 4_000_000_000_000),
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    curves=st.dictionaries(NAMES, POINTS, max_size=4),
    charts=st.dictionaries(NAMES, POINTS, max_size=2),
)
def test_any_scalars_there_and_back(tmp_path_factory, curves, charts):
    base = tmp_path_factory.mktemp("property")
    with LogWriter(str(base / "vdl" / "run")) as writer:
        for tag, points in curves.items():
            for step, value, time in points:
                writer.add_scalar("s" + tag, value, step, time)
        for tag, points in charts.items():
            for step, value, time in points:
                writer.add_scalars("c" + tag, {"x/y": value, tag: value}, step, time)
    convert(base / "vdl", base / "tf")
    convert(base / "tf", base / "back")
    assert messages(base / "back") == messages(base / "vdl")


def test_what_visualdl_cannot_hold_is_reported(tmp_path):
    from tensorboardX import SummaryWriter as Theirs

    with Theirs(str(tmp_path / "tf")) as writer:
        writer.add_mesh("m", np.zeros((1, 10, 3), np.float32))
        writer.add_custom_scalars({"a": {"b": ["Multiline", ["c"]]}})
        writer.add_scalar("both", 0.5, 1, walltime=1700000000.00001)
        writer.add_image("both", np.zeros((3, 4, 4)), 1)
        writer.add_scalar("old", 0.5, 1, walltime=12.0)
    with SummaryWriter(tmp_path / "tf") as writer:
        writer.add_scalar("100%", 0.5, 1)
    report = convert(tmp_path / "tf", tmp_path / "vdl")
    reasons = {(loss.tag, loss.reason.split(":")[0]) for loss in report.losses}
    assert ("100%", "is called '100\uff05'") in reasons
    assert ("both", "is called 'both/images'") in reasons
    assert ("both", "wall times are rounded to milliseconds") in reasons
    assert ("old", "wall times before 24 January 1970 are not milliseconds") in reasons
    assert any(reason == "VisualDL has no meshes" for _, reason in reasons)
    assert any(reason == "VisualDL has no layouts of charts" for _, reason in reasons)


def test_nothing_is_left_after_a_failure(visualdl_log, tmp_path):
    target = tmp_path / "there"
    target.mkdir()
    (target / "file").touch()
    with pytest.raises(FileExistsError):
        convert(visualdl_log, target)
    with pytest.raises(ValueError, match="is in the format vdlrecords already"):
        convert(visualdl_log, tmp_path / "new", to="vdlrecords")
    with pytest.raises(ValueError, match="to must be one of"):
        convert(visualdl_log, tmp_path / "new", to="x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no event files and no VisualDL logs"):
        convert(tmp_path / "empty", tmp_path / "new")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eventcodec.archive.to_events._write_scalars", _fail)
        with pytest.raises(OSError, match="full"):
            convert(visualdl_log, tmp_path / "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty", "there", "vdl"]


def _fail(*_):
    raise OSError("full")


def test_a_link_put_in_place_of_the_output_is_not_followed(visualdl_log, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()

    def write_elsewhere(*arguments):
        output = next(tmp_path.glob(".eventcodec-*"))
        if not output.is_symlink():
            output.rename(tmp_path / "moved")
            output.symlink_to(outside)
        write_events(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eventcodec.archive.convert.write_events", write_elsewhere)
        with pytest.raises(OSError, match="Not a directory"):
            convert(visualdl_log, tmp_path / "new")
    assert list(outside.rglob("*")) == []


@pytest.fixture
def converted(visualdl_log, tmp_path):
    convert(visualdl_log, tmp_path / "tf")
    return tmp_path / "tf"


@pytest.mark.parametrize("loader", ["event_accumulator", "slow_loader", "data_server"])
def test_tensorboard_shows_a_converted_log(converted, visualdl_log, loader, request):
    shown = request.getfixturevalue(loader)(converted)
    ours = eventcodec.open(visualdl_log)["exp/one"]
    run = shown["exp/one"]
    for tag, series in ours.scalars.items():
        got = run["scalars"][tag]
        assert [point[:2] for point in got] == list(
            zip(series.steps.tolist(), series.wall_times.tolist(), strict=True)
        )
        np.testing.assert_array_equal([point[2] for point in got], series.values)
    (step, _, buckets) = run["histograms"]["weights"][0]
    assert step == 5
    np.testing.assert_array_equal(buckets[:, 2], ours.histograms["weights"][0].counts)
    assert run["images"]["pictures/a"][0][2] == [ours.images["pictures/a"][0].encoded]
    assert run["texts"]["note"][0][2] == "größer 大\n\ttab"


@pytest.mark.filterwarnings("ignore:html5lib:DeprecationWarning")
def test_tensorboards_pages_of_a_converted_log(converted):
    """PR curves, hyperparameters and the projector, as their plugins read them."""
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.pr_curve import pr_curves_plugin
    from tensorboard.plugins.projector import projector_plugin

    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(converted)).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(converted))
    context = TBContext(
        logdir=str(converted), multiplexer=multiplexer, data_provider=provider,
        assets_zip_provider=None, flags=None,
    )  # fmt: skip
    curves = pr_curves_plugin.PrCurvesPlugin(context)
    from tensorboard.context import RequestContext

    (entry,) = curves.pr_curves_impl(RequestContext(), "", ["exp/one"], "pr")["exp/one"]
    curve = eventcodec.open(converted)["exp/one"].pr_curves["pr"][0]
    shown = int(np.count_nonzero(curve.true_positives + curve.false_positives))
    assert (entry["step"], shown) == (6, len(entry["precision"]))
    assert entry["true_positives"] == curve.true_positives[:shown].tolist()
    assert entry["precision"] == pytest.approx(curve.precision[:shown].tolist(), rel=1e-6)
    projector = projector_plugin.ProjectorPlugin(context)
    projector._update_configs()
    (config,) = (c for c in projector._configs.values() if c.embeddings)
    assert {e.tensor_name for e in config.embeddings} == {"words", "two"}


def test_visualdl_shows_a_converted_log(visualdl_server, tmp_path):
    with SummaryWriter(tmp_path / "tf" / "run") as writer:
        for step in range(10):
            writer.add_scalar("loss", step / 4, step, 1700000000.25 + step)
        writer.add_histogram("h", np.arange(100.0), 3)
        writer.add_image("i", np.full((3, 5, 6), 0.5), 4)
        writer.add_text("t", "text", 5)
    convert(tmp_path / "tf", tmp_path / "vdl")
    api = visualdl_server(tmp_path / "vdl")
    run = str(tmp_path / "vdl" / "run")

    def call(path, **arguments):
        return json.loads(api(path, {"run": run, **arguments})[0])["data"]

    assert call("scalar/list", tag="loss") == [
        [1700000000250 + 1000 * s, s, s / 4] for s in range(10)
    ]
    assert call("histogram/list", tag="h")[0][1] == 3
    picture = api("image/image", {"run": run, "tag": "i", "index": 0})[0]
    from PIL import Image

    assert Image.open(io.BytesIO(picture)).size == (6, 5)
    assert api("text/text", {"run": run, "tag": "t/text_summary", "index": 0})[0] == "text"
