"""A process killed at any step leaves the old dataset or the new one, and the next one continues from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from boxwright import failpoints
from boxwright.dataset.store import shards
from boxwright.dataset.store.journal import TEMPORARY_SUFFIX, is_interrupted
from boxwright.dataset.store.records import resolve_records
from boxwright.dataset.store.snapshot import snapshot
from boxwright.dataset.sync import assess, sync
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, clean_copy, make_workspace, outputs

SHARD_BYTES = 3000
SYNC = f"""
import sys
from boxwright.dataset.store import shards
from boxwright.dataset.sync import sync
from boxwright.workspace import Workspace
shards.SHARD_BYTES = {SHARD_BYTES}
sync(Workspace.at(sys.argv[1]))
"""
FOREIGN = b"not,ours\n"

BEFORE_JOURNAL = ("after-shard", "after-staging", "before-journal")
AFTER_JOURNAL = (
    "after-journal",
    "after-keep",
    "after-move",
    "before-delete",
    "after-delete",
    "before-manifest",
    "before-journal-end",
    "after-journal-end",
)


@pytest.fixture(autouse=True, scope="module")
def small_shards() -> Iterator[None]:
    """Let a handful of tiny images fill several shards, as in the process that is killed."""
    patch = pytest.MonkeyPatch()
    patch.setattr(shards, "SHARD_BYTES", SHARD_BYTES)
    yield
    patch.undo()


def _killed_sync(workspace: Workspace, failpoint: str) -> int:
    environment = {**os.environ, failpoints.VARIABLE: failpoint}
    return subprocess.run([sys.executable, "-c", SYNC, str(workspace.root)], env=environment, check=False).returncode


def _prepare(root: Path) -> tuple[Workspace, dict[str, bytes]]:
    """Return a workspace whose next sync adds shards, deletes a record and keeps a table aside; and its files."""
    workspace = make_workspace(root, {"a.jpg": ["dog"], "b.jpg": ["dog"], "c.jpg": ["cat"]})
    sync(workspace)
    (workspace.images / "classes.txt").write_text("cat\nbird\n")
    for number in range(12):  # in every format of labelImg
        is_other = number % 3
        image = add_image(workspace, f"new{number}.jpg", None if is_other else ["cat", "bird"], seed=100 + number)
        if is_other == 1:
            image.with_suffix(".txt").write_text("0 0.5 0.5 0.5 0.5\n1 0.25 0.5 0.25 0.5\n")
        elif is_other:
            coordinates = {"x": 8, "y": 6, "width": 6, "height": 5}
            objects = [{"label": label, "coordinates": coordinates} for label in ("cat", "bird")]
            image.with_suffix(".json").write_text(json.dumps([{"image": image.name, "annotations": objects}]))
    workspace.labels_csv("test").write_bytes(FOREIGN)
    return workspace, outputs(workspace)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files after an undisturbed sync."""
    workspace, before = _prepare(tmp_path_factory.mktemp("wanted") / "ws")
    sync(workspace)
    after = outputs(workspace)
    assert "train.record" in before
    assert "train.record" not in after
    assert after["test_labels.csv.backup-1"] == FOREIGN
    assert len([name for name in after if name.startswith("train.record-")]) >= 2
    return after


@pytest.mark.parametrize("failpoint", BEFORE_JOURNAL + AFTER_JOURNAL)
def test_old_or_new_and_then_new(tmp_path: Path, wanted: dict[str, bytes], failpoint: str) -> None:
    workspace, old = _prepare(tmp_path / "ws")
    assert _killed_sync(workspace, failpoint) == 137

    # whoever reads next finds one dataset, whole: the old one up to the journal, then the new one
    stem = [str(workspace.record("train"))]
    if failpoint in BEFORE_JOURNAL:
        held = snapshot(resolve_records(stem, workspace.root), tmp_path / "held")
        assert {path.name: path.read_bytes() for path in held.paths} == {"train.record": old["train.record"]}
        assert outputs(workspace) == old
    else:
        assert is_interrupted(workspace) == (failpoint != "after-journal-end")
        held = snapshot(resolve_records(stem, workspace.root), tmp_path / "held")
        assert {path.name: path.read_bytes() for path in held.paths} == {
            name: data for name, data in wanted.items() if name.startswith("train.record")
        }
        assert outputs(workspace) == wanted

    sync(workspace)
    assert outputs(workspace) == wanted
    assert not is_interrupted(workspace)
    assert not list(workspace.annotations.glob(f".*{TEMPORARY_SUFFIX}"))


@pytest.mark.parametrize("failpoint", ["after-journal", "after-move", "before-manifest"])
def test_killed_twice(tmp_path: Path, wanted: dict[str, bytes], failpoint: str) -> None:
    workspace, _ = _prepare(tmp_path / "ws")
    assert _killed_sync(workspace, failpoint) == 137
    assert _killed_sync(workspace, "before-journal-end") == 137
    sync(workspace)
    assert outputs(workspace) == wanted


def test_check_looks_and_leaves_the_rest_to_the_next_sync(tmp_path: Path) -> None:
    workspace, _ = _prepare(tmp_path / "ws")
    assert _killed_sync(workspace, "after-move") == 137
    before = outputs(workspace)
    assess(workspace)
    assert outputs(workspace) == before
    assert is_interrupted(workspace)


def test_cache_lost_after_a_kill(tmp_path: Path) -> None:
    workspace, _ = _prepare(tmp_path / "ws")
    assert _killed_sync(workspace, "before-manifest") == 137
    (workspace.state / "manifest.sqlite").write_bytes(b"no database at all")
    report = sync(workspace)
    rebuilt = clean_copy(workspace, tmp_path / "rebuilt")
    assert sync(rebuilt).fingerprint == report.fingerprint


@pytest.mark.parametrize("failpoint", ["snapshot-hold", "snapshot-held"])
def test_a_snapshot_that_was_killed_is_taken_again(tmp_path: Path, failpoint: str) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    report = sync(workspace)
    before = outputs(workspace)
    paths = [path for split in report.records.values() for path in split]
    code = (
        "import sys; from pathlib import Path; from boxwright.dataset.store.snapshot import snapshot; "
        "snapshot([Path(path) for path in sys.argv[2:]], Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "held"), *map(str, paths)]
    environment = {**os.environ, failpoints.VARIABLE: failpoint}
    assert subprocess.run(command, env=environment, check=False).returncode == 137
    assert outputs(workspace) == before
    assert snapshot(paths, tmp_path / "held").fingerprint == report.fingerprint
