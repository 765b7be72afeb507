"""What model.json says of an exported checkpoint."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path, PureWindowsPath

from boxwright.checkpoints.best import BEST_FOLDER
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.preprocessing import resized_shape
from boxwright.pipeline import messages
from boxwright.runs.evaluation_record import EvaluationRecord
from boxwright.runs.model_file import ModelClass, ModelFile, ModelInput, ModelTraining
from boxwright.runs.record import RunRecord, read_run
from boxwright.zoo.catalogue import CATALOGUE

LICENCE_OF_ZOO_MODELS = "Apache-2.0"


def describe_model(
    pipeline_config: messages.TrainEvalPipelineConfig, labels: LabelMap, checkpoint_prefix: Path, step: int
) -> ModelFile:
    """Return model.json of a checkpoint.

    Args:
        pipeline_config: The configuration.
        labels: The label map; empty when there is none.
        checkpoint_prefix: Its run.json is in its folder, or above best/.
        step: Of the checkpoint.
    """
    folder = checkpoint_prefix.parent
    run = read_run(folder.parent if folder.name == BEST_FOLDER else folder) or RunRecord()
    evaluation = run.evaluation if run.evaluation and run.evaluation.step == step else None
    measured = {record.label: record.ap50 for record in evaluation.classes} if evaluation else {}
    best = evaluation.best_scores if evaluation else {}
    height, width = resized_shape(pipeline_config.model.ssd.image_resizer)
    is_padded = pipeline_config.model.ssd.image_resizer.HasField("keep_aspect_ratio_resizer")
    classes = [
        ModelClass(number, name, labels.display_names.get(name), measured.get(name), best.get(name))
        for name, number in sorted(labels.items(), key=lambda item: item[1])
    ]
    return ModelFile(
        feature_extractor=pipeline_config.model.ssd.feature_extractor.type,
        classes=tuple(classes),
        input=ModelInput(width, height, "pad" if is_padded else "stretch"),
        training=_training(pipeline_config, run, evaluation, step),
        made_by=f"boxwright {importlib.metadata.version('boxwright')}",
    )


def _training(
    pipeline_config: messages.TrainEvalPipelineConfig, run: RunRecord, evaluation: EvaluationRecord | None, step: int
) -> ModelTraining:
    while_training = next((entry for entry in reversed(run.evaluations) if entry.step == step), None)
    ap, ap50, images = None, None, None
    if evaluation is not None:
        ap, ap50, images = evaluation.ap, evaluation.ap50, evaluation.images
    elif while_training is not None:
        ap, ap50 = while_training.ap, while_training.ap50
    return ModelTraining(
        step=step,
        dataset_fingerprint=run.dataset.fingerprint if run.dataset else None,
        images=run.dataset.images if run.dataset else None,
        config_sha256=run.config.sha256 if run.config else None,
        started_from=run.started_from,
        weights_licence=_licence(pipeline_config.train_config.fine_tune_checkpoint),
        test_images=images,
        ap=ap,
        ap50=ap50,
    )


def _licence(fine_tune_checkpoint: str) -> str | None:
    """Return the licence of the first weights; None when they are not known, or random."""
    folders = PureWindowsPath(fine_tune_checkpoint).parts  # of either separator
    return LICENCE_OF_ZOO_MODELS if any(folder in CATALOGUE for folder in folders) else None
