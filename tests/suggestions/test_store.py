"""The store of suggestions: what is written is read, and what somebody else wrote does no harm."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.progress import Progress
from boxwright.suggestions.model import PhotoSuggestions, SuggestedBox
from boxwright.suggestions.review import ReviewCounts
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace

PHOTO, OTHER, MODEL, NEWER = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
DOG = SuggestedBox("dog", 0.75, 1.0, 2.0, 30.5, 40.0)
FOUND = PhotoSuggestions(PHOTO, MODEL, "output_inference_graph_v1", 64, 48, (DOG,))

NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
BOXES = st.builds(
    lambda label, score, x, y: SuggestedBox(label, score, min(x), min(y), max(x), max(y)),
    NAMES,
    st.floats(0, 1),
    st.tuples(st.floats(0, 640), st.floats(0, 640)),
    st.tuples(st.floats(0, 480), st.floats(0, 480)),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path)


def edit(store: SuggestionStore, *statements: str) -> None:
    with closing(sqlite3.connect(store.path)) as database, database:
        for statement in statements:
            database.execute(statement)


@given(st.lists(BOXES).map(tuple), NAMES)
def test_what_is_written_is_read(boxes: tuple[SuggestedBox, ...], name: str) -> None:
    suggestions = PhotoSuggestions(PHOTO, MODEL, name, 640, 480, boxes)
    assert PhotoSuggestions.from_json(suggestions.to_json()) == suggestions


def test_a_photo_has_the_suggestions_of_the_newest_model_once(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    assert store.get(PHOTO) is None
    assert not store.path.exists(), "looking for suggestions writes nothing"
    store.save([FOUND, replace(FOUND, photo=OTHER)])
    newer = replace(FOUND, model=NEWER, boxes=())
    store.save([newer])
    assert store.get(PHOTO) == newer
    assert SuggestionStore(workspace).all() == {PHOTO: newer, OTHER: replace(FOUND, photo=OTHER)}


def test_the_cache_of_files_forgets_those_that_are_gone(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    store.save_files({"images/a.jpg": "1", "images/\udcff.jpg": "2", "images/c.jpg": "3"})
    store.save_files({"images/a.jpg": "4"}, gone=["images/c.jpg"])
    assert store.files() == {"images/a.jpg": "4", "images/\udcff.jpg": "2"}


@pytest.mark.parametrize(
    "harm",
    [
        "CREATE TRIGGER t AFTER INSERT ON suggestions BEGIN DELETE FROM files; END",
        "CREATE VIEW v AS SELECT * FROM suggestions",
        "CREATE INDEX i ON suggestions (model)",
        "ALTER TABLE files ADD COLUMN more TEXT",
        "DROP TABLE files",
        "PRAGMA user_version = 99",
    ],
)
def test_a_store_of_another_make_is_renamed_and_made_again(workspace: Workspace, harm: str) -> None:
    lines: list[Progress] = []
    store = SuggestionStore(workspace, lines.append)
    store.save([FOUND])
    edit(store, harm)
    assert store.get(PHOTO) is None
    assert store.all() == {}
    assert [line.message.count("\n") for line in lines] == [0], "one line says so"
    assert "suggestions.sqlite.backup-1" in lines[0].message
    store.save([FOUND])
    assert store.get(PHOTO) == FOUND


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\0" + b"\xff" * 500, b"x" * 5000])
def test_a_damaged_store_is_renamed_and_made_again(workspace: Workspace, data: bytes) -> None:
    store = SuggestionStore(workspace)
    store.path.parent.mkdir()
    store.path.write_bytes(data)
    assert store.get(PHOTO) is None
    store.save([FOUND])
    assert store.all() == {PHOTO: FOUND}
    assert store.path.with_name("suggestions.sqlite.backup-1").read_bytes() == data


@pytest.mark.parametrize(
    "body",
    [
        FOUND.to_json().replace("0.75", "7.5"),
        FOUND.to_json().replace("30.5", "1e999"),
        FOUND.to_json().replace("30.5", "65"),
        FOUND.to_json().replace('"dog"', '"\\u001b[31m"'),
        FOUND.to_json().replace(PHOTO, OTHER),
        FOUND.to_json().replace(MODEL, "../../model"),
        "[]",
        "{",
        "[" * 100_000,
    ],
)
def test_a_row_that_no_model_can_have_made_is_passed_over(workspace: Workspace, body: str) -> None:
    from boxwright.suggestions.store import _crc  # a stranger can compute it, too

    store = SuggestionStore(workspace)
    store.save([FOUND, replace(FOUND, photo="e" * 64)])
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("UPDATE suggestions SET body = ?, crc = ? WHERE photo = ?", (body, _crc(PHOTO, body), PHOTO))
    assert store.get(PHOTO) is None
    assert list(store.all()) == ["e" * 64]


def test_a_row_with_a_flipped_bit_is_passed_over(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    store.save([FOUND])
    edit(store, "UPDATE suggestions SET body = replace(body, '0.75', '0.35')")
    assert store.get(PHOTO) is None


def test_what_a_person_did_is_counted_by_photo(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    assert store.review() == ReviewCounts()
    assert not store.path.exists(), "looking at the counts writes nothing"
    store.add_review(PHOTO, ReviewCounts(accepted=3, moved=1, drawn=1))
    store.add_review(OTHER, ReviewCounts(relabelled=1, deleted=2, drawn=2))
    total = store.add_review(PHOTO, ReviewCounts(accepted=-1, moved=1))  # one was moved later
    assert total == store.review() == ReviewCounts(accepted=2, moved=2, relabelled=1, deleted=2, drawn=3)
    assert (total.by_model, total.boxes) == (5, 8)


def test_a_store_of_the_version_before_is_kept(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    store.save([FOUND])
    edit(store, "DROP TABLE reviews", "PRAGMA user_version = 1")
    assert store.get(PHOTO) == FOUND
    assert store.review() == ReviewCounts()
    assert store.add_review(PHOTO, ReviewCounts(accepted=1)) == ReviewCounts(accepted=1)
    assert store.all() == {PHOTO: FOUND}


def test_counts_that_nobody_can_have_counted_are_passed_over(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    store.add_review(PHOTO, ReviewCounts(accepted=1))
    edit(store, f"INSERT INTO reviews VALUES ('{OTHER}', 'many', -3, 0, 0, 0)")
    assert store.review() == ReviewCounts(accepted=1)
