#!/usr/bin/env python3
"""Write backend/boxwright/pipeline/messages.pyi, the types of the messages of pipeline.config.

The classes are made at run time from pipeline.binpb; type checkers and editors read their fields from this file.
scripts/compile_protos runs this after a change of a .proto file. On its own:

    .venv/bin/python scripts/message_stubs.py [--output FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

PIPELINE = Path(__file__).resolve().parent.parent / "backend" / "boxwright" / "pipeline"
DESCRIPTOR_SET = PIPELINE / "protos" / "pipeline.binpb"
STUBS = PIPELINE / "messages.pyi"
PACKAGE = ".object_detection.protos."

HEADER = '''\
"""Types of the messages of pipeline.config. Written by scripts/message_stubs.py: do not edit.

A name that ends in Value is the type of an enum's numbers; it exists for type checkers only.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Generic, Literal, NewType, TypeVar, overload

from google.protobuf.internal.containers import (
    MessageMap,
    RepeatedCompositeFieldContainer,
    RepeatedScalarFieldContainer,
    ScalarMap,
)
from google.protobuf.message import Message

_Number = TypeVar("_Number", bound=int)
_Name = TypeVar("_Name", bound=str)

class EnumType(Generic[_Number, _Name]):
    def Name(self, number: _Number) -> _Name: ...
    def Value(self, name: _Name) -> _Number: ...
    def keys(self) -> list[_Name]: ...
    def values(self) -> list[_Number]: ...
    def items(self) -> list[tuple[_Name, _Number]]: ...
'''

F = FieldDescriptorProto
SCALARS = {
    **dict.fromkeys((F.TYPE_DOUBLE, F.TYPE_FLOAT), "float"),
    **dict.fromkeys((F.TYPE_INT32, F.TYPE_INT64, F.TYPE_UINT32, F.TYPE_UINT64, F.TYPE_SINT32, F.TYPE_SINT64), "int"),
    F.TYPE_BOOL: "bool",
    F.TYPE_STRING: "str",
    F.TYPE_BYTES: "bytes",
}


def write_stubs(descriptor_set: bytes) -> str:
    """Return the stub file for a serialized FileDescriptorSet."""
    lines = []
    for file in FileDescriptorSet.FromString(descriptor_set).file:
        for enum in file.enum_type:
            lines += ["", *_enum(enum, enclosing="")]
        for message in file.message_type:
            lines += ["", *_message(message, "")]
    return HEADER + "\n".join(lines) + "\n"


def _message(message: DescriptorProto, indent: str, scope: str = "") -> Iterator[str]:
    inner, name = indent + "    ", scope + message.name
    yield f"{indent}class {message.name}(Message):"
    for enum in message.enum_type:
        yield from (inner + line for line in _enum(enum, enclosing=f"{name}."))
    entries = {f"{PACKAGE}{name}.{one.name}": one for one in message.nested_type if one.options.map_entry}
    for nested in message.nested_type:
        if not nested.options.map_entry:
            yield from _message(nested, inner, f"{name}.")
    arguments = []
    for field in message.field:
        declaration, argument = _field(field, entries.get(field.type_name))
        yield from (inner + line for line in declaration)
        arguments.append(f"{field.name}: {argument} = ...")
    if not arguments:
        yield f"{inner}def __init__(self) -> None: ..."
        return
    yield f"{inner}def __init__("
    yield f"{inner}    self,"
    yield f"{inner}    *,"
    yield from (f"{inner}    {argument}," for argument in arguments)
    yield f"{inner}) -> None: ..."
    yield from (inner + line for line in _presence(message))


def _field(field: FieldDescriptorProto, entry: DescriptorProto | None) -> tuple[list[str], str]:
    """Return the declaration of a field, and the type of its argument of the constructor."""
    if entry is not None:
        key, value = (_type(one) for one in entry.field)
        kind = "MessageMap" if entry.field[1].type == F.TYPE_MESSAGE else "ScalarMap"
        return _property(field, f"{kind}[{key}, {value}]"), f"Mapping[{key}, {value}]"
    kind = _type(field)
    is_message = field.type == F.TYPE_MESSAGE
    if field.label == F.LABEL_REPEATED:
        container = "RepeatedCompositeFieldContainer" if is_message else "RepeatedScalarFieldContainer"
        return _property(field, f"{container}[{kind}]"), f"Iterable[{kind}]"
    if is_message:
        return _property(field, kind), f"{kind} | None"
    default = f"  # default: {field.default_value}" if field.default_value else ""
    return [f"{field.name}: {kind}{default}"], f"{kind} | None"


def _property(field: FieldDescriptorProto, kind: str) -> list[str]:
    """Return a field that cannot be assigned, only changed."""
    return ["@property", f"def {field.name}(self) -> {kind}: ..."]


def _type(field: FieldDescriptorProto) -> str:
    if field.type in SCALARS:
        return SCALARS[field.type]
    name = field.type_name.removeprefix(PACKAGE)
    return f"{name}Value" if field.type == F.TYPE_ENUM else name


def _presence(message: DescriptorProto) -> Iterator[str]:
    """HasField, ClearField and WhichOneof with the names that they take."""
    oneofs = [one.name for one in message.oneof_decl]
    single = [field.name for field in message.field if field.label != F.LABEL_REPEATED]
    if single:
        yield f"def HasField(self, field_name: {_literal([*single, *oneofs])}) -> bool: ..."
    every = [*(field.name for field in message.field), *oneofs]
    yield f"def ClearField(self, field_name: {_literal(every)}) -> None: ..."
    for index, oneof in enumerate(oneofs):
        members = [
            field.name for field in message.field if field.HasField("oneof_index") and field.oneof_index == index
        ]
        if len(oneofs) > 1:
            yield "@overload"
        yield f"def WhichOneof(self, oneof_group: {_literal([oneof])}) -> {_literal(members)} | None: ..."


def _enum(enum: EnumDescriptorProto, *, enclosing: str) -> Iterator[str]:
    number = f"{enum.name}Value"
    yield f'{number} = NewType("{number}", int)'
    kind = f"EnumType[{enclosing}{number}, {_literal([value.name for value in enum.value])}]"
    yield f"{enum.name}: ClassVar[{kind}]" if enclosing else f"{enum.name}: {kind}"
    if enclosing:
        yield from (f"{value.name}: ClassVar[{enclosing}{number}]" for value in enum.value)


def _literal(names: list[str]) -> str:
    return f"Literal[{', '.join(repr(name) for name in names)}]".replace("'", '"')


def main() -> int:
    """Write the stubs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=STUBS)
    parser.parse_args().output.write_text(write_stubs(DESCRIPTOR_SET.read_bytes()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
