"""`boxwright train`: from records to checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boxwright.cli.console import echo, reporting
from boxwright.cli.options import Folder
from boxwright.cli.stopping import stop_on_signals
from boxwright.errors import BoxwrightError, UsageError
from boxwright.workspace import SPLITS, Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.progress import Reporter

RANDOM = "none"  # what --fine-tune-checkpoint takes for random weights


def train(
    folder: Folder = Path(),
    pipeline_config_path: Annotated[
        Path | None,
        typer.Option(
            "--pipeline-config-path", metavar="FILE", help="The configuration.", show_default="training/pipeline.config"
        ),
    ] = None,
    train_dir: Annotated[
        Path | None,
        typer.Option(
            "--train-dir",
            metavar="DIR",
            help="Where checkpoints go; from here, not from the workspace.",
            show_default="the workspace's",
        ),
    ] = None,
    num_steps: Annotated[
        int | None, typer.Option("--num-steps", min=1, help="Stop at this global step, instead of the config's.")
    ] = None,
    batch_size: Annotated[
        str | None,
        typer.Option(
            "--batch-size",
            metavar="N|auto",
            help="Images per step, instead of the config's; auto measures how many fit into memory.",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="ssd_inception_v2, small or demo: what to write training/pipeline.config from, if there is none.",
        ),
    ] = None,
    fine_tune_checkpoint: Annotated[
        str | None,
        typer.Option(
            "--fine-tune-checkpoint",
            metavar="PREFIX",
            help="Start from this checkpoint, instead of the config's; none for random weights.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Of weights, order and augmentation.", show_default="0, or as begun"),
    ] = None,
    deterministic: Annotated[
        bool | None,
        typer.Option(
            "--deterministic/--no-deterministic",
            help="The same run twice gives the same bits, also when it was stopped in between; steps take longer.",
            show_default="no, or as begun",
        ),
    ] = None,
    eval_every: Annotated[
        int | None,
        typer.Option(
            "--eval-every",
            min=0,
            metavar="STEPS",
            help="Evaluate on the test split every so many steps and at the end; 0: never.",
            show_default="a tenth of the run, 100 to 1000",
        ),
    ] = None,
    early_stop: Annotated[
        int,
        typer.Option(
            "--early-stop", min=0, metavar="N", help="End after N evaluations without a better one; 0: go on."
        ),
    ] = 0,
    precision: Annotated[
        str,
        typer.Option("--precision", help="float32, bfloat16 or float16: what the network computes in while it trains."),
    ] = "float32",
    devices: Annotated[
        int | None,
        typer.Option(
            "--devices",
            min=1,
            metavar="N",
            help="GPUs of this machine that train together, sharing each batch; without a GPU, the CPU.",
            show_default="1",
        ),
    ] = None,
    xla: Annotated[
        bool,
        typer.Option("--xla", help="Compile the network with XLA: takes a minute, then is faster on some GPUs."),
    ] = False,
) -> None:
    """Train a detector as training/pipeline.config says, from the last checkpoint if there is one.

    First brings the records up to date with the images. Ctrl+C saves and ends; the same command continues.
    TensorBoard (boxwright tensorboard) shows the curves while it runs. The checkpoint with the best evaluation stays in
    training/best, beside the newest.

    Example:
      boxwright train training_demo --num-steps 5000
      boxwright train training_demo --preset small --batch-size 8
      boxwright train training_demo --eval-every 200 --early-stop 5
      boxwright train training_demo --precision bfloat16 --batch-size auto --devices 2
    """
    from boxwright.pipeline.presets import PRESETS

    size = _batch_size(batch_size)
    workspace = Workspace.find(folder)
    config_path = find_config(workspace, pipeline_config_path)
    if preset is not None and preset not in PRESETS:
        raise UsageError(f"There is no preset {preset!r}. Choose one of: {', '.join(PRESETS)}.")
    with reporting() as reporter:
        _bring_records_up_to_date(workspace, config_path, reporter)
        if not config_path.exists():
            if config_path.absolute() != workspace.pipeline_config:
                raise UsageError(
                    f"{pipeline_config_path}: there is no such file. Only training/pipeline.config is written from a "
                    "preset where it is missing; give that, or the path of yours."
                )
            _write_preset(workspace, preset, num_steps, size if isinstance(size, int) else None)
        elif preset is not None and not _is_from_preset(config_path, preset):
            raise UsageError(
                f"{config_path} is there already and was not written from the preset {preset!r}. Leave --preset out "
                "to train as it says, or move it away to have it written anew."
            )
        run_training(
            workspace,
            config_path,
            train_dir=train_dir or workspace.training,
            num_steps=num_steps,
            batch_size=size,
            fine_tune_checkpoint=fine_tune_checkpoint,
            seed=seed,
            deterministic=deterministic,
            eval_every=eval_every,
            early_stop=early_stop,
            precision=precision,
            devices=devices,
            xla=xla,
            reporter=reporter,
        )


def run_training(
    workspace: Workspace,
    config_path: Path,
    *,
    train_dir: Path,
    num_steps: int | None = None,
    batch_size: int | str | None = None,
    fine_tune_checkpoint: str | None = None,
    reporter: Reporter,
    **settings: Any,
) -> None:
    """Train as a config file says; Ctrl+C and SIGTERM save and end.

    Args:
        workspace: Relative paths of the config start here.
        config_path: The pipeline.config.
        train_dir: Where checkpoints go.
        num_steps: Instead of the config's.
        batch_size: Instead of the config's; "auto" for the largest that fits.
        fine_tune_checkpoint: Prefix instead of the config's, from here or from the workspace; "none" for none.
        reporter: Shows progress.
        settings: Of training.loop.train, for example seed.
    """
    from boxwright.cli.tensorflow_quiet import quiet_tensorflow
    from boxwright.pipeline.load import load_pipeline

    config = load_pipeline(config_path)
    if isinstance(batch_size, int):
        config.train_config.batch_size = batch_size
    if num_steps is not None:
        _override_num_steps(config, num_steps)
    if fine_tune_checkpoint is not None:
        _override_checkpoint(config, fine_tune_checkpoint, workspace)
    quiet_tensorflow()
    from boxwright.training.loop import train as train_model

    if batch_size == "auto":
        from boxwright.training.hardware.auto_batch_size import choose_batch_size
        from boxwright.training.settings import Settings

        config.train_config.batch_size = choose_batch_size(config, train_dir, Settings(**settings), reporter)
    with stop_on_signals() as stop:
        train_model(
            workspace,
            config,
            train_dir=train_dir.absolute(),
            config_path=config_path,
            reporter=reporter,
            stop=stop,
            **settings,
        )


def _batch_size(given: str | None) -> int | str | None:
    if given is None or given == "auto":
        return given
    if not given.isdecimal() or int(given) < 1:
        raise UsageError(f"--batch-size {given}: give a number of images, 1 or more, or auto.")
    return int(given)


def find_config(workspace: Workspace, given: Path | None) -> Path:
    """Return the configuration's file: as given, from here or from the workspace; by default the workspace's."""
    if given is None:
        return workspace.pipeline_config
    return given if given.exists() or not (workspace.root / given).exists() else workspace.root / given


def _bring_records_up_to_date(workspace: Workspace, config_path: Path, reporter: Reporter) -> None:
    """Sync the dataset, unless the config trains on records that Boxwright did not write."""
    from boxwright.dataset.sync import sync

    check = f"boxwright check {as_argument(workspace.root)}"
    nothing = (
        f"{workspace.images} holds no photo with a usable XML, so there is nothing to train on. Draw boxes in "
        f"labelImg (format PascalVOC) and save the XML beside the photos; {check} says what is wrong with those "
        "that are there."
    )
    if not workspace.images.is_dir() or not any(workspace.images.iterdir()):
        if not config_path.exists() and not workspace.label_map.exists():
            raise BoxwrightError(nothing)
        return  # records from elsewhere, as the config or annotations/ has them
    foreign = _foreign_records(workspace, config_path)
    if foreign:
        echo(f"{workspace.relative(foreign[0])}: not written by Boxwright, so it is used as it is")
        return
    report = sync(workspace, reporter=reporter)
    counts = ", ".join(f"{report.images.get(split, 0)} {split}" for split in SPLITS)
    state = "brought up to date" if report.changed else "up to date"
    if not any(report.images.values()):
        raise BoxwrightError(nothing)
    hint = f" (what is wrong with some, {len(report.findings)} in all: {check})" if report.findings else ""
    echo(f"records {state}: {counts} images{hint}")
    for path in report.backups:
        echo(f"kept aside: {workspace.relative(path)}")


def _foreign_records(workspace: Workspace, config_path: Path) -> list[Path]:
    """Return those of the config's record files that someone else wrote; without a config, of the workspace's."""
    from boxwright.dataset.store.records import is_ours, resolve_records
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths

    patterns = tuple(f"annotations/{split}.record" for split in SPLITS)
    if config_path.exists():
        paths = resolve_paths(load_pipeline(config_path), workspace.root, purpose="train", path=str(config_path))
        patterns = paths.train_records + paths.eval_records
    ours = tuple(f"{split}.record" for split in SPLITS if is_ours(workspace, split))
    found = []
    for pattern in patterns:
        try:
            found += resolve_records([pattern], workspace.root)
        except BoxwrightError:
            continue  # not there yet: the sync writes it, or training says that it is missing
    annotations = workspace.annotations.resolve()
    return [path for path in found if not (path.resolve().parent == annotations and path.name.startswith(ours))]


def _write_preset(workspace: Workspace, preset: str | None, num_steps: int | None, batch_size: int | None) -> None:
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.pipeline.presets import PRESETS, build_preset
    from boxwright.pipeline.save import save_pipeline

    default, pretrained = default_preset(workspace)
    labels = read_label_map(workspace.label_map)
    num_classes = max(labels.values(), default=0)
    if preset is None and pretrained and _write_fitted(workspace, pretrained, num_classes, num_steps, batch_size):
        return
    why = f"you chose it among {', '.join(PRESETS)}"
    if preset is None:
        preset = default
        why = "a checkpoint lies in pre-trained-model/" if pretrained else "pre-trained-model/ holds no checkpoint"
    config = build_preset(
        preset,
        num_classes=num_classes,
        num_steps=num_steps,
        batch_size=batch_size,
        fine_tune_checkpoint=workspace.relative(pretrained) if pretrained and preset == "ssd_inception_v2" else None,
    )
    save_pipeline(config, workspace.pipeline_config, header=PRESETS[preset].header)
    steps = config.train_config.num_steps
    echo(f"wrote {workspace.relative(workspace.pipeline_config)} from the preset {preset} ({why}), num_steps: {steps}")


def default_preset(workspace: Workspace) -> tuple[str, Path | None]:
    """Return the preset for a workspace that has no configuration yet, and the checkpoint to start from, if any."""
    pretrained = _find_pretrained(workspace.pretrained)
    return ("ssd_inception_v2" if pretrained else "small"), pretrained


def _write_fitted(
    workspace: Workspace, pretrained: Path, num_classes: int, num_steps: int | None, batch_size: int | None
) -> bool:
    """Write training/pipeline.config from the one beside a checkpoint of another network than the preset's."""
    from boxwright.pipeline.save import save_pipeline
    from boxwright.zoo.configure import configure, read_original

    own = pretrained.with_name("pipeline.config")
    if not own.is_file() or read_original(own).model.ssd.feature_extractor.type == "ssd_inception_v2":
        return False
    fitted = configure(
        workspace,
        source=own,
        extractor=None,
        prefix=pretrained,
        num_classes=num_classes,
        num_steps=num_steps,
        batch_size=batch_size,
    )
    save_pipeline(fitted.config, workspace.pipeline_config, header=fitted.header(pretrained.parent.name))
    echo(f"wrote {workspace.relative(workspace.pipeline_config)} from {workspace.relative(own)}:")
    for change in fitted.changes:
        echo(f"  {change}")
    return True


def _find_pretrained(folder: Path) -> Path | None:
    """Return the prefix of the checkpoint in pre-trained-model/, or one folder deeper, as archives unpack."""
    indexes = sorted([*folder.glob("*.index"), *folder.glob("*/*.index")], key=lambda path: path.stem != "model.ckpt")
    return indexes[0].with_suffix("") if indexes else None


def _is_from_preset(config_path: Path, preset: str) -> bool:
    return config_path.read_bytes().startswith(f"# Preset {preset}:".encode())


def _override_checkpoint(config: Any, prefix: str, workspace: Workspace) -> None:
    """Set the checkpoint to start from, which must be there: a config's may be missing, one that is asked for not."""
    if prefix == RANDOM:
        config.train_config.ClearField("fine_tune_checkpoint")
        return
    prefix = prefix.removesuffix(".index")  # what a file dialog shows of it
    found = next((p for p in (Path(prefix), workspace.root / prefix) if Path(f"{p}.index").is_file()), None)
    if found is None:
        raise UsageError(
            f"--fine-tune-checkpoint {prefix}: there is no {prefix}.index. Give the path without .index, or {RANDOM}."
        )
    config.train_config.fine_tune_checkpoint = str(found.absolute())
    if not config.train_config.fine_tune_checkpoint_type:
        config.train_config.fine_tune_checkpoint_type = "detection"


def _override_num_steps(config: Any, num_steps: int) -> None:
    """Set num_steps; a cosine schedule that would end earlier is stretched, or the rest would train at rate 0."""
    from boxwright.pipeline.presets import set_num_steps

    optimizer = config.train_config.optimizer
    kind = optimizer.WhichOneof("optimizer")
    rate = getattr(optimizer, kind).learning_rate if kind else None
    if rate is not None and rate.HasField("cosine_decay_learning_rate"):
        total = rate.cosine_decay_learning_rate.total_steps
        if num_steps > total:
            set_num_steps(config, num_steps)
            echo(f"the cosine schedule of {total} steps is stretched to {num_steps}")
    config.train_config.num_steps = num_steps
