"""The pretrained models of the TF1 detection zoo, and one of them into a workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from boxwright.errors import BoxwrightError, UsageError
from boxwright.files import backup
from boxwright.progress import Reporter, log, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.conversion import converter
from boxwright.workflow.common.option import Options, option
from boxwright.workspace import SPLITS, Workspace

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig
    from boxwright.workflow.preparation.effort import Planner
    from boxwright.zoo.catalogue import ZooModel
    from boxwright.zoo.configure import Configured
    from boxwright.zoo.install import Installed
    from boxwright.zoo.weights import Weights


@dataclass(frozen=True)
class GetModelOptions(Options):
    """Options of `get_model`.

    Attributes:
        name: Of a model in the list, or, with `source`, of the folder to make.
        source: On this disk: an archive, a folder, a checkpoint, or a SavedModel, frozen graph, TF.js, ONNX or TFLite
            file; None for a download.
        num_steps, batch_size: What the configuration says; None for what fits the model.
        image_size: Width and height of the network's input in pixels; None for the model's own.
        force: Write training/pipeline.config even where there is one, of which a backup is made.
        mirror: Address of another place with the archives.
        accept_unknown: Whether to fetch an archive whose size or SHA-256 is not known.
    """

    name: str | None = option(None, "A model of the list.", metavar="NAME", is_argument=True)
    source: Path | None = option(
        None,
        "An archive, a folder, a checkpoint, a SavedModel or a .pb, model.json, .onnx or .tflite file on this disk.",
        flag="--from",
        metavar="PATH",
    )
    num_steps: int | None = option(None, "Steps that the config says.", minimum=1, show_default="2000")
    batch_size: int | None = option(None, "Images per step.", minimum=1, show_default="8, large ones 4")
    image_size: int | None = option(
        None, "Width and height of the input in pixels.", minimum=32, show_default="the model's own"
    )
    force: bool = option(False, "Write training/pipeline.config again; a backup is made of the one that is there.")
    mirror: str | None = option(None, "Another place of the archives.", metavar="URL", environment="BOXWRIGHT_MIRROR")
    accept_unknown: bool = option(False, "Fetch an archive whose size or SHA-256 is not known.")


class ConfigState(str, Enum):
    """What became of training/pipeline.config."""

    WRITTEN = "written"
    STARTS_FROM_IT = "starts from it"  # it was there, and names the model already
    UNCHANGED = "unchanged"  # it was there, and does not
    NO_LABELS = "no labels"  # not written: the workspace has no label yet


@dataclass(frozen=True)
class ModelResult:
    """A pretrained model that is in place.

    Attributes:
        name: Its folder in pre-trained-model/.
        prefix: Of its checkpoint.
        was_present: Whether it was in the workspace already.
        config: What became of training/pipeline.config.
        config_source: What it was written from, "" when it was not.
        changes: What differs from that, a sentence each.
        backup: Of the configuration that was there; None without one.
    """

    name: str
    prefix: Path
    was_present: bool
    config: ConfigState
    config_source: str = ""
    changes: tuple[str, ...] = ()
    backup: Path | None = None


def list_models() -> tuple[ZooModel, ...]:
    """Return the pretrained SSD models of the zoo: those that work here first, otherwise as the zoo lists them."""
    from boxwright.zoo.catalogue import MODELS

    return tuple(sorted(MODELS, key=lambda model: not model.is_supported))  # stable


def get_model(
    workspace: Workspace,
    options: GetModelOptions,
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
    planner: Planner | None = None,
) -> ModelResult:
    """Put a pretrained model into pre-trained-model/, check that it fits, and write training/pipeline.config for it.

    A download that was cut off is resumed.

    Args:
        workspace: Where to.
        options: Which model, and what the configuration says.
        reporter: Receives the progress of the download, and messages about the check.
        stop: Ends the work; what was downloaded is kept for the next time.
        planner: Chooses the steps for the configuration; None for what `options` say.

    Raises:
        UsageError: There is no such model or source.
        BoxwrightError: The model's network is not built here, it does not fit, or the download failed.
    """
    from boxwright.zoo.catalogue import BASE_ADDRESS
    from boxwright.zoo.install import install

    name, model = _find_model(options)
    leaves_config = workspace.pipeline_config.exists() and not options.force
    if model is not None:
        _refuse_unsupported(model)
        if leaves_config:
            _refuse_other_network(workspace, model)
    reporter = interruptible(reporter, stop)
    num_classes = _count_classes(workspace, reporter)
    installed = install(
        workspace,
        name,
        model=model,
        choose=_chooser(workspace, model, leaves_config, num_classes or 1, options, planner),
        fit=_fit_check(workspace, name, leaves_config, reporter),
        source=options.source,
        base=options.mirror or BASE_ADDRESS,
        accept_unknown=options.accept_unknown,
        convert=converter(workspace, name, model, reporter),
        reporter=reporter,
    )
    if not leaves_config and num_classes is not None:
        return _write_config(workspace, name, installed)
    prefix, state = installed.weights.prefix, ConfigState.NO_LABELS
    if leaves_config:
        state = ConfigState.STARTS_FROM_IT if _starts_from(workspace, prefix) else ConfigState.UNCHANGED
    return ModelResult(name, prefix, installed.was_there, state)


def _find_model(options: GetModelOptions) -> tuple[str, ZooModel | None]:
    """Return the name of the folder to make, and the model of the catalogue; None for a model that is not in it."""
    from boxwright.zoo.catalogue import CATALOGUE, find_model
    from boxwright.zoo.install import checked_name

    if options.name is None:
        raise UsageError("Give the name of a model; `boxwright models` lists them.")
    model = CATALOGUE.get(options.name) if options.source is not None else find_model(options.name)
    return (model.name if model else checked_name(options.name)), model


def _refuse_unsupported(model: ZooModel) -> None:
    if not model.is_supported:
        raise BoxwrightError(
            f"{model.name}: its network ({model.extractor}) is not built in this version of Boxwright. "
            "`boxwright models` says which are."
        )


def _refuse_other_network(workspace: Workspace, model: ZooModel) -> None:
    """Before megabytes are fetched, compare what the two files say of the network."""
    from boxwright.pipeline.load import load_pipeline

    present = load_pipeline(workspace.pipeline_config).model.ssd.feature_extractor.type
    if present != model.extractor:
        raise BoxwrightError(
            f"{workspace.pipeline_config} is there and describes another network ({present or 'no SSD'}) than "
            f"{model.name} ({model.extractor}). Give --force to have it written for this model; a backup of yours is "
            "then made beside it."
        )


def _refuse_wrong_name(model: ZooModel, own: Path) -> None:
    """Compare the network of the model's own pipeline.config with the catalogue's."""
    from boxwright.zoo.catalogue import MODELS
    from boxwright.zoo.configure import read_original

    extractor = read_original(own).model.ssd.feature_extractor
    lite = ("SsdFeatureExtractor", "use_depthwise")
    expects = lite in model.needs
    related = [one for one in MODELS if (one.extractor, one.metric) == (model.extractor, model.metric)]
    tells = any((lite in one.needs) != expects for one in related)  # depthwise or not makes two models of them
    if extractor.type != model.extractor or (tells and extractor.use_depthwise != expects):
        found = f"{extractor.type}, use_depthwise {str(extractor.use_depthwise).lower()}"
        wanted = f"{model.extractor}, use_depthwise {str(expects).lower()}"
        raise BoxwrightError(
            f"{model.name}: the model that was given is of another network ({found}; {model.name} is {wanted}). "
            "Give its own name, or a name of yours."
        )


def _count_classes(workspace: Workspace, reporter: Reporter) -> int | None:
    """Return the highest id of the label map, brought up to date with the labels; None when there is no label."""
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.dataset.store.records import is_ours
    from boxwright.dataset.sync import sync

    foreign = [split for split in SPLITS if workspace.record(split).exists() and not is_ours(workspace, split)]
    if not foreign and workspace.images.is_dir() and any(workspace.images.iterdir()):
        sync(workspace, reporter=reporter)
    if not workspace.label_map.exists():
        return None
    return max(read_label_map(workspace.label_map).values(), default=None)


def _chooser(
    workspace: Workspace,
    model: ZooModel | None,
    leaves_config: bool,
    num_classes: int,
    options: GetModelOptions,
    planner: Planner | None,
) -> Callable[[Weights, Path], TrainEvalPipelineConfig | Configured]:
    """Return what chooses the configuration that the weights must fit."""
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.support.check import check_supported
    from boxwright.zoo.configure import configure

    def choose(weights: Weights, prefix: Path) -> TrainEvalPipelineConfig | Configured:
        if leaves_config:
            config = load_pipeline(workspace.pipeline_config)
            check_supported(config, purpose="train", path=str(workspace.pipeline_config))
            return config
        if model is not None and weights.config is not None:
            _refuse_wrong_name(model, weights.config)
        configured = partial(
            configure,
            workspace,
            source=weights.config,
            extractor=model.extractor if model else None,
            prefix=prefix,
            num_classes=num_classes,
            batch_size=options.batch_size,
            image_size=options.image_size,
        )
        if planner is None:
            return configured(num_steps=options.num_steps)
        plan = planner(configured().config)
        planned = configured(num_steps=plan.num_steps)
        return replace(planned, changes=(*planned.changes, plan.reason))

    return choose


def _fit_check(
    workspace: Workspace, name: str, leaves_config: bool, reporter: Reporter
) -> Callable[[TrainEvalPipelineConfig, Path], None]:
    def check(config: TrainEvalPipelineConfig, prefix: Path) -> None:
        from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

        quiet_tensorflow()
        from boxwright.checkpoints.fit import check_fit

        own = str(workspace.pipeline_config) if leaves_config else "its pipeline.config"
        count = check_fit(config, prefix, name=name, config_name=own)
        log(reporter, f"the weights fit: all {count:,} variables of the feature extractor are there")

    return check


def _starts_from(workspace: Workspace, prefix: Path) -> bool:
    """Return whether the workspace's configuration names this checkpoint."""
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths

    config = load_pipeline(workspace.pipeline_config)
    if not config.train_config.fine_tune_checkpoint:
        return False
    return resolve_paths(config, workspace.root, purpose="export").fine_tune_checkpoint == prefix


def _write_config(workspace: Workspace, name: str, installed: Installed) -> ModelResult:
    from boxwright.pipeline.save import save_pipeline

    configured = cast("Configured", installed.config)  # `choose` made it
    path = workspace.pipeline_config
    earlier = backup(path, copy=True) if path.exists() else None
    save_pipeline(configured.config, path, header=configured.header(name))
    return ModelResult(
        name,
        installed.weights.prefix,
        installed.was_there,
        ConfigState.WRITTEN,
        str(configured.source),
        tuple(configured.changes),
        earlier,
    )
