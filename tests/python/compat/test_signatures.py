"""The facades have every method and argument of the installed originals, in their order."""

from __future__ import annotations

import importlib
import inspect

import pytest
import tensorboardX
import tensorboardX.event_file_writer
import torch.utils.tensorboard
import torch.utils.tensorboard.writer
from google.protobuf.message import Message

import eventcodec
from eventcodec.compat import tensorboardx as our_tensorboardx
from eventcodec.compat import torch as our_torch
from eventcodec.compat.tensorboardx import event_file_writer, summary

# What ends `**kwargs` in the original are options of its own.
PAIRS = [
    (torch.utils.tensorboard.SummaryWriter, eventcodec.SummaryWriter),
    (torch.utils.tensorboard.SummaryWriter, our_torch.SummaryWriter),
    (torch.utils.tensorboard.FileWriter, our_torch.FileWriter),
    (torch.utils.tensorboard.RecordWriter, our_torch.RecordWriter),
    (torch.utils.tensorboard.writer.EventFileWriter, our_torch.EventFileWriter),
    (tensorboardX.SummaryWriter, our_tensorboardx.SummaryWriter),
    (tensorboardX.FileWriter, our_tensorboardx.FileWriter),
    (tensorboardX.RecordWriter, our_tensorboardx.RecordWriter),
    (tensorboardX.GlobalSummaryWriter, our_tensorboardx.GlobalSummaryWriter),
    (tensorboardX.event_file_writer.EventFileWriter, event_file_writer.EventFileWriter),
]
# eventcodec.SummaryWriter has no private methods of torch's.
PUBLIC_ONLY = {eventcodec.SummaryWriter}
# Methods that are reached from outside although their names say otherwise.
REACHED = {"__init__", "__enter__", "__exit__", "_get_file_writer", "_encode"}


def methods(cls, *, public_only):
    return [
        name
        for name, _ in inspect.getmembers(cls, callable)
        if not name.startswith("_") or (name in REACHED and not (public_only and name[1] != "_"))
    ]


def arguments(function):
    """(name, default) of what can be given by position."""
    return [
        (each.name, each.default)
        for each in inspect.signature(function).parameters.values()
        if each.kind is each.POSITIONAL_OR_KEYWORD and each.name != "self"
    ]


CASES = [
    (theirs, ours, name)
    for theirs, ours in PAIRS
    for name in methods(theirs, public_only=ours in PUBLIC_ONLY)
]


def same_default(theirs, ours):
    # tensorboardX's default of comet_config is the only one that may be changed in place.
    return theirs == ours or (theirs == {"disabled": True} and ours is None)


@pytest.mark.parametrize(
    ("theirs", "ours", "name"),
    CASES,
    ids=[f"{ours.__module__}.{ours.__name__}.{name}" for _, ours, name in CASES],
)
def test_arguments_stand_in_the_same_order(theirs, ours, name):
    wanted = arguments(getattr(theirs, name))
    if name == "__exit__":  # called by the interpreter, by position
        assert len(arguments(getattr(ours, name))) == len(wanted)
        return
    found = arguments(getattr(ours, name))
    assert [each for each, _ in found[: len(wanted)]] == [each for each, _ in wanted]
    for (argument, default), (_, own) in zip(wanted, found, strict=False):
        assert same_default(default, own), argument
    # What is there beyond can be left out.
    assert all(default is not inspect.Parameter.empty for _, default in found[len(wanted) :])


@pytest.mark.parametrize(
    ("theirs", "ours"), PAIRS, ids=[f"{ours.__module__}.{ours.__name__}" for _, ours in PAIRS]
)
def test_properties_are_there(theirs, ours):
    wanted = {
        name
        for name, value in inspect.getmembers(theirs)
        if isinstance(value, property) and not name.startswith("_")
    }
    assert {name for name in wanted if not hasattr(ours, name)} == set()


def test_a_fault_is_seen():
    with pytest.raises(AssertionError):
        test_arguments_stand_in_the_same_order(
            tensorboardX.SummaryWriter, our_torch.SummaryWriter, "add_hparams"
        )


@pytest.mark.parametrize(
    ("module", "unknown"),
    [
        # Private parts, and writers to object stores.
        (
            "record_writer",
            {
                "S3RecordWriter",
                "S3RecordWriterFactory",
                "GCSRecordWriter",
                "GCSRecordWriterFactory",
            },
        ),
        ("event_file_writer", {"EventsWriter"}),
        ("x2num", {"prepare_chainer", "prepare_mxnet", "prepare_pytorch", "prepare_theano"}),
        ("utils", {"graphviz_to_image"}),
        ("summary", {"draw_boxes", "make_image", "make_video"}),
        ("crc32c", set()),
        ("global_writer", set()),
    ],
)
def test_modules_have_the_public_functions(module, unknown):
    theirs = importlib.import_module(f"tensorboardX.{module}")
    ours = importlib.import_module(f"eventcodec.compat.tensorboardx.{module}")
    public = {
        name
        for name, value in vars(theirs).items()
        if not name.startswith("_")
        and inspect.isroutine(value) | inspect.isclass(value)
        and getattr(value, "__module__", "") == theirs.__name__
    }
    assert {name for name in public if not hasattr(ours, name)} == unknown


def test_message_classes_are_where_scripts_import_them_from():
    theirs = importlib.import_module("tensorboardX.summary")
    messages = {
        name: value
        for name, value in vars(theirs).items()
        if inspect.isclass(value) and issubclass(value, Message)
    }
    assert "Summary" in messages
    for name, value in messages.items():
        own = getattr(summary, name)
        assert own.DESCRIPTOR.name == value.DESCRIPTOR.name
    with pytest.raises(ImportError, match="Nothing"):
        from eventcodec.compat.tensorboardx.summary import Nothing  # noqa: F401
