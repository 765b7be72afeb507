"""run.json: under which conditions a model was trained, and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxwright.files import atomic_write, atomic_write_text, backup
from boxwright.runs.evaluation_record import EvaluationRecord, TrainingEvaluation
from boxwright.typed_json import from_json_value, to_json_value

if TYPE_CHECKING:
    from google.protobuf.message import Message

RUN_FILE = "run.json"
CONFIG_FILE = "pipeline.config"
LOCK_FILE = ".training.lock"  # held by the process that trains
RUNNING = "running"  # the outcome of a run that has not ended, or was killed
VERSION = 1  # files without a version call micro_batches "parts"


@dataclass(frozen=True)
class ConfigEntry:
    """The configuration as it is trained, options of the command line included.

    Attributes:
        path: Where it was read, relative to the workspace if it is in it.
        sha256: Of the text, in hexadecimal.
        text: TrainEvalPipelineConfig in protobuf's text format.
    """

    path: str = ""
    sha256: str = ""
    text: str = ""


@dataclass(frozen=True)
class DatasetEntry:
    """The training records.

    Attributes:
        fingerprint: Of their bytes, in hexadecimal.
        images: How many they hold.
        records: Their paths or patterns, as the configuration has them.
    """

    fingerprint: str = ""
    images: int | None = None
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetBefore(DatasetEntry):
    """The training records up to the step where a run resumed with others.

    Attributes:
        labels: File in the run's folder with their labels; None when the labels are the same or were not kept.
    """

    labels: str | None = None


@dataclass(frozen=True)
class Continued:
    """A resume of the run.

    Attributes:
        step: The global step of the checkpoint that it resumed from.
        at: When, ISO 8601 in UTC.
        dataset_before: The dataset up to then; None when it stayed the same.
    """

    step: int
    at: str = ""
    dataset_before: DatasetBefore | None = None


@dataclass(frozen=True)
class Losses:
    """Losses up to the last checkpoint.

    Attributes:
        first: Total loss of the first step since the run started or resumed.
        last: Total loss of the last step.
        localization_loss: Of the last step, as the following ones.
        classification_loss: Of the classes.
        regularization_loss: Of the weights.
        gradient_norm: Of all gradients together, before they were clipped.
    """

    first: float
    last: float
    localization_loss: float | None = None
    classification_loss: float | None = None
    regularization_loss: float | None = None
    gradient_norm: float | None = None


@dataclass(frozen=True)
class Versions:
    """Versions of what decides the numbers; None where the record does not say it."""

    python: str | None = None
    platform: str | None = None
    boxwright: str | None = None
    tensorflow: str | None = None
    numpy: str | None = None


@dataclass(frozen=True)
class Results:
    """What was measured after the training.

    Attributes:
        evaluation: By the last `boxwright evaluate`; None before it.
    """

    evaluation: EvaluationRecord | None = None


@dataclass(frozen=True)
class RunRecord:
    """run.json; None stands for what the record does not say.

    Attributes:
        config: The configuration.
        model: Name of the feature extractor.
        dataset: The training records.
        seed: Of weights, order and augmentation.
        deterministic: Whether the same run twice gives the same bits.
        precision: That the network computes in while it trains.
        xla: Whether XLA compiles the network.
        batch_size: Images per step.
        micro_batches: Into how many each device's batch is cut for gradient accumulation; 1 for none.
        label_map: Class to id, as the model was trained.
        started_from: Where the first weights come from, in words.
        started: When the run started, ISO 8601 in UTC.
        continued: Its resumes.
        ended: When it ended, ISO 8601 in UTC; None while it runs, and after a kill.
        outcome: How it ended, in words; RUNNING while it runs, and after a kill.
        step: Global step of the last checkpoint.
        seconds: Time trained up to it, resumes included.
        seconds_per_step: Median since the run started or resumed.
        losses: Up to the last checkpoint.
        evaluations: While training, by step.
        results: After it.
        device: What TensorFlow computed with, in words.
        versions: Of what decides the numbers.
        version: Of the file's form.
    """

    config: ConfigEntry | None = None
    model: str | None = None
    dataset: DatasetEntry | None = None
    seed: int | None = None
    deterministic: bool | None = None
    precision: str | None = None
    xla: bool | None = None
    batch_size: int | None = None
    micro_batches: int | None = None
    label_map: Mapping[str, int] | None = None
    started_from: str | None = None
    started: str | None = None
    continued: tuple[Continued, ...] = ()
    ended: str | None = None
    outcome: str | None = None
    step: int | None = None
    seconds: float | None = None
    seconds_per_step: float | None = None
    losses: Losses | None = None
    evaluations: tuple[TrainingEvaluation, ...] = ()
    results: Results | None = None
    device: str | None = None
    versions: Versions | None = None
    version: int = VERSION

    @property
    def seconds_trained(self) -> float | None:
        """How long it trained, resumes included; up to the last checkpoint where it was killed.

        Older records do not say it; of them it is what the last part took. None when the record does not tell.
        """
        if self.seconds is not None:
            return self.seconds
        started = self.continued[-1].at if self.continued else self.started
        try:
            return (datetime.fromisoformat(self.ended or "") - datetime.fromisoformat(started or "")).total_seconds()
        except (TypeError, ValueError):
            return None

    @property
    def evaluation(self) -> EvaluationRecord | None:
        """What the last `boxwright evaluate` measured."""
        return self.results.evaluation if self.results else None

    def to_json(self) -> dict[str, Any]:
        """Return the file's object, without what the record does not say."""
        return to_json_value(self)

    @classmethod
    def from_json(cls, value: object) -> RunRecord:
        """Return what a file's object says; what is missing or of another type gets its default.

        Raises:
            ValueError: It is not an object.
        """
        if isinstance(value, Mapping) and "version" not in value:
            value = {"micro_batches": value.get("parts"), **value, "version": VERSION}
        return from_json_value(cls, value)


def config_entry(pipeline_config: Message, path: str) -> ConfigEntry:
    """Return the config's text, hash and path as the record keeps them.

    Args:
        pipeline_config: The TrainEvalPipelineConfig as it is trained, options of the command line included.
        path: Where it was read, relative to the workspace if it is in it.
    """
    from google.protobuf import text_format  # noqa: PLC0415  # labelImg's window reads records, too, and starts without

    text = text_format.MessageToString(pipeline_config, as_utf8=True)
    return ConfigEntry(path, hashlib.sha256(text.encode()).hexdigest(), text)


def put(target: Path, data: bytes | None) -> Path | None:
    """Write a file of the run, for example its config; another one that was there is kept as a backup.

    Args:
        target: The file.
        data: What it shall hold; None for no file.

    Returns:
        Where the backup is; None when there was no other file.
    """
    if target.exists() and target.read_bytes() == data:
        return None
    kept = backup(target) if target.exists() else None
    if data is not None:
        with atomic_write(target) as stream:
            stream.write(data)
    return kept


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def read_run(train_dir: Path) -> RunRecord | None:
    """Return a run's record; None when there is none or it cannot be read."""
    try:
        return RunRecord.from_json(json.loads((train_dir / RUN_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def write_run(train_dir: Path, record: RunRecord) -> None:
    """Write a run's record; the folder is made when there is none."""
    train_dir.mkdir(parents=True, exist_ok=True)
    atomic_write_text(train_dir / RUN_FILE, json.dumps(record.to_json(), indent=2, ensure_ascii=False) + "\n")
