"""Training a detector: from records to checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from boxwright.errors import UsageError
from boxwright.progress import Reporter, log, silent
from boxwright.stop_signal import StopSignal
from boxwright.training.settings import PRECISIONS, Settings
from boxwright.workflow.common.option import Options, option
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig
    from boxwright.training.session import TrainResult
    from boxwright.workflow.preparation.first_config import FirstChoices

AUTO: Literal["auto"] = "auto"
EFFORT_NAMES = ("quick", "normal", "thorough")
"""Those of effort.EFFORTS."""
PRESET_NAMES = ("ssd_inception_v2", "small", "demo")
"""Those of pipeline.presets, here so that an option is checked without reading configurations."""


@dataclass(frozen=True)
class TrainOptions(Options):
    """Options of `train`.

    Attributes:
        pipeline_config_path: The configuration, from here or from the workspace; None for the workspace's own, which
            is written from a preset where it is missing.
        train_dir: Where checkpoints go; None for the workspace's training/.
        num_steps: Global step to stop at; None for the configuration's.
        batch_size: Images per step; "auto" for as many as fit into memory, None for the configuration's.
        preset: Name of the preset to write a missing configuration from; None to choose by what the workspace has.
        pretrained: Name of the pretrained model to write a missing configuration for; "none" for random weights, None
            for pretrained.DEFAULT_MODEL where it can be had.
        effort: How long a first training is: "quick", "normal" or "thorough"; None for normal, or the preset's steps.
        minutes: Train for so long on this machine, instead.
        image_size: Width and height of the network's input in pixels: 300, 512 or 640; None for the model's own.
        fine_tune_checkpoint: Prefix of the checkpoint to start from; "none" for random weights, None for the
            configuration's.
        start_over: Train in a new run folder, from the weights that the configuration names; the earlier run is kept.
            A configuration is written anew where preset, pretrained, effort, minutes or image_size is given.
        accept: Write what a new class needs into a configuration that the user wrote, with a backup.
        seed: Of weights, order and augmentation; None for 0, or as the run began.
        deterministic: Whether the same run twice gives the same bits; None for no, or as the run began.
        eval_every: Steps between two evaluations, 0 for never; None for a tenth of the run, 100 to 1000.
        early_stop: End after so many evaluations without a better one; 0 for never.
        precision: float32, bfloat16 or float16, of the network's computations.
        devices: GPUs that train together; None for one.
        xla: Compile the network with XLA.
        log_every: Steps between two printed lines, and rows of metrics.csv; None for one per second.
    """

    pipeline_config_path: Path | None = option(
        None, "The configuration.", metavar="FILE", show_default="training/pipeline.config"
    )
    train_dir: Path | None = option(
        None,
        "Where checkpoints go; from here, not from the workspace.",
        metavar="DIR",
        show_default="the workspace's",
    )
    num_steps: int | None = option(None, "Stop at this global step, instead of the config's.", minimum=1)
    batch_size: int | Literal["auto"] | None = option(
        None,
        "Images per step, instead of the config's; auto measures how many fit into memory.",
        metavar="N|auto",
        minimum=1,
    )
    preset: str | None = option(
        None,
        "ssd_inception_v2, small or demo: what to write training/pipeline.config from, if there is none.",
        choices=PRESET_NAMES,
    )
    pretrained: str | None = option(
        None,
        "A model of boxwright models to start from, if there is no training/pipeline.config; none for random weights.",
        metavar="NAME|none",
        show_default="ssdlite_mobilenet_v2_coco, fetched once",
    )
    effort: str | None = option(
        None,
        "quick, normal or thorough: how long a first training is, by the images and classes.",
        choices=EFFORT_NAMES,
        show_default="normal",
    )
    minutes: float | None = option(
        None, "Train a first time for so long: the time of a step is measured before.", minimum=1
    )
    image_size: int | None = option(
        None,
        "Width and height of the input of a first training: a larger one finds smaller objects, and takes longer.",
        metavar="300|512|640",
        show_default="300",
    )
    fine_tune_checkpoint: str | None = option(
        None,
        "Start from this checkpoint, instead of the config's; none for random weights.",
        metavar="PREFIX",
        is_checkpoint=True,
    )
    start_over: bool = option(
        False,
        "Train in a new training/ from the first weights; the earlier run is kept beside it, as training.backup-N.",
    )
    accept: bool = option(
        False, "After a new class, change a config that you wrote as well; a backup is made.", flag="--accept"
    )
    seed: int | None = option(
        None, "Of weights, order and augmentation.", minimum=0, show_default="0, or as the run began"
    )
    deterministic: bool | None = option(
        None,
        "The same run twice gives the same bits, also when it was stopped in between; steps take longer.",
        flag="--deterministic/--no-deterministic",
        show_default="no, or as the run began",
    )
    eval_every: int | None = option(
        None,
        "Evaluate on the test split every so many steps and at the end; 0: never.",
        metavar="STEPS",
        minimum=0,
        show_default="a tenth of the run, 100 to 1000",
    )
    early_stop: int = option(
        0, "End after N evaluations without a better one; 0: train to the last step.", metavar="N", minimum=0
    )
    precision: str = option(
        "float32", "float32, bfloat16 or float16: what the network computes in while it trains.", choices=PRECISIONS
    )
    devices: int | None = option(
        None,
        "GPUs of this machine that train together, sharing each batch; without a GPU, the CPU.",
        metavar="N",
        minimum=1,
        show_default="1",
    )
    xla: bool = option(False, "Compile the network with XLA: takes a minute, then is faster on some GPUs.")
    log_every: int | None = option(
        None,
        "Print a line and write a row of metrics.csv every so many steps; 1 for every step.",
        minimum=1,
        show_default="once a second",
    )


def train(
    workspace: Workspace,
    options: TrainOptions = TrainOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> TrainResult:
    """Train a detector as the configuration says, from the last checkpoint if there is one.

    First brings the records up to date with images and XML, unless somebody else wrote them, and writes
    training/pipeline.config where there is none: for a pretrained model, which is fetched once.

    Args:
        workspace: Relative paths of the configuration start here.
        options: What differs from the configuration, and how to train.
        reporter: Receives every step; its messages are the lines of the log.
        stop: Ends the training after the step in progress, with a checkpoint.

    Returns:
        How the run ended.

    Raises:
        UsageError: An option cannot be used.
        BoxwrightError: The configuration, the data or a checkpoint cannot be used, the loss is not finite, or memory
            ran out; the last good checkpoint stays.

    Example:
        train(Workspace.find("training_demo"), TrainOptions(num_steps=5000, eval_every=500))
    """
    from boxwright.dataset.sync import mark_labels_trained
    from boxwright.workflow.common.pipeline_config import find_config
    from boxwright.workflow.common.records import update_records
    from boxwright.workflow.preparation.first_config import check_written_from, write_first_config
    from boxwright.workflow.preparation.new_classes import find_class_change, with_new_classes
    from boxwright.workflow.preparation.new_run import newest_backup, repair_start_over, undone_on_failure

    if options.start_over:
        earlier = start_training_over(workspace, options, reporter)
        with undone_on_failure(workspace, earlier):
            return train(workspace, replace(options, start_over=False), reporter, stop=stop)
    repair_start_over(workspace)
    choices = _first_choices(options)
    config_path = find_config(workspace, options.pipeline_config_path)
    config = _load_config(workspace, config_path, options, reporter) if config_path.exists() else None
    boxes = update_records(workspace, config, reporter)
    change = None
    if config is None:
        _refuse_other_path(workspace, config_path)
        if (earlier_run := newest_backup(workspace)) is not None:
            log(reporter, f"this is a first training; the newest earlier run is {workspace.relative(earlier_run)}")
        write_first_config(workspace, choices, reporter, stop=stop)
        config = _load_config(workspace, config_path, options, reporter)
    else:
        check_written_from(config_path, choices)
        change = find_class_change(workspace, config, config_path, boxes)
    mark_labels_trained(workspace)
    for before, now in change.renamed.items() if change else ():
        log(reporter, f"class {before} of the model is {now} now; it keeps what it learnt")
    if change is None or not change.model_grows or options.train_dir is not None:
        return _run_training(workspace, config, config_path, options, reporter, stop)
    with with_new_classes(workspace, config_path, change, accept=options.accept, reporter=reporter):
        config = _load_config(workspace, config_path, options, reporter)
        return _run_training(workspace, config, config_path, options, reporter, stop)


def start_training_over(workspace: Workspace, options: TrainOptions, reporter: Reporter = silent) -> Path | None:
    """Make a new training/ as `options` with start_over ask for; the earlier one gets the name of a backup.

    Args:
        workspace: Whose training.
        options: Say which configuration is kept, if any.
        reporter: Receives where the earlier run is.

    Returns:
        Where the earlier run is; None where there is none, and nothing to do.

    Raises:
        UsageError: The options contradict each other.
        BoxwrightError: A training is under way, or a job that uses training/ has not ended.
        OSError: training/ cannot be renamed.
    """
    from boxwright.workflow.common.pipeline_config import find_config
    from boxwright.workflow.preparation.new_run import (
        copy_config,
        has_run,
        refuse_open_jobs,
        repair_start_over,
        start_over,
    )

    choices = _first_choices(options)
    if options.train_dir is not None:
        raise UsageError("--start-over makes a new training/. Give it or --train-dir.")
    refuse_open_jobs(workspace)
    repair_start_over(workspace)
    if not has_run(workspace):
        return None
    config_path = find_config(workspace, options.pipeline_config_path).absolute()
    fill = None if choices.writes_config else copy_config(workspace, config_path)
    return start_over(workspace, reporter, fill=fill)


def _first_choices(options: TrainOptions) -> FirstChoices:
    """Return what the options say of a configuration that is still to be written."""
    from boxwright.workflow.preparation.first_config import FirstChoices

    choices = FirstChoices(
        preset=options.preset,
        pretrained=options.pretrained,
        effort=options.effort,
        minutes=options.minutes,
        image_size=options.image_size,
        num_steps=options.num_steps,
        batch_size=None if options.batch_size == AUTO else options.batch_size,
        has_checkpoint=options.fine_tune_checkpoint is not None,
    )
    choices.check()
    return choices


def _refuse_other_path(workspace: Workspace, config_path: Path) -> None:
    """Refuse to write a configuration of another path than the workspace's."""
    if config_path.absolute() != workspace.pipeline_config:
        raise UsageError(
            f"{config_path}: there is no such file. Only training/pipeline.config is written where it is missing; "
            "give that, or the path of yours."
        )


def _load_config(
    workspace: Workspace, config_path: Path, options: TrainOptions, reporter: Reporter
) -> TrainEvalPipelineConfig:
    """Return the configuration as the options override it, once it is known that it can be trained."""
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths
    from boxwright.pipeline.support.check import check_supported
    from boxwright.workflow.common.pipeline_config import override_checkpoint, override_num_steps

    config = load_pipeline(config_path, note=partial(log, reporter))
    if isinstance(options.batch_size, int):
        config.train_config.batch_size = options.batch_size
    if options.num_steps is not None:
        override_num_steps(config, options.num_steps, reporter)
    if options.fine_tune_checkpoint is not None:
        override_checkpoint(config, options.fine_tune_checkpoint, workspace)
    check_supported(config, purpose="train", path=str(config_path))
    resolve_paths(config, workspace.root, purpose="train", path=str(config_path))
    return config


def _run_training(
    workspace: Workspace,
    config: TrainEvalPipelineConfig,
    config_path: Path,
    options: TrainOptions,
    reporter: Reporter,
    stop: StopSignal | None,
) -> TrainResult:
    """Train as a configuration says."""
    from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

    settings = Settings(
        seed=options.seed,
        deterministic=options.deterministic,
        eval_every=options.eval_every,
        early_stop=options.early_stop,
        precision=options.precision,
        devices=options.devices,
        xla=options.xla,
        log_every=options.log_every or 0,
    )
    train_dir = options.train_dir or workspace.training
    quiet_tensorflow()
    from boxwright.training.loop import train as train_model

    if options.batch_size == AUTO:
        from boxwright.training.hardware.auto_batch_size import choose_batch_size

        config.train_config.batch_size = choose_batch_size(config, train_dir, settings, reporter)
    return train_model(
        workspace,
        config,
        train_dir=train_dir.absolute(),
        config_path=config_path,
        settings=settings,
        reporter=reporter,
        stop=stop,
    )
