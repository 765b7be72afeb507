"""The first weights of a run: of its own last checkpoint, or of fine_tune_checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boxwright.checkpoints.bundle import is_complete, read_bundle
from boxwright.checkpoints.class_rows import ClassRows, rows_by_name
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.store import resolve_prefix, step_of
from boxwright.checkpoints.warm_start import WarmStart, warm_start
from boxwright.files import atomic_write_text
from boxwright.pipeline import messages
from boxwright.runs.record import read_run
from boxwright.training.errors import TrainingError
from boxwright.training.step import TrainStep

WARM_START_FILE = "warm_start.txt"


def resume(step: TrainStep, prefix: Path) -> int:
    """Set everything from the run's own checkpoint; return its global step.

    Slots that it lacks, after the optimizer was changed, start fresh; moving averages at the weights.

    Raises:
        TrainingError: It is of another model.
        CheckpointError: It cannot be read.
    """
    bundle = read_bundle(prefix)
    model_names = set(step.model.variables_by_name)
    for name, variable in step.variables_by_name().items():
        fits = name in bundle and bundle.shapes[name] == tuple(variable.shape)
        if fits:
            variable.assign(bundle[name])
        elif name in model_names:
            found = f"has shape {list(bundle.shapes[name])}" if name in bundle else "is not in it"
            classes = f" (num_classes: {step.model.num_classes})" if "ClassPredictor" in name else ""
            raise TrainingError(
                f"{prefix}: this checkpoint is of another model: {name} {found}, but the config's has shape "
                f"{list(variable.shape)}{classes}. Train in a new folder (--train-dir), move the old checkpoints away, "
                "or go back to the config that made them."
            )
    if step.average and not all(name in bundle for name in step.average.shadows):
        step.average.restart()
    return int(bundle["global_step"]) if "global_step" in bundle else step_of(prefix) or 0


def start_from(
    step: TrainStep, train_config: messages.TrainConfig, prefix: Path, train_dir: Path, labels: Mapping[str, int]
) -> WarmStart:
    """Set the model from fine_tune_checkpoint; list what was restored in warm_start.txt.

    As in the original, slots and moving averages under FeatureExtractor/ that the checkpoint has are taken too;
    moving averages that it lacks start at the restored weights. Of a run's checkpoint that is loaded whole, classes
    keep their rows of the predictors by name.

    Args:
        step: Holds the model.
        train_config: The `train_config` message.
        prefix: The checkpoint.
        train_dir: Where the list goes.
        labels: Class to id, of the model.

    Raises:
        CheckpointError: It cannot be read, or nothing in it fits.
    """
    kind = train_config.fine_tune_checkpoint_type
    if not kind:  # the deprecated flag decides, as in the original
        kind = "detection" if train_config.from_detection_checkpoint else "classification"
    rules: dict[str, Any] = {"checkpoint_type": kind, "load_all": train_config.load_all_detection_checkpoint_vars}
    rows = _class_rows(prefix, labels, step.model.num_classes)
    result = warm_start(step.model.variables_by_name, prefix, **rules, rows=rows)
    if step.average:
        step.average.restart()
    own = set(step.model.variables_by_name)
    extras = {name: variable for name, variable in step.variables_by_name().items() if name not in own}
    warm_start(extras, prefix, **rules, may_be_empty=True)
    train_dir.mkdir(parents=True, exist_ok=True)
    atomic_write_text(train_dir / WARM_START_FILE, result.report())
    return result


def _class_rows(prefix: Path, labels: Mapping[str, int], num_classes: int) -> ClassRows | None:
    """Return which rows the classes keep of a run's checkpoint, in its folder or in best/; None for another one's."""
    for folder in (prefix.parent, prefix.parent.parent):
        record = read_run(folder)
        if record is not None and record.label_map:
            return rows_by_name(record.label_map, labels, num_classes)
    return None


def find_fine_tune_checkpoint(wanted: Path) -> Path | None:
    """Return the prefix of fine_tune_checkpoint; None when nothing at all is there.

    Raises:
        CheckpointError: Some of its files are there and others are not.
    """
    if wanted.is_dir() or is_complete(wanted):
        return resolve_prefix(wanted)
    try:
        prefix = resolve_prefix(wanted)
    except CheckpointError:
        if any(wanted.parent.glob(f"{wanted.name}.data-*")):
            raise CheckpointError(
                f"{wanted}: its .index file is missing, so the checkpoint cannot be read. Copy {wanted.name}.index "
                f"beside {wanted.name}.data-00000-of-00001."
            ) from None
        return None
    return prefix
