"""Label maps as people write them; ids are append-only."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.dataset.plan.label_map import append_labels, parse_label_map, read_label_map
from boxwright.errors import BoxwrightError


@pytest.mark.parametrize(
    "text",
    [
        "item {\n  id: 1\n  name: 'dog'\n}\nitem {\n  id: 2\n  name: 'cat'\n}\n",
        'item{id:1 name:"dog"}item{name:"cat",id:2}',
        "item: { id: 1; name: 'dog' }, item < id: +2 name: 'cat' >",
        "# mine\r\nitem {\r\n  name: 'dog' # the first\r\n  id: 1\r\n}\r\n\r\nitem {\r\n name: 'c' 'at'\r\n id: 2\r\n}",
        "\ufeffitem { id: 1 name: dog }\nitem { id: 2 name: cat }",
        "item { id: 0 name: 'background' } item { id: 1 name: 'dog' } item { id: 2 name: 'c\\141\\x74' }",
        "item { id: 1 name: 'dog' frequency: FREQUENT keypoints { id: 7 label: 'nose' } ancestor_ids: [1, 2] } "
        "item { id: 2 name: 'cat' }",
    ],
)
def test_the_same_map_in_many_hands(text: str) -> None:
    label_map = parse_label_map(text.encode())
    assert dict(label_map) == {"dog": 1, "cat": 2}
    assert label_map.findings == ()
    assert label_map.name_of(2) == "cat"
    assert label_map.name_of(3) is None


def test_display_names_are_understood() -> None:
    label_map = parse_label_map(
        b"item { name: '/m/01g317' id: 1 display_name: 'person' } item { id: 3 display_name: 'cup' }"
    )
    assert dict(label_map) == {"/m/01g317": 1, "cup": 3}
    assert label_map.resolve("person") == "/m/01g317"
    assert label_map.resolve("/m/01g317") == "/m/01g317"
    assert label_map.resolve("dog") is None


@pytest.mark.parametrize(
    ("item", "rule", "value"),
    [
        ("item { id: 0 name: 'cat' }", "label-map-id", "0"),
        ("item { id: -3 name: 'cat' }", "label-map-id", "-3"),
        ("item { name: 'cat' }", "label-map-id", ""),
        ("item { id: one name: 'cat' }", "label-map-id", "one"),
        ("item { id: 1 name: 'cat' }", "label-map-duplicate-id", "1"),
        ("item { id: 5 name: 'dog' }", "label-map-duplicate-name", "5"),
        ("item { id: 5 }", "label-map-item", "5"),
    ],
)
def test_items_that_cannot_be_used(item: str, rule: str, value: str) -> None:
    label_map = parse_label_map(f"item {{ id: 1 name: 'dog' }} {item}".encode())
    assert dict(label_map) == {"dog": 1}
    (finding,) = label_map.findings
    assert (finding.rule, finding.value) == (rule, value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("item {\n id: 1\n name: 'dog\n}", 3),
        ("item {\n id: 1", 2),
        ("<html>", 1),
        ("item {\n\n id: @ }", 3),
        ("item 'dog'", 1),
        ("item { x " + "{ x " * 200, 1),
        ("dog\ncat\n", 1),
        ("item { id: 1 name: 'a' }\nITEM { ID: 2 NAME: 'b' }", 2),
    ],
)
def test_what_is_no_label_map_is_said_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BoxwrightError, match=rf"my_map\.pbtxt, line {line}: "):
        parse_label_map(text.encode(), source="my_map.pbtxt")


def test_other_encodings_are_said() -> None:
    with pytest.raises(BoxwrightError, match=r"byte 22 is not UTF-8"):
        parse_label_map("item { id: 1 name: 'Größe' }".encode("latin-1"))


def test_a_missing_file_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(BoxwrightError, match="boxwright dataset"):
        read_label_map(tmp_path / "label_map.pbtxt")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_appending_leaves_the_users_text(newline: str) -> None:
    text = f"# mine{newline}item {{ id: 7 name: 'dog' keypoints {{ id: 1 }} }} # last".replace("\n", newline)
    label_map = parse_label_map(text.encode()).extended(["cat", "it's"])
    assert dict(label_map) == {"dog": 7, "cat": 8, "it's": 9}
    data = append_labels(text.encode(), {"cat": 8, "it's": 9})
    assert data.startswith(text.encode())
    assert dict(parse_label_map(data)) == dict(label_map)
    assert data.count(b"\r\n") == (data.count(b"\n") if newline == "\r\n" else 0)


def test_an_extended_map_keeps_everything_else() -> None:
    text = "item { id: 7 name: 'n01' display_name: 'Dog' } item { id: 7 name: 'cat' }"
    before = parse_label_map(text.encode())
    label_map = before.extended(["bird"])
    assert label_map.display_names == {"n01": "Dog"}
    assert (label_map.resolve("Dog"), label_map.name_of(7), label_map.name_of(8)) == ("n01", "n01", "bird")
    assert label_map.findings == before.findings != ()
    assert label_map.unusable_labels == {"cat"}
    assert dict(before) == {"n01": 7}


def test_new_ids_come_after_unusable_ones() -> None:
    label_map = parse_label_map(b"item { id: 9 name: 'dog' } item { id: 9 name: 'cat' }").extended(["bird"])
    assert label_map["bird"] == 10


@given(st.lists(st.text(min_size=1).filter(lambda name: name == name.strip()), unique=True, max_size=5))
def test_every_name_comes_back(names: list[str]) -> None:
    names = [name for name in names if name.isprintable() or "\n" in name]
    ids = {name: number for number, name in enumerate(names, start=1)}
    assert dict(parse_label_map(append_labels(b"", ids))) == ids


@pytest.mark.parametrize("quotes", ["\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb"])
def test_typographic_quotes_are_named_with_their_line(quotes: str) -> None:
    text = f"item {{\n  id: 1\n  name: {quotes[0]}gear{quotes[1]}\n}}"
    with pytest.raises(BoxwrightError, match=r"label_map.pbtxt, line 3: .* is a typographic quote.*Write a plain one"):
        parse_label_map(text.encode())
