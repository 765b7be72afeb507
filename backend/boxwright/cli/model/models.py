"""`boxwright models`: the zoo's pretrained models, and one of them into a workspace."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, print_table, reporting
from boxwright.errors import UsageError
from boxwright.workflow.models import ConfigState, GetModelOptions, ModelResult, get_model, list_models
from boxwright.workspace import Workspace, as_argument

WIDE = 190  # columns that the list takes with the names of the archives


@takes_options
def models(
    action: Annotated[
        str | None, typer.Argument(metavar="get", help="Leave it out for the list.", show_default=False)
    ] = None,
    *,
    options: GetModelOptions,
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="The list as JSON, one model a line.")] = False,
) -> None:
    """List the pretrained SSD models of the TF1 detection zoo, or fetch one.

    get fetches the model from the first of its sources that works, puts it into pre-trained-model/NAME, checks that
    its weights fit, and writes training/pipeline.config for the workspace's classes. The same command resumes a
    download that was cut off. Proxies are taken from the environment. --from takes a model that you have: a
    checkpoint, an archive, or a model for inference, which becomes a checkpoint.

    Example:
      boxwright models
      boxwright models get ssd_inception_v2_coco training_demo
      boxwright models get ssd_inception_v2_coco training_demo --from ssd_inception_v2_coco_2018_01_28.tar.gz
    """
    if action in (None, "list"):
        if options.name is not None or options.source is not None:
            raise UsageError("The list takes no name and no --from. Give: boxwright models get NAME DIR")
        _show_list(options.mirror, as_json=as_json)
    elif action != "get":
        raise UsageError(f"{action!r} is nothing that `models` does. Give: boxwright models get {action} DIR")
    elif options.name is None:
        raise UsageError("Give the name of a model: boxwright models get NAME DIR. `boxwright models` lists them.")
    else:
        _get(Workspace.find(folder), options)


def _show_list(mirror: str | None, *, as_json: bool) -> None:
    from boxwright.zoo.catalogue import ARCHIVE_SUFFIX, BASE_ADDRESS, MODELS

    base = mirror or BASE_ADDRESS
    if as_json:
        for model in MODELS:
            row = {**asdict(model), "address": model.address(base), "supported": model.is_supported}
            for field in ("needs", "packages", "files", "files_at", "mirror"):
                del row[field]
            echo(json.dumps(row))
        return
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
        for model in list_models()
    ]
    place = f"Archives are at {base.rstrip('/')}/"
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < WIDE:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
        place += "; their names: a wider window, or --json"
    print_table(columns, rows)
    echo(f"\n{place}\nmAP and speed are the zoo's own; those of different data sets or devices do not compare.")
    echo("Fetch one with: boxwright models get NAME DIR")


def _get(workspace: Workspace, options: GetModelOptions) -> None:
    with reporting() as reporter:
        try:
            result = get_model(workspace, options, reporter)
        except KeyboardInterrupt:
            if options.source is None:
                echo("What was downloaded so far is kept: the same command resumes there.")
            raise
    _show_place(workspace, result, options.source)
    path = workspace.relative(workspace.pipeline_config)
    prefix = workspace.relative(result.prefix)
    if result.config is ConfigState.STARTS_FROM_IT:
        echo(f"{path} starts from it already. Next: boxwright train {as_argument(workspace.root)}")
    elif result.config is ConfigState.UNCHANGED:
        echo(
            f"{path} is yours and stays as it is (--force writes one for this model and makes a backup of yours). To "
            f'start from these weights, write in its train_config:\n  fine_tune_checkpoint: "{prefix}"\n'
            '  fine_tune_checkpoint_type: "detection"'
        )
    elif result.config is ConfigState.NO_LABELS:
        echo(
            f"{path} is not written yet, because the workspace has no labels. Draw boxes in labelImg, then give the "
            "same command again."
        )
    else:
        _show_written(workspace, result)


def _show_place(workspace: Workspace, result: ModelResult, source: Path | None) -> None:
    place = workspace.relative(result.prefix)
    if not result.was_present:
        echo(f"put in place: {place}")
    elif source is None or source.resolve() in result.prefix.parents:
        echo(f"{place} is there already")
    else:
        echo(f"{place} is there already, so {source} was not looked at; move that folder away, or give another NAME")


def _show_written(workspace: Workspace, result: ModelResult) -> None:
    if result.backup is not None:
        echo(f"backup: {workspace.relative(result.backup)}")
    echo(f"wrote {workspace.relative(workspace.pipeline_config)} from {result.config_source}:")
    for change in result.changes:
        echo(f"  {change}")
    place = as_argument(workspace.root)
    if workspace.checkpoint_steps():
        echo("training/ has checkpoints of an earlier training. --start-over keeps them in a folder beside it.")
        echo(f"\nNext: boxwright train {place} --start-over")
    else:
        echo(f"\nNext: boxwright train {place}")
