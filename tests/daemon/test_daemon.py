"""A real daemon beside real files: whatever happens to them, the records become the rebuild's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from boxwright.daemon.service import _Logger
from boxwright.dataset.sync import sync
from boxwright.errors import BoxwrightError
from boxwright.jobs.daemon_lock import daemon_pid, hold_daemon_lock
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from daemon_process import PATIENCE, daemon, findings, log, status, until, until_settled
from tiny_workspaces import add_image, image_bytes, make_workspace, outputs, write_xml


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    images = {f"p{i}.jpg": ["dog", "cat"][: 1 + i % 2] for i in range(8)}
    return make_workspace(tmp_path / "work", {**images, "train/t.jpg": ["dog"], "test/u.jpg": ["cat"]})


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "boxwright", "daemon", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_every_kind_of_change_ends_in_the_bytes_of_a_rebuild(workspace: Workspace, tmp_path: Path) -> None:
    images = workspace.images
    outside = tmp_path / "outside"

    def edit() -> None:
        write_xml(images / "p0.xml", "p0.jpg", ["dog", "dog"])

    def create() -> None:
        add_image(workspace, "new.jpg", ["bird"], seed=50)

    def rename_both() -> None:
        (images / "p1.jpg").rename(images / "q1.jpg")
        (images / "p1.xml").rename(images / "q1.xml")

    def rename_xml() -> None:
        (images / "p2.xml").rename(images / "other.xml")

    def delete_image() -> None:
        (images / "p3.jpg").unlink()

    def delete_xml() -> None:
        (images / "p4.xml").unlink()

    def move_side() -> None:
        (images / "train/t.jpg").rename(images / "test/t.jpg")
        (images / "train/t.xml").rename(images / "test/t.xml")

    def replace_image() -> None:
        (images / "p5.jpg").write_bytes(image_bytes(77))

    def resplit() -> None:
        text = workspace.split_csv.read_text("utf-8")
        swapped = text.replace("p6.jpg,train", "p6.jpg,TEST").replace("p6.jpg,test", "p6.jpg,train")
        workspace.split_csv.write_text(swapped.replace("TEST", "test"), "utf-8")

    def relabel() -> None:
        text = workspace.label_map.read_text("utf-8")
        workspace.label_map.write_text(text.replace("bird", "fowl"), "utf-8")

    def drop_many() -> None:
        for i in range(200):
            add_image(workspace, f"many{i}.jpg", ["dog"], seed=100 + i)

    def folder_in() -> None:
        other = Workspace.at(outside)
        add_image(other, "farm/a.jpg", ["cow"], seed=400)
        add_image(other, "farm/deep/b.jpg", ["cow"], seed=401)
        (other.images / "farm").rename(images / "farm")

    def edit_in_new_folder() -> None:
        write_xml(images / "farm/deep/b.xml", "b.jpg", ["dog"])

    def folder_out() -> None:
        (images / "farm").rename(outside / "gone")

    changes = [
        edit, create, rename_both, rename_xml, delete_image, delete_xml, move_side, replace_image, resplit, relabel,
        drop_many, folder_in, edit_in_new_folder, folder_out,
    ]  # fmt: skip
    with daemon(workspace):
        until_settled(workspace, tmp_path / "scratch")
        for change in changes:
            change()
            until_settled(workspace, tmp_path / "scratch")


def test_killed_it_takes_over_from_itself(workspace: Workspace, tmp_path: Path) -> None:
    for point in ("after-shard", "before-journal", "after-journal", "after-move", "before-manifest"):
        with daemon(workspace, environment={"BOXWRIGHT_FAILPOINT": point}) as first:
            add_image(workspace, f"{point}.jpg", ["dog"], seed=len(point) + 60)
            assert first.wait(PATIENCE) == 137, point
    with daemon(workspace) as second:
        until_settled(workspace, tmp_path / "scratch")
        assert daemon_pid(workspace) == second.pid


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_under_a_stream_of_edits(workspace: Workspace, tmp_path: Path) -> None:
    for round_number in range(6):
        with daemon(workspace) as child:
            until(lambda: daemon_pid(workspace), "a daemon")
            for i in range(10 + 7 * round_number):
                write_xml(workspace.images / f"p{i % 8}.xml", f"p{i % 8}.jpg", ["dog"], offset=i + round_number)
                time.sleep(0.02)
            child.send_signal(signal.SIGKILL)
            child.wait(PATIENCE)
    with daemon(workspace):
        until_settled(workspace, tmp_path / "scratch")


def test_what_cannot_be_read_keeps_its_last_good_record(workspace: Workspace, tmp_path: Path) -> None:
    def of_xml() -> list[dict[str, str]]:
        return [finding for finding in findings(workspace) if finding["file"].endswith(".xml")]

    with daemon(workspace):
        until_settled(workspace, tmp_path / "scratch")
        good = outputs(workspace)
        xml = workspace.images / "p0.xml"
        whole = xml.read_bytes()
        settled = until(lambda: status(workspace).get("settled"), "a settled dataset")
        xml.write_bytes(b"")
        until(lambda: status(workspace)["settled"] > settled, "a look at it")
        assert not of_xml(), "it may be half written"
        found = until(of_xml, "a finding when it has stood still")
        assert [finding["file"] for finding in found] == ["images/p0.xml"]
        assert "held before are kept" in found[0]["message"]
        assert outputs(workspace) == good
        xml.write_bytes(whole.replace(b"cat", b"dog"))
        until(lambda: not of_xml(), "the finding's end")
        until_settled(workspace, tmp_path / "scratch")


def test_an_xml_that_is_written_for_three_seconds_is_no_finding(workspace: Workspace, tmp_path: Path) -> None:
    with daemon(workspace):
        until_settled(workspace, tmp_path / "scratch")
        write_xml(tmp_path / "slow.xml", "p0.jpg", ["bird", "dog"])
        whole = (tmp_path / "slow.xml").read_bytes()
        with (workspace.images / "p0.xml").open("wb") as stream:
            for i in range(30):
                stream.write(whole[len(whole) * i // 30 : len(whole) * (i + 1) // 30])
                stream.flush()
                time.sleep(0.1)
        until(lambda: b"bird" in outputs(workspace)["label_map.pbtxt"], "the record of the whole file")
        until_settled(workspace, tmp_path / "scratch")
        assert "p0.xml" not in log(workspace)


def test_trouble_is_said_and_outlived(workspace: Workspace, tmp_path: Path) -> None:
    with daemon(workspace) as child:
        until_settled(workspace, tmp_path / "scratch")
        label_map = workspace.label_map.read_bytes()
        workspace.label_map.write_bytes(b"item { id: ")
        until(lambda: status(workspace).get("state") == "trouble", "trouble")
        assert "label_map.pbtxt" in status(workspace)["message"]
        workspace.label_map.write_bytes(label_map)
        until(lambda: status(workspace).get("state") == "watching", "the end of trouble")

        workspace.root.rename(tmp_path / "elsewhere")
        until(lambda: "the folder is gone" in log(Workspace.at(tmp_path / "elsewhere")), "a line about it")
        assert not workspace.root.exists(), "a daemon does not make a folder again that a user removed"
        (tmp_path / "elsewhere").rename(workspace.root)
        add_image(workspace, "after.jpg", ["dog"], seed=90)
        until_settled(workspace, tmp_path / "scratch")
        assert child.poll() is None


def test_images_exchanged_for_another_folder(workspace: Workspace, tmp_path: Path) -> None:
    with daemon(workspace):
        until_settled(workspace, tmp_path / "scratch")
        workspace.images.rename(tmp_path / "old")
        shutil.copytree(tmp_path / "old", workspace.images)
        (workspace.images / "p0.xml").unlink()
        until_settled(workspace, tmp_path / "scratch")


def test_events_are_lost_and_the_scan_finds_the_change(workspace: Workspace, tmp_path: Path) -> None:
    arguments = {"BOXWRIGHT_SCAN_SECONDS": "0.5"}
    with daemon(workspace, environment=arguments):
        until_settled(workspace, tmp_path / "scratch")
        elsewhere = tmp_path / "linked.xml"
        shutil.copy(workspace.images / "p0.xml", elsewhere)
        (workspace.images / "p0.xml").unlink()
        (workspace.images / "p0.xml").symlink_to(elsewhere)
        until_settled(workspace, tmp_path / "scratch")
        write_xml(elsewhere, "p0.jpg", ["bird"])  # no event: the file lies outside of what is watched
        until(lambda: b"bird" in outputs(workspace)["label_map.pbtxt"], "the scan's finding")
        until_settled(workspace, tmp_path / "scratch")


def test_polling(workspace: Workspace, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "boxwright", "daemon", "--polling", str(workspace.root)]
    environment = {**os.environ, "BOXWRIGHT_SCAN_SECONDS": "3600"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as child:
        try:
            until_settled(workspace, tmp_path / "scratch")
            write_xml(workspace.images / "p0.xml", "p0.jpg", ["bird"])
            until(lambda: b"bird" in outputs(workspace)["label_map.pbtxt"], "the listing's difference")
        finally:
            child.terminate()


def test_several_workspaces_one_daemon(workspace: Workspace, tmp_path: Path) -> None:
    other = make_workspace(tmp_path / "other", {"a.jpg": ["x"], "b.jpg": ["x"]})
    with daemon(workspace, other) as child:
        for one in (workspace, other):
            until_settled(one, tmp_path / "scratch")
            assert daemon_pid(one) == child.pid


def test_a_second_daemon_refuses_and_names_the_first(workspace: Workspace) -> None:
    with daemon(workspace) as first:
        until(lambda: daemon_pid(workspace), "a daemon")
        second = run(workspace.root)
        assert second.returncode == 1
        assert f"process {first.pid}" in second.stderr
        assert "Traceback" not in second.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process could handle")
def test_sigterm_ends_it_long_before_its_next_scan(workspace: Workspace) -> None:
    with daemon(workspace) as child:
        until(lambda: status(workspace).get("settled"), "a settled dataset")
        child.terminate()
        assert child.wait(PATIENCE) == 0
        assert daemon_pid(workspace) is None


def test_detach_status_stop(workspace: Workspace) -> None:
    assert run(workspace.root, "--status").returncode == 3
    try:
        detached = run(workspace.root, "--detach")
        assert detached.returncode == 0, detached.stderr
        until(lambda: status(workspace).get("settled"), "a settled dataset")
        said = run(workspace.root, "--status")
        assert said.returncode == 0
        assert f"process {daemon_pid(workspace)}" in said.stdout
        assert "Records up to date" in said.stdout
        assert run(workspace.root, "--detach").returncode == 1
    finally:
        stopped = run(workspace.root, "--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert daemon_pid(workspace) is None
    assert "no daemon runs" in run(workspace.root, "--stop").stdout


def test_no_workspace_is_a_usage_error(tmp_path: Path) -> None:
    refused = run(tmp_path / "nowhere")
    assert refused.returncode == 2
    assert "boxwright init" in refused.stderr


def test_its_own_folder_deleted_under_it(workspace: Workspace, tmp_path: Path) -> None:
    with daemon(workspace) as child:
        until_settled(workspace, tmp_path / "scratch")
        until(lambda: status(workspace), "a status")
        _delete_at_once(workspace.state)
        until(lambda: daemon_pid(workspace) == child.pid, "the lock that others find")
        until(lambda: status(workspace), "a status")
        write_xml(workspace.images / "p0.xml", "p0.jpg", ["bird"])
        until_settled(workspace, tmp_path / "scratch")
        until(lambda: "it is made again" in log(workspace), "the new log")
        until((workspace.state / "findings.json").exists, "the findings")
        job = JobStore(workspace).submit("export-dataset")
        until(lambda: JobStore(workspace).get(job.id).state is State.SUCCEEDED, "the job")
        with _taken_over(workspace):
            assert child.wait(PATIENCE) == 0


@contextmanager
def _taken_over(workspace: Workspace) -> Iterator[None]:
    """Be the daemon of a workspace that another one serves: delete its state until this process locks first."""
    with ExitStack() as held:

        def takes_the_lock() -> bool:
            try:
                _delete_at_once(workspace.state)
                held.enter_context(hold_daemon_lock(workspace))
            except (BoxwrightError, OSError):  # the other one was quicker
                return False
            return True

        until(takes_the_lock, "the lock of the deleted folder")
        yield


def _delete_at_once(folder: Path) -> None:
    """Delete a folder that another process writes to: what it writes meanwhile lies in the folder that was moved."""
    moved = folder.with_name("deleted")
    folder.rename(moved)
    shutil.rmtree(moved, ignore_errors=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process could handle")
def test_a_signal_at_any_instant_ends_it(workspace: Workspace) -> None:
    code = (
        "import os, signal, sys, threading, traceback\n"
        "from boxwright.cli.app import main\n"
        "wait = threading.Condition.wait\n"
        "def interrupted(condition, timeout=None):\n"
        "    if threading.current_thread() is threading.main_thread() and timeout == 0.4:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)  # the lock of the Event is held here\n"
        "        len([])\n"
        "    return wait(condition, timeout)\n"
        "threading.Condition.wait = interrupted\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "daemon", str(workspace.root)]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def test_a_file_name_writes_no_line_of_the_log(workspace: Workspace) -> None:
    logger = _Logger(workspace)
    logger.say(
        f"a\n2026-01-01 b\x1b[31m.xml caf\N{LATIN SMALL LETTER E WITH ACUTE} {os.fsdecode(b'caf' + bytes([233]))}"
    )
    logger.__exit__()
    (line,) = log(workspace).splitlines()
    assert line.endswith("a\\n2026-01-01 b\\x1b[31m.xml caf\N{LATIN SMALL LETTER E WITH ACUTE} caf\\udce9")


def test_who_looks_for_the_daemon_keeps_none_from_starting(workspace: Workspace) -> None:
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.003):
            daemon_pid(workspace)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            with hold_daemon_lock(workspace):
                assert daemon_pid(workspace) == os.getpid()
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_it_loads_no_tensorflow(workspace: Workspace) -> None:
    code = (
        "import sys; from boxwright.daemon.dataset_sync import DatasetSync; from boxwright.daemon import service; "
        "from boxwright.cli.queue import daemon; from boxwright.workspace import Workspace; "
        "sync = DatasetSync(Workspace.at(sys.argv[1]), log=print); sync.settle(); sync._watch.close(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('tensorflow', 'PyQt5')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(workspace.root)], capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.strip().endswith("[]")


def test_a_command_line_sync_beside_the_daemon(workspace: Workspace, tmp_path: Path) -> None:
    with daemon(workspace):
        until_settled(workspace, tmp_path / "scratch")
        for i in range(5):
            write_xml(workspace.images / "p0.xml", "p0.jpg", ["dog"], offset=i)
            sync(workspace)
        until_settled(workspace, tmp_path / "scratch")
