"""run.json and the README's section, which leave alone what others wrote."""

from __future__ import annotations

import json
from pathlib import Path

from boxwright.runs.readme import update_readme
from boxwright.runs.record import config_entry, put_config, read_run, update_run
from boxwright.training.environment import versions
from training_records import small_config

RECORD = {"model": "ssd_inception_v2", "step": 7, "batch_size": 2, "seed": 0, "started": "2026-01-01", "versions": {}}


def test_update_keeps_what_it_is_not_told(tmp_path: Path) -> None:
    update_run(tmp_path, step=1, results={"AP@.50": 0.8})
    update_run(tmp_path, step=2)
    assert read_run(tmp_path) == {"step": 2, "results": {"AP@.50": 0.8}}
    (tmp_path / "run.json").write_text("{ cut off")
    assert read_run(tmp_path) == {}


def test_the_config_is_recorded_whole(tmp_path: Path) -> None:
    entry = config_entry(small_config(), "training/pipeline.config")
    assert len(entry["sha256"]) == 64
    assert "batch_size: 2" in entry["text"]
    assert config_entry(small_config(batch_size=3), "x")["sha256"] != entry["sha256"]
    json.dumps(update_run(tmp_path, config=entry, versions=versions()))
    assert versions()["tensorflow"][0] == "2"


def test_the_users_text_stays_byte_for_byte(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    before, after = b"# Mine\r\n\r\nlatin-1: \xe9\r\n", b"\n\nBelow.\n"
    readme.write_bytes(before)
    update_readme(readme, RECORD)
    readme.write_bytes(readme.read_bytes() + after)
    update_readme(readme, {**RECORD, "step": 99, "results": {"AP@.50": 0.75, "per_class": {}}})
    text = readme.read_bytes()
    assert text.startswith(before.rstrip())
    assert text.endswith(after)
    assert text.count(b"## Training conditions") == 1
    assert b"| steps | 99, batch 2, seed 0 |" in text
    assert b"| AP@.50 | 0.75 |" in text


def test_a_readme_is_made_where_there_is_none(tmp_path: Path) -> None:
    update_readme(tmp_path / "README.md", RECORD)
    assert "| model | ssd_inception_v2 |" in (tmp_path / "README.md").read_text()


def test_the_config_is_put_beside_its_checkpoints_and_every_other_one_is_kept(tmp_path: Path) -> None:
    source, train_dir = tmp_path / "my.config", tmp_path / "training"
    train_dir.mkdir()
    source.write_text("one")
    assert put_config(source, train_dir) is None
    assert put_config(train_dir / "pipeline.config", train_dir) is None
    for number, text in ((1, "two"), (2, "three")):
        source.write_text(text)
        assert put_config(source, train_dir) == train_dir / f"pipeline.config.before-{number}"
        assert (train_dir / "pipeline.config").read_text() == text
    assert [(train_dir / f"pipeline.config.before-{number}").read_text() for number in (1, 2)] == ["one", "two"]
