"""run.json and the README's section, which leave alone what others wrote."""

from __future__ import annotations

import json
from pathlib import Path

from boxwright.runs.readme import update_readme
from boxwright.runs.record import config_entry, put, read_run, seconds_trained, update_run
from boxwright.training.hardware.environment import versions
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


def test_a_file_is_put_and_every_other_one_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "pipeline.config"
    assert put(target, b"one") is None
    assert put(target, b"one") is None
    for number, data in ((1, b"two"), (2, b"three"), (3, None)):
        assert put(target, data) == tmp_path / f"pipeline.config.before-{number}"
        assert (target.read_bytes() if target.exists() else None) == data
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"one", b"two", b"three"]


def test_the_time_of_a_run_as_far_as_its_record_tells() -> None:
    older = {"started": "2026-01-01T10:00:00+00:00", "continued": [], "ended": "2026-01-01T10:01:40+00:00"}
    assert seconds_trained(older) == 100
    assert seconds_trained({**older, "continued": [{"step": 2, "at": "2026-01-01T10:01:00+00:00"}]}) == 40
    assert seconds_trained({**older, "seconds": 12.5}) == 12.5
    assert seconds_trained({**older, "ended": None}) is None
    assert seconds_trained({}) is None
