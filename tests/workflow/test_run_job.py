"""The process of a job: options from the store, stages as calls of verbs, requests."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from boxwright.errors import BoxwrightError, UsageError
from boxwright.export.formats import Format
from boxwright.jobs.job import CONTINUED, DEVICE_KINDS, JobRequest, State
from boxwright.jobs.result import DatasetSummary, JobResult
from boxwright.jobs.store import JobStore
from boxwright.progress import Progress, silent
from boxwright.stop_signal import StopRequested, StopSignal, interruptible
from boxwright.workflow.detect import DetectOptions
from boxwright.workflow.evaluate import EvaluateOptions
from boxwright.workflow.export import ExportOptions
from boxwright.workflow.job import run as process
from boxwright.workflow.job import stages
from boxwright.workflow.job.kinds import parse_params, read_options
from boxwright.workflow.job.stages import StageCall
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work", {"a.jpg": ["dog"], "b.jpg": ["dog"]})


def run(workspace: Workspace, number: int = 1) -> None:
    process.run_job(workspace, number, silent, stop=StopSignal())


def test_parameters_become_options_with_absolute_paths(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (workspace.root / "mine.config").touch()
    given = ["num_steps=5", "--batch-size=2", "pipeline-config-path=mine.config", "train-dir=other", "xla=true"]
    options = TrainOptions(
        num_steps=5,
        batch_size=2,
        pipeline_config_path=workspace.root / "mine.config",
        train_dir=tmp_path / "other",
        xla=True,
    )
    assert parse_params("train", given, workspace) == options
    job = JobStore(workspace).submit("train", options)
    assert read_options(job, workspace) == options
    assert job.params["num-steps"] == 5
    formats = parse_params("export", ["format=tflite", "format=onnx"], workspace)
    assert formats == ExportOptions(formats=(Format.TFLITE, Format.ONNX))
    for given in ("best", "last"):
        assert parse_params("export", [f"checkpoint={given}"], workspace).checkpoint == given  # type: ignore[attr-defined]
    assert parse_params("export", ["checkpoint=50"], workspace) == ExportOptions(checkpoint=Path("50"))


def test_the_row_of_an_earlier_version_is_the_same_job(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("train")
    rows = (
        ("train", '{"num-steps": "500", "batch-size": "auto", "deterministic": "false", "seed": "3"}'),
        ("export", '{"format": "tflite\\nonnx", "checkpoint": "/a/model.ckpt-5"}'),
    )
    with closing(sqlite3.connect(store.path)) as database, database:
        database.executemany("INSERT INTO jobs (kind, params, state, created) VALUES (?, ?, 'queued', 1)", rows)
    assert read_options(store.get(2), workspace) == TrainOptions(
        num_steps=500, batch_size="auto", deterministic=False, seed=3
    )
    assert read_options(store.get(3), workspace) == ExportOptions(
        checkpoint=Path("/a/model.ckpt-5"), formats=(Format.TFLITE, Format.ONNX)
    )


def test_detect_takes_the_newest_export_and_the_workspaces_images(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BoxwrightError, match="no exported model"):
        parse_params("detect", [], workspace)
    (workspace.exports / "v1").mkdir(parents=True)
    assert parse_params("detect", [], workspace) == DetectOptions()
    given = [f"images={tmp_path / 'one'}", f"images={tmp_path / 'two'}", "min-score=0.3"]
    options = parse_params("detect", given, workspace)
    assert options == DetectOptions(images=(tmp_path / "one", tmp_path / "two"), min_score=0.3)
    with pytest.raises(UsageError, match=r"min-score 2: give a number from 0 to 1"):
        parse_params("detect", ["min-score=2"], workspace)


def test_evaluation_and_export_take_folder_and_configuration_of_the_training_before_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def fake(workspace: Workspace, options: object, *_: object, **__: object) -> None:
        seen.append(options)
        raise UsageError("enough")

    monkeypatch.setattr(stages, "evaluate", fake)
    monkeypatch.setattr(stages, "export_model", fake)
    folder, config = workspace.root / "other", workspace.root / "mine.config"
    options = TrainOptions(num_steps=5, train_dir=folder, pipeline_config_path=config)
    call = StageCall(workspace, options, silent, StopSignal(), lambda step: None)
    result = stages.run_stage("evaluate", call)
    assert result == JobResult(no_evaluation="enough")  # a model without a test split is a model all the same
    later = stages.run_stage("export", call)
    assert later == JobResult(no_export="enough")
    assert result.merged(later).shortfall == "trained, not evaluated: enough; trained, not exported: enough"
    assert seen == [
        EvaluateOptions("best", config, folder),
        ExportOptions(checkpoint=folder, pipeline_config_path=config),
    ]


@pytest.mark.parametrize(
    ("unlabelled", "export", "kinds"),
    [(3, "exports/v1", ["train", "suggest"]), (0, "exports/v1", ["train"]), (3, "", ["train"])],
)
def test_after_a_training_suggestions_are_queued_once_where_photos_have_no_labels(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, unlabelled: int, export: str, kinds: list[str]
) -> None:
    store = JobStore(workspace)
    dataset = DatasetSummary({}, {}, unlabelled, 0, "", ())
    monkeypatch.setattr(process, "run_stage", lambda stage, call: JobResult(dataset=dataset, export=export))
    monkeypatch.setattr(process, "_device", lambda *_: nullcontext(True))
    store.submit("train")
    run(workspace)
    assert [job.kind for job in store.newest()] == kinds
    store.submit("train")
    run(workspace, store.newest()[-1].id)
    assert [job.kind for job in store.newest()] == [*kinds, "train"], "one that waits is enough"


def test_a_suggest_job_continues_and_runs_beside_a_training(workspace: Workspace) -> None:
    assert "suggest" in CONTINUED
    assert "suggest" not in DEVICE_KINDS
    with pytest.raises(BoxwrightError, match="no exported model"):
        parse_params("suggest", [], workspace)


def test_the_dataset_job_leaves_its_counts(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("export-dataset")
    run(workspace)
    job = store.get(1)
    assert (job.state, job.finished) == (State.SUCCEEDED, ("dataset",)), job.error
    assert job.result.dataset is not None
    assert sum(job.result.dataset.images.values()) == 2
    assert set(job.result.dataset.objects) == {"dog"}


def test_a_process_whose_list_was_deleted_leaves_the_new_one_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(workspace)

    def stage(name: str, call: StageCall) -> JobResult:
        store.path.unlink()
        store.submit("evaluate")
        assert store.start(1, 7)
        deadline = time.monotonic() + 30
        while not call.stop and time.monotonic() < deadline:
            time.sleep(0.01)
        assert call.stop.reason == "the list of jobs was deleted"
        return JobResult(training="by the old one")

    def failing(name: str, call: StageCall) -> JobResult:
        stage(name, call)
        raise BoxwrightError("too late")

    for what in (stage, failing):
        store.path.unlink(missing_ok=True)
        store.submit("export-dataset")
        monkeypatch.setattr(process, "run_stage", what)
        run(workspace)
        job = store.get(1)
        assert (job.kind, job.state, job.pid, job.result) == ("evaluate", State.RUNNING, 7, JobResult())


@pytest.mark.parametrize(
    ("request_", "becomes"),
    [
        (JobRequest.PAUSE, State.PAUSED),
        (JobRequest.REQUEUE, State.QUEUED),
        (JobRequest.CANCEL, State.CANCELLED),
    ],
)
def test_a_request_ends_work_that_saves_nothing_at_its_next_report(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, request_: JobRequest, becomes: State
) -> None:
    store = JobStore(workspace)
    asks = {JobRequest.PAUSE: store.pause, JobRequest.REQUEUE: store.request_requeue, JobRequest.CANCEL: store.cancel}

    def stage(name: str, call: StageCall) -> JobResult:
        asks[request_](1)
        reporter = interruptible(call.reporter, call.stop)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            reporter(Progress("reading images", 1, 2))
            time.sleep(0.01)
        return JobResult()

    monkeypatch.setattr(process, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(process, "run_stage", stage)
    store.submit("export-dataset")
    run(workspace)
    assert store.get(1).state is becomes


def test_rate_and_time_left_are_noted(workspace: Workspace) -> None:
    store = JobStore(workspace)
    store.submit("export-dataset")
    store.start(1, 5)
    now = [0.0]
    seen: list[Progress] = []
    reporter = process._JobReporter(store, 1, seen.append, clock=lambda: now[0])
    for done in range(6):
        now[0] = done
        reporter(Progress("reading images", done, 10))
    reporter(Progress("", message="a line that belongs to no stage"))
    job = store.get(1)
    assert (job.doing, job.done, job.rate, job.eta) == ("reading images", 5, 1.0, 5.0)
    assert len(seen) == 7


def test_only_the_main_thread_is_interrupted() -> None:
    stop = StopSignal()
    reporter = interruptible(silent, stop)
    reporter(Progress("reading", 1))
    stop.request("cancel")
    with pytest.raises(StopRequested, match="cancel"):
        reporter(Progress("reading", 2))
    assert interruptible(silent, None) is silent
