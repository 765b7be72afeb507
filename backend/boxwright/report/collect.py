"""From a run's folder to what its page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from boxwright.evaluation.confidence_interval import ConfidenceInterval
from boxwright.report import plots
from boxwright.report.content import ClassRow, ExportSection, Plot, PrecisionSection, ReportContent
from boxwright.report.dataset_section import DatasetSection, dataset_section
from boxwright.report.photos import worst_and_best
from boxwright.runs.compare import Comparison, compare_runs
from boxwright.runs.evaluation_record import EvaluationRecord, read_evaluation
from boxwright.runs.find import RecordedRun, find_runs
from boxwright.runs.metrics import read_metrics
from boxwright.runs.model_file import LABEL_LIST, MODEL_FILE, ModelFile, read_model_file
from boxwright.runs.precision_recall import Confusion, confusion, precision_recall
from boxwright.runs.record import RunRecord
from boxwright.runs.verdicts import Counts, VerdictsRecord, read_verdicts, threshold_of
from boxwright.workspace import Workspace, as_argument

CONFUSION_CLASSES = 20
EXPORT_FILES = {
    "saved_model": "SavedModel for TensorFlow 2",
    "frozen_inference_graph.pb": "frozen graph for TensorFlow 1 and 2",
    "model.tflite": "TFLite for phones and small boards",
    "model_float16.tflite": "the same at half the size",
    "model_int8.tflite": "the same at a quarter of the size",
    "model.onnx": "ONNX for ONNX Runtime and other programs",
    MODEL_FILE: "classes, input and outputs, for programs",
    LABEL_LIST: "a class name a line",
}


def collect(workspace: Workspace, run: RecordedRun, *, made: str, made_by: str) -> ReportContent:
    """Read everything that the page of a run says.

    What a run does not have is left out: a training that was not evaluated gives a page, too.

    Args:
        workspace: Whose photos, findings and exports.
        run: With its record.
        made: When, ISO 8601 in UTC.
        made_by: Program and version.
    """
    evaluation = run.record.evaluation or read_evaluation(run.folder)
    verdicts = read_verdicts(run.folder)
    if evaluation and verdicts and verdicts.checkpoint != evaluation.checkpoint:
        verdicts = None  # of another evaluation
    min_scores = _min_scores(verdicts, evaluation)
    worst, best = worst_and_best(workspace, verdicts, min_scores) if verdicts else ((), ())
    dataset = dataset_section(workspace, run.folder)
    return ReportContent(
        workspace=workspace.root.name,
        run=run.name,
        made=made,
        made_by=made_by,
        facts=_facts(run),
        dataset=dataset,
        dataset_plots=_dataset_plots(dataset),
        training_plots=_training_plots(run.folder),
        precision=_precision(evaluation, verdicts, min_scores) if evaluation else None,
        precision_plots=_precision_plots(verdicts, min_scores) if verdicts else (),
        worst=worst,
        best=best,
        config=run.record.config.text if run.record.config else "",
        comparison=_comparison(workspace, run),
        export=_export(workspace, run.record),
    )


def _min_scores(verdicts: VerdictsRecord | None, evaluation: EvaluationRecord | None) -> dict[str, float]:
    """Return the score with the best F1 of each class, else the usual one, and at least what was recorded."""
    if verdicts is None:
        return {}
    best = evaluation.best_scores if evaluation else {}
    labels = {one.label for image in verdicts.images for one in image.objects}
    labels |= {one.label for image in verdicts.images for one in image.detections}
    return {label: max(threshold_of(label, best), verdicts.min_score) for label in labels}


def _facts(run: RecordedRun) -> tuple[tuple[str, str], ...]:
    record = run.record
    trained = record.seconds_trained
    versions = record.versions
    facts: dict[str, object] = {
        "Network": record.model,
        "First weights": record.started_from,
        "Training images": run.images,
        "Steps": record.step,
        "Batch size": record.batch_size,
        "Time": None if trained is None else f"{trained / 60:.0f} min",
        "Started": record.started,
        "How it ended": run.outcome,
        "Seed": record.seed,
        "Computed with": record.device,
        "Precision of numbers": record.precision,
        "TensorFlow": versions.tensorflow if versions else None,
        "Boxwright": versions.boxwright if versions else None,
        "Dataset fingerprint": (run.fingerprint or "")[:12] or None,
    }
    return tuple((name, str(value)) for name, value in facts.items() if value not in (None, ""))


def _dataset_plots(dataset: DatasetSection) -> tuple[Plot, ...]:
    made = (
        Plot("Sizes of boxes", plots.sizes_plot(dataset.boxes)),
        Plot("Positions of boxes", plots.positions_plot(dataset.boxes)),
    )
    return tuple(plot for plot in made if plot.svg)


def _training_plots(folder: Path) -> tuple[Plot, ...]:
    rows = read_metrics(folder)
    made = (
        Plot("Losses", plots.loss_plot(rows)),
        Plot("Average precision while training", plots.ap_plot(rows), "On the test split."),
    )
    return tuple(plot for plot in made if plot.svg)


def _precision_plots(verdicts: VerdictsRecord, min_scores: Mapping[str, float]) -> tuple[Plot, ...]:
    curves = sorted(precision_recall(verdicts), key=lambda curve: (-curve.objects, curve.label))
    return tuple(
        Plot(
            curve.label,
            plots.precision_recall_plot(curve, min_scores.get(curve.label)),
            f"{curve.objects} objects; from score {verdicts.min_score:g} on.",
        )
        for curve in curves[: plots.SHOWN_CURVES]
        if curve.points
    )


def _precision(
    evaluation: EvaluationRecord, verdicts: VerdictsRecord | None, min_scores: Mapping[str, float]
) -> PrecisionSection:
    interval = _interval(evaluation, verdicts)
    shown, left_out = _shown_confusion(verdicts, min_scores)
    counts = {}
    if verdicts:
        counts = {
            row.label: verdicts.counts(threshold_of(row.label, min_scores)).get(row.label, Counts())
            for row in evaluation.classes
        }
    rows = (
        ClassRow(row, one.correct, one.false, one.missed) if (one := counts.get(row.label)) else ClassRow(row)
        for row in evaluation.classes
    )
    return PrecisionSection(
        checkpoint=evaluation.checkpoint,
        images=evaluation.images,
        ap50=evaluation.ap50,
        ap=evaluation.ap,
        interval50=interval.ap50 if interval else None,
        interval=interval.ap if interval else None,
        words=interval.in_words() if interval else _words_without_interval(evaluation),
        means_little=interval.means_little if interval else not evaluation.objects,
        classes=tuple(rows),
        confusion=shown,
        confusion_left_out=left_out,
    )


def _interval(evaluation: EvaluationRecord, verdicts: VerdictsRecord | None) -> ConfidenceInterval | None:
    found = evaluation.interval_95
    if found is None or evaluation.images is None:
        return None
    # without verdicts it is not known how many have objects; that all have is what makes the numbers look best
    with_objects = sum(bool(image.objects) for image in verdicts.images) if verdicts else evaluation.images
    return ConfidenceInterval(found.ap, found.ap50, evaluation.images, with_objects)


def _words_without_interval(evaluation: EvaluationRecord) -> str:
    if not evaluation.objects:
        return "The test split has no object, so there is no precision. Label test images with objects."
    return f"The test split has {evaluation.images} images: no interval was computed for so many."


def _shown_confusion(verdicts: VerdictsRecord | None, min_scores: Mapping[str, float]) -> tuple[Confusion | None, int]:
    """Return the matrix of the classes with the most objects, and how many classes it leaves out."""
    if verdicts is None:
        return None, 0
    whole = confusion(verdicts, min_scores)
    sums = [sum(row) + missed for row, missed in zip(whole.counts, whole.missed, strict=True)]
    largest = sorted(range(len(sums)), key=lambda index: (-sums[index], index))[:CONFUSION_CLASSES]
    kept = sorted(largest)
    shown = Confusion(
        labels=tuple(whole.labels[index] for index in kept),
        counts=tuple(tuple(whole.counts[row][column] for column in kept) for row in kept),
        missed=tuple(whole.missed[index] for index in kept),
        spurious=tuple(whole.spurious[index] for index in kept),
    )
    return (shown if kept else None), len(sums) - len(kept)


def _comparison(workspace: Workspace, run: RecordedRun) -> Comparison | None:
    """Compare with the run that started last before this one."""
    runs = find_runs(workspace.root)
    place = next((index for index, one in enumerate(runs) if one.folder.resolve() == run.folder.resolve()), 0)
    return compare_runs(runs[place - 1], replace(run, name=runs[place].name)) if place else None


def newest_export(workspace: Workspace, record: RunRecord) -> tuple[Path, ModelFile] | None:
    """Return the newest export of a run, known by configuration and dataset, and its model.json."""
    found: list[tuple[int, str, Path, ModelFile]] = []
    try:
        folders = [path for path in workspace.exports.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        folders = []
    for folder in folders:
        model = read_model_file(folder)
        if model is not None and _is_of(model, record):
            found.append((folder.stat().st_mtime_ns, folder.name, folder, model))
    if not found:
        return None
    _, _, folder, model = max(found, key=lambda one: one[:2])
    return folder, model


def _export(workspace: Workspace, record: RunRecord) -> ExportSection:
    root = as_argument(workspace.root)
    newest = newest_export(workspace, record)
    if newest is None:
        return ExportSection("", root)
    folder, model = newest
    return ExportSection(
        folder=as_argument(folder),
        workspace=root,
        files=tuple((name, words) for name, words in EXPORT_FILES.items() if (folder / name).exists()),
        classes=tuple(f"{one.id} {one.display_name or one.name}" for one in model.classes),
        size=(model.input.width, model.input.height),
        code_path=repr(str(folder / "saved_model")),
    )


def _is_of(model: ModelFile, record: RunRecord) -> bool:
    config = record.config.sha256 if record.config else ""
    fingerprint = record.dataset.fingerprint if record.dataset else ""
    return bool(config) and (model.training.config_sha256, model.training.dataset_fingerprint or "") == (
        config,
        fingerprint,
    )
