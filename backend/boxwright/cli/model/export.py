"""`boxwright export`: a checkpoint becomes a frozen graph and a SavedModel, and TFLite and ONNX if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, reporting
from boxwright.workflow.export import ExportOptions, export_model
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.export.exporter import ExportReport


@takes_options
def export(options: ExportOptions, folder: Folder = Path()) -> None:
    """Turn a checkpoint into what the TF Object Detection API exports.

    Writes frozen_inference_graph.pb (with a .pbtxt for OpenCV), saved_model/, model.ckpt, checkpoint, pipeline.config
    and label_map.pbtxt. The export is loaded again and compared with the checkpoint's model on images before it gets
    its name. With --pipeline-config-path and --checkpoint no workspace and no dataset is needed.

    With --format also model.tflite, model_float16.tflite, model_int8.tflite and model.onnx, boxes decoded and
    suppressed inside, each run in its own runtime (ai-edge-litert, onnxruntime) and compared with the SavedModel.

    Example:
      boxwright export training_demo
      boxwright export training_demo --format tflite --format tflite-int8 --format onnx
      boxwright export --checkpoint zoo/model.ckpt --pipeline-config-path zoo/pipeline.config --output exported
    """
    with reporting() as reporter:
        report = export_model(Workspace.at(folder), options, reporter)
    show_export(report)
    echo(f"\nNext: boxwright detect {as_argument(report.folder)} IMAGE_OR_DIR --draw drawn")


def show_export(report: ExportReport) -> None:
    """Print what was exported and how well it agrees."""
    echo(f"Exported {report.checkpoint} (step {report.step:,}) to {report.folder}")
    echo(
        f"Loaded again, frozen graph and SavedModel give what the checkpoint gives on {report.images} images "
        f"(largest difference {report.largest_difference:.1e})."
    )
    for added in report.formats:
        agreement = (
            f"largest difference {added.difference:.1e}"
            if added.agreement is None
            else f"boxes overlap by {added.agreement.overlap:.3f}, scores differ by {added.agreement.score:.4f} on "
            f"average, {added.agreement.detections} detections"
        )
        echo(f"{added.form.file_name} ({added.size / 1e6:.1f} MB) finds what the SavedModel finds: {agreement}.")
    if not report.has_label_map:
        echo("There was no label map to put beside it: boxwright detect will want --label-map to name the classes.")
