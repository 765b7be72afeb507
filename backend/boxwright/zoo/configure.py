"""Adapting the pipeline.config of a pretrained model, so that it trains the model on a workspace's classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from boxwright.pipeline import messages
from boxwright.pipeline.load import load_pipeline, parse_pipeline
from boxwright.pipeline.presets import PRESETS, build_preset, set_image_size
from boxwright.pipeline.support.check import check_supported
from boxwright.pipeline.support.supported import SUPPORTED
from boxwright.workspace import SPLITS, Workspace
from boxwright.zoo.errors import ZooError

NUM_STEPS = 2000
BATCH_SIZE = 8  # of images of 300x300: 16 GB of memory train any of the zoo's SSDs on them
LARGE_BATCH_SIZE = 4
LARGE = 320 * 320  # pixels; above, the batch is the smaller one
LEARNING_RATE = 3e-4  # Adam's; docs/reference/fine-tuning.md has what was measured
WARMUP_SHARE = 0.1  # of the learning rate, at the first step
WARMUP_STEPS = 50
CLASS_BIAS = -4.6  # a new class starts at a score of .01, as most anchors are background
GRADIENT_NORM = 10.0  # limits the effect that a first batch of unusual crops has on the pretrained weights
SCORE_THRESHOLD = 1e-8  # the zoo's archives have .3, which cuts off the precision-recall curve of average precision
QUICK_DECAY = 0.97  # of batch norm's moving statistics: follows within 100 steps
STATISTICS_LEFT = 0.1  # the largest acceptable share of the old data's statistics after the last step


@dataclass(frozen=True)
class Configured:
    """A configuration for a workspace.

    Attributes:
        config: The configuration.
        source: Its origin, in words.
        changes: The differences from the original, one sentence each.
    """

    config: messages.TrainEvalPipelineConfig
    source: str
    changes: tuple[str, ...]

    def header(self, name: str) -> str:
        """Return the comment above a written configuration."""
        lines = [f"Zoo {name}: {self.source}, fitted to this workspace by Boxwright."]
        lines += [f"- {change}" for change in self.changes]
        return "\n".join([*lines, "From here on the file is yours to edit."])


def configure(
    workspace: Workspace,
    *,
    source: Path | None,
    extractor: str | None,
    prefix: Path,
    num_classes: int,
    num_steps: int | None = None,
    batch_size: int | None = None,
    image_size: int | None = None,
) -> Configured:
    """Return a configuration that trains a pretrained model on a workspace.

    The network, its anchors, losses and augmentation are kept; classes, paths, schedule and batch size are replaced.

    Args:
        workspace: The training folder.
        source: The model's own pipeline.config; None when it has none.
        extractor: The feature extractor if the catalogue has it; without a `source` it selects a preset.
        prefix: The checkpoint, within the workspace.
        num_classes: The highest id of the label map.
        num_steps: The number of steps; NUM_STEPS by default.
        batch_size: The batch size; BATCH_SIZE or LARGE_BATCH_SIZE by default.
        image_size: The width and height of the network's input in pixels; the model's own by default.

    Raises:
        PipelineError: The model's configuration cannot be read or is not supported.
        ZooError: The model has no configuration, and there is no preset with its network.
    """
    pipeline_config, origin = _original(source, extractor)
    changes = [f"num_classes: {num_classes}, as annotations/label_map.pbtxt has them"]
    changes += _drop_quantization(pipeline_config)
    if image_size is not None:
        set_image_size(pipeline_config, image_size)
        changes.append(f"input of {image_size} x {image_size} pixels; the anchors grow with it")
    steps, batch = num_steps or NUM_STEPS, batch_size or _batch_size(pipeline_config)
    _set_inputs(pipeline_config, workspace)
    changes += _set_training(pipeline_config, workspace.relative(prefix), steps, batch)
    check_supported(pipeline_config, purpose="train", path=f"The model cannot be trained here: {origin}")
    pipeline_config.model.ssd.num_classes = num_classes
    changes += _freeze_statistics(pipeline_config.model.ssd) + _set_class_bias(pipeline_config.model.ssd)
    changes += _quicken_statistics(pipeline_config, steps)
    if pipeline_config.model.ssd.post_processing.batch_non_max_suppression.score_threshold > SCORE_THRESHOLD:
        pipeline_config.model.ssd.post_processing.batch_non_max_suppression.score_threshold = SCORE_THRESHOLD
        changes.append("score_threshold: 1e-8, so that evaluation sees the whole precision-recall curve")
    return Configured(pipeline_config, origin, tuple(changes))


def read_original(path: Path) -> messages.TrainEvalPipelineConfig:
    """Read a pipeline.config of the zoo.

    Raises:
        PipelineError: It cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return load_pipeline(path)  # which says why
    return parse_pipeline(data, name=f"The model's own {path.name}")


def _original(source: Path | None, extractor: str | None) -> tuple[messages.TrainEvalPipelineConfig, str]:
    if source is not None:
        return read_original(source), "its own pipeline.config"
    if extractor in PRESETS:
        return build_preset(extractor, num_classes=1), f"the preset {extractor}"
    raise ZooError(
        "The model has no pipeline.config beside its checkpoint, and without it the network is not known. Put the "
        "checkpoint and the pipeline.config that it was trained with into one folder, and give it with --from."
    )


def _drop_quantization(pipeline_config: messages.TrainEvalPipelineConfig) -> list[str]:
    rule = SUPPORTED["GraphRewriter"].get("quantization")
    if not pipeline_config.graph_rewriter.HasField("quantization") or (rule is not None and rule.reason):
        return []
    pipeline_config.ClearField("graph_rewriter")
    return ["graph_rewriter is left out: the network is trained in float"]


def _batch_size(pipeline_config: messages.TrainEvalPipelineConfig) -> int:
    resizer = pipeline_config.model.ssd.image_resizer
    fixed, kept = resizer.fixed_shape_resizer, resizer.keep_aspect_ratio_resizer
    pixels = kept.max_dimension**2 if resizer.HasField("keep_aspect_ratio_resizer") else fixed.height * fixed.width
    return BATCH_SIZE if pixels <= LARGE else LARGE_BATCH_SIZE


def _set_inputs(pipeline_config: messages.TrainEvalPipelineConfig, workspace: Workspace) -> None:
    pipeline_config.ClearField("train_input_reader")
    pipeline_config.ClearField("eval_input_reader")
    for split in SPLITS:
        reader = pipeline_config.train_input_reader if split == "train" else pipeline_config.eval_input_reader.add()
        reader.tf_record_input_reader.input_path.append(workspace.relative(workspace.record(split)))
        reader.label_map_path = workspace.relative(workspace.label_map)
    pipeline_config.eval_input_reader[0].shuffle = False
    pipeline_config.eval_input_reader[0].num_readers = 1
    pipeline_config.ClearField("eval_config")
    pipeline_config.eval_config.metrics_set.append("coco_detection_metrics")


def _set_training(
    pipeline_config: messages.TrainEvalPipelineConfig, checkpoint: str, steps: int, batch: int
) -> list[str]:
    """Replace the settings for many TPUs and a million steps; augmentation is kept."""
    augmentation = list(pipeline_config.train_config.data_augmentation_options)
    pipeline_config.ClearField("train_config")
    train = pipeline_config.train_config
    train.data_augmentation_options.extend(augmentation)
    train.batch_size, train.num_steps = batch, steps
    train.fine_tune_checkpoint, train.fine_tune_checkpoint_type = checkpoint, "detection"
    train.load_all_detection_checkpoint_vars = True
    train.gradient_clipping_by_norm = GRADIENT_NORM
    train.optimizer.use_moving_average = False
    cosine = train.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate
    cosine.learning_rate_base, cosine.warmup_learning_rate = LEARNING_RATE, WARMUP_SHARE * LEARNING_RATE
    cosine.total_steps, cosine.warmup_steps = steps, min(WARMUP_STEPS, steps // 10)
    return [
        f"{steps:,} steps of {batch} images, Adam from learning rate {LEARNING_RATE:g} along a cosine",
        "the box predictors of the checkpoint are kept; predictors of other classes start fresh",
    ]


def _freeze_statistics(ssd_config: messages.Ssd) -> list[str]:
    """Keep the batch norm statistics of the feature extractor: those of a small batch are worse, and drift."""
    feature_extractor = ssd_config.feature_extractor
    if not feature_extractor.conv_hyperparams.HasField("batch_norm"):
        return []
    feature_extractor.conv_hyperparams.batch_norm.train = False
    feature_extractor.override_base_feature_extractor_hyperparams = True  # or the base network keeps its own
    return ["batch_norm of the feature extractor: its statistics stay those of the checkpoint"]


def _set_class_bias(ssd_config: messages.Ssd) -> list[str]:
    predictor = ssd_config.box_predictor
    kind = predictor.WhichOneof("box_predictor_oneof")
    is_softmax = ssd_config.loss.classification_loss.HasField("weighted_softmax")
    if kind is None or is_softmax or getattr(predictor, kind).class_prediction_bias_init:
        return []
    getattr(predictor, kind).class_prediction_bias_init = CLASS_BIAS
    return [f"class_prediction_bias_init: {CLASS_BIAS:g}, so that new classes start at a score of .01"]


def _quicken_statistics(pipeline_config: messages.TrainEvalPipelineConfig, steps: int) -> list[str]:
    """Make the moving statistics of batch normalisation follow the new images within the run."""
    norms = _batch_norms(pipeline_config.model.ssd)
    slow = [norm for norm in norms if norm.train and norm.decay**steps > STATISTICS_LEFT]
    if not slow:
        return []
    was = slow[0].decay
    for norm in slow:
        norm.decay = QUICK_DECAY
    return [f"batch_norm decay: {QUICK_DECAY:g} for {was:.4g}, so that {steps:,} steps suffice for its statistics"]


def _batch_norms(ssd_config: messages.Ssd) -> list[messages.BatchNorm]:
    """Return the batch norm settings that the feature extractor and the box predictor set."""
    predictor = ssd_config.box_predictor
    hyperparams = [
        ssd_config.feature_extractor.conv_hyperparams,
        predictor.convolutional_box_predictor.conv_hyperparams,
        predictor.weight_shared_convolutional_box_predictor.conv_hyperparams,
    ]
    return [one.batch_norm for one in hyperparams if one.HasField("batch_norm")]
