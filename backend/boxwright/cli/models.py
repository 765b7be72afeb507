"""`boxwright models`: the zoo's pretrained models, and one of them into a workspace."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from boxwright.cli.console import echo, print_table, reporting
from boxwright.cli.options import Folder
from boxwright.errors import BoxwrightError, UsageError
from boxwright.workspace import SPLITS, Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.progress import Reporter
    from boxwright.zoo.catalogue import ZooModel
    from boxwright.zoo.configure import Configured
    from boxwright.zoo.install import Chooser, Installed
    from boxwright.zoo.weights import Weights

WIDE = 190  # columns that the list takes with the names of the archives


def models(
    action: Annotated[
        str | None, typer.Argument(metavar="get", help="Leave it out for the list.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A model of the list.", show_default=False)] = None,
    folder: Folder = Path(),
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="An archive or a folder on this disk, instead of a download."),
    ] = None,
    num_steps: Annotated[
        int | None, typer.Option("--num-steps", min=1, help="Steps that the config says.", show_default="2000")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, help="Images per step.", show_default="8, large ones 4")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write training/pipeline.config anew; the one that is there is kept aside.")
    ] = False,
    mirror: Annotated[
        str | None,
        typer.Option("--mirror", metavar="URL", envvar="BOXWRIGHT_MIRROR", help="Another place of the archives."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The list as JSON, one model a line.")] = False,
) -> None:
    """List the pretrained SSD models of the TF1 detection zoo, or fetch one.

    get puts the model into pre-trained-model/NAME, checks that its weights fit, and writes training/pipeline.config
    for the workspace's classes. A download that was cut off goes on with the same command. Proxies are taken from
    the environment.

    Example:
      boxwright models
      boxwright models get ssd_inception_v2_coco training_demo
      boxwright models get ssd_inception_v2_coco training_demo --from ssd_inception_v2_coco_2018_01_28.tar.gz
    """
    if action in (None, "list"):
        if name is not None or source is not None:
            raise UsageError("The list takes no name and no --from. Give: boxwright models get NAME DIR")
        _list(mirror, as_json=as_json)
    elif action != "get":
        raise UsageError(f"{action!r} is nothing that `models` does. Give: boxwright models get {action} DIR")
    elif name is None:
        raise UsageError("Give the name of a model: boxwright models get NAME DIR. `boxwright models` lists them.")
    else:
        _get(
            name,
            Workspace.find(folder),
            source=source,
            num_steps=num_steps,
            batch_size=batch_size,
            force=force,
            mirror=mirror,
        )


def _list(mirror: str | None, *, as_json: bool) -> None:
    from boxwright.zoo.catalogue import ARCHIVE_SUFFIX, BASE_ADDRESS, MODELS

    base = mirror or BASE_ADDRESS
    if as_json:
        for model in MODELS:
            row = {**asdict(model), "address": model.address(base), "supported": model.is_supported}
            del row["needs"]
            echo(json.dumps(row))
        return
    ordered = sorted(MODELS, key=lambda model: not model.is_supported)  # stable: otherwise as the zoo has them
    columns = ["model", "works here", "mAP", "speed", "size", "archive"]
    rows = [
        [
            model.name,
            "yes" if model.is_supported else "not yet",
            f"{model.accuracy:g} {model.metric}",
            f"{model.milliseconds:g} ms {model.device}",
            f"{model.size / 1e6:,.0f} MB" if model.size else "?",
            model.archive + ARCHIVE_SUFFIX,
        ]
        for model in ordered
    ]
    place = f"Archives are at {base.rstrip('/')}/"
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < WIDE:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
        place += "; their names: a wider window, or --json"
    print_table(columns, rows)
    echo(f"\n{place}\nmAP and speed are the zoo's own; those of different data sets or devices do not compare.")
    echo("Fetch one with: boxwright models get NAME DIR")


def _get(
    name: str,
    workspace: Workspace,
    *,
    source: Path | None,
    num_steps: int | None,
    batch_size: int | None,
    force: bool,
    mirror: str | None,
) -> None:
    from boxwright.zoo.catalogue import BASE_ADDRESS, CATALOGUE, find_model
    from boxwright.zoo.install import checked_name, install

    model = CATALOGUE.get(name) if source is not None else find_model(name)
    name = model.name if model else checked_name(name)
    if model is not None:
        _refuse_unsupported(model)
    keeps_config = workspace.pipeline_config.exists() and not force
    if keeps_config and model is not None:
        _refuse_other_network(workspace, model)
    with reporting() as reporter:
        num_classes = _count_classes(workspace, reporter)
        try:
            installed = install(
                workspace,
                name,
                model=model,
                choose=_chooser(workspace, model, keeps_config, num_classes or 1, num_steps, batch_size),
                fit=_fit(workspace, name, keeps_config),
                source=source,
                base=mirror or BASE_ADDRESS,
                reporter=reporter,
            )
        except KeyboardInterrupt:
            if source is None:
                echo("What was downloaded so far is kept: the same command goes on from there.")
            raise
    _say_installed(workspace, installed, source)
    if keeps_config:
        _say_kept(workspace, installed)
    elif num_classes is None:
        echo(
            "training/pipeline.config is not written yet, because the workspace has no labels. Draw boxes in labelImg, "
            "then give the same command again."
        )
    else:
        _write_config(workspace, name, installed)


def _refuse_unsupported(model: ZooModel) -> None:
    if not model.is_supported:
        raise BoxwrightError(
            f"{model.name}: its network ({model.extractor}) is not built in this version of Boxwright. "
            "`boxwright models` says which are."
        )


def _refuse_other_network(workspace: Workspace, model: ZooModel) -> None:
    """Before megabytes are fetched, compare what the two files say of the network."""
    from boxwright.pipeline.load import load_pipeline

    has = load_pipeline(workspace.pipeline_config).model.ssd.feature_extractor.type
    if has != model.extractor:
        raise BoxwrightError(
            f"{workspace.pipeline_config} is there and describes another network ({has or 'no SSD'}) than {model.name} "
            f"({model.extractor}). Give --force to have it written for this model; yours is then kept beside it as "
            f"{workspace.pipeline_config.name}.kept-1."
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
    keeps_config: bool,
    num_classes: int,
    num_steps: int | None,
    batch_size: int | None,
) -> Chooser:
    from boxwright.pipeline.check import check_supported
    from boxwright.pipeline.load import load_pipeline
    from boxwright.zoo.configure import configure

    def choose(weights: Weights, prefix: Path) -> Any:
        if keeps_config:
            config = load_pipeline(workspace.pipeline_config)
            check_supported(config, purpose="train", path=str(workspace.pipeline_config))
            return config
        return configure(
            workspace,
            source=weights.config,
            extractor=model.extractor if model else None,
            prefix=prefix,
            num_classes=num_classes,
            num_steps=num_steps,
            batch_size=batch_size,
        )

    return choose


def _fit(workspace: Workspace, name: str, keeps_config: bool) -> Any:
    def fit(config: Any, prefix: Path) -> None:
        from boxwright.cli.tensorflow_quiet import quiet_tensorflow

        quiet_tensorflow()
        from boxwright.checkpoints.fit import check_fit

        own = str(workspace.pipeline_config) if keeps_config else "its pipeline.config"
        count = check_fit(config, prefix, name=name, config_name=own)
        echo(f"the weights fit: all {count:,} variables of the feature extractor are there")

    return fit


def _say_installed(workspace: Workspace, installed: Installed, source: Path | None) -> None:
    place = workspace.relative(installed.weights.prefix)
    if not installed.was_there:
        echo(f"put in place: {place}")
    elif source is None or source.resolve() in installed.weights.prefix.parents:
        echo(f"{place} is there already")
    else:
        echo(f"{place} is there already, so {source} was not looked at; move that folder away, or give another NAME")


def _say_kept(workspace: Workspace, installed: Installed) -> None:
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths

    path = workspace.relative(workspace.pipeline_config)
    config = load_pipeline(workspace.pipeline_config)
    wanted = config.train_config.fine_tune_checkpoint
    if (
        wanted
        and resolve_paths(config, workspace.root, purpose="export").fine_tune_checkpoint == installed.weights.prefix
    ):
        echo(f"{path} starts from it already. Next: boxwright train {as_argument(workspace.root)}")
        return
    echo(
        f"{path} is yours and stays as it is (--force writes one for this model and keeps yours beside it). To start "
        f'from these weights, write in its train_config:\n  fine_tune_checkpoint: "'
        f'{workspace.relative(installed.weights.prefix)}"\n  fine_tune_checkpoint_type: "detection"'
    )


def _write_config(workspace: Workspace, name: str, installed: Installed) -> None:
    from boxwright.pipeline.save import save_pipeline

    configured = cast("Configured", installed.config)  # it was made, not kept
    path = workspace.pipeline_config
    if path.exists():
        kept = _keep_aside(path)
        echo(f"kept aside: {workspace.relative(kept)}")
    save_pipeline(configured.config, path, header=configured.header(name))
    echo(f"wrote {workspace.relative(path)} from {configured.source}:")
    for change in configured.changes:
        echo(f"  {change}")
    place = as_argument(workspace.root)
    if any(workspace.training.glob("model.ckpt-*.index")):
        echo("training/ has checkpoints of an earlier training, so train into another folder:")
        echo(f"\nNext: boxwright train {place} --train-dir {as_argument(workspace.root / f'training_{name}')}")
    else:
        echo(f"\nNext: boxwright train {place}")


def _keep_aside(path: Path) -> Path:
    """Copy a file beside itself, so that at every instant one of that name is there."""
    number = 1
    while (kept := path.with_name(f"{path.name}.kept-{number}")).exists():
        number += 1
    shutil.copy2(path, kept)
    return kept
