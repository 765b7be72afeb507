"""Any detector run over records, and measured: one that looks at photos in tiles, for example."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.example_decoder import DecodedExample, decode_example, label_table
from boxwright.evaluation.evaluate import EvaluationResult, unreadable_record
from boxwright.evaluation.metrics import compute_metrics
from boxwright.evaluation.scored_image import ScoredImage
from boxwright.inference.detections import BatchDetector
from boxwright.progress import Progress, Reporter, silent


def evaluate_detector(
    detector: BatchDetector,
    records: Sequence[Path],
    label_map: LabelMap,
    *,
    num_examples: int = 0,
    sample_1_of_n: int = 1,
    reporter: Reporter = silent,
) -> EvaluationResult:
    """Detect in every image of the records, as it is, and compute the metrics.

    Args:
        detector: Its class ids are those of the label map.
        records: As for boxwright.evaluation.evaluate.evaluate.
        label_map: As there.
        num_examples: As there.
        sample_1_of_n: As there.
        reporter: Told after each image.

    Raises:
        BoxwrightError: A record is damaged or holds an image that cannot be decoded.
    """
    start = time.monotonic()
    table = label_table(label_map)
    dataset = tf.data.TFRecordDataset([os.fspath(path) for path in records])
    dataset = dataset.shard(max(sample_1_of_n, 1), 0).take(num_examples or -1)
    examples = dataset.map(lambda serialized: decode_example(serialized, table)).prefetch(2)
    images: list[ScoredImage] = []
    dropped = 0
    try:
        for example in examples:
            images.append(_scored(example, detector))
            dropped += int(example.dropped.numpy())
            reporter(Progress("evaluating", len(images)))
    except (tf.errors.InvalidArgumentError, tf.errors.DataLossError) as error:
        raise unreadable_record(records, len(images), error) from error
    labels = {number: name for name, number in label_map.items()}
    return EvaluationResult(compute_metrics(images, labels), tuple(images), dropped, time.monotonic() - start)


def _scored(example: DecodedExample, detector: BatchDetector) -> ScoredImage:
    image = example.image.numpy()
    (found,) = detector.detect_batch(image[np.newaxis])
    name = example.filename.numpy() or example.source_id.numpy()
    return ScoredImage(
        name=name.decode("utf-8", "replace"),
        height=image.shape[0],
        width=image.shape[1],
        gt_boxes=example.boxes.numpy(),
        gt_classes=example.classes.numpy() + 1,
        gt_difficult=example.difficult.numpy(),
        boxes=found.boxes,
        scores=found.scores,
        classes=found.classes,
    )
