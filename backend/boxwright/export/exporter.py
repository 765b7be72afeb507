"""From a checkpoint to the files that the TF Object Detection API exports, and further formats beside them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.dataset.plan.label_map import LabelMap, read_label_map
from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError, UsageError
from boxwright.export.compare import Arrays, largest_difference
from boxwright.export.convert import TOLERANCE, FormatReport, add_format
from boxwright.export.describe import describe_model
from boxwright.export.formats import Format
from boxwright.export.graph import ServingGraph, frozen_graph, portable_graph_def, variable_graph
from boxwright.export.opencv_graph import TEXT_GRAPH, opencv_text_graph
from boxwright.files import atomic_write_text, sync_folder
from boxwright.inference.detector import Detector
from boxwright.inference.restore import restore_model
from boxwright.inference.runtimes.base import FROZEN_GRAPH, LABEL_MAP, SAVED_MODEL
from boxwright.inference.runtimes.packages import load_package
from boxwright.inference.serving import serving_function
from boxwright.pipeline import messages
from boxwright.pipeline.save import save_pipeline
from boxwright.progress import Progress, Reporter, silent
from boxwright.runs.model_file import LABEL_LIST, MODEL_FILE, ModelFile, label_lines

CHECKPOINT = "model.ckpt"
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ExportReport:
    """An export that was reloaded and found equal to its checkpoint.

    Attributes:
        folder: Where it is.
        checkpoint: Prefix of the checkpoint.
        step: The step that the checkpoint was saved at.
        images: How many images the comparison ran on.
        largest_difference: Between the export and the checkpoint's model, over all outputs.
        has_label_map: Whether label_map.pbtxt was put beside the model.
        formats: The further formats that were asked for.
        seconds: Time it took.
    """

    folder: Path
    checkpoint: Path
    step: int
    images: int
    largest_difference: float
    has_label_map: bool
    seconds: float
    formats: tuple[FormatReport, ...] = ()


def export(
    pipeline_config: messages.TrainEvalPipelineConfig,
    checkpoint_prefix: Path,
    output: Path,
    *,
    images: Sequence[Image],
    label_map: Path | None = None,
    formats: Sequence[Format] = (),
    calibration: Sequence[Image] = (),
    reporter: Reporter = silent,
) -> ExportReport:
    """Export a checkpoint, and prove the export before it gets its name.

    Writes frozen_inference_graph.pb, saved_model/, model.ckpt.{index,data,meta}, checkpoint, pipeline.config and
    label_map.pbtxt, all of which TensorFlow 1.15 reads as well; labels.txt and model.json, which describe the model
    to other programs; and frozen_inference_graph.pbtxt, by which OpenCV reads the frozen graph where it can. They go
    into a temporary folder beside `output`. Loads the frozen graph and the SavedModel again, compares them with the
    checkpoint's model, adds the further formats, each compared with the SavedModel in its own runtime, and renames
    the folder.

    Args:
        pipeline_config: The configuration; eval_config.use_moving_averages is obeyed.
        checkpoint_prefix: Of Boxwright or of the original API.
        output: Folder to make; may exist when it is empty.
        images: uint8 [H, W, 3] each, of any sizes, for the comparison; at least one.
        label_map: Copied beside the model; None for none.
        formats: What to add to the SavedModel and the frozen graph.
        calibration: uint8 [H, W, 3] each: photographs by which Format.TFLITE_INT8 sets its ranges.
        reporter: Told of the stages.

    Raises:
        UsageError: `output` exists and is not empty, or what a format needs is not installed.
        CheckpointError: The checkpoint is unreadable or of another model.
        BoxwrightError: The reloaded export does not compute what the checkpoint's model does; nothing is left.
    """
    start = time.monotonic()
    _check_before_work(pipeline_config, output, images, formats, calibration)
    total = 3 + len(formats)
    reporter(Progress("restoring the checkpoint", 0, total))
    model, step = restore_model(pipeline_config, checkpoint_prefix)
    with _named_when_whole(output) as folder:
        reporter(Progress("writing the export", 1, total))
        save_pipeline(pipeline_config, folder / "pipeline.config")
        described = _write_description(folder, pipeline_config, label_map, checkpoint_prefix, step)
        serve = serving_function(model)
        _write_graphs(model, serve, step, folder)
        reporter(Progress("comparing the export with its checkpoint", 2, total))
        with _full_precision():
            difference = verify(folder, serve, images)
            added = _add_formats(formats, model, folder, described, images, calibration, reporter)
    reporter(Progress("comparing the export with its checkpoint", total, total))
    return ExportReport(
        folder=output,
        checkpoint=checkpoint_prefix,
        step=step,
        images=len(images),
        largest_difference=difference,
        has_label_map=label_map is not None,
        seconds=time.monotonic() - start,
        formats=added,
    )


def _write_description(
    folder: Path,
    pipeline_config: messages.TrainEvalPipelineConfig,
    label_map: Path | None,
    checkpoint_prefix: Path,
    step: int,
) -> ModelFile:
    """Write label_map.pbtxt, labels.txt and model.json, and return what the last one says."""
    labels = LabelMap()
    if label_map is not None:
        (folder / LABEL_MAP).write_bytes(label_map.read_bytes())
        labels = read_label_map(label_map)
        atomic_write_text(folder / LABEL_LIST, label_lines({number: name for name, number in labels.items()}))
    described = describe_model(pipeline_config, labels, checkpoint_prefix, step)
    atomic_write_text(folder / MODEL_FILE, described.to_json())
    return described


def _check_before_work(
    pipeline_config: messages.TrainEvalPipelineConfig,
    output: Path,
    images: Sequence[Image],
    formats: Sequence[Format],
    calibration: Sequence[Image],
) -> None:
    """Refuse what cannot be exported before anything is written."""
    if not images:
        raise ValueError("an export is compared on at least one image")
    if Format.TFLITE_INT8 in formats and not calibration:
        raise ValueError("quantisation to int8 takes its ranges from at least one image")
    if Format.TFLITE_INT8 in formats and pipeline_config.model.ssd.image_resizer.HasField("keep_aspect_ratio_resizer"):
        raise UsageError(
            "--format tflite-int8: the file takes images of the network's size only, but image_resizer is "
            "keep_aspect_ratio_resizer, whose padding a caller cannot repeat in whole numbers. Use tflite-float16, or "
            "train with fixed_shape_resizer."
        )
    _check_free(output)
    for package in dict.fromkeys(package for form in formats for package in form.packages):
        load_package(package)


@contextmanager
def _named_when_whole(output: Path) -> Iterator[Path]:
    """Yield a temporary folder that is renamed to `output` when the block ends, and deleted when it fails."""
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = output.with_name(f".{output.name}.{token_hex(4)}.tmp")
    folder.mkdir()
    try:
        yield folder
        if output.is_dir():
            output.rmdir()  # Windows does not rename onto an empty folder
        folder.rename(output)
        sync_folder(output.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def verify(folder: Path, serve: Any, images: Sequence[Image]) -> float:
    """Load an export and compare it with the model it came from.

    Args:
        folder: The export.
        serve: The model's serving_function.
        images: uint8 [H, W, 3] each.

    Returns:
        The largest difference over all outputs, images and both forms of the export.

    Raises:
        BoxwrightError: It is above TOLERANCE.
    """
    batches = [image[np.newaxis] for image in images]
    expected = [{name: value.numpy() for name, value in serve(tf.constant(batch)).items()} for batch in batches]
    worst = 0.0
    for name in (FROZEN_GRAPH, SAVED_MODEL):
        detector = Detector.open(folder / name)
        for batch, outputs in zip(batches, expected, strict=True):
            actual = detector.run(batch)
            difference, where = largest_difference(outputs, actual)
            if not difference <= TOLERANCE:
                raise BoxwrightError(_mismatch(name, where, outputs, actual))
            worst = max(worst, difference)
    return worst


def _add_formats(
    formats: Sequence[Format],
    model: SsdModel,
    folder: Path,
    described: ModelFile,
    images: Sequence[Image],
    calibration: Sequence[Image],
    reporter: Reporter,
) -> tuple[FormatReport, ...]:
    if not formats:
        return ()
    saved = Detector.open(folder / SAVED_MODEL)
    expected = [saved.run(image[np.newaxis]) for image in images]
    reports = []
    for done, form in enumerate(dict.fromkeys(formats)):
        reporter(Progress(f"writing and comparing {form.value}", 3 + done, 3 + len(formats)))
        reports.append(
            add_format(form, model, folder, described, expected=expected, images=images, calibration=calibration)
        )
    return tuple(reports)


@contextmanager
def _full_precision() -> Iterator[None]:
    """Keep a GPU from rounding to ten bits: its algorithms would then differ by more than the tolerance."""
    was_enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(was_enabled)


def _mismatch(form: str, where: str, expected: Arrays, actual: Arrays) -> str:
    def gap(name: str) -> str:
        return f"{name} by {np.abs(expected[name] - actual[name]).max():.3g}"

    found = int(expected["num_detections"][0]), int(actual["num_detections"][0])
    return (
        f"The export was not kept: loaded again, its {form} does not give what the checkpoint's model gives. On one of "
        f"the comparison images {where} differs most, {gap('raw_detection_boxes')}, {gap('raw_detection_scores')}, "
        f"with {found[1]} detections for {found[0]}, where {TOLERANCE:g} is allowed. This is a defect of Boxwright or "
        f"of this TensorFlow ({tf.__version__}); please report it with the pipeline.config."
    )


def _check_free(output: Path) -> None:
    if output.is_dir() and not any(output.iterdir()):
        return
    if output.exists():
        raise UsageError(
            f"{output} exists already and is not an empty folder. Name another folder, or none to take the next "
            "free trained-inference-graphs/output_inference_graph_vN."
        )


def _write_graphs(model: SsdModel, serve: Any, step: int, folder: Path) -> None:
    frozen = portable_graph_def(frozen_graph(model, serve).graph)
    (folder / FROZEN_GRAPH).write_bytes(frozen.SerializeToString(deterministic=True))
    text_graph = opencv_text_graph(frozen, model)
    if text_graph is not None:
        atomic_write_text(folder / TEXT_GRAPH, text_graph)
    serving = variable_graph(model, serve, step)
    values = {name: variable.numpy() for name, variable in model.variables_by_name.items()}
    with serving.graph.as_default(), tf.compat.v1.Session(graph=serving.graph) as session:
        _load_weights(session, serving, values)
        saver = tf.compat.v1.train.Saver(serving.variables)
        saver.save(session, str(folder / CHECKPOINT), write_state=False, strip_default_attrs=True)
        _save_saved_model(session, serving, folder / SAVED_MODEL)
    lines = f'model_checkpoint_path: "{CHECKPOINT}"\nall_model_checkpoint_paths: "{CHECKPOINT}"\n'
    atomic_write_text(folder / "checkpoint", lines)


def _load_weights(session: Any, serving: ServingGraph, values: Mapping[str, npt.NDArray[Any]]) -> None:
    # Feeding the initial values assigns them without adding operations to the graph.
    feed = {serving.variables[name].initializer.inputs[1]: value for name, value in values.items()}
    session.run([variable.initializer for variable in serving.variables.values()], feed)


def _save_saved_model(session: Any, serving: ServingGraph, folder: Path) -> None:
    signature = tf.compat.v1.saved_model.build_signature_def(
        method_name=tf.compat.v1.saved_model.signature_constants.PREDICT_METHOD_NAME
    )
    for key, tensor in (("inputs", serving.image_tensor), *serving.outputs.items()):
        info = signature.inputs[key] if key == "inputs" else signature.outputs[key]
        info.name, info.dtype = tensor.name, tensor.dtype.as_datatype_enum
        info.tensor_shape.CopyFrom(tensor.shape.as_proto())
        if key.startswith("raw_"):
            info.tensor_shape.dim[1].size = -1  # the original's signature leaves the number of anchors open
    builder = tf.compat.v1.saved_model.Builder(str(folder))
    builder.add_meta_graph_and_variables(
        session,
        [tf.saved_model.SERVING],
        signature_def_map={tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        strip_default_attrs=True,
    )
    builder.save()
