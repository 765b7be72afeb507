"""The configuration of a training: where it is, from what it is written, what options override."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.progress import Reporter, log
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig
    from boxwright.workflow.preparation.effort import Plan, Planner
    from boxwright.zoo.configure import Configured

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
    workspace: Workspace,
    preset: str | None,
    *,
    num_steps: int | None,
    batch_size: int | None,
    image_size: int | None = None,
    planner: Planner | None = None,
    reporter: Reporter,
) -> None:
    """Write training/pipeline.config.

    Args:
        workspace: Whose label map says how many classes there are.
        preset: Of pipeline.presets; None for the configuration that lies beside the pretrained checkpoint, or the
            preset that fits what is there.
        num_steps, batch_size, image_size: Instead of the preset's.
        planner: Chooses the steps where `num_steps` is None; None for the preset's.
        reporter: Receives messages about what was written.
    """
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.pipeline.presets import PRESETS, build_preset, set_image_size, set_num_steps
    from boxwright.pipeline.save import save_pipeline
    from boxwright.zoo.configure import configure

    default, pretrained = default_preset(workspace)
    num_classes = max(read_label_map(workspace.label_map).values(), default=0)
    why = f"you chose it among {', '.join(PRESETS)}"
    if preset is None:
        if pretrained and _has_other_network(pretrained):
            fit = partial(
                configure,
                workspace,
                source=pretrained.with_name("pipeline.config"),
                extractor=None,
                prefix=pretrained,
                num_classes=num_classes,
                batch_size=batch_size,
                image_size=image_size,
            )
            plan = planner(fit().config) if planner is not None and num_steps is None else None
            _save_fitted(workspace, pretrained, fit(num_steps=plan.num_steps if plan else num_steps), plan, reporter)
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
    header = PRESETS[preset].header
    if image_size is not None:
        set_image_size(config, image_size)
    if planner is not None and num_steps is None:
        plan = planner(config)
        set_num_steps(config, plan.num_steps)
        header = f"{header}\n{plan.num_steps:,} steps; {plan.reason}."
    save_pipeline(config, workspace.pipeline_config, header=header)
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


def _has_other_network(pretrained: Path) -> bool:
    """Return whether a configuration of another network than the preset's lies beside a checkpoint."""
    from boxwright.zoo.configure import read_original

    own = pretrained.with_name("pipeline.config")
    return own.is_file() and read_original(own).model.ssd.feature_extractor.type != "ssd_inception_v2"


def _save_fitted(
    workspace: Workspace, pretrained: Path, fitted: Configured, plan: Plan | None, reporter: Reporter
) -> None:
    """Write training/pipeline.config from the one beside a checkpoint."""
    from boxwright.pipeline.save import save_pipeline

    if plan is not None:
        fitted = replace(fitted, changes=(*fitted.changes, plan.reason))
    save_pipeline(fitted.config, workspace.pipeline_config, header=fitted.header(pretrained.parent.name))
    own = pretrained.with_name("pipeline.config")
    log(reporter, f"wrote {workspace.relative(workspace.pipeline_config)} from {workspace.relative(own)}:")
    for change in fitted.changes:
        log(reporter, f"  {change}")


def _find_pretrained(folder: Path) -> Path | None:
    """Return the prefix of the checkpoint in pre-trained-model/, or one folder deeper, as archives unpack."""
    indexes = sorted([*folder.glob("*.index"), *folder.glob("*/*.index")], key=lambda path: path.stem != "model.ckpt")
    return indexes[0].with_suffix("") if indexes else None
