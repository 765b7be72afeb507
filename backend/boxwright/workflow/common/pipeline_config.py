"""The configuration of a training: where it is, from what it is written, what options override."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.progress import Reporter, log
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig

RANDOM = "none"
"""What stands for random weights instead of a checkpoint."""


def find_config(workspace: Workspace, given: Path | None) -> Path:
    """Return the configuration's file: as given, from here or from the workspace; by default the workspace's."""
    if given is None:
        return workspace.pipeline_config
    return given if given.exists() or not (workspace.root / given).exists() else workspace.root / given


def default_preset(workspace: Workspace) -> tuple[str, Path | None]:
    """Return the preset for a workspace that has no configuration yet, and the checkpoint to start from, if any."""
    pretrained = _find_pretrained(workspace.pretrained)
    return ("ssd_inception_v2" if pretrained else "small"), pretrained


def is_from_preset(config_path: Path, preset: str) -> bool:
    """Return whether `write_config` wrote the file from this preset."""
    return config_path.read_bytes().startswith(f"# Preset {preset}:".encode())


def is_for_model(config_path: Path, name: str) -> bool:
    """Return whether the file was written for this pretrained model."""
    return config_path.read_bytes().startswith(f"# Zoo {name}:".encode())


def write_config(
    workspace: Workspace, preset: str | None, *, num_steps: int | None, batch_size: int | None, reporter: Reporter
) -> None:
    """Write training/pipeline.config.

    Args:
        workspace: Whose label map says how many classes there are.
        preset: Of pipeline.presets; None for the configuration that lies beside the pretrained checkpoint, or the
            preset that fits what is there.
        num_steps, batch_size: Instead of the preset's.
        reporter: Receives messages about what was written.
    """
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.pipeline.presets import PRESETS, build_preset
    from boxwright.pipeline.save import save_pipeline

    default, pretrained = default_preset(workspace)
    num_classes = max(read_label_map(workspace.label_map).values(), default=0)
    why = f"you chose it among {', '.join(PRESETS)}"
    if preset is None:
        fitted = pretrained and _write_fitted(workspace, pretrained, num_classes, num_steps, batch_size, reporter)
        if fitted:
            return
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
    path, steps = workspace.relative(workspace.pipeline_config), config.train_config.num_steps
    log(reporter, f"wrote {path} from the preset {preset} ({why}), num_steps: {steps}")


def override_checkpoint(config: TrainEvalPipelineConfig, prefix: str, workspace: Workspace) -> None:
    """Set the checkpoint to start from, which must be there: a config's may be missing, one that is asked for not.

    Args:
        config: Is changed.
        prefix: From here or from the workspace; RANDOM for none.
        workspace: Where it may lie.

    Raises:
        UsageError: It is not there.
    """
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


def override_num_steps(config: TrainEvalPipelineConfig, num_steps: int, reporter: Reporter) -> None:
    """Set num_steps; a cosine schedule that would end earlier is stretched, or the rest would train at rate 0."""
    from boxwright.pipeline.presets import set_num_steps

    optimizer = config.train_config.optimizer
    kind = optimizer.WhichOneof("optimizer")
    rate = getattr(optimizer, kind).learning_rate if kind else None
    if rate is not None and rate.HasField("cosine_decay_learning_rate"):
        total = rate.cosine_decay_learning_rate.total_steps
        if num_steps > total:
            set_num_steps(config, num_steps)
            log(reporter, f"the cosine schedule of {total} steps is stretched to {num_steps}")
    config.train_config.num_steps = num_steps


def _write_fitted(
    workspace: Workspace,
    pretrained: Path,
    num_classes: int,
    num_steps: int | None,
    batch_size: int | None,
    reporter: Reporter,
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
    log(reporter, f"wrote {workspace.relative(workspace.pipeline_config)} from {workspace.relative(own)}:")
    for change in fitted.changes:
        log(reporter, f"  {change}")
    return True


def _find_pretrained(folder: Path) -> Path | None:
    """Return the prefix of the checkpoint in pre-trained-model/, or one folder deeper, as archives unpack."""
    indexes = sorted([*folder.glob("*.index"), *folder.glob("*/*.index")], key=lambda path: path.stem != "model.ckpt")
    return indexes[0].with_suffix("") if indexes else None
