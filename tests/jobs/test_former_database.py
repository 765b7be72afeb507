"""A list of jobs that the version of October 2026 wrote, with its own workers, is read and its jobs continue.

former/jobs.sqlite was made by that version: jobs 1 and 2 ran to their end, the process of job 3 was killed while it
trained, job 4 was paused while it trained; 6, 8 and 9 were running when they were asked to pause, to go back into the
queue (by the daemon) and to be cancelled. Afterwards the folder in front of the paths was removed.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from boxwright.jobs.job import JobRequest, State
from boxwright.jobs.result import DatasetSummary
from boxwright.jobs.store import JobStore
from boxwright.jobs.supervisor import Supervisor
from boxwright.workflow.detect import DetectOptions
from boxwright.workflow.export import ExportOptions, Format
from boxwright.workflow.job.kinds import read_options
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace
from command_line import run_here
from tiny_workspaces import add_export

FORMER = Path(__file__).with_name("former") / "jobs.sqlite"

DATASET = DatasetSummary(
    images={"train": 6, "test": 2},
    objects={
        "apple": {"train": 5, "test": 3},
        "button": {"train": 3, "test": 1},
        "leaf": {"train": 7, "test": 1},
    },
    unlabelled=0,
    findings=3,
    fingerprint="c325a9d4d05b0ee6af93e608cbd9fa45e8f33a8e02bf21250a94c86102ad3812",
    records=("annotations/train.record", "annotations/test.record"),
)


@pytest.fixture
def store(workspace: Workspace) -> JobStore:
    workspace.state.mkdir()
    shutil.copyfile(FORMER, workspace.state / "jobs.sqlite")
    return JobStore(workspace)


def test_states_and_requests(store: JobStore) -> None:
    assert {job.id: (job.state, job.request) for job in store.newest()} == {
        1: (State.SUCCEEDED, JobRequest.NONE),
        2: (State.SUCCEEDED, JobRequest.NONE),
        3: (State.RUNNING, JobRequest.NONE),
        4: (State.PAUSED, JobRequest.NONE),
        5: (State.CANCELLED, JobRequest.NONE),
        6: (State.RUNNING, JobRequest.PAUSE),
        7: (State.QUEUED, JobRequest.NONE),
        8: (State.RUNNING, JobRequest.REQUEUE),
        9: (State.RUNNING, JobRequest.CANCEL),
        10: (State.FAILED, JobRequest.NONE),
    }
    assert not list(store.path.parent.glob("jobs.sqlite.backup-*"))


def test_results(store: JobStore) -> None:
    trained, dataset = store.get(1).result, store.get(2).result
    assert trained.dataset == dataset.dataset == DATASET
    assert (trained.training, trained.export) == ("training", "trained-inference-graphs/output_inference_graph_v1")
    assert trained.evaluation is not None
    assert (trained.evaluation.checkpoint, trained.evaluation.step, trained.evaluation.images) == ("model.ckpt-4", 4, 2)
    assert trained.evaluation.precision(at=".50") == pytest.approx(0.00574, rel=1e-3)
    assert trained.evaluation.coco["DetectionBoxes_Precision/mAP (small)"] is None
    assert store.get(10).error == "images/a.jpg: there is no such image."


def test_options(store: JobStore) -> None:
    add_export(store.workspace)
    options = {job.id: read_options(job, store.workspace) for job in store.newest()}
    assert options[1] == TrainOptions(num_steps=4, preset="demo", batch_size=2)
    assert options[3] == TrainOptions(num_steps=4000, train_dir=Path("other"), deterministic=True)
    assert options[4] == TrainOptions(num_steps=4000, train_dir=Path("third"), fine_tune_checkpoint="none")
    assert options[6] == DetectOptions(images=(Path("ws/images"),), min_score=0.3)
    assert options[7] == ExportOptions(formats=(Format.TFLITE,))
    assert options[10] == DetectOptions(images=(Path("images/a.jpg"), Path("images/b.jpg")))


def test_the_supervisor_settles_the_jobs_whose_processes_are_gone(
    store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervise((sys.executable, "-c", "")).tick()
    assert {number: store.get(number).state for number in (3, 4, 6, 8, 9)} == {
        3: State.QUEUED,
        4: State.PAUSED,
        6: State.PAUSED,
        8: State.QUEUED,
        9: State.CANCELLED,
    }
    assert store.get(3).finished == ("snapshot",)


def test_the_command_line_shows_and_changes_them(store: JobStore) -> None:
    listed = run_here("jobs", store.workspace.root)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert [line.split()[:3] for line in listed.stdout.splitlines()[2:12]][3] == ["4", "train", "paused"]
    assert run_here("resume", store.workspace.root, 4).returncode == 0
    assert run_here("cancel", store.workspace.root, 7).returncode == 0
    assert (store.get(4).state, store.get(7).state) == (State.QUEUED, State.CANCELLED)
    assert store.submit("evaluate").id == 11
