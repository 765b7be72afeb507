"""The time of a training step on this machine: measured once, then remembered for a week."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxwright.files import atomic_write_text
from boxwright.jobs.locks import device_name
from boxwright.user_folder import shared_folder
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig

_STEP_TIMES = "steps.json"  # in the user's folder: seconds by what they were measured of
_VALID_SECONDS = 7 * 24 * 3600.0  # drivers, libraries and power settings change


@dataclass(frozen=True)
class StepEstimate:
    """The time of a step, measured on this machine.

    Attributes:
        batch_size: Images of the step.
        first_step: Seconds of the first step, which builds the graph.
        seconds_per_step: Seconds of each further one.
    """

    batch_size: int
    first_step: float
    seconds_per_step: float


def remembered_step(config: TrainEvalPipelineConfig) -> StepEstimate | None:
    """Return the time of a step that was measured on a quiet machine within the last week; None when none was."""
    seconds = _step_times().get(_key(config))
    return _estimate(config, seconds) if seconds else None


def measure_step_time(config: TrainEvalPipelineConfig) -> StepEstimate:
    """Measure the time of a step, and remember it where the machine was quiet.

    Args:
        config: The network and the batch size count.
    """
    quiet_tensorflow()
    from boxwright.training.step_timing import measure_step

    measured = measure_step(config)
    seconds = {"first_step": round(measured.first, 2), "seconds_per_step": round(measured.each, 4)}
    if measured.is_quiet:
        _remember(_key(config), seconds)
    return _estimate(config, seconds)


def _estimate(config: TrainEvalPipelineConfig, seconds: dict[str, float]) -> StepEstimate:
    return StepEstimate(config.train_config.batch_size, seconds["first_step"], seconds["seconds_per_step"])


def _key(config: TrainEvalPipelineConfig) -> str:
    network = config.model.SerializeToString(deterministic=True) + str(config.train_config.batch_size).encode()
    return f"{platform.node()}-{device_name()}-{hashlib.sha256(network).hexdigest()[:16]}"


def _step_times() -> dict[str, dict[str, float]]:
    known = {}
    try:
        for key, content in json.loads((shared_folder() / _STEP_TIMES).read_text("utf-8")).items():
            numbers = {name: float(content[name]) for name in ("first_step", "seconds_per_step", "when")}
            if 0 <= time.time() - numbers["when"] < _VALID_SECONDS:
                known[key] = numbers
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return known


def _remember(key: str, seconds: dict[str, float]) -> None:
    path = shared_folder() / _STEP_TIMES
    with contextlib.suppress(OSError):  # then it is measured again the next time
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(path, json.dumps({**_step_times(), key: {**seconds, "when": time.time()}}))
