"""A checkpoint from a file for inference, compared with the file itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.tfjs_graph import TfjsGraph
from boxwright.conversion.assign import assign_layers
from boxwright.conversion.compare import RAW_BOXES, RAW_SCORES, Difference, Image, Runner, measure, outputs_of
from boxwright.conversion.errors import ConversionError
from boxwright.conversion.graph import Kind, Layer, Operation, layers_of
from boxwright.conversion.matching import likeness, match_layers
from boxwright.conversion.onnx_graph import read_onnx
from boxwright.conversion.statistics import estimate_statistics
from boxwright.conversion.template import template_of
from boxwright.conversion.tensorflow_graph import read_frozen_graph, read_operations, read_saved_model
from boxwright.conversion.tflite_graph import read_tflite
from boxwright.detection.model import SsdModel
from boxwright.export.agreement import Agreement, agreement
from boxwright.inference.detector import Detector
from boxwright.pipeline import messages
from boxwright.zoo.forms import Form, form_of
from boxwright.zoo.tfjs import read_tfjs

TOLERANCE = 1e-4
"""The largest accepted difference of a score or of a normalised box coordinate."""

HALF_TOLERANCE = 1e-3
"""That of a box coordinate where the file has its anchors in float16."""


@dataclass(frozen=True)
class Candidate:
    """A network that a file may be of.

    Attributes:
        name: For messages.
        config: Its configuration; the number of classes is taken from the file.
    """

    name: str
    config: messages.TrainEvalPipelineConfig


@dataclass(frozen=True)
class Converted:
    """A checkpoint that was written.

    Attributes:
        name: Of the candidate that it is of.
        config: The candidate's, with the number of classes of the file.
        folded: The number of batch normalisations whose statistics were estimated.
        difference: From the file, over all anchors and photos; None for a file that computes in integers.
        agreement: With the file, where it computes in integers.
    """

    name: str
    config: messages.TrainEvalPipelineConfig
    folded: int
    difference: Difference | None
    agreement: Agreement | None = None


def convert_file(
    source: Path,
    candidates: Sequence[Candidate],
    prefix: Path,
    *,
    photos: Callable[[SsdModel], Sequence[Image]],
    compared: int,
) -> Converted:
    """Write the checkpoint of a file for inference, after comparing its model with the file.

    Args:
        source: A frozen graph, the folder of a SavedModel, a TF.js model.json, an ONNX or a TFLite file.
        candidates: The networks that it may be of, the likeliest first.
        prefix: Of the checkpoint to write.
        photos: Returns photos, uint8 [H, W, 3] each, RGB, for a model: the statistics of folded batch normalisations
            are estimated on all of them.
        compared: The number of photos, from the first, on which the model is compared with the file.

    Raises:
        UsageError: The file's runtime is not installed.
        BoxwrightError: The file cannot be read, is of none of the networks, or its results differ; nothing was written.
    """
    try:
        content = _read(source)
        layers = layers_of(content.operations)
        candidate, model, template, matched = _recognise(source, layers, candidates)
        try:
            folded = assign_layers(model, template, matched)
        except ConversionError as error:
            raise ConversionError(f"{source}: it does not fit {candidate.name}: {error}.") from error
    except (ValueError, TypeError, LookupError) as error:  # sizes that contradict each other, in a damaged file
        raise ConversionError(f"{source}: its graph is damaged ({error}). Get the file again.") from error
    images = photos(model)
    if folded:
        estimate_statistics(model, folded, tf.concat([model.preprocess(image[np.newaxis]) for image in images], 0))
    difference = found = None
    if content.is_quantized:
        run = content.run()
        outputs = [(run(image[np.newaxis]), outputs_of(model, image[np.newaxis])) for image in images[:compared]]
        found = agreement([dict(theirs) for theirs, _ in outputs], [ours for _, ours in outputs])
    else:
        difference = _compare(source, candidate, model, content, images[:compared])
    save_bundle(prefix, model.variables_by_name)
    config = messages.TrainEvalPipelineConfig()
    config.CopyFrom(candidate.config)
    config.model.ssd.num_classes = model.num_classes
    return Converted(candidate.name, config, len(folded), difference, found)


@dataclass(frozen=True, eq=False)
class _Content:
    """What is in a file.

    Attributes:
        operations: Of its graph.
        run: Loads it in its runtime.
        is_quantized: Whether it computes in integers.
        box_tolerance: The largest accepted difference of a box coordinate.
    """

    operations: list[Operation]
    run: Callable[[], Runner]
    is_quantized: bool = False
    box_tolerance: float = TOLERANCE


def _read(source: Path) -> _Content:
    form = form_of(source)
    if form is Form.TFJS:
        graph = TfjsGraph(read_tfjs(source))
        return _Content(read_operations(graph.graph_def, {}), lambda: _tfjs_runner(graph))

    def run() -> Runner:
        return Detector.open(source).run

    if form is Form.ONNX:
        return _Content(read_onnx(source), run)
    if form is Form.TFLITE:
        tflite = read_tflite(source)
        return _Content(tflite.operations, run, tflite.is_quantized, HALF_TOLERANCE if tflite.is_half else TOLERANCE)
    return _Content(read_saved_model(source) if form is Form.SAVED_MODEL else read_frozen_graph(source), run)


def _tfjs_runner(graph: TfjsGraph) -> Runner:
    def run(images: Image) -> dict[str, npt.NDArray[np.float32]]:
        outputs = graph.run(images[0])
        return {RAW_SCORES: outputs.scores[np.newaxis], RAW_BOXES: outputs.boxes[np.newaxis]}

    return run


def _recognise(
    source: Path, layers: Sequence[Layer], candidates: Sequence[Candidate]
) -> tuple[Candidate, SsdModel, list[Layer], list[Layer]]:
    """Return the candidate that a file is of, its model and the layers of both."""
    alike: list[tuple[int, int, str]] = []
    for candidate in candidates:
        model = SsdModel(candidate.config.model)
        count, total = likeness(model, layers)
        template = template_of(model) if count == total else []
        matched = match_layers(template, layers) if template else None
        if matched is None:
            alike.append((count, total, candidate.name))
            continue
        number = _count_classes(model, template, matched)
        if number != model.num_classes:
            config = messages.DetectionModel()
            config.CopyFrom(candidate.config.model)
            config.ssd.num_classes = number
            model = SsdModel(config)
            template = template_of(model)
        return candidate, model, template, matched
    if not layers:
        raise ConversionError(f"{source}: it has no convolutions, so it is no detector that can be read.")
    nearest = sorted(alike, key=lambda one: -one[0] / one[1])[:3]
    told = ", ".join(f"{name} ({count} of its {total} kernels)" for count, total, name in nearest)
    raise ConversionError(
        f"{source}: its {len(layers)} convolutions are those of another network. In number and shape they fit best: "
        f"{told}. Give the name of its network, or put the pipeline.config that it was trained with beside it."
    )


def _count_classes(model: SsdModel, template: Sequence[Layer], matched: Sequence[Layer]) -> int:
    """Return the number of classes of a file, from the width of its class predictions."""
    background = 1 if model.ssd_config.add_background_class else 0
    for ours, theirs in zip(template, matched, strict=True):
        if Kind.SCORE in ours.marks:
            anchors = ours.channels // (model.num_classes + background)
            return max(1, theirs.channels // anchors - background)
    return model.num_classes


def _compare(
    source: Path, candidate: Candidate, model: SsdModel, content: _Content, photos: Sequence[Image]
) -> Difference:
    try:
        difference = measure(model, content.run(), photos)
    except ConversionError as error:
        raise ConversionError(f"{source}: it does not fit the config of {candidate.name}: {error}.") from error
    if not (difference.scores <= TOLERANCE and difference.boxes <= content.box_tolerance):  # NaN is refused as well
        raise ConversionError(
            f"{source}: the model built from its weights differs from the file itself on {difference.photos} photos: "
            f"scores by up to {difference.scores:.2g}, where {TOLERANCE:g} is accepted, boxes by up to "
            f"{difference.boxes:.2g}, where {content.box_tolerance:g} is. The config of {candidate.name} is not that "
            "of this file: put the pipeline.config that it was trained with beside it. Nothing was installed."
        )
    return difference
