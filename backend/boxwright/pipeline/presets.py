"""Configurations to start from."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from boxwright.errors import UsageError
from boxwright.pipeline import messages
from boxwright.pipeline.load import parse_pipeline

WARMUP_SHARE = 0.1  # of the steps, at most, when a preset is shortened


@dataclass(frozen=True)
class Preset:
    """A configuration that ships with Boxwright.

    Attributes:
        name: The value of `--preset`.
        purpose: Its purpose, in one sentence.
        file: The name of its file in presets/.
        header: The comment at the top of a config written from it: purpose and hardware.
    """

    name: str
    purpose: str
    file: str
    header: str


_PRESETS = (
    Preset(
        "ssd_inception_v2",
        "The tutorial's model and schedule: SSD Inception V2 at 300x300, for a GPU; slow on a CPU.",
        "ssd_inception_v2.config",
        "Preset ssd_inception_v2: the configuration of the TF Object Detection API tutorial.\n"
        "For a checkpoint to start from, or some thousand images, and a GPU. RMSProp as the original trains it.",
    ),
    Preset(
        "small",
        "SSD Inception V2 at half width, from random weights, for some hundred images and a CPU.",
        "small.config",
        "Preset small: SSD Inception V2 at half width, from random weights.\n"
        "For some hundred images and a CPU. Adam with warm-up and cosine decay; quick batch norm statistics.",
    ),
    Preset(
        "demo",
        "SSD Inception V2 at quarter width, a few hundred steps, for `boxwright demo`.",
        "demo.config",
        "Preset demo: SSD Inception V2 at quarter width, from random weights.\n"
        "For the drawn scenes of `boxwright demo` on two CPU cores: minutes, not accuracy on photographs.",
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _PRESETS}


def build_preset(
    name: str,
    *,
    num_classes: int,
    num_steps: int | None = None,
    batch_size: int | None = None,
    fine_tune_checkpoint: str | None = None,
) -> messages.TrainEvalPipelineConfig:
    """Return a preset with the settings of a dataset.

    Args:
        name: One of PRESETS.
        num_classes: The number of classes in the label map, without background.
        num_steps: Overrides the preset's number of steps; a cosine schedule then ends there, with a warm-up of at most
            a tenth of the steps.
        batch_size: Overrides the preset's batch size.
        fine_tune_checkpoint: A prefix relative to the workspace, for example "pre-trained-model/model.ckpt".

    Raises:
        UsageError: There is no such preset, or a number is below 1.
    """
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}. Choose one of: {', '.join(PRESETS)}.")
    for what, number in (("num_classes", num_classes), ("num_steps", num_steps), ("batch_size", batch_size)):
        if number is not None and number < 1:
            raise UsageError(f"{what} is {number}, but must be 1 or more.")
    data = (resources.files(__package__) / "presets" / PRESETS[name].file).read_bytes()
    pipeline_config = parse_pipeline(data, name=PRESETS[name].file)
    pipeline_config.model.ssd.num_classes = num_classes
    if batch_size is not None:
        pipeline_config.train_config.batch_size = batch_size
    if num_steps is not None:
        set_num_steps(pipeline_config, num_steps)
    if fine_tune_checkpoint:
        pipeline_config.train_config.fine_tune_checkpoint = fine_tune_checkpoint
        pipeline_config.train_config.fine_tune_checkpoint_type = "detection"
    return pipeline_config


def set_image_size(pipeline_config: messages.TrainEvalPipelineConfig, size: int) -> None:
    """Set the width and height of the network's input, in pixels; anchors are relative to it."""
    resizer = pipeline_config.model.ssd.image_resizer
    if resizer.HasField("keep_aspect_ratio_resizer"):
        resizer.keep_aspect_ratio_resizer.min_dimension = resizer.keep_aspect_ratio_resizer.max_dimension = size
    else:
        resizer.fixed_shape_resizer.height = resizer.fixed_shape_resizer.width = size


def set_num_steps(pipeline_config: messages.TrainEvalPipelineConfig, num_steps: int) -> None:
    """Set train_config.num_steps; a cosine schedule then ends there, with a warm-up of at most a tenth of the steps."""
    pipeline_config.train_config.num_steps = num_steps
    optimizer = pipeline_config.train_config.optimizer
    kind = optimizer.WhichOneof("optimizer")
    if kind is None or not getattr(optimizer, kind).learning_rate.HasField("cosine_decay_learning_rate"):
        return
    cosine = getattr(optimizer, kind).learning_rate.cosine_decay_learning_rate
    cosine.total_steps = num_steps
    cosine.warmup_steps = min(cosine.warmup_steps, int(num_steps * WARMUP_SHARE))
