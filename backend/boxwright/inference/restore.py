"""A checkpoint's model, ready to detect."""

from __future__ import annotations

from pathlib import Path

from boxwright.checkpoints.bundle import Bundle, read_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.store import step_of
from boxwright.detection.model import SsdModel
from boxwright.pipeline import messages

SHADOW = "/ExponentialMovingAverage"
"""What the original appends to a variable's name for its moving average."""


def restore_model(pipeline_config: messages.TrainEvalPipelineConfig, prefix: Path) -> tuple[SsdModel, int]:
    """Build the config's model and give it a checkpoint's weights.

    With eval_config.use_moving_averages the trained variables take their moving averages, as in the original; those
    that freeze_variables kept have none and stay as they are.
    Unlike a warm start, every variable must be there: a model that is partly random must not be measured or shipped.

    Args:
        pipeline_config: The configuration.
        prefix: The checkpoint, of Boxwright or of the original API.

    Returns:
        The model, and the step that it was saved at (0 when the checkpoint does not say).

    Raises:
        CheckpointError: It cannot be read, lacks a variable, or has one of another shape.
    """
    bundle = read_bundle(prefix)
    model = SsdModel(pipeline_config.model)
    averaged = _averaged(bundle, model) if pipeline_config.eval_config.use_moving_averages else set()
    sources = {name: name + SHADOW if name in averaged else name for name in model.variables_by_name}
    _check(bundle, model, sources)
    for name, variable in model.variables_by_name.items():
        variable.assign(bundle[sources[name]])
    step = int(bundle["global_step"]) if "global_step" in bundle else step_of(prefix) or 0
    return model, step


def _averaged(bundle: Bundle, model: SsdModel) -> set[str]:
    """Return the variables that have a moving average; all that are trainable when the checkpoint has none at all."""
    trainable = set(model.trainable_by_name)
    return {name for name in trainable if name + SHADOW in bundle} or trainable


def _check(bundle: Bundle, model: SsdModel, sources: dict[str, str]) -> None:
    missing = [source for source in sources.values() if source not in bundle]
    if missing and all(source.endswith(SHADOW) for source in missing):
        raise CheckpointError(
            f"{bundle.prefix}: eval_config.use_moving_averages is true, but the checkpoint has no moving averages: "
            f"{len(missing)} are missing, for example {missing[0]}. Set use_moving_averages to false, or train with "
            "optimizer.use_moving_average."
        )
    if missing:
        raise CheckpointError(
            f"{bundle.prefix}: {len(missing)} of the model's {len(sources)} variables are not in the checkpoint, for "
            f"example {missing[0]}. Give the pipeline.config that this checkpoint was trained with."
        )
    for name, source in sources.items():
        there, here = bundle.shapes[source], tuple(model.variables_by_name[name].shape)
        if there != here:
            raise CheckpointError(
                f"{bundle.prefix}: {source} has the shape {list(there)}, the config's model wants {list(here)}. Give "
                "the pipeline.config that this checkpoint was trained with (num_classes, depth_multiplier)."
            )
