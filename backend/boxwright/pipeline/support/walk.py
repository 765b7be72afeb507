"""Visiting every field that a message sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

LABEL_REPEATED = 3  # of descriptor.proto; protobuf 7 has only `is_repeated`, 5.29 only `label`

FieldValue: TypeAlias = Any
"""A value of a field: its type is known to the field's descriptor only."""


@dataclass(frozen=True)
class SetField:
    """A field that a message sets.

    Attributes:
        path: Dotted, elements of a repeated message with their index, for example
            "train_config.data_augmentation_options[1].ssd_random_crop".
        message: Name of the message that holds the field, without the package.
        descriptor: The field itself.
        values: Its value, or its values when it is repeated. Enum values are their numbers.
        owner: The message that holds it.
    """

    path: str
    message: str
    descriptor: FieldDescriptor
    values: tuple[FieldValue, ...]
    owner: Message

    @property
    def shown(self) -> str:
        """The value as it is written in a config, shortened; "{ ... }" for a message."""
        return ", ".join(self.show(value) for value in self.values)[:200]

    def show(self, value: FieldValue) -> str:
        """Return one value as it is written in a config."""
        if self.descriptor.message_type is not None:
            return "{ ... }"
        if self.descriptor.enum_type is not None:
            known = self.descriptor.enum_type.values_by_number.get(value)
            return known.name if known else str(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return f"{value:.7g}"  # a float32 has seven digits
        return repr(value) if isinstance(value, str) else str(value)


def is_repeated(field: FieldDescriptor) -> bool:
    """Return whether a field has any number of values."""
    return bool(getattr(field, "is_repeated", getattr(field, "label", 0) == LABEL_REPEATED))


def is_map(field: FieldDescriptor) -> bool:
    """Return whether a field is a map, which is repeated as well."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def set_fields(message: Message, path: str = "") -> Iterator[SetField]:
    """Yield every set field in the order of the field numbers, a message before its fields."""
    descriptor = message.DESCRIPTOR
    name = descriptor.full_name.removeprefix(f"{descriptor.file.package}.")
    for field, value in message.ListFields():
        here = f"{path}.{field.name}" if path else field.name
        repeated = is_repeated(field)
        if is_map(field):  # no map is supported, so its entries need no visit
            yield SetField(here, name, field, (dict(value),), message)
            continue
        values = tuple(value) if repeated else (value,)
        yield SetField(here, name, field, values, message)
        if field.message_type is not None:
            for index, child in enumerate(values):
                yield from set_fields(child, f"{here}[{index}]" if repeated else here)
