"""What is known of a training before its model is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.store.snapshot import Snapshot
from boxwright.pipeline import messages
from boxwright.pipeline.paths import InputPaths
from boxwright.training.hardware.devices import Devices
from boxwright.training.optimization.schedules import Schedule
from boxwright.training.reporting.log import Log
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace


@dataclass(frozen=True)
class Sources:
    """What a training reads, found and checked.

    Attributes:
        paths: Of the configuration, resolved.
        labels: The label map.
        schedule: Learning rate by step.
    """

    paths: InputPaths
    labels: LabelMap
    schedule: Schedule


@dataclass(frozen=True, eq=False)
class TrainingContext:
    """A training as it was asked for, with its input and its devices.

    Attributes:
        workspace: Relative paths of the configuration start here.
        pipeline_config: The configuration.
        config_path: Where it was read, for messages and the record.
        keeps_config: Whether the file is copied to `train_dir`.
        train_dir: Checkpoints, event files, metrics.csv and run.json go here.
        settings: How the run is made; num_steps is set.
        sources: What it reads.
        records: The training records, which nobody changes while it runs.
        devices: What trains.
        log: Prints.
    """

    workspace: Workspace
    pipeline_config: messages.TrainEvalPipelineConfig
    config_path: Path
    keeps_config: bool
    train_dir: Path
    settings: Settings
    sources: Sources
    records: Snapshot
    devices: Devices
    log: Log

    @property
    def num_steps(self) -> int:
        """The last step; 0 for a training without end."""
        return self.settings.num_steps or 0

    @property
    def batch_size(self) -> int:
        """Images per step, of all devices together."""
        return int(self.pipeline_config.train_config.batch_size)

    @property
    def label_names(self) -> dict[int, str]:
        """Class names by id, from 1."""
        return {number: name for name, number in self.sources.labels.items()}
