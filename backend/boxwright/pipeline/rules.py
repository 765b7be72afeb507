"""The forms a support rule takes; the rules themselves are in supported.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boxwright.pipeline.walk import SetField


@dataclass(frozen=True)
class Rule:
    """What Boxwright does with one field.

    Attributes:
        reason: Who obeys it (a module of the house), or why any value is right without being obeyed.
        allows: Whether a value is supported; enum values by their names.
        allowed: The supported values in words, for messages; "" when all are.
        advice: The next step when the value is not supported; "" for the usual one.
        count: How many values a repeated field must have; None for any number.
        obeyed: False when the value changes nothing here, and `reason` says why that is right.
    """

    reason: str
    allows: Callable[[Any], bool]
    allowed: str = ""
    advice: str = ""
    obeyed: bool = True
    count: int | None = None

    def accepts(self, field: SetField) -> bool:
        """Whether every value of the field is supported."""
        return self.count in (None, len(field.values)) and all(
            self.allows(named_value(field, value)) for value in field.values
        )


def obeyed(by: str) -> Rule:
    """The field has its effect, whatever its value; `by` is the module that reads it."""
    return Rule(by, lambda value: True)


def only(by: str, *values: Any, advice: str = "") -> Rule:
    """The field has its effect for these values only."""
    return Rule(by, lambda value: value in values, " or ".join(_show(value) for value in values), advice)


def where(by: str, allows: Callable[[Any], bool], allowed: str, advice: str = "") -> Rule:
    """The field has its effect for the values that `allows` says, in words `allowed`."""
    return Rule(by, allows, allowed, advice)


def counted(by: str, count: int, allows: Callable[[Any], bool], allowed: str) -> Rule:
    """The repeated field has its effect when it has `count` values that `allows` says; in words `allowed`."""
    return Rule(by, allows, allowed, count=count)


def no_effect(why: str) -> Rule:
    """Any value is accepted because none could change a result here: `why`."""
    return Rule(why, lambda value: True, obeyed=False)


def refused(advice: str) -> Rule:
    """Not supported, with more to say than the usual message."""
    return Rule("", lambda value: False, advice=advice)


def named_value(field: SetField, value: Any) -> Any:
    """Return an enum's value by name, a float as Python reads the config's decimal, anything else as it is."""
    if field.descriptor.enum_type is not None:
        known = field.descriptor.enum_type.values_by_number.get(value)
        return known.name if known else value
    return value


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
