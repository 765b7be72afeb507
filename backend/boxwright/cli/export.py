"""`boxwright export`: a checkpoint becomes a frozen graph and a SavedModel, and TFLite and ONNX if wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boxwright.cli.console import echo, reporting
from boxwright.cli.options import Folder
from boxwright.cli.tensorflow_quiet import quiet_tensorflow
from boxwright.errors import BoxwrightError, UsageError
from boxwright.export.formats import Format
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boxwright.export.exporter import ExportReport

COMPARED_IMAGES = 4
"""On so many images the export is compared with its checkpoint; more cost time and show nothing new."""


def export(
    folder: Folder = Path(),
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="PREFIX",
            help="Checkpoint, of Boxwright or of the TF Object Detection API.",
            show_default="the newest of DIR/training",
        ),
    ] = None,
    pipeline_config_path: Annotated[
        Path | None,
        typer.Option(
            help="Configuration that the checkpoint was trained with.",
            show_default="pipeline.config beside the checkpoint, else in DIR/training",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder to make.",
            show_default="DIR/trained-inference-graphs/output_inference_graph_vN",
        ),
    ] = None,
    label_map: Annotated[
        Path | None, typer.Option(help="Put beside the model.", show_default="as the configuration says")
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help="Write this one as well; can be given several times. tflite-int8 takes its ranges from photos of the "
            "training records.",
            show_default="the SavedModel and the frozen graph, which are always written",
        ),
    ] = None,
) -> None:
    """Turn a checkpoint into what the TF Object Detection API exports.

    Writes frozen_inference_graph.pb, saved_model/, model.ckpt, checkpoint, pipeline.config and label_map.pbtxt. The
    export is loaded again and compared with the checkpoint's model on images before it gets its name. With
    --pipeline-config-path and --checkpoint no workspace and no dataset is needed.

    With --format also model.tflite, model_float16.tflite, model_int8.tflite and model.onnx, boxes decoded and
    suppressed inside, each run in its own runtime (ai-edge-litert, onnxruntime) and compared with the SavedModel.

    Example:
      boxwright export training_demo
      boxwright export training_demo --format tflite --format tflite-int8 --format onnx
      boxwright export --checkpoint zoo/model.ckpt --pipeline-config-path zoo/pipeline.config --output exported
    """
    workspace = Workspace.at(folder)
    if checkpoint is None and not workspace.training.is_dir():
        raise UsageError(
            f"{workspace.root} has no training/ folder with a checkpoint. Train first (boxwright train), or give "
            "--checkpoint and --pipeline-config-path."
        )
    quiet_tensorflow()
    from boxwright.checkpoints.store import resolve_prefix
    from boxwright.export.exporter import export as run_export
    from boxwright.export.exporter import next_output
    from boxwright.pipeline.check import check_supported
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.paths import resolve_paths

    prefix = resolve_prefix(checkpoint or workspace.training)
    beside = prefix.parent / "pipeline.config"
    config_path = pipeline_config_path or (beside if beside.is_file() else workspace.pipeline_config)
    config = load_pipeline(config_path)
    check_supported(config, purpose="export", path=str(config_path))
    if label_map is not None and not label_map.is_file():
        raise UsageError(f"{label_map}: there is no such label map.")
    paths = resolve_paths(config, workspace.root, purpose="export", path=str(config_path))
    if label_map is None:
        known = (paths.train_label_map, paths.eval_label_map, prefix.parent / "label_map.pbtxt")
        label_map = next((path for path in known if path is not None and path.is_file()), None)
    if label_map is not None:
        _check_label_map(label_map, config)
    wanted = tuple(dict.fromkeys(formats or ()))
    calibration = _calibration(paths.train_records, workspace) if Format.TFLITE_INT8 in wanted else []
    with reporting() as reporter:
        report = run_export(
            config,
            prefix,
            output or next_output(workspace.exports),
            images=_comparison_images(workspace),
            label_map=label_map,
            formats=wanted,
            calibration=calibration,
            reporter=reporter,
        )
    _say_report(report)


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
                    continue  # `boxwright check` tells of it; any other image serves as well
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


def _say_report(report: ExportReport) -> None:
    """Print what was exported and how well it agrees."""
    echo(f"Exported {report.checkpoint} (step {report.step:,}) to {report.folder}")
    echo(
        f"Loaded again, frozen graph and SavedModel give what the checkpoint gives on {report.images} images "
        f"(largest difference {report.largest_difference:.1e})."
    )
    for added in report.formats:
        kept = (
            f"largest difference {added.difference:.1e}"
            if added.agreement is None
            else f"boxes overlap by {added.agreement.overlap:.3f}, scores differ by {added.agreement.score:.4f} on "
            f"average, {added.agreement.detections} detections"
        )
        echo(f"{added.form.file_name} ({added.size / 1e6:.1f} MB) finds what the SavedModel finds: {kept}.")
    if not report.has_label_map:
        echo("There was no label map to put beside it: boxwright detect will want --label-map to name the classes.")
    echo(f"\nNext: boxwright detect {as_argument(report.folder)} IMAGE_OR_DIR --draw drawn")


def _check_label_map(path: Path, config: object) -> None:
    from boxwright.dataset.plan.label_map import read_label_map

    highest = max(read_label_map(path).values(), default=0)
    classes: int = config.model.ssd.num_classes  # type: ignore[attr-defined]
    if highest > classes:
        echo(f"Warning: {path} has ids up to {highest}, but the model has {classes} classes.")
