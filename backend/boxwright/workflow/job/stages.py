"""The stages of a job as calls of verbs, and what each leaves in the job's result."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxwright.errors import describe_error
from boxwright.jobs.result import DatasetSummary, EvaluationSummary, JobResult
from boxwright.progress import Reporter, end_stage, log
from boxwright.stop_signal import StopSignal
from boxwright.workflow.common.checkpoint import BEST
from boxwright.workflow.common.option import Options
from boxwright.workflow.common.step import OnStep, Step
from boxwright.workflow.dataset import DatasetOptions, make_dataset
from boxwright.workflow.detect import DetectOptions, DetectResult, detect
from boxwright.workflow.evaluate import EvaluateOptions, Evaluation, evaluate
from boxwright.workflow.export import ExportOptions, export_model
from boxwright.workflow.rank import RankOptions, rank
from boxwright.workflow.suggest import SuggestOptions, SuggestResult, suggest
from boxwright.workflow.train import TrainOptions, train
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.dataset.report import DatasetReport


@dataclass(frozen=True)
class StageCall:
    """What a stage needs.

    Attributes:
        workspace: Whose job.
        options: Of the job's kind.
        reporter: Receives the progress.
        stop: Ends the work.
        on_result: Shows what the verb returned.
    """

    workspace: Workspace
    options: Options
    reporter: Reporter
    stop: StopSignal
    on_result: OnStep

    def show(self, step: Step) -> None:
        """Show what a verb returned, after its progress."""
        end_stage(self.reporter)
        self.on_result(step)


def run_stage(stage: str, call: StageCall) -> JobResult:
    """Do a stage of a job.

    Args:
        stage: One of the stages of jobs.job.STAGES.
        call: What it needs.

    Returns:
        What came of it.

    Raises:
        BoxwrightError: It failed.
        StopRequested: It was stopped, and had nothing to save.
    """
    return _STAGES[stage](call)


def _dataset(call: StageCall) -> JobResult:
    workspace = call.workspace
    if not workspace.images.is_dir():
        return JobResult()  # records from elsewhere: training says what is missing
    options = call.options if isinstance(call.options, DatasetOptions) else DatasetOptions()
    report = make_dataset(workspace, options, call.reporter, stop=call.stop)
    call.show(Step("dataset", options, report))
    return JobResult(dataset=_summary(report, workspace))


def _train(call: StageCall) -> JobResult:
    options = _options(call, TrainOptions)
    result = train(call.workspace, options, call.reporter, stop=call.stop)
    call.show(Step("train", options, result))
    return JobResult(training=call.workspace.relative(options.train_dir or call.workspace.training))


def _evaluate(call: StageCall) -> JobResult:
    options = call.options
    if isinstance(options, TrainOptions):
        after = EvaluateOptions(BEST, options.pipeline_config_path, options.train_dir)  # what is exported next
        try:
            result = evaluate(call.workspace, after, call.reporter, stop=call.stop)
        except Exception as error:  # the model is trained all the same, and exported next
            log(call.reporter, describe_error(error))
            return JobResult(no_evaluation=describe_error(error))
    else:
        result = evaluate(call.workspace, _options(call, EvaluateOptions), call.reporter, stop=call.stop)
    call.show(Step("evaluate", options, result))
    return JobResult(evaluation=_measured(result))


def _export(call: StageCall) -> JobResult:
    options = call.options
    if not isinstance(options, TrainOptions):
        return _exported(call, _options(call, ExportOptions))
    after = ExportOptions(checkpoint=options.train_dir or BEST, pipeline_config_path=options.pipeline_config_path)
    try:
        return _exported(call, after)
    except Exception as error:  # the model is trained all the same
        log(call.reporter, describe_error(error))
        return JobResult(no_export=describe_error(error))


def _exported(call: StageCall, options: ExportOptions) -> JobResult:
    report = export_model(call.workspace, options, call.reporter, stop=call.stop)
    call.show(Step("export", options, report))
    return JobResult(export=call.workspace.relative(report.folder.absolute()))


def _detect(call: StageCall) -> JobResult:
    result: DetectResult = detect(call.workspace, _options(call, DetectOptions), call.reporter, stop=call.stop)
    call.show(Step("detect", call.options, result))
    unread = f"{len(result.findings)} images could not be read, see the log" if result.findings else ""
    return JobResult(detections=call.workspace.relative(result.folder), note=unread)


def _suggest(call: StageCall) -> JobResult:
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # a training may have the GPU
    result: SuggestResult = suggest(call.workspace, _options(call, SuggestOptions), call.reporter, stop=call.stop)
    call.show(Step("suggest", call.options, result))
    rank(call.workspace, RankOptions(), call.reporter, stop=call.stop)  # for the next photo to label
    unread = f"{len(result.findings)} images could not be read, see the log" if result.findings else ""
    return JobResult(note=unread)


_STAGES: dict[str, Callable[[StageCall], JobResult]] = {
    "dataset": _dataset,
    "snapshot": _dataset,
    "train": _train,
    "evaluate": _evaluate,
    "export": _export,
    "detect": _detect,
    "suggest": _suggest,
}


def _options(call: StageCall, kind: type[Any]) -> Any:
    assert isinstance(call.options, kind), f"a {kind.__name__} is needed, not {call.options!r}"
    return call.options


def _summary(report: DatasetReport, workspace: Workspace) -> DatasetSummary:
    paths: list[Path] = [path for paths in report.records.values() for path in paths]
    return DatasetSummary(
        images=dict(report.images),
        objects={label: dict(splits) for label, splits in report.objects.items()},
        unlabelled=report.unlabelled,
        findings=len(report.findings),
        fingerprint=report.fingerprint,
        records=tuple(workspace.relative(path) for path in paths),
    )


def _measured(evaluation: Evaluation) -> EvaluationSummary:
    record = evaluation.record
    return EvaluationSummary(
        checkpoint=evaluation.checkpoint.name,
        step=record.step,
        images=record.images,
        coco=dict(record.coco),
        pascal_voc_map=record.pascal_voc_map,
    )
