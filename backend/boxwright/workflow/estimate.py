"""What a training here would be: what there is to choose, the dataset, the device, the time of a step."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.locks import borrow_device, device_name
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workflow.preparation.step_time import StepEstimate, measure_step_time, remembered_step
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig

VERSION = 1
"""Of what Estimate.to_json writes."""

_BUSY = "A job has the device at the moment, so no step can be measured."


@dataclass(frozen=True)
class EstimateOptions(Options):
    """Options of `estimate`; without any it says what there is to choose, otherwise it measures a step.

    Attributes:
        preset: Measure a step of this preset.
        pretrained: Measure a step of this pretrained model, whose configuration is known.
        pipeline_config_path: Measure a step of this configuration.
        batch_size: With so many images; None for the preset's or configuration's.
        image_size: Of a preset or model with an input of so many pixels; None for its own.
    """

    preset: str | None = option(None, "Measure a step of this preset.")
    pretrained: str | None = option(None, "Measure a step of this model.")
    pipeline_config_path: Path | None = option(None, "Measure a step of this configuration.")
    batch_size: int | None = option(None, "With so many images.", minimum=1)
    image_size: int | None = option(None, "Of an input of so many pixels.", minimum=1)


@dataclass(frozen=True)
class PresetChoice:
    """A preset or a pretrained model to train from.

    Attributes:
        name: What --preset or --pretrained takes.
        purpose: What it is good for, in a sentence.
        num_steps, batch_size: What it trains with.
    """

    name: str
    purpose: str
    num_steps: int
    batch_size: int


@dataclass(frozen=True)
class ConfigChoice:
    """The configuration that the workspace has.

    Attributes:
        path: From the workspace.
        num_steps, batch_size: What it trains with; None when it cannot be read.
        error: Why it cannot be read, "" when it can.
    """

    path: str
    num_steps: int | None = None
    batch_size: int | None = None
    error: str = ""


@dataclass(frozen=True)
class TrainingChoices:
    """What there is to train, and from what.

    Attributes:
        presets: All presets; before them the pretrained model, where it is the default.
        default: Name of what fits the workspace.
        config: The workspace's configuration; None when it has none.
        checkpoint: Prefix of the pretrained checkpoint, from the workspace; None when there is none.
        images: Images per split.
        objects: Class to objects per split.
        unlabelled: Images without an XML.
        findings: How many.
        new_classes: Class that the model does not know to its boxes; empty without a model.
    """

    presets: tuple[PresetChoice, ...]
    default: str
    config: ConfigChoice | None
    checkpoint: str | None
    images: Mapping[str, int]
    objects: Mapping[str, Mapping[str, int]]
    unlabelled: int
    findings: int
    new_classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """What is known of a training that has not begun; one part after another becomes known.

    Attributes:
        choices: What there is to choose.
        device: What it would run on, in words; "" while it is not known.
        step: The time of a step.
        busy: Why no step could be measured, "" for no reason.
    """

    choices: TrainingChoices | None = None
    device: str = ""
    step: StepEstimate | None = None
    busy: str = ""

    def to_json(self) -> str:
        """Return the parts that are known as one line of JSON."""
        content: dict[str, Any] = {"version": VERSION}
        for part in (self.choices, self.step):
            content |= asdict(part) if part is not None else {}
        content |= {name: text for name, text in (("device", self.device), ("busy", self.busy)) if text}
        return json.dumps(content)

    @classmethod
    def from_json(cls, line: str) -> Estimate:
        """Return the parts that a line of `to_json` holds.

        Raises:
            ValueError: It is no such line.
        """
        content = json.loads(line)
        try:
            choices = _read_choices(content) if "presets" in content else None
            names = ("batch_size", "first_step", "seconds_per_step")
            step = StepEstimate(*(content[name] for name in names)) if "first_step" in content else None
            return cls(choices, str(content.get("device", "")), step, str(content.get("busy", "")))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no estimate: {line!r}") from error


def _read_choices(content: Mapping[str, Any]) -> TrainingChoices:
    names = ("default", "checkpoint", "images", "objects", "unlabelled", "findings", "new_classes")
    return TrainingChoices(
        presets=tuple(PresetChoice(**preset) for preset in content["presets"]),
        config=ConfigChoice(**content["config"]) if content["config"] else None,
        **{name: content[name] for name in names},
    )


def estimate(
    workspace: Workspace,
    options: EstimateOptions = EstimateOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
    on_part: Callable[[Estimate], None] = lambda part: None,
) -> Estimate:
    """Find out what a training here would be: first what is quickly known, then device or step time.

    Args:
        workspace: Where; nothing in it is changed.
        options: Whether a step is measured, and of what.
        reporter: Receives the number of images done.
        stop: Ends the work.
        on_part: Is handed each part as soon as it is known.

    Returns:
        All parts.
    """
    if any(given is not None for given in (options.preset, options.pretrained, options.pipeline_config_path)):
        found = _measure(_config(workspace, options))
        on_part(found)
        return found
    found = Estimate(choices=_choices(workspace, interruptible(reporter, stop)))
    on_part(found)
    quiet_tensorflow()
    from boxwright.training.hardware.environment import device_in_words

    device = device_in_words()
    on_part(Estimate(device=device))
    return replace(found, device=device)


def _choices(workspace: Workspace, reporter: Reporter) -> TrainingChoices:
    from boxwright.dataset.sync import assess
    from boxwright.pipeline.presets import PRESETS, build_preset
    from boxwright.workflow.common.pipeline_config import default_preset
    from boxwright.workflow.preparation.effort import EFFORTS, NORMAL
    from boxwright.workflow.preparation.new_classes import find_new_classes
    from boxwright.workflow.preparation.pretrained import DEFAULT_MODEL, PURPOSE, is_default
    from boxwright.zoo.configure import BATCH_SIZE

    presets = []
    for name, preset in PRESETS.items():
        train_config = build_preset(name, num_classes=1).train_config
        presets.append(PresetChoice(name, preset.purpose, train_config.num_steps, train_config.batch_size))
    chosen, checkpoint = default_preset(workspace)
    report = assess(workspace, reporter=reporter)
    if is_default(workspace, checkpoint):
        chosen, checkpoint = DEFAULT_MODEL, None
        presets.insert(0, PresetChoice(DEFAULT_MODEL, PURPOSE, EFFORTS[NORMAL].least, BATCH_SIZE))
    boxes = {label: sum(splits.values()) for label, splits in report.objects.items()}
    return TrainingChoices(
        presets=tuple(presets),
        default=chosen,
        config=_config_choice(workspace),
        checkpoint=workspace.relative(checkpoint) if checkpoint else None,
        images=dict(report.images),
        objects={label: dict(splits) for label, splits in report.objects.items()},
        unlabelled=report.unlabelled,
        findings=len(report.findings),
        new_classes=find_new_classes(workspace, boxes),
    )


def _config_choice(workspace: Workspace) -> ConfigChoice | None:
    from boxwright.pipeline.load import load_pipeline

    if not workspace.pipeline_config.exists():
        return None
    path = workspace.relative(workspace.pipeline_config)
    try:
        train_config = load_pipeline(workspace.pipeline_config).train_config
    except BoxwrightError as error:
        return ConfigChoice(path, error=str(error))
    return ConfigChoice(path, train_config.num_steps, train_config.batch_size)


def _config(workspace: Workspace, options: EstimateOptions) -> TrainEvalPipelineConfig:
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.presets import build_preset, set_image_size
    from boxwright.workflow.common.pipeline_config import find_config

    if options.pipeline_config_path is not None:
        config = load_pipeline(find_config(workspace, options.pipeline_config_path))
    elif options.pretrained is not None:
        config = _known_config(options.pretrained)
    else:
        labels = read_label_map(workspace.label_map) if workspace.label_map.exists() else {}
        config = build_preset(options.preset or "", num_classes=max(labels.values(), default=1))
    if options.image_size is not None:
        set_image_size(config, options.image_size)
    if options.batch_size is not None:
        config.train_config.batch_size = options.batch_size
    return config


def _known_config(name: str) -> TrainEvalPipelineConfig:
    """Return the configuration of a pretrained model as a first training has it, but for its classes."""
    from boxwright.zoo.configure import BATCH_SIZE
    from boxwright.zoo.known_configs import KNOWN_CONFIGS, parse_known_config

    if name not in KNOWN_CONFIGS:
        raise UsageError(f"--pretrained {name}: give one of {', '.join(KNOWN_CONFIGS)}.")
    config = parse_known_config(name)
    config.train_config.batch_size = BATCH_SIZE
    return config


def _measure(config: TrainEvalPipelineConfig) -> Estimate:
    """Return the seconds of a step, remembered or measured now; why not, while a job has the device."""
    known = remembered_step(config)
    if known is not None:
        return Estimate(step=known)
    with borrow_device(device_name()) as is_free:
        if not is_free:
            return Estimate(busy=_BUSY)
        return Estimate(step=measure_step_time(config))
