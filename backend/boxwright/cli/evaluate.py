"""`boxwright evaluate`: how good the newest checkpoint is, per class."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boxwright.cli.console import echo, print_table, reporting
from boxwright.cli.options import Folder
from boxwright.cli.tensorflow_quiet import quiet_tensorflow
from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.evaluation.evaluate import EvaluationResult
    from boxwright.runs.evaluation_record import EvaluationRecord


def evaluate(
    folder: Folder = Path(),
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="PREFIX",
            help="Checkpoint, for example training/model.ckpt-200.",
            show_default="the newest of the training folder",
        ),
    ] = None,
    pipeline_config_path: Annotated[
        Path | None, typer.Option(help="Configuration.", show_default="pipeline.config of the training folder")
    ] = None,
    train_dir: Annotated[
        Path | None, typer.Option(help="Training folder; results go there.", show_default="DIR/training")
    ] = None,
) -> None:
    """Measure a checkpoint on the test split: COCO AP and AR, AP@.50 and Pascal VOC AP per class.

    Prints a table, writes evaluation.json and TensorBoard scalars and pictures (eval/) into the training folder, and
    puts the result into run.json. Looks at the records that eval_input_reader of the configuration names.

    Example:
      boxwright evaluate training_demo
    """
    workspace = Workspace.find(folder)
    training = train_dir or workspace.training
    config_path = pipeline_config_path or training / "pipeline.config"
    quiet_tensorflow()
    from boxwright.checkpoints.store import resolve_prefix
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.dataset.store.records import resolve_records
    from boxwright.evaluation.evaluate import evaluate as run_evaluation
    from boxwright.evaluation.summaries import write_summaries
    from boxwright.inference.restore import restore_model
    from boxwright.pipeline.check import check_num_classes, check_supported
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths
    from boxwright.runs.evaluation_record import write_evaluation

    config = load_pipeline(config_path)
    check_supported(config, purpose="evaluate", path=str(config_path))
    paths = resolve_paths(config, workspace.root, purpose="evaluate", path=str(config_path))
    records = resolve_records(paths.eval_records or [str(workspace.record("test"))], workspace.root)
    label_map_path = paths.eval_label_map or paths.train_label_map or workspace.label_map
    label_map = read_label_map(label_map_path)
    check_num_classes(config, label_map, config_path=str(config_path), label_map_path=str(label_map_path))
    prefix = resolve_prefix(checkpoint or training)
    readers = list(config.eval_input_reader)
    every = readers[0].sample_1_of_n_examples if readers else 1

    settings = config.eval_config
    with reporting() as reporter:
        model, step = restore_model(config, prefix)
        result = run_evaluation(
            model,
            records,
            label_map,
            num_examples=settings.num_examples,
            sample_1_of_n=every,
            reporter=reporter,
        )
    if not result.images:
        raise BoxwrightError(
            f"{', '.join(str(path) for path in records)}: the test split has no image, so there is nothing to measure. "
            "Label more images, put some into images/test or give --test-fraction to boxwright dataset."
        )
    _say_result(result, prefix, step)
    write_summaries(
        training / "eval",
        result,
        step,
        records=records,
        label_map=label_map,
        num_pictures=settings.num_visualizations,
        min_score=settings.min_score_threshold,
        max_boxes=settings.max_num_boxes_to_visualize,
        sample_1_of_n=every,
    )
    names = [workspace.relative(path) for path in records]
    record = result.record(prefix.name, step, names)
    path = write_evaluation(training, record)
    _record(workspace, training, record)
    echo(f"Wrote {path}; boxwright tensorboard shows curves and pictures.")


def _record(workspace: Workspace, training: Path, evaluation: EvaluationRecord) -> None:
    """Put the result beside the conditions of the training that it came from."""
    from boxwright.runs.readme import update_readme
    from boxwright.runs.record import Results, RunRecord, read_run, write_run

    record = replace(read_run(training) or RunRecord(), results=Results(evaluation))
    write_run(training, record)
    if training.resolve() == workspace.training.resolve() and record.config:
        update_readme(workspace.readme, record)


def _say_result(result: EvaluationResult, prefix: Path, step: int) -> None:
    metrics = result.metrics
    rows: list[tuple[object, ...]] = [
        (row.label, row.objects, _shown(row.ap50), _shown(row.ap), _shown(row.voc_ap)) for row in metrics.classes
    ]
    overall = metrics.summary["DetectionBoxes_Precision/mAP"]
    total = sum(row.objects for row in metrics.classes)
    rows.append(("all classes", total, _shown(metrics.ap50), _shown(overall), _shown(metrics.voc_map)))
    title = f"{prefix} (step {step:,}) on {metrics.images:,} test images"
    print_table(("class", "objects", "AP@.50", "AP@[.50:.95]", "VOC AP@.5"), rows, title=title)
    echo()
    print_table(("COCO", ""), [(tag.partition("_")[2], _shown(value)) for tag, value in metrics.summary.items()])
    echo("- stands where the test split has no such object; those do not count in the means.")
    if result.dropped:
        echo(f"{result.dropped:,} objects have a class that the label map does not know, and were left out.")
    if total == 0:
        echo("The test split has no object, so there is no precision to measure; only false alarms were possible.")
    elif metrics.confidence_interval:
        echo(metrics.confidence_interval.in_words())


def _shown(value: float) -> float | None:
    return None if math.isnan(value) else value
