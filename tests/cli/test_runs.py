"""`boxwright runs`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from boxwright.cli.app import app
from boxwright.pipeline.presets import build_preset
from boxwright.runs.record import DatasetEntry, config_entry
from run_folders import LABELS, box, evaluation, make_run


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["runs", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two runs: the second with another rate and more labels."""
    make_run(tmp_path / "training", results=evaluation(0.5, 0.25, disc=0.5))
    config = build_preset("small", num_classes=2, batch_size=8)
    for number in range(3):
        config.train_config.data_augmentation_options.add().random_horizontal_flip.SetInParent()
        config.train_config.data_augmentation_options[-1].random_horizontal_flip.keypoint_flip_permutation.extend(
            range(100 * number, 100 * number + 60)
        )
    labels = {
        ("train", "a.png"): [box("square"), box("disc", 0.4), box("disc", 0.6)],
        ("test", "b.png"): [],
        ("train", "esc\x1b[2J.png"): [],
        **{("train", f"new{number:02}.png"): [box("disc")] for number in range(25)},
    }
    make_run(
        tmp_path / "other",
        started="2026-01-02T10:00:00+00:00",
        config=config_entry(config, "x"),
        labels=labels,
        dataset=DatasetEntry("e" * 64, 27),
        results=evaluation(0.75, 0.5, disc=0.75),
        seconds=3700.0,
    )
    return tmp_path


def test_the_list_has_a_row_a_run(root: Path) -> None:
    make_run(root / "third", started="2026-01-03T10:00:00+00:00", labels=None)
    said = run(root).splitlines()
    heads = said[0].split()
    assert heads[:6] == ["run", "started", "model", "images", "dataset", "steps"]
    assert [line.split()[0] for line in said[2:5]] == ["training", "other", "third"]
    assert " ffffffffffff " in said[2] and " 10:00 " in said[2] and "0.500" in said[2] and "reached step 600" in said[2]
    assert " 1:01:40 " in said[3]
    assert said[5:] == [f"To compare two: boxwright runs {root} RUN RUN"]


def test_two_runs_are_compared_unasked(root: Path) -> None:
    said = run(root)
    for line in (
        "training -> other",
        "  train_config.batch_size: 16 -> 8",
        "Other settings: the same.",
        "Dataset: other training records (fingerprint ffffffffffff -> eeeeeeeeeeee).",
        "  Images: 2 -> 27 train, 1 -> 1 test; 26 added, 1 removed, 1 with other boxes, 1 moved to test.",
        "  a.png (train): 2 boxes (2 disc) added; 1 box (disc -> square) relabelled",
        "  b.png: moved from train to test",
        "  c.png: gone from test, 1 box (square)",
        "  esc\\x1b[2J.png: new in train, without a box",
        "  new15.png: new in train, 1 box (disc)",
        "  ... and 9 more images; --json names them all.",
        "The test splits differ, so their APs are not of the same images.",
    ):
        assert line in said.splitlines(), said
    assert "new16.png" not in said
    (long,) = (line for line in said.splitlines() if "data_augmentation_options[2]" in line)
    assert long.endswith(" ...")
    rows = [line.split() for line in said.splitlines()]
    assert ["AP@.50", "0.500", "0.750", "+0.250"] in rows
    assert ["disc", "0.500", "0.750", "+0.250", "0.250", "0.375", "+0.125"] in rows
    assert ["time", "10:00", "1:01:40"] in rows
    assert ["all", "classes", "2", "28", "27", "1", "0", "1", "1"] in rows


def test_named_runs_are_compared_in_the_order_given(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(root / "third", labels=None)
    assert "other -> third" in run(root, "other", "third")
    monkeypatch.chdir(root)
    assert "third -> other" in run(".", "third/", root / "other")
    make_run(root.parent / "elsewhere", labels=None)
    assert "other -> ../elsewhere" in run(".", "other", "../elsewhere")
    same = run(".", "training", "training")
    assert "Configuration: the same." in same and "All labels are the same, on the test split as well." in same


def test_json_leaves_nothing_out(root: Path) -> None:
    said = json.loads(run(root, "--json"))
    assert [one["name"] for one in said["runs"]] == ["training", "other"]
    assert said["runs"][0]["record"]["seed"] == 0
    comparison = said["comparison"]
    assert len(comparison["labels"]["changes"]) == 29
    assert comparison["labels"]["class_totals"]["square"]["relabelled_to"] == 1
    assert comparison["config"][0] == {"path": "train_config.batch_size", "before": 16, "after": 8}
    assert max(len(str(change["after"])) for change in comparison["config"]) > 200
    make_run(root / "third")
    assert json.loads(run(root, "--json"))["comparison"] is None


def test_labels_that_are_the_same_in_other_records_and_labels_that_were_not_kept(tmp_path: Path) -> None:
    make_run(tmp_path / "a")
    make_run(tmp_path / "b", dataset={"fingerprint": "e" * 64}, labels=LABELS)
    assert "What differs is in the images" in run(tmp_path)
    (tmp_path / "b" / "labels.csv").unlink()
    said = run(tmp_path)
    assert "What changed in the labels cannot be told" in said and "b: its labels were not kept" in said


def test_what_cannot_be_shown_is_said(root: Path, tmp_path: Path) -> None:
    assert "nope: there is no such run" in (said := run(root, "training", "nope", code=2))
    assert "Runs there: training, other." in said
    assert "give the folder and two runs in it" in run(root, "training", code=2)
    assert "there is no such folder" in run(root / "nowhere", code=2)
    (tmp_path / "empty").mkdir()
    assert f"boxwright train {tmp_path / 'empty'}" in run(tmp_path / "empty", code=1)
