"""Which photos have labels, and what is read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boxwright.dataset.cache import reading
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.scan import FileStat
from boxwright.suggestions.photos import read_photos
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, make_old, make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "work", {"a.jpg": ["dog"], "negative.jpg": []})
    add_image(workspace, "deeper/new.jpg", None)
    add_image(workspace, "z.png", None)
    (workspace.images / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return workspace


def test_photos_with_an_annotation_file_are_labelled_also_negatives(workspace: Workspace) -> None:
    photos = read_photos(workspace, SuggestionStore(workspace))
    assert [photo.path for photo in photos.labelled] == ["images/a.jpg", "images/negative.jpg"]
    assert [photo.path for photo in photos.unlabelled] == ["images/deeper/new.jpg", "images/z.png"]
    assert [finding.file for finding in photos.findings] == ["images/broken.jpg"]
    photos = read_photos(workspace, SuggestionStore(workspace), with_labelled=False)
    assert photos.labelled == ()


def test_what_did_not_change_is_not_read_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old(workspace)
    store = SuggestionStore(workspace)
    first = read_photos(workspace, store)
    seen: list[str] = []
    read = reading.read_image_info

    def noted(path: str, scanned: FileStat, **options: Any) -> ImageInfo:
        seen.append(Path(path).name)
        return read(path, scanned, **options)

    monkeypatch.setattr(reading, "read_image_info", noted)
    assert read_photos(workspace, SuggestionStore(workspace)) == first
    assert seen == []
    add_image(workspace, "z.png", None, seed=99)
    changed = read_photos(workspace, SuggestionStore(workspace))
    assert seen == ["z.png"]
    assert changed.unlabelled[1].info.sha256 != first.unlabelled[1].info.sha256


@pytest.mark.parametrize("body", ["{", "[]", "[1, 2, 3, 4]", '["v", [1, 2, 3, 4], true, "{}"]'])
def test_a_cached_file_that_somebody_else_wrote_is_read_again(workspace: Workspace, body: str) -> None:
    store = SuggestionStore(workspace)
    first = read_photos(workspace, store)
    store.save_files({"images/z.png": body})
    assert read_photos(workspace, store) == first
