"""What differs between two configurations, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor

from boxwright.pipeline.schema import PipelineConfig
from boxwright.pipeline.walk import is_map, is_repeated


@dataclass(frozen=True)
class Change:
    """A setting that is another one.

    Attributes:
        path: Dotted, elements of a repeated message with their index, for example
            "train_config.data_augmentation_options[1].ssd_random_crop".
        before, after: JSON-ready values; a message is its text in one line. None where there is none.
    """

    path: str
    before: Any
    after: Any


def config_changes(before: PipelineConfig, after: PipelineConfig, path: str = "") -> Iterator[Change]:
    """Yield the fields in which two messages of one type differ, in the order of the field numbers.

    A field that is not set counts as its default. Elements of a repeated message, such as augmentation options, are
    first aligned: one that was inserted is one change, and those behind it are none.

    Args:
        before, after: TrainEvalPipelineConfig, or any message of the schema.
        path: Of the messages.
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


def _element_changes(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Change]:
    """Yield what differs between two lists of messages; indices are those of `after`, of what is gone `before`'s."""
    for here, there in _aligned(before, after):
        if there is None and here is not None:
            yield Change(f"{path}[{here}]", _text(before[here]), None)
        elif here is None and there is not None:
            yield Change(f"{path}[{there}]", None, _text(after[there]))
        elif here is not None and there is not None:
            yield from config_changes(before[here], after[there], f"{path}[{there}]")


def _aligned(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Yield which element of the one list became which of the other, without those that are equal.

    Equal elements are matched first; in a stretch between them one of the same kind is the same one, changed.
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


def _opcodes(before: Iterable[Any], after: Iterable[Any]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, list(before), list(after), autojunk=False).get_opcodes()


def _kind(message: Any) -> tuple[str | None, ...]:
    return tuple(message.WhichOneof(oneof.name) for oneof in message.DESCRIPTOR.oneofs)


def _bytes_of(message: Any) -> bytes:
    data: bytes = message.SerializeToString(deterministic=True)
    return data


def _text(message: Any) -> str:
    return f"{{ {text_format.MessageToString(message, as_utf8=True, as_one_line=True)} }}".replace("{  }", "{}")


def _plain(field: FieldDescriptor, value: Any) -> Any:
    """Return a scalar, several of them or a map as JSON knows them."""
    if is_map(field):
        return {str(key): str(one) for key, one in value.items()}
    if is_repeated(field):
        return [_scalar(field, one) for one in value]
    return _scalar(field, value)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return float(f"{value:.7g}") if isinstance(value, float) else value  # a float32 has seven digits
