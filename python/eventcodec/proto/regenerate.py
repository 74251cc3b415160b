"""Compiles the .proto files of this folder into event.fds and __init__.pyi: python regenerate.py.

Needs grpcio-tools. The result works with every protobuf runtime from 3.20 on, because a
FileDescriptorSet is data: no generated code that checks the version of the runtime.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

HERE = Path(__file__).parent
SOURCES = ["tensor", "summary", "event", "graph", "plugins", "hparams", "mesh", "projector"]
SOURCES += ["run_metadata", "visualdl"]

# Top-level names of another package that would hide one of package tensorboard.
RENAMED = {".tensorboard.hparams.DataType": "HParamType"}
WELL_KNOWN = ".google.protobuf."

Kind = descriptor_pb2.FieldDescriptorProto

_STUB_HEAD = '''\
# Written by regenerate.py from the .proto files beside it: do not edit.
"""Message classes of event files, for type checkers."""

from abc import ABCMeta
from collections.abc import Iterable, Mapping, MutableMapping, MutableSequence
from typing import Any, ClassVar, TypeVar

from typing_extensions import Self

_M = TypeVar("_M")

class _Message:
    @classmethod
    def FromString(cls, data: bytes, /) -> Self: ...
    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...
    def ParseFromString(self, data: bytes, /) -> int: ...
    def MergeFromString(self, data: bytes, /) -> int: ...
    def CopyFrom(self, other: Self, /) -> None: ...
    def MergeFrom(self, other: Self, /) -> None: ...
    def Clear(self) -> None: ...
    def ClearField(self, name: str, /) -> None: ...
    def HasField(self, name: str, /) -> bool: ...
    def WhichOneof(self, name: str, /) -> str | None: ...
    def ListFields(self) -> list[tuple[Any, Any]]: ...
    def ByteSize(self) -> int: ...
    def SetInParent(self) -> None: ...
    DESCRIPTOR: ClassVar[Any]

class _Messages(MutableSequence[_M], metaclass=ABCMeta):
    def add(self, **fields: Any) -> _M: ...
    def MergeFrom(self, other: Iterable[_M], /) -> None: ...

class _MessageMap(MutableMapping[Any, _M], metaclass=ABCMeta):
    def get_or_create(self, key: Any, /) -> _M: ...

class _Enum:
    @staticmethod
    def Name(number: int, /) -> str: ...
    @staticmethod
    def Value(name: str, /) -> int: ...
    @staticmethod
    def keys() -> list[str]: ...
    @staticmethod
    def values() -> list[int]: ...
    @staticmethod
    def items() -> list[tuple[str, int]]: ...
'''


def compile_protos() -> Any:
    """Run protoc over the .proto files, with what they import."""
    from grpc_tools import protoc

    root = HERE.parents[1]
    library = Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "event.fds"
        status = protoc.main(
            ["protoc", f"-I{root}", f"-I{library}", "--include_imports"]
            + [f"--descriptor_set_out={out}"]
            + [f"eventcodec/proto/{name}.proto" for name in SOURCES]
        )
        if status != 0:
            raise SystemExit(status)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


def own_files(
    files: Any,
) -> Iterator[Any]:
    """Those of the set that stand in this folder."""
    return (file for file in files.file if not file.package.startswith("google"))


def _python_name(full_name: str) -> str:
    if full_name in RENAMED:
        return RENAMED[full_name]
    parts = full_name.split(".")
    return ".".join(part for part in parts if part[:1].isupper())


def _entries(message: Any) -> dict[str, Any]:
    return {nested.name: nested for nested in message.nested_type if nested.options.map_entry}


def _type_of(field: Any) -> str:
    if field.type == Kind.TYPE_MESSAGE:
        return "Any" if field.type_name.startswith(WELL_KNOWN) else _python_name(field.type_name)
    if field.type in (Kind.TYPE_FLOAT, Kind.TYPE_DOUBLE):
        return "float"
    names = {Kind.TYPE_STRING: "str", Kind.TYPE_BYTES: "bytes", Kind.TYPE_BOOL: "bool"}
    return names.get(field.type, "int")


def _types(field: Any, entries: dict[str, Any]) -> tuple[str, str]:
    """The type to read an attribute as, and the one to pass to the constructor."""
    entry = entries.get(field.type_name.rsplit(".", 1)[-1])
    if entry is not None:
        key, value = (_type_of(part) for part in entry.field)
        is_message = entry.field[1].type == Kind.TYPE_MESSAGE
        mapping = f"_MessageMap[{value}]" if is_message else f"MutableMapping[{key}, {value}]"
        return mapping, f"Mapping[{key}, {value}]"
    single = _type_of(field)
    if field.label != Kind.LABEL_REPEATED:
        return single, single
    container = "_Messages" if field.type == Kind.TYPE_MESSAGE else "MutableSequence"
    return f"{container}[{single}]", f"Iterable[{single}]"


def _enum_lines(name: str, values: list[tuple[str, int]], indent: str) -> Iterator[str]:
    yield f"{indent}class {name}(_Enum):"
    for value, _ in values:
        yield f"{indent}    {value}: ClassVar[int]"


def _message_lines(message: Any, indent: str = "") -> Iterator[str]:
    yield f"{indent}class {message.name}(_Message):"
    inner = indent + "    "
    entries = _entries(message)
    for enum in message.enum_type:
        values = [(value.name, value.number) for value in enum.value]
        yield from _enum_lines(enum.name, values, inner)
        for value, _ in values:
            yield f"{inner}{value}: ClassVar[int]"
    for nested in message.nested_type:
        if nested.name not in entries:
            yield from _message_lines(nested, inner)
    fields = sorted(message.field, key=lambda field: field.number)
    for field in fields:
        kind = _types(field, entries)[0]
        if field.type == Kind.TYPE_MESSAGE or field.label == Kind.LABEL_REPEATED:
            yield f"{inner}@property"
            yield f"{inner}def {field.name}(self) -> {kind}: ..."
        else:
            yield f"{inner}{field.name}: {kind}"
    yield f"{inner}def __init__("
    yield f"{inner}    self,"
    if fields:
        yield f"{inner}    *,"
    for field in fields:
        yield f"{inner}    {field.name}: {_types(field, entries)[1]} | None = ...,"
    yield f"{inner}) -> None: ..."


def stub(files: Any) -> str:
    """Write the type stub of eventcodec.proto."""
    lines = [_STUB_HEAD]
    for file in own_files(files):
        lines.append(f"# {Path(file.name).name}")
        for enum in file.enum_type:
            name = _python_name(f".{file.package}.{enum.name}")
            lines += [*_enum_lines(name, [(v.name, v.number) for v in enum.value], ""), ""]
        for message in file.message_type:
            lines += [*_message_lines(message), ""]
    return "\n".join(lines)


def main() -> None:
    """Write event.fds and __init__.pyi."""
    files = compile_protos()
    (HERE / "event.fds").write_bytes(files.SerializeToString(deterministic=True))
    (HERE / "__init__.pyi").write_text(stub(files))


if __name__ == "__main__":
    main()
