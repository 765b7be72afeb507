"""Dataclasses from JSON that somebody else may have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.typed_json import WrongTypeError, from_json_value, to_json_value


@dataclass(frozen=True)
class Inner:
    name: str
    size: float | None = None


@dataclass(frozen=True)
class Outer:
    count: int = 0
    is_open: bool = False
    inner: Inner | None = None
    several: tuple[Inner, ...] = ()
    pair: tuple[float, float] = (0.0, 1.0)
    by_name: Mapping[str, float | None] = field(default_factory=dict)


numbers = st.floats(allow_nan=False, allow_infinity=False)
inners = st.builds(Inner, st.text(), st.none() | numbers)
outers = st.builds(
    Outer,
    st.integers(),
    st.booleans(),
    st.none() | inners,
    st.lists(inners).map(tuple),
    st.tuples(numbers, numbers),
    st.dictionaries(st.text(), st.none() | numbers),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(outers)
def test_what_is_written_is_read(outer: Outer) -> None:
    assert from_json_value(Outer, json.loads(json.dumps(to_json_value(outer)))) == outer


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(Outer.__dataclass_fields__, anything)))
def test_whatever_a_field_holds_the_result_has_the_types_of_the_class(value: dict[str, Any]) -> None:
    outer = from_json_value(Outer, value)
    assert type(outer.count) is int and type(outer.is_open) is bool
    assert outer.inner is None or type(outer.inner.name) is str
    assert all(type(one.name) is str for one in outer.several)
    assert [type(one) for one in outer.pair] == [float, float]
    assert all(one is None or type(one) is float for one in outer.by_name.values())


def test_an_integer_is_a_float_and_a_boolean_is_no_integer() -> None:
    assert from_json_value(Outer, {"pair": [1, 2], "count": True}) == Outer(pair=(1.0, 2.0))


@pytest.mark.parametrize("value", [None, [], 7, {}, {"name": 7}])
def test_a_missing_value_without_a_default_is_an_error(value: object) -> None:
    with pytest.raises(WrongTypeError, match="Inner"):
        from_json_value(Inner, value)
