"""Our message classes against TensorBoard's descriptors, and beside others in one process."""

from __future__ import annotations

import copy
import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import eventcodec.proto as ours

# Where TensorBoard keeps the messages of each of our packages; the oracle of every number below.
ORACLES = {
    "tensorboard": [
        "tensorboard.compat.proto.event_pb2",
        "tensorboard.compat.proto.summary_pb2",
        "tensorboard.compat.proto.histogram_pb2",
        "tensorboard.compat.proto.tensor_pb2",
        "tensorboard.compat.proto.tensor_shape_pb2",
        "tensorboard.compat.proto.types_pb2",
        "tensorboard.compat.proto.graph_pb2",
        "tensorboard.compat.proto.meta_graph_pb2",
        "tensorboard.compat.proto.node_def_pb2",
        "tensorboard.compat.proto.attr_value_pb2",
        "tensorboard.compat.proto.versions_pb2",
        "tensorboard.compat.proto.config_pb2",
        "tensorboard.compat.proto.step_stats_pb2",
        "tensorboard.compat.proto.op_def_pb2",
        "tensorboard.compat.proto.function_pb2",
        "tensorboard.compat.proto.cost_graph_pb2",
        "tensorboard.compat.proto.tensor_description_pb2",
        "tensorboard.compat.proto.allocation_description_pb2",
        "tensorboard.plugins.scalar.plugin_data_pb2",
        "tensorboard.plugins.histogram.plugin_data_pb2",
        "tensorboard.plugins.text.plugin_data_pb2",
        "tensorboard.plugins.image.plugin_data_pb2",
        "tensorboard.plugins.audio.plugin_data_pb2",
        "tensorboard.plugins.pr_curve.plugin_data_pb2",
        "tensorboard.plugins.custom_scalar.layout_pb2",
    ],
    "tensorboard.hparams": [
        "tensorboard.plugins.hparams.plugin_data_pb2",
        "tensorboard.plugins.hparams.api_pb2",
    ],
    "tensorboard.mesh": ["tensorboard.plugins.mesh.plugin_data_pb2"],
    "tensorboard.projector": ["tensorboard.plugins.projector.projector_config_pb2"],
    "visualdl": ["visualdl.proto.record_pb2"],
}

# What graph.proto and tensor.proto leave out on purpose: kept as unknown fields.
LEFT_OUT = {
    "tensorboard.TensorProto": {"resource_handle_val", "variant_val"},
    "tensorboard.GraphDef": {"debug_info"},
    "tensorboard.OpDef.ArgDef": {"handle_data", "experimental_full_type"},
    "tensorboard.MetaGraphDef": {
        "meta_info_def",
        "saver_def",
        "collection_def",
        "signature_def",
        "asset_file_def",
        "object_graph_def",
        "MetaInfoDef",
        "CollectionDefEntry",
        "SignatureDefEntry",
    },
    "tensorboard.NodeDef": {"experimental_type"},
}


def _own_names():
    return sorted(ours._FULL_NAMES)


def _oracle(full_name):
    package, name = full_name.rsplit(".", 1)
    for module in map(importlib.import_module, ORACLES[package]):
        if name in module.DESCRIPTOR.message_types_by_name:
            return module.DESCRIPTOR.message_types_by_name[name]
        if name in module.DESCRIPTOR.enum_types_by_name:
            return module.DESCRIPTOR.enum_types_by_name[name]
    message = f"{full_name} is not in TensorBoard"
    raise LookupError(message)


def _fields(descriptor):
    def type_name(field):
        kind = field.message_type or field.enum_type
        return kind.full_name if kind is not None else ""

    def repeated(field):
        if hasattr(field, "is_repeated"):
            return field.is_repeated
        return field.label == field.LABEL_REPEATED

    return {
        field.name: (
            field.number,
            field.type,
            repeated(field),
            type_name(field),
            field.containing_oneof.name if field.containing_oneof else "",
        )
        for field in descriptor.fields
    }


def _compare(ours_descriptor, theirs):
    want = {
        name: field
        for name, field in _fields(theirs).items()
        if name not in LEFT_OUT.get(theirs.full_name, set())
    }
    assert _fields(ours_descriptor) == want
    for enum in ours_descriptor.enum_types:
        _compare_enums(enum, theirs.enum_types_by_name[enum.name])
    left_out = LEFT_OUT.get(theirs.full_name, set())
    assert set(ours_descriptor.nested_types_by_name) == set(theirs.nested_types_by_name) - left_out
    for nested in ours_descriptor.nested_types:
        _compare(nested, theirs.nested_types_by_name[nested.name])


def _compare_enums(own, theirs):
    def numbers(enum):
        return {v.name: v.number for v in enum.values if not v.name.endswith("_REF")}

    assert numbers(own) == numbers(theirs)


@pytest.mark.parametrize("name", _own_names())
def test_equals_tensorboards_descriptor(name):
    own = getattr(ours, name)
    theirs = _oracle(own.DESCRIPTOR.full_name)
    if hasattr(own, "SerializeToString"):
        _compare(own.DESCRIPTOR, theirs)
    else:
        _compare_enums(own.DESCRIPTOR, theirs)


def test_every_message_of_the_set_has_a_name():
    files = ours.Event.DESCRIPTOR.file.pool
    for name in ("event", "summary", "tensor", "graph", "plugins", "hparams", "mesh", "projector"):
        file = files.FindFileByName(f"eventcodec/proto/{name}.proto")
        for message in file.message_types_by_name.values():
            assert message.full_name in ours._FULL_NAMES.values()
    assert set(_own_names()) <= set(dir(ours))
    with pytest.raises(AttributeError, match="no attribute 'Evnt'"):
        _ = ours.Evnt


def test_bytes_are_the_same_both_ways():
    from tensorboard.compat.proto import event_pb2

    theirs = event_pb2.Event(wall_time=1.25, step=-7)
    value = theirs.summary.value.add(tag="w", node_name="n")
    value.tensor.dtype = 1
    value.tensor.tensor_shape.dim.add(size=2)
    value.tensor.float_val.extend([1.0, float("inf")])
    value.metadata.plugin_data.plugin_name = "scalars"
    data = theirs.SerializeToString(deterministic=True)
    event = ours.Event.FromString(data)
    assert event.SerializeToString(deterministic=True) == data
    assert list(event.summary.value[0].tensor.float_val) == [1.0, float("inf")]


def test_what_is_left_out_survives():
    from tensorboard.compat.proto import graph_pb2

    graph = graph_pb2.GraphDef()
    graph.library.gradient.add(function_name="f")
    data = graph.SerializeToString()
    assert ours.GraphDef.FromString(data).SerializeToString() == data


def test_pickle_and_copy():
    event = ours.Event(wall_time=np.float64(1.5), step=3)
    value = event.summary.value.add(tag="loss", simple_value=0.5)
    start = ours.SessionStartInfo()
    start.hparams["lr"].number_value = 0.1
    for message in (event, value, start):
        assert pickle.loads(pickle.dumps(message)) == message
        assert copy.deepcopy(message) == message
    assert repr(ours.Summary.Value) == "<class 'eventcodec.proto.Summary.Value'>"
    command = "import pickle,sys; print(pickle.load(sys.stdin.buffer).tag)"
    done = subprocess.run(
        [sys.executable, "-c", command],
        input=pickle.dumps(value),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == b"loss\n"


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_works_in_both_forms_of_protobuf(implementation):
    """The pure Python form, for machines without a wheel, attaches nested classes late."""
    command = (
        "import pickle; from eventcodec.proto import Event, Summary, LogMessage;"
        "from google.protobuf.internal import api_implementation as a; print(a.Type());"
        "e = Event(wall_time=1.5); v = e.summary.value.add(tag='a', simple_value=2.0);"
        "assert isinstance(v, Summary.Value) and LogMessage.Level.INFO == LogMessage.INFO == 20;"
        "assert pickle.loads(pickle.dumps(v)) == v == Summary.Value(tag='a', simple_value=2.0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", command],
        env={**os.environ, "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == implementation


def test_lives_beside_tensorboard_and_tensorboardx():
    """Every order of import; a clash in a shared pool is a TypeError at import."""
    imports = [
        "from eventcodec.proto import Event as A",
        "from tensorboard.compat.proto.event_pb2 import Event as B",
        "from tensorboardX.proto.event_pb2 import Event as C",
    ]
    use = (
        "; data = B(step=5).SerializeToString()"
        "; assert A.FromString(data).step == 5 == C.FromString(data).step"
    )
    for order in (imports, imports[::-1]):
        command = "import warnings; warnings.simplefilter('ignore'); " + "; ".join(order) + use
        subprocess.run([sys.executable, "-c", command], check=True, timeout=120)


def test_first_use_from_many_threads_gives_one_class():
    command = (
        "import threading, eventcodec.proto as p; got = [];"
        "ts = [threading.Thread(target=lambda: got.append(p.Event)) for _ in range(8)];"
        "[t.start() for t in ts]; [t.join() for t in ts];"
        "assert len(set(map(id, got))) == 1 and len(got) == 8"
    )
    subprocess.run([sys.executable, "-c", command], check=True, timeout=60)


def test_files_are_what_regenerate_writes():
    pytest.importorskip("grpc_tools", reason="grpcio-tools compiles .proto files")
    from google.protobuf import descriptor_pb2

    from eventcodec.proto import regenerate

    folder = Path(regenerate.__file__).parent
    stored = descriptor_pb2.FileDescriptorSet.FromString((folder / "event.fds").read_bytes())
    assert list(regenerate.own_files(regenerate.compile_protos())) == list(
        regenerate.own_files(stored)
    )
    assert (folder / "__init__.pyi").read_text() == regenerate.stub(stored)
