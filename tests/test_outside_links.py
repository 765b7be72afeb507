"""A stranger's workspace writes nothing through a link that leads out of it, before the user named the link."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from boxwright import outside_links
from boxwright.errors import BoxwrightError
from boxwright.outside_links import ACCEPTED_FILE, OutsideLink, accept, not_accepted
from boxwright.user_folder import CACHE_VARIABLE
from boxwright.workflow.init import InitOptions, init
from boxwright.workspace import Workspace
from command_line import run_here
from tiny_workspaces import make_workspace

pytestmark = pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")

WRITTEN = (
    *("annotations", "training", "pre-trained-model", "trained-inference-graphs", "detections"),
    *("training/best", "training/eval"),
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    (tmp_path / "elsewhere").mkdir()
    return make_workspace(tmp_path / "work", {"a.jpg": ["dog"], "b.jpg": ["dog"]})


def link(workspace: Workspace, name: str, target: Path) -> Path:
    path = workspace.root / name
    path.parent.mkdir(exist_ok=True)
    if path.is_dir():
        path.rmdir()
    path.symlink_to(target)
    return path


@pytest.mark.parametrize("name", WRITTEN)
def test_a_link_out_of_the_workspace_is_refused_until_it_is_accepted(
    name: str, workspace: Workspace, tmp_path: Path
) -> None:
    path = link(workspace, name, tmp_path / "elsewhere")
    for refused in (lambda: Workspace.find(workspace.root), lambda: init(workspace)):
        with pytest.raises(BoxwrightError) as raised:
            refused()
        assert str(path) in str(raised.value)
        assert str(tmp_path / "elsewhere") in str(raised.value)
        assert f"boxwright init {workspace.root} --accept-links" in str(raised.value)
    init(workspace, InitOptions(accept_links=True))
    Workspace.find(workspace.root)
    path.unlink()
    (tmp_path / "other").mkdir()
    path.symlink_to(tmp_path / "other")
    with pytest.raises(BoxwrightError, match="other"):  # it leads elsewhere now
        Workspace.find(workspace.root)


def test_a_metrics_file_that_is_a_link_is_refused_and_a_checkpoint_is_not(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    link(workspace, "training/model.ckpt-1.index", tmp_path / "diary.txt")
    Workspace.find(workspace.root)
    link(workspace, "training/metrics.csv", tmp_path / "diary.txt")
    with pytest.raises(BoxwrightError, match="metrics"):
        Workspace.find(workspace.root)


@pytest.mark.parametrize("name", ["images", "images/train", "images/train/garden"])
def test_an_import_writes_to_no_folder_of_photos_that_is_a_link(
    name: str, workspace: Workspace, tmp_path: Path
) -> None:
    photos = make_workspace(tmp_path / "more", {"c.jpg": ["dog"]}).images
    if name == "images":
        workspace.images.rename(tmp_path / "mine")
    (workspace.root / name).parent.mkdir(exist_ok=True)
    (workspace.root / name).symlink_to(tmp_path / "elsewhere")
    Workspace.find(workspace.root)  # photos may lie elsewhere
    (tmp_path / "garden.mp4").touch()
    for options in (InitOptions(images=photos), InitOptions(video=(tmp_path / "garden.mp4",))):
        with pytest.raises(BoxwrightError, match="--accept-links"):
            init(workspace, options)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    init(workspace, InitOptions(images=photos, accept_links=True))
    assert [path.name for path in workspace.images.rglob("c.jpg")] == ["c.jpg"]


def test_links_that_stay_in_the_workspace_need_no_word(workspace: Workspace, tmp_path: Path) -> None:
    link(workspace, "trained-inference-graphs", workspace.root / "training")
    (tmp_path / "by another way").symlink_to(workspace.root)
    Workspace.find(tmp_path / "by another way")


def test_commands_write_nothing_there(workspace: Workspace, tmp_path: Path) -> None:
    link(workspace, "annotations", tmp_path / "elsewhere")
    for command in ("dataset", "train", "check", "submit"):
        arguments = ["detect"] if command == "submit" else []
        done = run_here(command, workspace.root, *arguments)
        assert (done.returncode, "--accept-links" in done.stderr) == (1, True), (command, done.stderr)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    done = run_here("init", workspace.root, "--accept-links")
    assert f"annotations is in {tmp_path / 'elsewhere'}" in done.stdout
    assert run_here("dataset", workspace.root).returncode == 0
    assert (tmp_path / "elsewhere" / "train.record").exists()


@pytest.mark.parametrize("content", [b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a": 1}'])
def test_a_damaged_list_accepts_nothing(content: bytes, workspace: Workspace, tmp_path: Path) -> None:
    link(workspace, "annotations", tmp_path / "elsewhere")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / ACCEPTED_FILE).write_bytes(content)
    with pytest.raises(BoxwrightError, match="accept-links"):
        Workspace.find(workspace.root)
    workspace.accept_links()
    Workspace.find(workspace.root)


def test_two_that_accept_at_once_keep_what_both_accept(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [OutsideLink(workspace.root / name, str(tmp_path / "elsewhere")) for name in ("annotations", "training")]
    both, read = threading.Barrier(2, timeout=0.5), outside_links._read_accepted

    def read_together() -> dict[str, str]:
        accepted = read()
        with suppress(threading.BrokenBarrierError):  # a lock keeps the other one out
            both.wait()
        return accepted

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(outside_links, "_read_accepted", read_together)
        list(pool.map(accept, [[link] for link in links]))
    assert not_accepted(links) == []
