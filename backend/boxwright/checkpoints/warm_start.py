"""Starting from somebody else's weights, by the original's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from boxwright.checkpoints.bundle import Bundle, read_bundle
from boxwright.checkpoints.class_rows import CLASS_PREDICTOR, ClassRows
from boxwright.checkpoints.errors import CheckpointError

FEATURE_EXTRACTOR = "FeatureExtractor/"
CHECKPOINT_TYPES = ("detection", "classification")


@dataclass(frozen=True)
class WarmStart:
    """What a checkpoint gave.

    Attributes:
        prefix: The checkpoint.
        restored: Names of the variables that took its values.
        missing: Names wanted that it lacks.
        mismatched: Name → (shape in the checkpoint, shape of the variable), left as they were.
        left: Names that these rules do not ask for, for example the predictors.
    """

    prefix: Path
    restored: tuple[str, ...]
    missing: tuple[str, ...]
    mismatched: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]
    left: tuple[str, ...]

    def summary(self) -> str:
        """Return one line with the counts."""
        return (
            f"started from {self.prefix}: {len(self.restored)} variables restored, {len(self.missing)} not in it, "
            f"{len(self.mismatched)} of another shape, {len(self.left)} fresh by rule"
        )

    def report(self) -> str:
        """Return the full list, one variable a line."""
        lines = [self.summary()]
        lines += [f"restored    {name}" for name in self.restored]
        lines += [f"not in it   {name}" for name in self.missing]
        lines += [
            f"other shape {name}: checkpoint {list(there)}, model {list(here)}"
            for name, (there, here) in self.mismatched.items()
        ]
        lines += [f"fresh       {name}" for name in self.left]
        return "\n".join(lines) + "\n"


def warm_start(
    variables_by_name: Mapping[str, tf.Variable],
    prefix: Path,
    *,
    checkpoint_type: str = "detection",
    load_all: bool = False,
    may_be_empty: bool = False,
    rows: ClassRows | None = None,
) -> WarmStart:
    """Set variables from a checkpoint of another training.

    detection: variables under FeatureExtractor/ by their own names, all variables with `load_all`.
    classification: variables under FeatureExtractor/ by their names without it. The global step is never taken.

    Args:
        variables_by_name: The variables to fill, by their names in our checkpoints.
        prefix: The checkpoint.
        checkpoint_type: "detection" or "classification".
        load_all: load_all_detection_checkpoint_vars of the config.
        may_be_empty: Restoring nothing is no error.
        rows: Which rows of the class predictors are taken; None for all, where their number is the same.

    Raises:
        CheckpointError: It cannot be read, the type is unknown, or nothing in it fits: a checkpoint of another
            model would otherwise train from random weights unnoticed.
    """
    if checkpoint_type not in CHECKPOINT_TYPES:
        raise CheckpointError(
            f"train_config: fine_tune_checkpoint_type {checkpoint_type!r} is not supported. "
            f"Use one of {', '.join(CHECKPOINT_TYPES)}."
        )
    bundle = read_bundle(prefix)
    wanted = _wanted(variables_by_name, checkpoint_type, load_all)
    restored, missing, mismatched = [], [], {}
    for name, source in wanted.items():
        variable = variables_by_name[name]
        if source not in bundle:
            missing.append(name)
        elif rows is not None and CLASS_PREDICTOR in name:
            value = rows.take(name, bundle[source], variable.numpy())
            if value.shape == tuple(variable.shape):
                variable.assign(value)
                restored.append(name)
            else:
                mismatched[name] = (bundle.shapes[source], tuple(variable.shape))
        elif bundle.shapes[source] != tuple(variable.shape):
            mismatched[name] = (bundle.shapes[source], tuple(variable.shape))
        else:
            variable.assign(bundle[source])
            restored.append(name)
    if not restored and not may_be_empty:
        raise CheckpointError(_nothing_fits(bundle, wanted))
    left = tuple(sorted(set(variables_by_name) - set(wanted)))
    return WarmStart(prefix, tuple(restored), tuple(missing), mismatched, left)


def _wanted(variables: Mapping[str, tf.Variable], checkpoint_type: str, load_all: bool) -> dict[str, str]:
    names = sorted(name for name in variables if name != "global_step")
    if checkpoint_type == "detection":
        return {name: name for name in names if load_all or name.startswith(FEATURE_EXTRACTOR)}
    return {name: name.replace(FEATURE_EXTRACTOR, "") for name in names if name.startswith(FEATURE_EXTRACTOR)}


def _nothing_fits(bundle: Bundle, wanted: Mapping[str, str]) -> str:
    if "_CHECKPOINTABLE_OBJECT_GRAPH" in bundle:
        return (
            f"{bundle.prefix}: this is an object checkpoint of TensorFlow 2, whose variables have no stable names. "
            "Take a checkpoint of the TensorFlow 1 model zoo (its names begin with FeatureExtractor/), "
            "or clear fine_tune_checkpoint to start from random weights."
        )
    example = next(iter(wanted.values()), "")
    found = ", ".join(list(bundle)[:3])
    return (
        f"{bundle.prefix}: no variable of this checkpoint fits the model, which asks for names such as {example} "
        f"while the checkpoint has {found}, ... Take a checkpoint of the same feature extractor, set "
        "fine_tune_checkpoint_type to what it is (detection or classification), or clear fine_tune_checkpoint."
    )
