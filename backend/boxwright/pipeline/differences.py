"""The differences between two configurations, field by field."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from boxwright.pipeline.support.walk import FieldValue, is_map, is_repeated

JsonScalar: TypeAlias = bool | int | float | str
JsonValue: TypeAlias = JsonScalar | list[JsonScalar] | dict[str, str] | None


@dataclass(frozen=True)
class Change:
    """A field that differs.

    Attributes:
        path: Dotted, elements of a repeated message with their index, for example
            "train_config.data_augmentation_options[1].ssd_random_crop".
        before: The value in the first configuration; a message is its text in one line. None when it is not set.
        after: The value in the second configuration, in the same form.
    """

    path: str
    before: JsonValue
    after: JsonValue


def config_changes(before: Message, after: Message, path: str = "") -> Iterator[Change]:
    """Yield the fields in which two messages of one type differ, in the order of the field numbers.

    A field that is not set has its default. Elements of a repeated message, such as augmentation options, are aligned
    first: an inserted element is one change, and the elements after it are unchanged.

    Args:
        before: A TrainEvalPipelineConfig, or any message of the schema.
        after: A message of the same type.
        path: The dotted path of the messages, the prefix of each change's path.
    """
    fields = {field.number: field for message in (before, after) for field, _ in message.ListFields()}
    for _, field in sorted(fields.items()):
        here = f"{path}.{field.name}" if path else field.name
        values = getattr(before, field.name), getattr(after, field.name)
        if field.message_type is None or is_map(field):
            old, new = (_plain(field, value) for value in values)
            if old != new:
                yield Change(here, old, new)
        elif is_repeated(field):
            yield from _element_changes(*values, here)
        elif all(message.HasField(field.name) for message in (before, after)):
            yield from config_changes(*values, here)
        else:
            old, new = (
                _text(value) if message.HasField(field.name) else None
                for message, value in zip((before, after), values, strict=True)
            )
            yield Change(here, old, new)


def _element_changes(before: Sequence[Message], after: Sequence[Message], path: str) -> Iterator[Change]:
    """Yield the differences of two lists of messages; an index is that in `after`, or in `before` if removed."""
    for here, there in _aligned(before, after):
        if there is None and here is not None:
            yield Change(f"{path}[{here}]", _text(before[here]), None)
        elif here is None and there is not None:
            yield Change(f"{path}[{there}]", None, _text(after[there]))
        elif here is not None and there is not None:
            yield from config_changes(before[here], after[there], f"{path}[{there}]")


def _aligned(before: Sequence[Message], after: Sequence[Message]) -> Iterator[tuple[int | None, int | None]]:
    """Yield the pairs of indices of elements that differ; None for an element that was inserted or removed.

    Equal elements are aligned first; between them, elements of the same kind are aligned.
    """
    for tag, begin, end, into, to in _opcodes(map(_bytes_of, before), map(_bytes_of, after)):
        if tag == "equal":
            continue
        for kinds, first, last, start, stop in _opcodes(map(_kind, before[begin:end]), map(_kind, after[into:to])):
            here, there = range(begin + first, begin + last), range(into + start, into + stop)
            if kinds == "equal":
                yield from zip(here, there, strict=True)
            else:
                yield from ((index, None) for index in here)
                yield from ((None, index) for index in there)


def _opcodes(before: Iterable[Hashable], after: Iterable[Hashable]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, list(before), list(after), autojunk=False).get_opcodes()


def _kind(message: Message) -> tuple[str | None, ...]:
    return tuple(message.WhichOneof(oneof.name) for oneof in message.DESCRIPTOR.oneofs)


def _bytes_of(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _text(message: Message) -> str:
    return f"{{ {text_format.MessageToString(message, as_utf8=True, as_one_line=True)} }}".replace("{  }", "{}")


def _plain(field: FieldDescriptor, value: FieldValue) -> JsonValue:
    """Return a scalar, a list of scalars or a map as a JSON value."""
    if is_map(field):
        return {str(key): str(one) for key, one in value.items()}
    if is_repeated(field):
        return [_scalar(field, one) for one in value]
    return _scalar(field, value)


def _scalar(field: FieldDescriptor, value: bool | int | float | str | bytes) -> JsonScalar:
    if field.enum_type is not None and isinstance(value, int):
        return field.enum_type.values_by_number[value].name
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return float(f"{value:.7g}") if isinstance(value, float) else value  # a float32 has seven digits
