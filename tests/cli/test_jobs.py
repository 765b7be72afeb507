"""submit, jobs, pause, resume and cancel, as a user types them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from boxwright.jobs.job import State
from boxwright.jobs.locks import hold_job
from boxwright.jobs.result import DatasetSummary, EvaluationSummary, JobResult
from boxwright.jobs.store import JobStore
from boxwright.progress import Progress
from boxwright.workspace import Workspace
from command_line import run_here
from daemon_process import PATIENCE
from stored_options import StoredOptions
from tiny_workspaces import make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work", {"a.jpg": ["dog"], "b.jpg": ["dog"]})


def run_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "boxwright", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_job_is_queued_and_the_missing_daemon_is_said(workspace: Workspace) -> None:
    done = run_process("submit", workspace.root, "train", "--param", "num-steps=500", "--param", "preset=small")
    assert done.returncode == 0, done.stderr
    assert "Job 1 (train) is queued" in done.stdout
    assert f"boxwright daemon {workspace.root} --detach" in done.stdout
    assert JobStore(workspace).get(1).params == {"num-steps": 500, "preset": "small"}
    said = json.loads(run_here("submit", workspace.root, "export-dataset", "--json").stdout)
    assert (said["id"], said["kind"], said["state"], said["stages"]) == (2, "export-dataset", "queued", ["dataset"])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (("dance",), "Kinds: export-dataset, train"),
        (("train", "--param", "steps=5"), "Its parameters: pipeline-config-path, train-dir, num-steps"),
        (("train", "--param", "num-steps"), "has no such parameter"),
        (("train", "--param", "num-steps=many"), "many"),
        (("train", "--param", "num-steps=0"), "--num-steps"),
        (("train", "--param", "precision=float8"), "--precision float8: give one of float32, bfloat16, float16."),
        (("export-dataset", "--param", "open=true"), "Its parameters: closed, test-fraction"),
        (("train", "--param", "folder=elsewhere"), "has no such parameter"),
        (("detect", "--param", "images=a\nb"), "a value is one line"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(workspace: Workspace, given: tuple[str, ...], wanted: str) -> None:
    done = run_here("submit", workspace.root, *given)
    assert done.returncode == 2
    assert wanted in done.stderr
    assert "Traceback" not in done.stderr
    assert not JobStore(workspace).newest()


def test_a_training_that_starts_over_has_its_new_folder_when_it_is_queued(workspace: Workspace) -> None:
    workspace.training.mkdir()
    (workspace.training / "model.ckpt-10.index").touch()
    given = ("train", "--param", "start-over=true", "--param", "num-steps=5")
    done = run_here("submit", workspace.root, *given, "--json")
    assert json.loads(done.stdout)["params"] == {"num-steps": 5}
    assert (workspace.root / "training.backup-1" / "model.ckpt-10.index").exists()
    refused = run_here("submit", workspace.root, *given)
    assert refused.returncode != 0 and "Job 1 (train, queued) uses training/" in refused.stderr


def test_the_list_one_job_and_json(workspace: Workspace) -> None:
    assert "boxwright submit" in run_here("jobs", workspace.root).stdout
    store = JobStore(workspace)
    for _ in range(4):
        store.submit("train", StoredOptions(num_steps=9))
    store.start(1, 1)
    store.begin_stage(1, "train")
    store.progress(1, Progress("training", 30, 120, metrics={"loss": 1.25}), 2.0, 45.0)
    store.start(2, 1)
    store.finish(2, State.FAILED, "There is no record of this name.\n\nthe log's last line")
    store.wait_for(3, "the device: train, job 1 of elsewhere")
    said = run_here("jobs", workspace.root).stdout
    assert "train, 30 of 120 (25%), loss 1.25, 0:45 left" in said
    assert "There is no record of this name." in said
    assert "the log's last line" not in said
    assert "waits for the device: train, job 1 of elsewhere" in said
    assert "No daemon runs here" in said
    one = run_here("jobs", workspace.root, 2).stdout
    assert "Job 2 (train): failed" in one
    assert "the log's last line" in one
    summary = DatasetSummary({"train": 8, "test": 2}, {}, 0, 1, "ab12", ())
    store.finish_stage(1, "snapshot", JobResult(dataset=summary))
    coco = {"DetectionBoxes_Precision/mAP@.50IOU": 0.8125, "DetectionBoxes_Precision/mAP": None}
    evaluation = EvaluationSummary("model.ckpt-9", 9, 2, coco, None)
    store.finish_stage(1, "evaluate", JobResult(evaluation=evaluation, export="v1"))
    one = run_here("jobs", workspace.root, 1).stdout
    assert "records: 8 train, 2 test images, 1 findings" in one
    assert "evaluation: AP@.50 0.812, of model.ckpt-9" in one
    assert "export: v1" in one
    lines = run_here("jobs", workspace.root, "--json").stdout.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["running", "failed", "queued", "queued"]
    assert json.loads(lines[0])["eta"] == 45.0
    store.path.with_name("jobs.sqlite.backup-1").touch()
    assert "its backup is .boxwright/jobs.sqlite.backup-1" in run_here("jobs", workspace.root).stdout


def test_following_ends_with_the_job(workspace: Workspace) -> None:
    store = JobStore(workspace)
    for state in (State.SUCCEEDED, State.FAILED):
        number = store.submit("train").id
        store.start(number, 1)
        store.finish(number, state, "It is so." if state is State.FAILED else "")
    assert run_here("jobs", workspace.root, 1, "--follow").returncode == 0
    failed = run_here("jobs", workspace.root, 2, "--follow")
    assert failed.returncode == 1
    assert "It is so." in failed.stdout
    number = store.submit("train").id
    with subprocess.Popen(
        [sys.executable, "-m", "boxwright", "jobs", str(workspace.root), str(number), "--follow"],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert "No daemon runs here" in child.stdout.readline()
        assert child.stdout.readline() == f"job {number} (train): queued\n"
        store.cancel(number)
        assert child.stdout.readline() == f"job {number} (train): cancelled\n"
        assert child.wait(PATIENCE) == 1


def test_cancelling(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("train")
    store.submit("train")
    store.start(2, 1)
    assert run_here("cancel", workspace.root, 1).stdout == "Job 1 (train) is cancelled.\n"
    with hold_job(workspace, 2):
        assert run_here("cancel", workspace.root, 2).stdout == "Job 2 (train) is asked to save and end.\n"
        assert "asked to cancel" in run_here("jobs", workspace.root).stdout
    assert "The process of job 2 is gone" in run_here("jobs", workspace.root).stdout
    assert run_here("cancel", workspace.root, 2).stdout == "Job 2 (train) is cancelled.\n"
    for number, wanted in ((1, "has ended already (cancelled)"), (9, "no job 9"), (10**30, f"no job {10**30}")):
        refused = run_here("cancel", workspace.root, number)
        assert refused.returncode == 2
        assert wanted in refused.stderr


def test_pausing(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("train")
    paused = run_here("pause", workspace.root, 1).stdout
    assert paused == f"Job 1 (train) is paused. Let it continue with: boxwright resume {workspace.root} 1\n"
    assert "paused" in run_here("jobs", workspace.root).stdout
    assert run_here("resume", workspace.root, 1).stdout.startswith(
        "Job 1 (train) continues as soon as it is its turn.\n"
    )
    store.start(1, 1)
    assert run_here("pause", workspace.root, 1).stdout.startswith("Job 1 (train) is asked to save and wait.")
    assert run_here("resume", workspace.root, 7).returncode == 2


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"steps": "5"}, "There is no parameter 'steps'. Parameters: pipeline-config-path"),
        ({"num-steps": "--help"}, "--num-steps --help: give a whole number of 1 or more."),
        ({"preset": "; rm -rf ~"}, "--preset ; rm -rf ~: give one of ssd_inception_v2, small, demo."),
        ({"train-dir": "a\0b"}, "null"),
        ({"batch-size": 0}, "--batch-size"),
    ],
)
def test_a_job_that_another_program_wrote_badly_fails_in_words(
    workspace: Workspace, params: dict[str, str], wanted: str
) -> None:
    store = JobStore(workspace)
    store.submit("train", StoredOptions(params))
    done = run_process("run-job", workspace.root, 1)
    job = store.get(1)
    assert job.state is State.FAILED, done.stderr
    assert wanted in job.error
    assert "Traceback" not in job.error


def test_a_kind_of_a_later_boxwright_does_not_succeed(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("export-dataset")
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("UPDATE jobs SET kind = 'dream'")
    run_process("run-job", workspace.root, 1)
    job = store.get(1)
    assert (job.state, "no job of the kind 'dream'" in job.error) == (State.FAILED, True)


def test_nobody_waits_for_a_paused_job_among_others(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("train")
    store.pause(1)
    said = run_here("jobs", workspace.root, "--follow")
    assert (said.returncode, "job 1 (train): paused" in said.stdout) == (1, True)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can mount a folder read-only")
def test_a_read_only_disk_can_be_looked_at(workspace: Workspace) -> None:
    JobStore(workspace).submit("train")
    root = str(workspace.root)
    if subprocess.run(["mount", "--bind", root, root], capture_output=True, check=False).returncode:
        pytest.skip("this container lets not even root mount a folder")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", root], check=True)
        listed = run_here("jobs", root)
        assert (listed.returncode, "queued" in listed.stdout) == (0, True)
        for command in (("submit", root, "train"), ("cancel", root, 1), ("daemon", root), ("daemon", root, "--detach")):
            refused = run_process(*command)
            assert refused.returncode == 1, command
            assert "Traceback" not in refused.stderr
            assert root in refused.stderr
        assert run_process("daemon", root, "--status").returncode == 3
    finally:
        subprocess.run(["umount", "-l", root], check=False)


def test_inside_the_workspace_the_number_alone_is_enough(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    JobStore(workspace).submit("train")
    monkeypatch.chdir(workspace.root)
    assert "Job 1 (train): queued" in run_here("jobs", 1).stdout
    assert "There is no job 7" in run_here("jobs", "7").stderr


def test_run_job_is_not_in_the_help() -> None:
    shown = run_process("--help").stdout
    assert "\n  submit " in shown
    assert "\n  run-job " not in shown
