"""An evaluation in TensorBoard: every number under the original's tag, and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import tensorflow as tf

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.example_decoder import decode_example
from boxwright.evaluation.evaluate import EvaluationResult
from boxwright.inference.detections import Detections
from boxwright.inference.drawing import side_by_side


def write_summaries(
    folder: Path,
    result: EvaluationResult,
    step: int,
    *,
    records: Sequence[Path],
    label_map: LabelMap,
    num_pictures: int,
    min_score: float,
    max_boxes: int,
    sample_1_of_n: int = 1,
) -> None:
    """Write scalars, and the first images with detections left and ground truth right, at `step`.

    Args:
        folder: Where the event file goes.
        result: What to write.
        step: The checkpoint's.
        records: The files that were evaluated.
        label_map: Names the classes.
        num_pictures: eval_config.num_visualizations.
        min_score: eval_config.min_score_threshold, of the boxes drawn.
        max_boxes: eval_config.max_num_boxes_to_visualize.
        sample_1_of_n: As it was evaluated.
    """
    labels = {number: name for name, number in label_map.items()}
    serialized = tf.data.TFRecordDataset([str(path) for path in records]).shard(max(sample_1_of_n, 1), 0)
    shown = min(num_pictures, len(result.images))
    folder.mkdir(parents=True, exist_ok=True)  # says what is wrong where TensorFlow would only fail
    with NamedTemporaryFile(dir=folder), tf.summary.create_file_writer(str(folder)).as_default(step):
        for tag, value in result.metrics.scalars().items():
            tf.summary.scalar(tag, value)
        for image, example in zip(result.images[:shown], serialized.take(shown), strict=True):
            best = np.argsort(-image.scores, kind="stable")[:max_boxes]
            detections = Detections(
                boxes=image.boxes[best],
                scores=image.scores[best],
                classes=image.classes[best],
                labels=tuple(labels.get(number, f"class {number}") for number in image.classes[best].tolist()),
                height=image.height,
                width=image.width,
            )
            pixels = decode_example(example).image.numpy()
            picture = side_by_side(
                pixels, image.gt_boxes, image.gt_classes.tolist(), detections, labels, min_score=min_score
            )
            tf.summary.image(f"Detections_Left_Groundtruth_Right/{image.name}", np.asarray(picture)[np.newaxis])
