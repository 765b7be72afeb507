"""Bringing records up to date before they are trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError
from boxwright.progress import Reporter, log
from boxwright.workspace import SPLITS, Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig


def update_records(
    workspace: Workspace, config: TrainEvalPipelineConfig | None, reporter: Reporter
) -> Mapping[str, int]:
    """Sync the dataset, unless the configuration trains on records that Boxwright did not write.

    Args:
        workspace: Whose records.
        config: The configuration; None when it is still to be written.
        reporter: Receives the number of images read, and messages about the result.

    Returns:
        Class to number of boxes; empty where the records come from elsewhere.

    Raises:
        BoxwrightError: There is nothing to train on.
    """
    from boxwright.dataset.sync import sync

    check = f"boxwright check {as_argument(workspace.root)}"
    nothing = (
        f"{workspace.images} holds no photo with a usable annotation, so there is nothing to train on. Draw boxes in "
        f"labelImg and save them beside the photos; {check} says what is wrong with those "
        "that are there."
    )
    if not workspace.images.is_dir() or not any(workspace.images.iterdir()):
        if config is None and not workspace.label_map.exists():
            raise BoxwrightError(nothing)
        return {}  # records from elsewhere, as the config or annotations/ has them
    foreign = _foreign_records(workspace, config)
    if foreign:
        log(reporter, f"{workspace.relative(foreign[0])}: not written by Boxwright, so it is used as it is")
        return {}
    report = sync(workspace, reporter=reporter)
    counts = ", ".join(f"{report.images.get(split, 0)} {split}" for split in SPLITS)
    state = "brought up to date" if report.changed else "up to date"
    if not any(report.images.values()):
        raise BoxwrightError(nothing)
    if not report.images.get("train"):
        reason = next((finding for finding in report.findings if finding.rule == "split-empty"), None)
        raise BoxwrightError(f"There is nothing to train on. {reason}" if reason else nothing)
    hint = f" (what is wrong with some, {len(report.findings)} in all: {check})" if report.findings else ""
    log(reporter, f"records {state}: {counts} images{hint}")
    for path in report.backups:
        log(reporter, f"backup: {workspace.relative(path)}")
    return {label: sum(splits.values()) for label, splits in report.objects.items()}


def _foreign_records(workspace: Workspace, config: TrainEvalPipelineConfig | None) -> list[Path]:
    """Return those of the config's record files that someone else wrote; without a config, of the workspace's."""
    from boxwright.dataset.store.records import is_ours, resolve_records
    from boxwright.pipeline.paths import resolve_paths

    patterns = tuple(f"annotations/{split}.record" for split in SPLITS)
    if config is not None:
        paths = resolve_paths(config, workspace.root, purpose="train")
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
