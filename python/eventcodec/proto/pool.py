"""Builds the message classes from event.fds in a descriptor pool of their own.

A pool of their own, because the default pool takes a symbol such as tensorboard.Event once, and
TensorBoard, TensorFlow and tensorboardX register theirs there. Messages of those pools go in and
out as bytes: Event.FromString(theirs.SerializeToString()).
"""

from __future__ import annotations

import copyreg
import operator
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal import enum_type_wrapper

__all__ = ["load"]


def _message_class(pool: Any, descriptor: Any) -> Any:
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)  # protobuf < 4.22


def _restore(qualname: str, data: bytes) -> Any:
    import eventcodec.proto

    return operator.attrgetter(qualname)(eventcodec.proto).FromString(data)


def _reduce(message: Any) -> tuple[Any, tuple[str, bytes]]:
    return _restore, (type(message).__qualname__, message.SerializeToString())


def _place(pool: Any, message: Any, qualname: str) -> None:
    """Give a class and those inside it the address that repr shows, and make them picklable.

    protobuf's own way to pickle a nested message looks its class up in the default pool.
    """
    message.__module__ = "eventcodec.proto"
    message.__qualname__ = qualname
    copyreg.pickle(message, _reduce)
    for nested in message.DESCRIPTOR.nested_types:
        if nested.GetOptions().map_entry:
            continue
        if not hasattr(message, nested.name):  # protobuf's pure Python form leaves it to us
            setattr(message, nested.name, _message_class(pool, nested))
        _place(pool, getattr(message, nested.name), f"{qualname}.{nested.name}")


def load(names: dict[str, str]) -> dict[str, Any]:
    """Make the message classes and enums.

    Args:
        names: the name here -> the full name in event.fds.

    Returns:
        The name here -> a message class, or an enum with Name() and Value().
    """
    files = descriptor_pb2.FileDescriptorSet.FromString(
        (Path(__file__).parent / "event.fds").read_bytes()
    )
    pool = descriptor_pool.DescriptorPool()
    enums = {}
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
        enums.update({f"{file.package}.{enum.name}": file.name for enum in file.enum_type})
    classes: dict[str, Any] = {}
    for name, full_name in names.items():
        if full_name in enums:
            descriptor = pool.FindEnumTypeByName(full_name)
            classes[name] = enum_type_wrapper.EnumTypeWrapper(descriptor)
        else:
            classes[name] = _message_class(pool, pool.FindMessageTypeByName(full_name))
            _place(pool, classes[name], name)
    return classes
