"""`rank`: photos of a workspace in the order in which to label them."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from boxwright.cli.app import app
from boxwright.errors import UsageError
from boxwright.suggestions.model import PhotoSuggestions, SuggestedBox
from boxwright.suggestions.photos import read_photos
from boxwright.suggestions.ranking import RankInput, rank_photos
from boxwright.suggestions.ranking_record import read_ranking
from boxwright.suggestions.store import SuggestionStore
from boxwright.workflow.rank import RankOptions, rank
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "work", {"labelled.jpg": ["dog"]})
    for number in range(6):
        add_image(workspace, f"new/{number}.png", None, seed=number + 100)
    return workspace


def test_the_order_is_written_and_the_same_again(workspace: Workspace, tmp_path: Path) -> None:
    result = rank(workspace, RankOptions(output=tmp_path / "out" / "next.csv"))
    paths = [photo.path for photo in result.ranking.photos]
    assert sorted(paths) == [f"images/new/{number}.png" for number in range(6)]
    assert (result.ranking.labelled, result.ranking.model) == (1, "")
    assert read_ranking(workspace) == result.ranking == rank(workspace).ranking
    rows = list(csv.DictReader((tmp_path / "out" / "next.csv").read_text("utf-8").splitlines()))
    assert [f"images/{row['filename']}" for row in rows] == paths
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4", "5", "6"]


def test_suggestions_count_and_a_photo_that_was_labelled_is_no_longer_there(workspace: Workspace) -> None:
    store = SuggestionStore(workspace)
    for photo in read_photos(workspace, store).unlabelled:
        score = 0.5 if photo.path.endswith("3.png") else 0.99
        found = (SuggestedBox("dog", score, 0, 0, 8, 8),) * 3
        store.save([PhotoSuggestions(photo.info.sha256, "a" * 64, "v1", 16, 12, found)])
    result = rank(workspace)
    first = result.ranking.photos[0]
    assert (first.path, first.reason, first.best_score) == ("images/new/3.png", "unsure", 0.5)
    assert result.ranking.model == "v1"
    add_image(workspace, "new/3.png", ["dog"], seed=103)
    assert "images/new/3.png" not in {photo.path for photo in rank(workspace).ranking.photos}


def test_the_command_prints_a_table_or_json(workspace: Workspace) -> None:
    shown = CliRunner().invoke(app, ["rank", str(workspace.root)])
    assert shown.exit_code == 0, shown.output
    assert "6 photos without labels, 1 with" in shown.output
    assert "boxwright suggest" in shown.output
    content = json.loads(CliRunner().invoke(app, ["rank", str(workspace.root), "--json"]).output)
    assert len(content["photos"]) == 6
    with pytest.raises(UsageError, match="this is a folder"):
        rank(workspace, RankOptions(output=workspace.root))


def test_three_thousand_photos_are_ranked_in_seconds() -> None:
    photos = [RankInput(f"{n:064}", bytes((n * k * k + k) % 251 for k in range(256))) for n in range(3000)]
    started = time.process_time()
    order = rank_photos(photos, [])
    assert len(order) == 3000
    assert time.process_time() - started < 60, "it took 1 s where this was written"
