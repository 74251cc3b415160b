"""compat.tensorboard.EventAccumulator beside TensorBoard's own, on the same files."""

from __future__ import annotations

import dataclasses
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.generated_logs import frame, write_run
from tensorboard.backend.event_processing import event_accumulator as theirs
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.util.tensor_util import make_tensor_proto

import eventcodec
from eventcodec.compat import tensorboard as ours

READERS = {
    "scalars": "Scalars",
    "histograms": "Histograms",
    "distributions": "CompressedHistograms",
    "images": "Images",
    "audio": "Audio",
    "tensors": "Tensors",
}
GUIDANCE = {
    "default": None,
    "everything": theirs.STORE_EVERYTHING_SIZE_GUIDANCE,
    "few": {"scalars": 3, "tensors": 2, "histograms": 2, "images": 1, "distributions": 2},
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # in peers' own code
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # tensorboardX leaves its file open
]


def plain(value: Any) -> Any:
    """A value of either side in a form that compares: messages as bytes, NaN as a word."""
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    if hasattr(value, "SerializeToString"):
        return value.SerializeToString(deterministic=True)
    if dataclasses.is_dataclass(value):
        return tuple(plain(getattr(value, field.name)) for field in dataclasses.fields(value))
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


def content(accumulator: Any) -> dict[str, Any]:
    """Everything that an accumulator tells."""
    tags = accumulator.Tags()
    found = {
        (kind, tag): plain(getattr(accumulator, read)(tag))
        for kind, read in READERS.items()
        for tag in tags[kind]
    }
    return {
        "tags": tags,
        "values": found,
        "graph": plain(accumulator.Graph()) if tags["graph"] else None,
        "meta_graph": plain(accumulator.MetaGraph()) if tags["meta_graph"] else None,
        "run_metadata": {tag: plain(accumulator.RunMetadata(tag)) for tag in tags["run_metadata"]},
        "first": accumulator.FirstEventTimestamp(),
        "writer": accumulator.GetSourceWriter(),
        "version": accumulator.file_version,
        "last": (accumulator.most_recent_step, accumulator.most_recent_wall_time),
        "metadata": {tag: plain(each) for tag, each in accumulator.summary_metadata.items()},
        "plugins": {
            name: accumulator.PluginTagToContent(name)
            for name in sorted(accumulator._plugin_to_tag_to_content)
        },
    }


def assert_same(path: Path, **options: Any) -> dict[str, Any]:
    got = content(ours.EventAccumulator(str(path), **options).Reload())
    want = content(theirs.EventAccumulator(str(path), **options).Reload())
    for part, value in want.items():
        assert got[part] == value, part
    return got


def log_everything(writer: Any) -> None:
    rng = np.random.default_rng(11)
    for step in range(40):
        writer.add_scalar("loss", rng.normal(), step, walltime=step / 3)
        writer.add_histogram("weights", rng.normal(size=200), step, walltime=step)
        if step % 4 == 0:
            writer.add_image("image", rng.random((3, 5, 4)), step, walltime=step)
            writer.add_text("note", f"text {step} ü", step, walltime=step)
    writer.add_histogram("constant", np.ones(5), 1, walltime=1.0)
    writer.add_pr_curve("pr", rng.integers(0, 2, 50), rng.random(50), 1, walltime=1.0)
    writer.add_mesh("mesh", rng.random((1, 3, 3)), walltime=1.0)
    writer.close()


def torch_log(path: Path) -> None:
    import torch
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(path))
    writer.add_graph(torch.nn.Linear(2, 3), torch.zeros(1, 2))
    for step in range(30):
        writer.add_scalar("new", step / 7, step, new_style=True, double_precision=step > 20)
        writer.add_audio("sound", torch.rand(1, 64) - 0.5, step, walltime=step)
    log_everything(writer)


def tensorboardx_log(path: Path) -> None:
    from tensorboardX import SummaryWriter

    log_everything(SummaryWriter(str(path)))


def tensorboard_log(path: Path) -> None:
    from tensorboard.summary import Writer

    writer = Writer(str(path))
    for step in range(30):
        writer.add_scalar("acc", step / 7, step, wall_time=step, description="d")
    writer.close()


@pytest.mark.parametrize("guidance", GUIDANCE)
@pytest.mark.parametrize("write", [torch_log, tensorboardx_log, tensorboard_log])
def test_logs_of_peers(write: Any, guidance: str, tmp_path: Path) -> None:
    write(tmp_path / "run")
    assert assert_same(tmp_path / "run", size_guidance=GUIDANCE[guidance])["values"]


def test_logs_of_another_project() -> None:
    root = Path(__file__).parents[2].parent / "shared" / "logs" / "tensorboard-reducer"
    if not root.is_dir():
        pytest.skip(f"no logs at {root}")
    runs = {file.parent for file in root.rglob("*tfevents*") if file.is_file()}
    assert runs
    for run in runs:
        assert assert_same(run)["values"]
        assert assert_same(next(run.iterdir()))["values"]  # the file itself


@pytest.mark.parametrize("seed", range(25))
def test_generated_runs(seed: int, tmp_path: Path) -> None:
    write_run(tmp_path / "run", random.Random(seed))
    for guidance in GUIDANCE.values():
        assert_same(tmp_path / "run", size_guidance=guidance)
    assert_same(tmp_path / "run", purge_orphaned_data=False, compression_bps=(0, 2500, 10000))


@pytest.mark.parametrize("seed", range(6))
def test_files_that_grow(seed: int, tmp_path: Path) -> None:
    """Samples go on where they were: the odds count what was seen before."""
    rng = random.Random(seed)
    (path,) = write_run(tmp_path / "run", rng, restarts=False, events=80)
    data = path.read_bytes()
    path.write_bytes(b"")
    pair = [
        module.EventAccumulator(str(path.parent), size_guidance=GUIDANCE["few"])
        for module in (ours, theirs)
    ]
    assert pair[0].Reload().Tags() == pair[1].Reload().Tags()
    cuts = sorted(rng.sample(range(40, len(data)), 7))
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        with path.open("ab") as file:
            file.write(data[start:stop])
        got, want = (content(each.Reload()) for each in pair)
        assert got == want


def simple(step: int, wall_time: float = 1.0, **values: float) -> bytes:
    event = Event(step=step, wall_time=wall_time)
    for tag, value in values.items():
        event.summary.value.add(tag=tag, simple_value=value)
    return event.SerializeToString()


def write(directory: Path, *payloads: bytes, version: bool = True, number: int = 0) -> Path:
    directory.mkdir(exist_ok=True)
    first = [Event(wall_time=0.5, file_version="brain.Event:2").SerializeToString()] * version
    path = directory / f"events.out.tfevents.{number}"
    path.write_bytes(b"".join(map(frame, [*first, *payloads])))
    return path


def steps(directory: Path, tag: str, **options: Any) -> list[int]:
    accumulator = ours.EventAccumulator(str(directory), **options).Reload()
    assert_same(directory, **options)
    return [event.step for event in accumulator.Scalars(tag)]


def test_old_files_purge_by_steps(tmp_path: Path) -> None:
    payloads = [simple(step, a=step) for step in (1, 100, 150, 101, 201, 250)]
    write(tmp_path / "old", *payloads, version=False)
    assert steps(tmp_path / "old", "a") == [1, 100, 101, 201, 250]
    assert steps(tmp_path / "old", "a", purge_orphaned_data=False) == [1, 100, 150, 101, 201, 250]
    write(tmp_path / "new", *payloads)
    assert steps(tmp_path / "new", "a") == [1, 100, 150, 101, 201, 250]


def test_old_files_purge_only_the_tags_of_the_event(tmp_path: Path) -> None:
    payloads = [simple(100, a=1, b=1), simple(200, a=2, b=2), simple(150, a=3)]
    write(tmp_path / "run", *payloads, version=False)
    assert steps(tmp_path / "run", "a") == [100, 150]
    assert steps(tmp_path / "run", "b") == [100, 200]


def test_session_starts_purge(tmp_path: Path) -> None:
    start = Event(step=201, session_log=SessionLog(status=SessionLog.START)).SerializeToString()
    stop = Event(step=100, session_log=SessionLog(status=SessionLog.STOP)).SerializeToString()
    payloads = [simple(step, a=step) for step in (1, 200, 300, 400)]
    write(tmp_path / "run", *payloads, stop, start)
    assert steps(tmp_path / "run", "a") == [1, 200]
    write(tmp_path / "run", start, simple(201, a=1), number=1)
    assert steps(tmp_path / "run", "a") == [1, 200, 201]


def test_empty_batches_of_images_and_audio(tmp_path: Path) -> None:
    """tf.summary.image and tf.summary.audio write a batch of none as a tensor without any."""
    payloads = []
    for step in range(3):
        event = Event(step=step, wall_time=step)
        for plugin, strings in (
            ("images", np.array([b"4", b"4"], dtype=object)),
            ("audio", np.empty((0, 2), dtype=object)),
        ):
            tensor = make_tensor_proto(strings)
            tensor.dtype = 7  # TensorBoard's make_tensor_proto does not know that of no strings
            value = event.summary.value.add(tag=plugin, tensor=tensor)
            value.metadata.plugin_data.plugin_name = plugin
        payloads.append(event.SerializeToString())
    write(tmp_path / "run", *payloads)
    found = assert_same(tmp_path / "run", size_guidance=GUIDANCE["everything"])["values"]
    assert [len(found["tensors", tag]) for tag in ("images", "audio")] == [3, 3]
    run = eventcodec.open(tmp_path)["run"]
    assert {tag: (entry.kind, entry.count) for tag, entry in run.tags.items()} == {
        "images": ("tensors", 3),
        "audio": ("tensors", 3),
    }
    assert run.tensors["images"][0].value.tolist() == [b"4", b"4"]
    assert run.tensors["audio"][0].value.shape == (0, 2)


def test_functions_of_a_graph_and_memory_of_a_run(tmp_path: Path) -> None:
    """TensorFlow 2 keeps nearly all of a graph in its library of functions."""
    from tensorboard.compat.proto.config_pb2 import RunMetadata
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    graph = GraphDef()
    graph.node.add(name="call", op="f")
    function = graph.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="x", type=1)
    function.node_def.add(name="twice", op="Add", input=["x", "x"])
    function.ret["y"] = "twice:z:0"
    measured = RunMetadata()
    node = measured.step_stats.dev_stats.add(device="/cpu:0").node_stats.add(node_name="twice")
    node.memory.add(allocator_name="cpu", peak_bytes=7)
    measured.cost_graph.node.add(name="twice", compute_cost=3)
    measured.function_graphs.add().post_optimization_graph.CopyFrom(graph)
    event = Event(step=1, wall_time=1.0)
    event.tagged_run_metadata.tag = "step1"
    event.tagged_run_metadata.run_metadata = measured.SerializeToString()
    payloads = [Event(graph_def=graph.SerializeToString()), event]
    write(tmp_path / "run", *(each.SerializeToString() for each in payloads))
    assert_same(tmp_path / "run")
    accumulator = ours.EventAccumulator(str(tmp_path / "run")).Reload()
    (found,) = accumulator.Graph().library.function
    assert (found.signature.name, found.node_def[0].name, dict(found.ret)) == (
        "f",
        "twice",
        {"y": "twice:z:0"},
    )
    read = accumulator.RunMetadata("step1")
    assert read.step_stats.dev_stats[0].node_stats[0].memory[0].peak_bytes == 7
    assert read.cost_graph.node[0].compute_cost == 3
    assert read.function_graphs[0].post_optimization_graph.library.function[0] == found


def test_one_tag_in_two_forms(tmp_path: Path) -> None:
    payloads = [simple(0, s=1.0)]
    for step in range(1, 8):
        event = Event(step=step, wall_time=step)
        value = event.summary.value.add(tag="s")
        if step % 3:
            value.tensor.CopyFrom(make_tensor_proto(np.float32(step)))
        else:
            value.simple_value = step
        value.metadata.plugin_data.plugin_name = "scalars"
        payloads.append(event.SerializeToString())
    write(tmp_path / "run", *payloads)
    found = assert_same(tmp_path / "run", size_guidance=GUIDANCE["everything"])["values"]
    assert [len(found[kind, "s"]) for kind in ("scalars", "tensors")] == [3, 5]


def test_damage_costs_only_what_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "run", *[simple(step, a=step) for step in range(50)])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    peer = theirs.EventAccumulator(str(path)).Reload().Scalars("a")
    mine = ours.EventAccumulator(str(path)).Reload().Scalars("a")
    assert [plain(each) for each in mine[: len(peer)]] == [plain(each) for each in peer]
    assert (len(mine), len(peer)) == (49, 24)


def test_replaced_file_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "run", *[simple(step, a=step) for step in range(9)])
    accumulator = ours.EventAccumulator(str(path)).Reload()
    path.unlink()
    write(tmp_path / "run", simple(3, a=7.0))
    assert [event.value for event in accumulator.Reload().Scalars("a")] == [7.0]
    path.unlink()
    assert [event.value for event in accumulator.Reload().Scalars("a")] == [7.0]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="path must be"):
        ours.EventAccumulator("")
    with pytest.raises(ValueError, match="size must be a whole number of at least 0, got -1"):
        ours.EventAccumulator(str(tmp_path), {"scalars": -1})
    with pytest.raises(FileNotFoundError):
        ours.EventAccumulator(str(tmp_path / "nowhere")).Reload()
    empty = ours.EventAccumulator(str(tmp_path)).Reload()
    assert empty.Tags() == theirs.EventAccumulator(str(tmp_path)).Reload().Tags()
    assert empty.GetSourceWriter() is None
    for call, error in (
        (lambda: empty.Scalars("a"), KeyError),
        (lambda: empty.PluginTagToContent("a"), KeyError),
        (lambda: empty.SummaryMetadata("a"), KeyError),
        (empty.Graph, ValueError),
        (empty.MetaGraph, ValueError),
        (lambda: empty.RunMetadata("a"), ValueError),
        (empty.FirstEventTimestamp, ValueError),
        (lambda: empty.RetrievePluginAsset("a", "../../b"), KeyError),
    ):
        with pytest.raises(error):
            call()


def test_assets_of_plugins(tmp_path: Path) -> None:
    write(tmp_path / "run", simple(1, a=1.0))
    folder = tmp_path / "run" / "plugins" / "profile"
    folder.mkdir(parents=True)
    (folder / "trace.json").write_text("{}")
    (folder.parent / "secret").write_text("no")
    mine, peer = (module.EventAccumulator(str(tmp_path / "run")) for module in (ours, theirs))
    for each in (mine, peer):
        assert each.PluginAssets("profile") == ["trace.json"]
        assert each.PluginAssets("nothing") == []
        assert each.RetrievePluginAsset("profile", "trace.json") == "{}"
    with pytest.raises(KeyError):
        mine.RetrievePluginAsset("profile", "../secret")


def test_first_event_before_reload(tmp_path: Path) -> None:
    write(tmp_path / "run", simple(1, a=1.0))
    for module in (ours, theirs):
        assert module.EventAccumulator(str(tmp_path / "run")).FirstEventTimestamp() == 0.5


def test_constants_equal() -> None:
    for name in ours.__all__:
        mine, peer = getattr(ours, name), getattr(theirs, name)
        if dataclasses.is_dataclass(mine):
            fields = [field.name for field in dataclasses.fields(mine)]
            assert fields == [field.name for field in dataclasses.fields(peer)]
        elif not isinstance(mine, type):
            assert mine == peer
