"""From a checkpoint to the model file for use: SavedModel, frozen graph, TFLite, ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from boxwright.errors import BoxwrightError, UsageError
from boxwright.export.formats import Format
from boxwright.progress import Reporter, log, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.checkpoint import BEST, choose_checkpoint
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boxwright.export.exporter import ExportReport
    from boxwright.pipeline.messages import TrainEvalPipelineConfig
    from boxwright.pipeline.paths import InputPaths

__all__ = ["BEST", "ExportOptions", "Format", "export_model"]

COMPARED_IMAGES = 4
"""On so many images the export is compared with its checkpoint; more cost time and show nothing new."""


@dataclass(frozen=True)
class ExportOptions(Options):
    """Options of `export_model`.

    Attributes:
        checkpoint: "best" or "last" of the workspace's training/, or the number of a step of it; or the prefix of a
            checkpoint or a folder with some, of which the best is taken. None for "best".
        pipeline_config_path: Its configuration; None for the one beside it, else the workspace's.
        output: Folder to make; None for the next free name in trained-inference-graphs/.
        label_map: Put beside the model; None for the one that the configuration names.
        formats: What to write beside the SavedModel and the frozen graph.
    """

    checkpoint: Path | Literal["best", "last"] | None = option(
        None,
        "The best or last checkpoint of DIR/training, the one of step N, or the prefix of another one.",
        metavar="best|last|N|PREFIX",
        show_default="best",
        is_checkpoint=True,
    )
    pipeline_config_path: Path | None = option(
        None,
        "Configuration that the checkpoint was trained with.",
        show_default="pipeline.config beside the checkpoint, else in DIR/training",
    )
    output: Path | None = option(
        None,
        "Folder to make.",
        metavar="DIR",
        show_default="DIR/trained-inference-graphs/output_inference_graph_vN",
    )
    label_map: Path | None = option(None, "Put beside the model.", show_default="as the configuration says")
    formats: tuple[Format, ...] = option(
        (),
        "Write this one as well; can be given several times. tflite-int8 takes its ranges from photos of the training "
        "records.",
        flag="--format",
        show_default="the SavedModel and the frozen graph, which are always written",
    )


def export_model(
    workspace: Workspace,
    options: ExportOptions = ExportOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> ExportReport:
    """Turn a checkpoint into what the TF Object Detection API exports, and further formats beside it.

    The export is loaded again and compared with the checkpoint's model on images before it gets its name.

    Args:
        workspace: Need not exist when a checkpoint, its configuration and the output are given.
        options: What is exported, and where to.
        reporter: Receives the stages.
        stop: Ends the work between two stages; no export is left then.

    Raises:
        UsageError: There is no training, or an option cannot be used.
        BoxwrightError: The checkpoint cannot be used, or the export does not compute what it does.
    """
    if options.checkpoint is None and not workspace.training.is_dir():
        raise UsageError(
            f"{workspace.root} has no training/ folder with a checkpoint. Train first (boxwright train), or give "
            "--checkpoint and --pipeline-config-path."
        )
    if options.output is None:
        workspace.refuse_links()
    quiet_tensorflow()
    from boxwright.export.exporter import export

    prefix = choose_checkpoint(workspace.training, options.checkpoint or BEST, reporter)
    config, paths = _load_config(workspace, options.pipeline_config_path, prefix)
    label_map = _find_label_map(options.label_map, paths, prefix)
    if label_map is not None:
        _check_label_map(label_map, config, reporter)
    calibration = _calibration(paths.train_records, workspace) if Format.TFLITE_INT8 in options.formats else []
    return export(
        config,
        prefix,
        options.output or workspace.exports / workspace.next_export_name(),
        images=_comparison_images(workspace),
        label_map=label_map,
        formats=tuple(dict.fromkeys(options.formats)),
        calibration=calibration,
        reporter=interruptible(reporter, stop),
    )


def _load_config(workspace: Workspace, given: Path | None, prefix: Path) -> tuple[TrainEvalPipelineConfig, InputPaths]:
    """Return the configuration of a checkpoint, once it is known that it can be exported, and the files it names."""
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths
    from boxwright.pipeline.support.check import check_supported

    beside = prefix.parent / "pipeline.config"
    config_path = given or (beside if beside.is_file() else workspace.pipeline_config)
    config = load_pipeline(config_path)
    check_supported(config, purpose="export", path=str(config_path))
    return config, resolve_paths(config, workspace.root, purpose="export", path=str(config_path))


def _find_label_map(given: Path | None, paths: InputPaths, prefix: Path) -> Path | None:
    if given is not None:
        if not given.is_file():
            raise UsageError(f"{given}: there is no such label map.")
        return given
    known = (paths.train_label_map, paths.eval_label_map, prefix.parent / "label_map.pbtxt")
    return next((path for path in known if path is not None and path.is_file()), None)


def _comparison_images(workspace: Workspace) -> list[npt.NDArray[np.uint8]]:
    """Return a few real images of the workspace, the test split's first; drawn scenes where there is none."""
    from numpy import asarray

    from boxwright.dataset.sources.images import IMAGE_SUFFIXES
    from boxwright.demo.scenes import draw_scene
    from boxwright.inference.image_files import read_image

    images: list[npt.NDArray[np.uint8]] = []
    for folder in (workspace.images / "test", workspace.images):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if len(images) == COMPARED_IMAGES:
                return images
            if path.suffix.lower() in IMAGE_SUFFIXES:
                try:
                    images.append(read_image(path))
                except (BoxwrightError, OSError):
                    continue  # `boxwright check` reports it; any other image serves as well
    scenes = (asarray(draw_scene(seed)[0]) for seed in range(COMPARED_IMAGES))
    return images or list(scenes)


def _calibration(patterns: Sequence[str], workspace: Workspace) -> list[npt.NDArray[np.uint8]]:
    """Return photographs of the training records, which int8 needs."""
    from boxwright.dataset.store.records import resolve_records
    from boxwright.export.calibration import calibration_images

    try:
        records = resolve_records(patterns, workspace.root)
    except BoxwrightError as error:
        raise UsageError(f"--format {Format.TFLITE_INT8.value} sets its ranges by training records. {error}") from error
    if not records:
        raise UsageError(
            f"--format {Format.TFLITE_INT8.value} sets its ranges by training records, but the configuration's "
            "train_input_reader names none. Write their path there, or leave this format out."
        )
    return calibration_images(records)


def _check_label_map(path: Path, config: TrainEvalPipelineConfig, reporter: Reporter) -> None:
    from boxwright.dataset.plan.label_map import read_label_map

    highest = max(read_label_map(path).values(), default=0)
    classes: int = config.model.ssd.num_classes
    if highest > classes:
        log(reporter, f"Warning: {path} has ids up to {highest}, but the model has {classes} classes.")
