"""What a model is run on: the configuration of a run, the records of a split, and the classes that the model knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.progress import Reporter, log
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.dataset.plan.label_map import LabelMap
    from boxwright.pipeline.messages import TrainEvalPipelineConfig


def load_inputs(
    workspace: Workspace, config_path: Path, split: str, reporter: Reporter
) -> tuple[TrainEvalPipelineConfig, list[Path], LabelMap]:
    """Return the configuration, and the records of a split and the label map that it names.

    Args:
        workspace: Relative paths of the configuration start here.
        config_path: The configuration.
        split: "train" or "test".
        reporter: Told of classes that the model does not know.

    Raises:
        BoxwrightError: The configuration cannot be used, or names a file that is not there.
    """
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.dataset.store.records import resolve_records
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths
    from boxwright.pipeline.support.check import check_num_classes, check_supported

    config = load_pipeline(config_path)
    check_supported(config, purpose="evaluate", path=str(config_path))
    purpose = "train" if split == "train" else "evaluate"
    paths = resolve_paths(config, workspace.root, purpose=purpose, path=str(config_path))
    named = paths.train_records if split == "train" else paths.eval_records
    records = resolve_records(named or [str(workspace.record(split))], workspace.root)
    label_maps = (paths.eval_label_map, paths.train_label_map)
    label_map_path = next(filter(None, label_maps[::-1] if split == "train" else label_maps), workspace.label_map)
    label_map = _known_classes(read_label_map(label_map_path), config.model.ssd.num_classes, reporter)
    warning = check_num_classes(config, label_map, config_path=str(config_path), label_map_path=str(label_map_path))
    if warning:
        log(reporter, f"WARNING: {warning}")
    return config, records, label_map


def _known_classes(label_map: LabelMap, num_classes: int, reporter: Reporter) -> LabelMap:
    """Return the classes that the model has outputs for; name the others, which came after its training."""
    from boxwright.dataset.plan.label_map import LabelMap

    newer = [name for name, number in label_map.items() if number > num_classes]
    if not newer or len(newer) == len(label_map):
        return label_map
    which = f"class{'es' if len(newer) > 1 else ''} {', '.join(newer)}"
    log(reporter, f"{which}: not measured, for the model was trained before; train again to teach it")
    return LabelMap({name: number for name, number in label_map.items() if number <= num_classes})
