"""Turning the pipeline.config that a model was trained with into one that trains it on a workspace's classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxwright.pipeline.check import check_supported
from boxwright.pipeline.load import load_pipeline, parse_pipeline
from boxwright.pipeline.presets import PRESETS, build_preset
from boxwright.pipeline.schema import PipelineConfig
from boxwright.pipeline.supported import SUPPORTED
from boxwright.workspace import SPLITS, Workspace
from boxwright.zoo.errors import ZooError

NUM_STEPS = 2000
BATCH_SIZE = 8  # of images of 300x300: 16 GB of memory train any of the zoo's SSDs on them
LARGE_BATCH_SIZE = 4
LARGE = 320 * 320  # pixels; above, the batch is the smaller one
LEARNING_RATE_PER_IMAGE = 0.0025  # of a batch, with momentum: the rate that the reference fine-tuned raccoons with
RMSPROP_RATE = 0.004  # the zoo's own, for one GPU
WARMUP_SHARE = 0.2  # of the learning rate, at the first step
WARMUP_STEPS = 100
GRADIENT_NORM = 10.0  # a first batch of unlucky crops must not undo what the zoo has learned
SCORE_THRESHOLD = 1e-8  # the zoo's archives have .3, which cuts the curve that average precision is measured on
QUICK_DECAY = 0.97  # of batch norm's moving statistics: follows within 100 steps
STATISTICS_LEFT = 0.1  # share of the old data's statistics that does no harm after the last step

_OBSOLETE = re.compile(rb"^[ \t]*batch_norm_trainable[ \t]*:[ \t]*true[ \t]*,?[ \t\r]*$", re.MULTILINE)
"""What the archives of 2018 say and no later version of the format knows; true is what it became."""


@dataclass(frozen=True)
class Configured:
    """A configuration for a workspace.

    Attributes:
        config: A TrainEvalPipelineConfig message.
        source: What it was made from, in words.
        changes: What differs from that, one sentence each.
    """

    config: PipelineConfig
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
) -> Configured:
    """Return a configuration that trains a pretrained model on a workspace.

    The network, its anchors, losses and augmentation stay as they were; classes, paths, schedule and batch are ours.

    Args:
        workspace: The training folder.
        source: The model's own pipeline.config; None when it has none.
        extractor: The network, where the catalogue knows it: chooses a preset when there is no `source`.
        prefix: The checkpoint, within the workspace.
        num_classes: Highest id of the label map.
        num_steps: Instead of NUM_STEPS.
        batch_size: Instead of BATCH_SIZE or LARGE_BATCH_SIZE.

    Raises:
        PipelineError: The model's configuration cannot be read or asks for what is not supported.
        ZooError: There is none, and no preset of the network either.
    """
    config, origin = _original(source, extractor)
    if config.model.ssd.feature_extractor.type == "ssd_inception_v2":  # which has no other; the field is of 2018-03
        config.model.ssd.feature_extractor.override_base_feature_extractor_hyperparams = True
    changes = [f"num_classes: {num_classes}, as annotations/label_map.pbtxt has them"]
    changes += _drop_quantization(config)
    steps, batch = num_steps or NUM_STEPS, batch_size or _batch_size(config)
    _set_inputs(config, workspace)
    changes += _set_training(config, workspace.relative(prefix), steps, batch)
    check_supported(config, purpose="train", path=f"The model cannot be trained here: {origin}")
    config.model.ssd.num_classes = num_classes
    changes += _quicken_statistics(config, steps)
    if config.model.ssd.post_processing.batch_non_max_suppression.score_threshold > SCORE_THRESHOLD:
        config.model.ssd.post_processing.batch_non_max_suppression.score_threshold = SCORE_THRESHOLD
        changes.append("score_threshold: 1e-8, so that evaluation sees the whole precision-recall curve")
    return Configured(config, origin, tuple(changes))


def read_original(path: Path) -> PipelineConfig:
    """Read a pipeline.config of the zoo, those of 2018 included.

    Raises:
        PipelineError: It cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return load_pipeline(path)  # which says why
    return parse_pipeline(_OBSOLETE.sub(b"", data), name=f"The model's own {path.name}")


def _original(source: Path | None, extractor: str | None) -> tuple[PipelineConfig, str]:
    if source is not None:
        return read_original(source), "its own pipeline.config"
    if extractor in PRESETS:
        return build_preset(extractor, num_classes=1), f"the preset {extractor}"
    raise ZooError(
        "The model has no pipeline.config beside its checkpoint, and without it the network is not known. Put the one "
        "that it was trained with and the checkpoint into one folder, and give that with --from."
    )


def _drop_quantization(config: PipelineConfig) -> list[str]:
    rule = SUPPORTED["GraphRewriter"].get("quantization")
    if not config.graph_rewriter.HasField("quantization") or (rule is not None and rule.reason):
        return []
    config.ClearField("graph_rewriter")
    return ["graph_rewriter is left out: the network is trained in float"]


def _batch_size(config: PipelineConfig) -> int:
    resizer = config.model.ssd.image_resizer
    fixed, kept = resizer.fixed_shape_resizer, resizer.keep_aspect_ratio_resizer
    pixels = kept.max_dimension**2 if resizer.HasField("keep_aspect_ratio_resizer") else fixed.height * fixed.width
    return BATCH_SIZE if pixels <= LARGE else LARGE_BATCH_SIZE


def _set_inputs(config: PipelineConfig, workspace: Workspace) -> None:
    for split in SPLITS:
        field = "train_input_reader" if split == "train" else "eval_input_reader"
        config.ClearField(field)
        reader = config.train_input_reader if split == "train" else config.eval_input_reader.add()
        reader.tf_record_input_reader.input_path.append(workspace.relative(workspace.record(split)))
        reader.label_map_path = workspace.relative(workspace.label_map)
    config.eval_input_reader[0].shuffle = False
    config.eval_input_reader[0].num_readers = 1
    config.ClearField("eval_config")
    config.eval_config.metrics_set.append("coco_detection_metrics")


def _set_training(config: PipelineConfig, checkpoint: str, steps: int, batch: int) -> list[str]:
    """Replace what suits a rack of TPUs and a million steps; augmentation stays, and RMSProp, which is for one GPU."""
    was = config.train_config.optimizer
    rms_prop = None
    if was.HasField("rms_prop_optimizer"):
        rms_prop = type(was.rms_prop_optimizer)()
        rms_prop.CopyFrom(was.rms_prop_optimizer)
    augmentation = list(config.train_config.data_augmentation_options)
    config.ClearField("train_config")
    train = config.train_config
    train.data_augmentation_options.extend(augmentation)
    train.batch_size, train.num_steps = batch, steps
    train.fine_tune_checkpoint, train.fine_tune_checkpoint_type = checkpoint, "detection"
    train.gradient_clipping_by_norm = GRADIENT_NORM
    train.optimizer.use_moving_average = False
    if rms_prop is None:
        optimizer, rate = train.optimizer.momentum_optimizer, LEARNING_RATE_PER_IMAGE * batch
        optimizer.momentum_optimizer_value = 0.9
    else:
        train.optimizer.rms_prop_optimizer.CopyFrom(rms_prop)
        optimizer, rate = train.optimizer.rms_prop_optimizer, RMSPROP_RATE
        optimizer.ClearField("learning_rate")
    cosine = optimizer.learning_rate.cosine_decay_learning_rate
    cosine.learning_rate_base, cosine.warmup_learning_rate = rate, WARMUP_SHARE * rate
    cosine.total_steps, cosine.warmup_steps = steps, min(WARMUP_STEPS, steps // 10)
    kind = "momentum" if rms_prop is None else "RMSProp"
    return [f"{steps:,} steps of {batch} images, {kind} from learning rate {rate:g} along a cosine"]


def _quicken_statistics(config: PipelineConfig, steps: int) -> list[str]:
    """Have batch norm's moving statistics follow the new photos within the run."""
    slow = [norm for norm in _batch_norms(config.model.ssd) if norm.decay**steps > STATISTICS_LEFT]
    if not slow:
        return []
    was = slow[0].decay
    for norm in slow:
        norm.decay = QUICK_DECAY
    return [f"batch_norm decay: {QUICK_DECAY:g} for {was:.4g}, so that {steps:,} steps suffice for its statistics"]


def _batch_norms(ssd: Any) -> list[Any]:
    predictor = ssd.box_predictor
    kind = predictor.WhichOneof("box_predictor_oneof")
    holders = [ssd.feature_extractor, *([getattr(predictor, kind)] if kind else [])]
    return [holder.conv_hyperparams.batch_norm for holder in holders if holder.conv_hyperparams.HasField("batch_norm")]
