"""Frozen dataclasses from JSON, whoever wrote it: every field has the type that the dataclass says, or its default."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class WrongTypeError(ValueError):
    """A JSON value is not of the type that is asked for."""


def from_json_value(kind: type[T], value: object) -> T:
    """Return a dataclass from a JSON object.

    A field that is missing or has a value of another type gets its default; a key that is no field is ignored; an
    element of another type is left out of a list of any length.

    Args:
        kind: A dataclass. Its fields are str, int, float, bool, dataclasses, tuples, Mapping[str, ...] of these, and
            each of them or None.
        value: What json.loads returned.

    Raises:
        WrongTypeError: It is not an object, or a field without a default is missing or of another type.
    """
    if not isinstance(value, Mapping):
        raise WrongTypeError(f"{kind.__name__}: expected an object, got {type(value).__name__}")
    arguments: dict[str, Any] = {}
    hints = _hints(kind)  # type: ignore[arg-type]  # mypy does not take a type[T] for a Hashable
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # a dataclass, by contract
        try:
            arguments[field.name] = _converted(hints[field.name], value[field.name])
        except (KeyError, WrongTypeError) as error:
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                raise WrongTypeError(f"{kind.__name__}.{field.name}: missing or of another type") from error
    return kind(**arguments)


def to_json_value(record: Any) -> dict[str, Any]:
    """Return a dataclass as a JSON object; fields that are None are left out."""
    return dataclasses.asdict(record, dict_factory=lambda items: {name: one for name, one in items if one is not None})


@cache  # resolving the annotations of a class takes 0.1 ms
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _converted(hint: Any, value: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (one for one in arguments if one is not types.NoneType)
        return None if value is None else _converted(inner, value)
    if origin is tuple:
        return _tuple(arguments, value)
    if origin is not None and isinstance(value, Mapping):
        return _mapping(arguments[1], value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_json_value(hint, value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise WrongTypeError(f"expected {hint}, got {type(value).__name__}")
    return value


def _tuple(arguments: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise WrongTypeError(f"expected a list, got {type(value).__name__}")
    if arguments[-1] is not Ellipsis:
        if len(arguments) != len(value):
            raise WrongTypeError(f"expected {len(arguments)} values, got {len(value)}")
        return tuple(_converted(hint, one) for hint, one in zip(arguments, value, strict=True))
    return tuple(_known(arguments[0], value))


def _known(hint: Any, values: list[Any]) -> list[Any]:
    known = []
    for value in values:
        try:
            known.append(_converted(hint, value))
        except WrongTypeError:
            continue
    return known


def _mapping(hint: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _converted(hint, one) for name, one in value.items()}
