"""Near-identical images share a split unless that is switched off; then no image is looked at for it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from numpy.random import default_rng
from PIL import Image

from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.cache.rows import IMAGES
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sources import file_info
from boxwright.dataset.sources.scan import FileStat
from boxwright.dataset.sync import Session, assess, sync
from boxwright.jobs.store import JobStore
from boxwright.progress import silent
from boxwright.stop_signal import StopSignal
from boxwright.workflow.dataset import DatasetOptions
from boxwright.workflow.job.run import run_job
from boxwright.workspace import Workspace
from command_line import run_here
from tiny_workspaces import add_image, clean_copy, make_old, make_workspace, outputs

RULE = "near-identical-images-in-both-splits"


def photo(seed: int, *, quality: int) -> bytes:
    """Return a JPEG of large shapes, which is the same picture at each quality."""
    noise = default_rng(seed).integers(0, 256, (6, 6, 3), "uint8")
    stream = io.BytesIO()
    Image.fromarray(noise).resize((64, 48), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with a picture in train/ and its copy of lower quality in test/."""
    workspace = make_workspace(tmp_path / "work")
    for key, seed, quality in (("train/a.jpg", 1, 95), ("test/a2.jpg", 1, 60), ("train/b.jpg", 2, 95)):
        add_image(workspace, key, ["dog"]).write_bytes(photo(seed, quality=quality))
    make_old(workspace)
    return workspace


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of the images whose appearance was computed, in bytes."""
    sizes: list[int] = []
    appearance_of = file_info.appearance_of

    def noted(data: bytes) -> bytes:
        sizes.append(len(data))
        return appearance_of(data)

    monkeypatch.setattr(file_info, "appearance_of", noted)
    return sizes


def rules(report: DatasetReport) -> list[str]:
    return [finding.rule for finding in report.findings]


@pytest.mark.parametrize("work", [sync, assess])
def test_without_it_no_image_is_looked_at(
    work: Callable[..., DatasetReport], workspace: Workspace, looked_at: list[int]
) -> None:
    assert RULE not in rules(work(workspace, near_identical=False))
    assert looked_at == []
    assert RULE in rules(work(workspace))
    assert len(looked_at) == 3


def test_images_that_were_looked_at_are_not_read_again_for_either(workspace: Workspace, looked_at: list[int]) -> None:
    sync(workspace)
    for near_identical in (False, True, False, True):
        assert (RULE in rules(sync(workspace, near_identical=near_identical))) == near_identical
        assert (RULE in rules(assess(workspace, near_identical=near_identical))) == near_identical
    assert len(looked_at) == 3


def test_an_unusable_image_is_not_read_again_for_its_appearance(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_image(workspace, "train/broken.jpg", ["dog"]).write_bytes(b"no image")
    make_old(workspace)
    sync(workspace)
    read: list[str] = []
    read_whole = file_info.read_whole

    def noted(path: str, limit: int, scanned: FileStat | None = None) -> tuple[FileStat, bytes]:
        read.append(path)
        return read_whole(path, limit, scanned)

    monkeypatch.setattr(file_info, "read_whole", noted)
    sync(workspace, near_identical=False)
    sync(workspace)
    assert read == []


@pytest.mark.parametrize("later", [True, False])
def test_a_sync_after_the_other_choice_is_a_rebuild(later: bool, workspace: Workspace, tmp_path: Path) -> None:
    sync(workspace, near_identical=not later)
    report = sync(workspace, near_identical=later)
    copy = clean_copy(workspace, tmp_path / "rebuilt")
    rebuilt = sync(copy, near_identical=later)
    assert outputs(workspace) == outputs(copy)
    assert (report.findings, report.images, report.fingerprint) == (
        rebuilt.findings,
        rebuilt.images,
        rebuilt.fingerprint,
    )


def test_files_written_a_moment_ago_are_read_again_in_the_same_way(tmp_path: Path, looked_at: list[int]) -> None:
    workspace = make_workspace(tmp_path / "new")
    add_image(workspace, "train/a.jpg", ["dog"])
    sync(workspace, near_identical=False)
    assert not sync(workspace, near_identical=False).changed
    rows = Manifest(workspace.state / "manifest.sqlite").rows(IMAGES)
    assert [row.info.appearance for row in rows.values()] == [None]
    assert looked_at == []


def test_only_the_appearance_differs_between_the_rows(workspace: Workspace) -> None:
    sync(workspace)
    path = workspace.state / "manifest.sqlite"
    appearances = {name: row.info.appearance for name, row in Manifest(path).rows(IMAGES).items()}
    assert all(appearances.values())
    path.unlink()
    sync(workspace, near_identical=False)
    assert {row.info.appearance for row in Manifest(path).rows(IMAGES).values()} == {None}
    Session(workspace).sync()
    assert {name: row.info.appearance for name, row in Manifest(path).rows(IMAGES).items()} == appearances


def test_the_command_line_has_it(workspace: Workspace, looked_at: list[int]) -> None:
    assert "near-identical" not in run_here("check", workspace.root, "--no-near-identical").stdout
    run_here("dataset", workspace.root, "--no-near-identical")
    assert looked_at == []
    run_here("dataset", workspace.root)
    assert len(looked_at) == 3
    assert f"warning: {RULE}" in run_here("check", workspace.root, "--near-identical").stdout


@pytest.mark.parametrize("near_identical", [True, False])
def test_new_near_identical_images_share_a_split_only_with_it(near_identical: bool, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "pairs")
    for pair in range(12):
        for quality in (95, 60):
            add_image(workspace, f"{pair}-{quality}.jpg", ["dog"]).write_bytes(photo(pair, quality=quality))
    sync(workspace, test_fraction=0.5, near_identical=near_identical)
    rows = csv.DictReader(io.StringIO(workspace.split_csv.read_text("utf-8")))
    splits = {row["filename"]: row["side"] for row in rows}
    is_together = [splits[f"{pair}-95.jpg"] == splits[f"{pair}-60.jpg"] for pair in range(12)]
    assert all(is_together) == near_identical


def test_a_job_has_it(workspace: Workspace) -> None:
    submitted = run_here("submit", workspace.root, "export-dataset", "--param", "near-identical=false")
    assert submitted.returncode == 0, submitted.stderr
    (job,) = JobStore(workspace).newest()
    assert DatasetOptions.from_json(job.options) == DatasetOptions(near_identical=False)
    run_job(workspace, job.id, silent, stop=StopSignal())
    result = JobStore(workspace).get(job.id).result
    assert result.dataset is not None
    assert result.dataset.findings == len(sync(workspace, near_identical=False).findings)
    assert result.dataset.findings < len(sync(workspace).findings)


def test_check_as_json_leaves_the_finding_out(workspace: Workspace) -> None:
    found = json.loads(run_here("check", workspace.root, "--json", "--no-near-identical").stdout)
    assert RULE not in [finding["rule"] for finding in found]


def test_identical_images_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = make_workspace(tmp_path / "work", {})
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        add_image(workspace, name, ["dog"])
    data = [photo(1, quality=90), photo(1, quality=90), photo(2, quality=90)]
    for name, content in zip(("a.jpg", "b.jpg", "c.jpg"), data, strict=True):
        (workspace.images / name).write_bytes(content)
    decoded: list[bytes] = []
    look = file_info.appearance_of
    monkeypatch.setattr(file_info, "appearance_of", lambda content: decoded.append(content) or look(content))
    monkeypatch.setattr("boxwright.dataset.cache.reading.READERS", 1)
    sync(workspace)
    assert sorted(decoded) == sorted(data[1:])
    rows = Manifest(workspace.state / "manifest.sqlite").rows(IMAGES)
    images = {Path(path).name: row.info.appearance for path, row in rows.items()}
    assert images["a.jpg"] == images["b.jpg"] == look(data[0])
    assert images["c.jpg"] == look(data[2])
