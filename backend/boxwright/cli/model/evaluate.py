"""`boxwright evaluate`: how good the newest checkpoint is, per class."""

from __future__ import annotations

import math
from pathlib import Path

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, print_table, reporting
from boxwright.workflow.evaluate import EvaluateOptions, Evaluation
from boxwright.workflow.evaluate import evaluate as measure
from boxwright.workspace import Workspace


@takes_options
def evaluate(options: EvaluateOptions, folder: Folder = Path()) -> None:
    """Measure a checkpoint on the test split: COCO AP and AR, AP@.50 and Pascal VOC AP per class.

    Prints a table, writes evaluation.json, verdicts.json (for boxwright mistakes) and TensorBoard scalars and pictures
    (eval/) into the training folder, and puts the result into run.json. For each class it gives the score that
    maximises F1: what scores less is better left out. Takes the records that eval_input_reader of the configuration
    names.

    Example:
      boxwright evaluate training_demo
    """
    workspace = Workspace.find(folder)
    with reporting() as reporter:
        evaluation = measure(workspace, options, reporter, on_measured=show_metrics)
    _show_place(evaluation)


def show_evaluation(evaluation: Evaluation) -> None:
    """Print the metrics, and where they are."""
    show_metrics(evaluation)
    _show_place(evaluation)


def _show_place(evaluation: Evaluation) -> None:
    echo(f"Wrote {evaluation.file}; boxwright tensorboard shows curves and pictures.")


def show_metrics(evaluation: Evaluation) -> None:
    """Print the metrics per class, and COCO's."""
    result = evaluation.result
    metrics = result.metrics
    best = evaluation.record.best_scores
    rows: list[tuple[object, ...]] = [
        (row.label, row.objects, _shown(row.ap50), _shown(row.ap), _shown(row.voc_ap), best.get(row.label))
        for row in metrics.classes
    ]
    overall = metrics.summary["DetectionBoxes_Precision/mAP"]
    total = sum(row.objects for row in metrics.classes)
    rows.append(("all classes", total, _shown(metrics.ap50), _shown(overall), _shown(metrics.voc_map), None))
    title = f"{evaluation.checkpoint} (step {evaluation.step:,}) on {metrics.images:,} test images"
    print_table(("class", "objects", "AP@.50", "AP@[.50:.95]", "VOC AP@.5", "best score"), rows, title=title)
    echo()
    print_table(("COCO", ""), [(tag.partition("_")[2], _shown(value)) for tag, value in metrics.summary.items()])
    echo("- stands where the test split has no such object; those do not count in the means.")
    if result.dropped:
        echo(f"{result.dropped:,} objects have a class that the model does not know, and were left out.")
    if total == 0:
        echo("The test split has no object, so there is no precision to measure; only false alarms were possible.")
    elif metrics.confidence_interval:
        echo(metrics.confidence_interval.in_words())


def _shown(value: float) -> float | None:
    return None if math.isnan(value) else value
