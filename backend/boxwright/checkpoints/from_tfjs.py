"""A checkpoint from a TF.js graph model, compared with the graph itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.tfjs_graph import RawOutputs, TfjsGraph
from boxwright.checkpoints.unfold import estimate_statistics, unfold_variables
from boxwright.detection.model import SsdModel
from boxwright.pipeline import messages
from boxwright.zoo.tfjs import TfjsModel

TOLERANCE = 1e-4
"""The largest accepted difference of a score or of a normalised box coordinate."""


@dataclass(frozen=True)
class Agreement:
    """How far the checkpoint's model is from the graph, over all anchors and photos.

    Attributes:
        photos: The number of photos compared.
        scores: The largest difference of a score.
        boxes: The largest difference of a box coordinate, normalised to the image, of anchors that score.
    """

    photos: int
    scores: float
    boxes: float


def convert_tfjs(
    source: TfjsModel,
    pipeline_config: messages.TrainEvalPipelineConfig,
    prefix: Path,
    *,
    photos: Sequence[npt.NDArray[np.uint8]],
    compared: int,
) -> Agreement:
    """Write the checkpoint of a TF.js graph model, after comparing its model with the graph.

    Args:
        source: The graph model.
        pipeline_config: Describes its network.
        prefix: Of the checkpoint to write.
        photos: uint8 [H, W, 3] each, RGB; the statistics of batch normalisation are estimated on all of them.
        compared: The number of photos, from the first, on which the model is compared with the graph.

    Returns:
        The largest differences.

    Raises:
        CheckpointError: The graph is of another network, or the results differ; nothing was written.
    """
    model = SsdModel(pipeline_config.model)
    try:
        folded = unfold_variables(model, source.tensors)
    except CheckpointError as error:
        raise CheckpointError(f"{source.path}: {error}. Give the name or the pipeline.config of its network.") from None
    graph = TfjsGraph(source)
    estimate_statistics(model, folded, tf.concat([model.preprocess(photo[np.newaxis]) for photo in photos], 0))
    agreement = compare(model, graph, photos[:compared])
    if not max(agreement.scores, agreement.boxes) <= TOLERANCE:  # NaN is refused as well
        raise CheckpointError(
            f"{source.path}: the model built from these weights differs from the graph itself on {agreement.photos} "
            f"photos: scores by up to {agreement.scores:.2g}, boxes by up to {agreement.boxes:.2g}; {TOLERANCE:g} is "
            "accepted. The network is another one; nothing was installed."
        )
    save_bundle(prefix, model.variables_by_name)
    return agreement


def raw_outputs(model: SsdModel, image: npt.NDArray[np.uint8]) -> RawOutputs:
    """Return what `model` computes for one image, uint8 [H, W, 3], before suppression."""
    outputs = model.postprocess(model.predict(model.preprocess(image[np.newaxis]), training=False))
    return RawOutputs(outputs["raw_detection_scores"][0].numpy(), outputs["raw_detection_boxes"][0].numpy())


def compare(model: SsdModel, graph: TfjsGraph, photos: Sequence[npt.NDArray[np.uint8]]) -> Agreement:
    """Return the largest differences between a model and a graph."""
    scores = boxes = 0.0
    for photo in photos:
        ours, theirs = raw_outputs(model, photo), graph.run(photo)
        if ours.scores.shape != theirs.scores.shape or ours.boxes.shape != theirs.boxes.shape:
            raise CheckpointError(
                f"the graph has {list(theirs.scores.shape)} scores for an image, the network {list(ours.scores.shape)}"
            )
        scores = max(scores, float(np.abs(ours.scores - theirs.scores).max()))
        boxes = max(boxes, float(np.abs(ours.boxes - theirs.boxes).max()))
    return Agreement(len(photos), scores, boxes)
