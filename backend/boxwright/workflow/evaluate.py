"""How good a checkpoint is on the test split, per class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from boxwright.errors import BoxwrightError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.tiling.grid import TileSize, parse_tiles
from boxwright.workflow.common.checkpoint import LAST, choose_checkpoint
from boxwright.workflow.common.model_inputs import load_inputs
from boxwright.workflow.common.option import TILES, Options, option
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.dataset.plan.label_map import LabelMap
    from boxwright.evaluation.evaluate import EvaluationResult
    from boxwright.pipeline.messages import TrainEvalPipelineConfig
    from boxwright.runs.evaluation_record import EvaluationRecord


NO_IMAGE = (
    "the test split has no image, so there is nothing to measure. "
    "Label more images, put some into images/test or give --test-fraction to boxwright dataset."
)


@dataclass(frozen=True)
class EvaluateOptions(Options):
    """Options of `evaluate`.

    Attributes:
        checkpoint: "best" or "last" of the training folder, or the number of a step of it; or the prefix of another
            one. None for "last".
        pipeline_config_path: The configuration; None for the training folder's.
        train_dir: Training folder, where results go; None for the workspace's training/.
        tiles: Look at large photos in tiles, too: "auto" or "WxH" in pixels; None for whole photos only.
    """

    checkpoint: Path | Literal["best", "last"] | None = option(
        None,
        "The best or last checkpoint of the training folder, the one of step N, or the prefix of another one.",
        metavar="best|last|N|PREFIX",
        show_default="last",
        is_checkpoint=True,
    )
    pipeline_config_path: Path | None = option(
        None, "Configuration.", show_default="pipeline.config of the training folder"
    )
    train_dir: Path | None = option(None, "Training folder; results go there.", show_default="DIR/training")
    tiles: str | None = option(None, TILES, metavar="auto|WxH")


@dataclass(frozen=True)
class Evaluation:
    """A checkpoint that was measured.

    Attributes:
        checkpoint: Its prefix.
        step: The global step that it was saved at.
        result: The metrics, and what they were computed from.
        record: The metrics as `file` has them.
        file: evaluation.json.
    """

    checkpoint: Path
    step: int
    result: EvaluationResult
    record: EvaluationRecord
    file: Path


def evaluate(
    workspace: Workspace,
    options: EvaluateOptions = EvaluateOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
    on_measured: Callable[[Evaluation], None] = lambda evaluation: None,
) -> Evaluation:
    """Measure a checkpoint on the test split: COCO AP and AR, AP@.50 and Pascal VOC AP per class.

    Writes evaluation.json, verdicts.json (every mistake) and TensorBoard scalars and pictures (eval/) into the training
    folder, and puts the result into run.json and the workspace's README.

    Args:
        workspace: Relative paths of the configuration start here.
        options: What is measured.
        reporter: Receives the number of images done.
        stop: Ends the work between two batches.
        on_measured: Is handed the result before it is written: a full disk must not hide it.

    Raises:
        UsageError: The size of the tiles is none.
        BoxwrightError: The configuration or the checkpoint cannot be used, or the test split has no image.
    """
    tiles = None if options.tiles is None else parse_tiles(options.tiles)
    training = options.train_dir or workspace.training
    config_path = options.pipeline_config_path or training / "pipeline.config"
    quiet_tensorflow()
    from boxwright.evaluation.detector import evaluate_detector
    from boxwright.evaluation.evaluate import evaluate as run_evaluation
    from boxwright.inference.restore import restore_model
    from boxwright.inference.serving import model_detector
    from boxwright.inference.tiled import TiledDetector
    from boxwright.runs.evaluation_record import EVALUATION_FILE
    from boxwright.runs.verdicts import write_verdicts

    config, records, label_map = load_inputs(workspace, config_path, "test", reporter)
    prefix = choose_checkpoint(training, options.checkpoint or LAST, reporter)
    model, step = restore_model(config, prefix)
    measure = partial(run_evaluation, model)
    if options.tiles is not None:
        detector = model_detector(model, {number: name for name, number in label_map.items()}, prefix)
        height, width = model.image_size
        measure = partial(evaluate_detector, TiledDetector(detector, tiles or TileSize(width, height)))
    result = measure(
        records,
        label_map,
        num_examples=config.eval_config.num_examples,
        sample_1_of_n=_sample_1_of_n(config),
        reporter=interruptible(reporter, stop),
    )
    if not result.images:
        raise BoxwrightError(f"{', '.join(map(str, records))}: {NO_IMAGE}")
    record = replace(
        result.record(prefix.name, step, [workspace.relative(path) for path in records]), tiles=options.tiles
    )
    evaluation = Evaluation(prefix, step, result, record, training / EVALUATION_FILE)
    on_measured(evaluation)
    _write_summaries(training / "eval", config, result, step, records, label_map)
    _write_record(workspace, training, record)
    write_verdicts(training, result.verdicts(prefix.name, step))
    return evaluation


def _sample_1_of_n(config: TrainEvalPipelineConfig) -> int:
    readers = list(config.eval_input_reader)
    return int(readers[0].sample_1_of_n_examples) if readers else 1


def _write_summaries(
    folder: Path,
    config: TrainEvalPipelineConfig,
    result: EvaluationResult,
    step: int,
    records: Sequence[Path],
    label_map: LabelMap,
) -> None:
    from boxwright.evaluation.summaries import write_summaries

    eval_config = config.eval_config
    write_summaries(
        folder,
        result,
        step,
        records=records,
        label_map=label_map,
        num_pictures=eval_config.num_visualizations,
        min_score=eval_config.min_score_threshold,
        max_boxes=eval_config.max_num_boxes_to_visualize,
        sample_1_of_n=_sample_1_of_n(config),
    )


def _write_record(workspace: Workspace, training: Path, evaluation: EvaluationRecord) -> None:
    """Write evaluation.json, and put the result beside the conditions of the training that it came from."""
    from boxwright.runs.evaluation_record import write_evaluation
    from boxwright.runs.readme import update_readme
    from boxwright.runs.record import Results, RunRecord, read_run, write_run

    write_evaluation(training, evaluation)
    record = replace(read_run(training) or RunRecord(), results=Results(evaluation))
    write_run(training, record)
    if training.resolve() == workspace.training.resolve() and record.config:
        update_readme(workspace.readme, record)
