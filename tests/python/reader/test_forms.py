"""Every form in which events are written, made with tensorboard's messages as the oracle."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DataType
from tensorboard.util.tensor_util import make_ndarray, make_tensor_proto

import eventcodec

WriteRecords = Callable[..., Path]


def only_run(path: Path) -> eventcodec.reader.Run:
    log = eventcodec.open(path)
    assert log.damage == []
    return log["."]


def tensor_event(tag: str, tensor: TensorProto, plugin: str = "", step: int = 0) -> Event:
    event = Event(step=step, wall_time=2.0)
    value = event.summary.value.add(tag=tag, tensor=tensor)
    if plugin:
        value.metadata.plugin_data.plugin_name = plugin
    return event


def content_tensor(values: np.ndarray, dtype: int, shape: tuple[int, ...]) -> TensorProto:
    """A tensor as TensorFlow 2 writes it: the bytes in tensor_content."""
    tensor = TensorProto(dtype=dtype, tensor_content=values.tobytes())
    tensor.tensor_shape.SetInParent()
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


def test_several_values_in_an_event(write_records: WriteRecords, event: Any) -> None:
    events = [event(step, a=step / 2, b=step / 4, c=-1.0) for step in range(50)]
    run = only_run(write_records(*events))
    assert run.scalars["a"].values.tolist() == [step / 2 for step in range(50)]
    assert run.scalars["b"].values.tolist() == [step / 4 for step in range(50)]
    assert run.scalars["c"].steps.tolist() == list(range(50))


def test_values_change_their_order(write_records: WriteRecords, event: Any) -> None:
    rng = np.random.default_rng(5)
    wanted: dict[str, list[tuple[int, float]]] = {}
    events = []
    for step in range(400):
        tags = rng.permutation([f"tag{i}" for i in range(6)])[: rng.integers(1, 6)]
        values = {str(tag): float(np.float32(rng.normal())) for tag in tags}
        for tag, value in values.items():
            wanted.setdefault(tag, []).append((step, value))
        events.append(event(step, **values))
    run = only_run(write_records(*events))
    for tag, points in wanted.items():
        series = run.scalars[tag]
        assert list(zip(series.steps.tolist(), series.values.tolist(), strict=True)) == points


@pytest.mark.parametrize("step", [0, 1, 127, 128, 2**35, 2**56 - 1, 2**56, 2**63 - 1, -1, -(2**63)])
def test_steps_of_every_size(write_records: WriteRecords, event: Any, step: int) -> None:
    run = only_run(write_records(*[event(step, wall_time=i + 0.5, a=i) for i in range(4)]))
    assert run.scalars["a"].steps.tolist() == [step] * 4
    assert run.scalars["a"].wall_times.tolist() == [0.5, 1.5, 2.5, 3.5]


def test_special_numbers_are_kept(write_records: WriteRecords, event: Any) -> None:
    numbers = [float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4028234663852886e38]
    path = write_records(*[event(i, wall_time=x, a=x) for i, x in enumerate(numbers)])
    series = only_run(path).scalars["a"]
    stored = np.array(numbers, np.float32).astype(np.float64)
    assert series.values.view(np.int64).tolist() == stored.view(np.int64).tolist()
    np.testing.assert_array_equal(series.wall_times, numbers)


@pytest.mark.parametrize(
    ("dtype", "numpy_dtype"),
    [
        (DataType.DT_FLOAT, np.float32),
        (DataType.DT_DOUBLE, np.float64),
        (DataType.DT_HALF, np.float16),
        (DataType.DT_INT8, np.int8),
        (DataType.DT_UINT8, np.uint8),
        (DataType.DT_INT16, np.int16),
        (DataType.DT_UINT16, np.uint16),
        (DataType.DT_INT32, np.int32),
        (DataType.DT_INT64, np.int64),
        (DataType.DT_UINT32, np.uint32),
        (DataType.DT_UINT64, np.uint64),
        (DataType.DT_BOOL, np.bool_),
    ],
)
def test_scalar_tensors_of_every_dtype(
    write_records: WriteRecords, dtype: int, numpy_dtype: type
) -> None:
    numbers = np.array([0, 1, 7, 100]).astype(numpy_dtype)
    events = []
    for step, number in enumerate(numbers):
        content = content_tensor(np.asarray(number), dtype, ())
        events.append(tensor_event("content", content, "scalars", step))
        if dtype not in (DataType.DT_UINT32, DataType.DT_UINT64):  # the oracle cannot make those
            value = make_tensor_proto(np.asarray(number), dtype=numpy_dtype)
            assert make_ndarray(value).item() == number
            events.append(tensor_event("value", value, "scalars", step))
    run = only_run(write_records(*events))
    for tag in run.scalars:
        assert run.scalars[tag].values.tolist() == numbers.astype(np.float64).tolist()


def test_bfloat16_and_half_bits(write_records: WriteRecords) -> None:
    bfloat16 = TensorProto(dtype=DataType.DT_BFLOAT16, half_val=[0x3FC0])
    events = [tensor_event("bf16", bfloat16, "scalars")]
    halves = np.arange(0, 65536, 97, dtype=np.uint16)
    for bits in halves:
        tensor = TensorProto(dtype=DataType.DT_HALF, half_val=[int(bits)])
        events.append(tensor_event("half", tensor, "scalars"))
    run = only_run(write_records(*events))
    assert run.scalars["bf16"].values.tolist() == [1.5]
    np.testing.assert_array_equal(run.scalars["half"].values, halves.view(np.float16))


def test_scalar_tensors_as_torch_would_write_them(write_records: WriteRecords) -> None:
    """The bits of a float32 in half_val, uint8 in uint32_val: what torch's add_tensor does."""
    from torch.utils.tensorboard.summary import half_to_int

    from eventcodec.proto import TensorProto as Ours  # tensorboard's knows no uint32_val

    number = -65504.0
    halves = [TensorProto(dtype=dtype, half_val=[half_to_int(number)]) for dtype in (19, 14)]
    uint8 = TensorProto.FromString(Ours(dtype=4, uint32_val=[200]).SerializeToString())
    other = TensorProto(dtype=DataType.DT_DOUBLE, float_val=[1.5])  # not 0.0
    events = [
        tensor_event(tag, tensor, "scalars")
        for tag, tensor in zip(
            ("half", "bf16", "uint8", "other"), [*halves, uint8, other], strict=True
        )
    ]
    run = only_run(write_records(*events))
    found = {tag: series.values.tolist() for tag, series in run.scalars.items()}
    assert found == {"half": [number], "bf16": [number], "uint8": [200.0]}
    assert list(run.raw) == ["other"]


def test_metadata_on_the_first_event_only(write_records: WriteRecords) -> None:
    number = make_tensor_proto(0.5, dtype=np.float32)
    path = write_records(
        tensor_event("a", number, "scalars", 0),
        *[tensor_event("a", number, "", step) for step in range(1, 9)],
        tensor_event("a", number, "text", 9),  # too late
        tensor_event("a", number, "text", 10),
        tensor_event("a", number, "", 11),
    )
    series = only_run(path).scalars["a"]
    assert series.steps.tolist() == list(range(12))


def test_tensor_without_a_plugin_is_a_tensor(write_records: WriteRecords) -> None:
    run = only_run(write_records(tensor_event("t", make_tensor_proto(0.5, dtype=np.float32))))
    assert run.tags["t"].kind == "tensors"
    assert len(run.scalars) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("buckets", [0, 1, 30])
def test_histogram_tensors(write_records: WriteRecords, dtype: type, buckets: int) -> None:
    edges = np.linspace(-1, 1, buckets + 1)
    counts = np.arange(buckets) + 1.0
    rows = np.stack([edges[:-1], edges[1:], counts], axis=1).astype(dtype)
    number = DataType.DT_FLOAT if dtype is np.float32 else DataType.DT_DOUBLE
    tensors = [content_tensor(rows, number, rows.shape)]
    if buckets:
        tensors.append(make_tensor_proto(rows, dtype=dtype))
    path = write_records(*[tensor_event("h", tensor, "histograms") for tensor in tensors])
    for found in only_run(path).histograms["h"]:
        np.testing.assert_array_equal(found.left, rows[:, 0])
        np.testing.assert_array_equal(found.right, rows[:, 1])
        np.testing.assert_array_equal(found.counts, rows[:, 2])
        assert found.num == rows[:, 2].sum()
        assert np.isnan([found.sum, found.sum_squares]).all()


def test_unpacked_repeated_fields(write_records: WriteRecords) -> None:
    limits, counts = [0.0, 1.0, 2.0], [0.0, 3.0, 4.0]
    histo = b"".join(
        [
            b"\x09" + struct.pack("<d", 0.25),
            b"\x11" + struct.pack("<d", 1.75),
            *[b"\x31" + struct.pack("<d", limit) for limit in limits],
            *[b"\x39" + struct.pack("<d", count) for count in counts],
        ]
    )
    value = b"\x0a\x01h\x2a" + bytes([len(histo)]) + histo
    summary = b"\x0a" + bytes([len(value)]) + value
    payload = b"\x2a" + bytes([len(summary)]) + summary
    assert list(Event.FromString(payload).summary.value[0].histo.bucket) == counts
    found = only_run(write_records(payload)).histograms["h"][0]
    assert (found.left.tolist(), found.right.tolist()) == ([0.0, 1.0], [1.0, 2.0])
    assert (found.counts.tolist(), found.min, found.max) == ([3.0, 4.0], 0.25, 1.75)


def test_histogram_without_the_empty_first_bucket(write_records: WriteRecords, event: Any) -> None:
    message = event(3)
    message.summary.value.add(tag="h").histo.CopyFrom(
        type(message.summary.value[0].histo)(
            min=-2, max=5, num=3, bucket_limit=[1.0, 5.0], bucket=[1.0, 2.0]
        )
    )
    found = only_run(write_records(message)).histograms["h"][0]
    assert (found.left.tolist(), found.right.tolist()) == ([-2.0, 1.0], [1.0, 5.0])


def test_image_tensors_may_hold_several(write_records: WriteRecords) -> None:
    tensor = TensorProto(dtype=DataType.DT_STRING, string_val=[b"4", b"3", b"one", b"two"])
    tensor.tensor_shape.dim.add(size=4)
    images = only_run(write_records(tensor_event("x", tensor, "images", 7))).images["x"]
    assert [(i.step, i.width, i.height, i.encoded) for i in images] == [
        (7, 4, 3, b"one"),
        (7, 4, 3, b"two"),
    ]
    with pytest.raises(ValueError, match="cannot decode the image of step 7"):
        images[0].to_array()


@pytest.mark.parametrize("texts", [["a"], ["a", "b ü"], []])
def test_text_tensors(write_records: WriteRecords, texts: list[str]) -> None:
    strings = [text.encode() for text in texts]
    tensor = TensorProto(dtype=DataType.DT_STRING, string_val=strings)
    tensor.tensor_shape.dim.add(size=len(texts))
    found = only_run(write_records(tensor_event("x", tensor, "text"))).texts["x"][0]
    assert found.parts == tuple(texts)
    assert found.value == "\n".join(texts)


def test_odd_but_valid_protobuf(write_records: WriteRecords) -> None:
    """Unknown fields, groups, repeated singular fields, split messages: as protobuf reads them."""
    value = b"\x0a\x01a\x15" + struct.pack("<f", 1.0) + b"\x0a\x01b\x15" + struct.pack("<f", 2.0)
    summary = b"\x0a" + bytes([len(value)]) + value
    field = b"\x2a" + bytes([len(summary)]) + summary
    unknown = b"\xf2\x06\x03abc\xf8\x06\x01" + b"\xfb\x06\xa3\x01\x08\x01\xa4\x01\xfc\x06"
    payloads = [
        b"\x10\x01\x10\x05" + field + b"\x09" + struct.pack("<d", 3.0),  # last step wins
        unknown + b"\x10\x06" + field + field + unknown,  # summaries are merged
        b"\x10\x07" + field + b"\x22\x01x" + field,  # graph_def in between clears the first
        b"\x10\x08" + field + b"\x1a\x01x",  # file_version clears it
    ]
    wanted = []
    for payload in payloads:
        oracle = Event.FromString(payload)
        wanted += [(oracle.step, each.tag, each.simple_value) for each in oracle.summary.value]
    run = only_run(write_records(*payloads))
    assert [tag for _, tag, _ in wanted] == ["b"] * 4
    assert run.scalars["b"].steps.tolist() == [step for step, _, _ in wanted] == [5, 6, 6, 7]
    assert "a" not in run.scalars


def test_a_tensor_in_two_pieces_is_merged(write_records: WriteRecords) -> None:
    tensor = TensorProto(dtype=DataType.DT_DOUBLE).SerializeToString()
    number = TensorProto(double_val=[2.5]).SerializeToString()
    pieces = b"".join(b"\x42" + bytes([len(each)]) + each for each in (tensor, number))
    value = b"\x0a\x01a\x4a\x0b\x0a\x09\x0a\x07scalars" + pieces
    summary = b"\x0a" + bytes([len(value)]) + value
    payload = b"\x2a" + bytes([len(summary)]) + summary
    assert Event.FromString(payload).summary.value[0].tensor.double_val == [2.5]
    run = only_run(write_records(payload, payload, payload))
    assert run.scalars["a"].values.tolist() == [2.5] * 3


def test_old_node_name_stands_for_the_tag(write_records: WriteRecords, event: Any) -> None:
    message = event(1)
    message.summary.value.add(node_name="node", simple_value=2.0)
    assert only_run(write_records(message)).scalars["node"].values.tolist() == [2.0]


def test_a_tag_of_two_kinds_keeps_both(write_records: WriteRecords, event: Any) -> None:
    message = event(1, a=1.0)
    message.summary.value.add(tag="a").image.encoded_image_string = b"png"
    run = only_run(write_records(message))
    assert run.tags["a"].kind == "scalars"
    assert (len(run.scalars["a"]), run.images["a"][0].encoded) == (1, b"png")


def test_tags_that_are_not_utf8(write_records: WriteRecords) -> None:
    value = b"\x0a\x02a\xff\x15" + struct.pack("<f", 1.0)
    summary = b"\x0a" + bytes([len(value)]) + value
    run = only_run(write_records(b"\x2a" + bytes([len(summary)]) + summary))
    assert list(run.scalars) == ["a\\xff"]


def test_graphs_are_listed(write_records: WriteRecords) -> None:
    trace = Event(step=4)
    trace.tagged_run_metadata.tag = "trace"
    run = only_run(write_records(Event(graph_def=b"\x0a\x00"), Event(meta_graph_def=b"x"), trace))
    assert {tag: (each.kind, each.plugin) for tag, each in run.tags.items()} == {
        "__run_graph__": ("graphs", "graphs"),
        "__meta_graph__": ("graphs", "meta_graph"),
        "trace": ("graphs", "graph_tagged_run_metadata"),
    }


def test_hostile_tensor_shapes_cost_nothing(write_records: WriteRecords) -> None:
    tensor = TensorProto(dtype=DataType.DT_DOUBLE, double_val=[1.0])
    for size in (2**40, 3):
        tensor.tensor_shape.dim.add(size=size)
    path = write_records(tensor_event("h", tensor, "histograms"))
    with pytest.raises(eventcodec.CorruptRecordError, match="malformed histogram in the record"):
        only_run(path).histograms["h"][0]


def test_the_first_of_several_metadata_in_one_event(write_records: WriteRecords) -> None:
    """Also where it stands at a value that needs none."""
    event = tensor_event("x", make_tensor_proto(0.5, dtype=np.float32), "hparams")
    later = event.summary.value.pop()
    event.summary.value.add(tag="x", simple_value=0.25).metadata.plugin_data.plugin_name = "scalars"
    event.summary.value.append(later)
    run = only_run(write_records(event))
    assert {tag: kind.kind for tag, kind in run.contents()} == {"x": "scalars"}
    assert run.scalars["x"].values.tolist() == [0.25, 0.5]
