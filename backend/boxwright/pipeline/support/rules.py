"""The kinds of rules for the fields of pipeline.config; the rules are in supported.py and supported_model.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from boxwright.pipeline.support.walk import FieldValue, SetField


@dataclass(frozen=True)
class Rule:
    """How Boxwright treats one field.

    Attributes:
        reason: The modules that read the field, or why its value has no effect; "" for a field that is not supported.
        allows: Whether a value is supported; enum values are given by their names.
        allowed: The supported values in words, for messages; "" when all values are supported.
        advice: The next step when the value is not supported; "" for the usual one.
        count: The number of values that a repeated field must have; None for any number.
        has_effect: Whether the field has an effect; if not, `reason` says why.
    """

    reason: str
    allows: Callable[[FieldValue], bool]
    allowed: str = ""
    advice: str = ""
    has_effect: bool = True
    count: int | None = None

    def accepts(self, field: SetField) -> bool:
        """Whether every value of the field is supported."""
        return self.count in (None, len(field.values)) and all(
            self.allows(named_value(field, value)) for value in field.values
        )


def read_by(by: str) -> Rule:
    """Every value of the field has its effect; `by` is the module that reads the field."""
    return Rule(by, lambda value: True)


def only(by: str, *values: FieldValue, advice: str = "") -> Rule:
    """Only these values of the field are supported, and have their effect."""
    return Rule(by, lambda value: value in values, " or ".join(_show(value) for value in values), advice)


def where(by: str, allows: Callable[[FieldValue], bool], allowed: str, advice: str = "") -> Rule:
    """Only values for which `allows` is true are supported; `allowed` describes them in words."""
    return Rule(by, allows, allowed, advice)


def between(by: str, low: int, high: int) -> Rule:
    """Only numbers from `low` to `high` are supported."""
    return where(by, lambda value: low <= value <= high, f"{low:,} to {high:,}")


def positive(by: str) -> Rule:
    """Only numbers above 0 are supported."""
    return where(by, lambda value: value > 0, "more than 0")


def not_negative(by: str) -> Rule:
    """Only 0 and numbers above are supported."""
    return where(by, lambda value: value >= 0, "0 or more")


def counted(by: str, count: int, allows: Callable[[FieldValue], bool], allowed: str) -> Rule:
    """The repeated field must have `count` values for which `allows` is true; `allowed` describes this in words."""
    return Rule(by, allows, allowed, count=count)


def no_effect(why: str) -> Rule:
    """Every value is accepted, because none changes a result; `why` says for what reason."""
    return Rule(why, lambda value: True, has_effect=False)


def refused(advice: str) -> Rule:
    """The field is not supported; `advice` is the next step."""
    return Rule("", lambda value: False, advice=advice)


def named_value(field: SetField, value: FieldValue) -> FieldValue:
    """Return the name of an enum's value, and any other value unchanged."""
    if field.descriptor.enum_type is not None:
        known = field.descriptor.enum_type.values_by_number.get(value)
        return known.name if known else value
    return value


def _show(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
