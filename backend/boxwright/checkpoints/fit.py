"""Whether a checkpoint is of the network that a config describes."""

from __future__ import annotations

from pathlib import Path

from boxwright.checkpoints.bundle import Bundle, read_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.warm_start import FEATURE_EXTRACTOR
from boxwright.detection.model import SsdModel
from boxwright.pipeline import messages

SHOWN = 12  # differences that a message lists


def check_fit(pipeline_config: messages.TrainEvalPipelineConfig, prefix: Path, *, name: str, config_name: str) -> int:
    """Make sure that a training from this checkpoint starts with the whole feature extractor.

    The box predictors do not count: they depend on the classes, and start fresh.

    Args:
        pipeline_config: The configuration.
        prefix: The checkpoint.
        name: What it is called in messages.
        config_name: What the config is called in messages.

    Returns:
        How many variables of the feature extractor it has.

    Raises:
        CheckpointError: It cannot be read, or lacks variables of the feature extractor, or has them in other shapes;
            the message names them.
    """
    try:
        bundle = read_bundle(prefix)
        _ = [bundle[key] for key in bundle if key.startswith(FEATURE_EXTRACTOR)]  # with their checksums
    except CheckpointError as error:
        raise CheckpointError(str(error).replace(str(prefix), name)) from error
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in bundle:
        raise CheckpointError(
            f"{name}: this is an object checkpoint of TensorFlow 2, whose variables have no stable names. "
            "Take a model of the TensorFlow 1 zoo: `boxwright models` lists them."
        )
    variables = SsdModel(pipeline_config.model).variables_by_name
    wanted = {name: tuple(v.shape) for name, v in variables.items() if name.startswith(FEATURE_EXTRACTOR)}
    differences = [line for name, shape in sorted(wanted.items()) if (line := _difference(bundle, name, shape))]
    if differences:
        shown = "\n".join(f"  {line}" for line in differences[:SHOWN])
        more = f"\n  ... and {len(differences) - SHOWN:,} more" if len(differences) > SHOWN else ""
        extractor = pipeline_config.model.ssd.feature_extractor.type
        raise CheckpointError(
            f"{name}: this checkpoint does not fit {config_name}: of the {len(wanted):,} variables of its feature "
            f"extractor ({extractor}) {len(differences):,} differ:\n{shown}{more}\n"
            f"{_unlike(bundle, wanted)}Give the pipeline.config that the checkpoint was trained with (type, "
            "depth_multiplier, min_depth), or the checkpoint of this network."
        )
    return len(wanted)


def _difference(bundle: Bundle, name: str, shape: tuple[int, ...]) -> str:
    if name not in bundle:
        return f"{name}: config {list(shape)}, not in the checkpoint"
    there = bundle.shapes[name]
    return "" if there == shape else f"{name}: config {list(shape)}, checkpoint {list(there)}"


def _unlike(bundle: Bundle, wanted: dict[str, tuple[int, ...]]) -> str:
    """Return what the checkpoint has instead, where it has nothing of the network."""
    if any(name in bundle for name in wanted):
        return ""
    return f"The checkpoint has {', '.join(list(bundle)[:3])}, ... "
