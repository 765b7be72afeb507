"""A model run over records, and measured."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.example_decoder import decode_example, label_table
from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError
from boxwright.evaluation.metrics import ClassMetrics, Metrics, compute_metrics
from boxwright.evaluation.scored_image import ScoredImage
from boxwright.evaluation.verdicts import advised_scores, judge
from boxwright.progress import Progress, Reporter, silent
from boxwright.runs.evaluation_record import ClassRecord, EvaluationRecord, IntervalRecord
from boxwright.runs.verdicts import VerdictsRecord

BATCH_SIZE = 8  # results do not depend on it

Detect = Callable[[tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """The metrics of a test split, and what they were computed from.

    Attributes:
        metrics: COCO's and Pascal VOC's.
        images: Every image with its ground truth and detections, in the records' order.
        dropped: Objects left out because the label map does not know their class.
        seconds: Time it took.
    """

    metrics: Metrics
    images: tuple[ScoredImage, ...]
    dropped: int
    seconds: float

    def verdicts(self, checkpoint: str, step: int) -> VerdictsRecord:
        """Return what verdicts.json says: each object and detection, and what is wrong with it.

        Args:
            checkpoint: File name of the checkpoint without suffix.
            step: Its global step.
        """
        labels = {row.class_id: row.label for row in self.metrics.classes}
        return judge(self.images, labels, checkpoint=checkpoint, step=step)

    def record(self, checkpoint: str, step: int, records: Sequence[str]) -> EvaluationRecord:
        """Return what evaluation.json says of this result; None stands for nan.

        Args:
            checkpoint: File name of the checkpoint without suffix.
            step: Its global step.
            records: Names of the files that were evaluated.
        """
        metrics, interval = self.metrics, self.metrics.confidence_interval
        advice = advised_scores(self.verdicts(checkpoint, step))
        return EvaluationRecord(
            checkpoint=checkpoint,
            step=step,
            records=tuple(records),
            images=metrics.images,
            objects=sum(row.objects for row in metrics.classes),
            coco={tag: _none_for_nan(value) for tag, value in metrics.summary.items()},
            interval_95=IntervalRecord(interval.ap, interval.ap50) if interval else None,
            pascal_voc_map=_none_for_nan(metrics.voc_map),
            classes=tuple(_class_record(row, advice.get(row.label)) for row in metrics.classes),
            objects_of_unknown_class=self.dropped,
            seconds=round(self.seconds, 2),
        )


def evaluate(
    model: SsdModel,
    records: Sequence[Path],
    label_map: LabelMap,
    *,
    num_examples: int = 0,
    sample_1_of_n: int = 1,
    detect: Detect | None = None,
    reporter: Reporter = silent,
) -> EvaluationResult:
    """Detect in every image of the records and compute the metrics.

    Args:
        model: With its weights restored.
        records: TFRecord files, read in this order; of Boxwright, the tutorial's scripts or the original API.
        label_map: Which classes count, and by which names objects without an id of their own are known.
        num_examples: Only the first so many images; 0 for all.
        sample_1_of_n: Only every n-th image, counted before `num_examples`.
        detect: What `detection_function` gave for this model, when it is used more than once.
        reporter: Told after each batch.

    Raises:
        BoxwrightError: A record is damaged or holds an image that cannot be decoded.
    """
    start = time.monotonic()
    dataset = tf.data.TFRecordDataset([os.fspath(path) for path in records])
    dataset = dataset.shard(max(sample_1_of_n, 1), 0).take(num_examples or -1)
    batches = dataset.map(_preparation(model, label_map), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = batches.padded_batch(BATCH_SIZE, padding_values=_PADDING).prefetch(2)
    images: list[ScoredImage] = []
    dropped = 0
    for batch, outputs in _detected(detect or detection_function(model), batches, records):
        images += _scored(batch, outputs)
        dropped += int(batch.dropped.numpy().sum())
        reporter(Progress("evaluating", len(images)))
    labels = {number: name for name, number in label_map.items()}
    return EvaluationResult(compute_metrics(images, labels), tuple(images), dropped, time.monotonic() - start)


def detection_function(model: SsdModel) -> Detect:
    """Return the model as a function from images to detections.

    It takes preprocessed images [B, h, w, 3], for any B, and the sizes that they had before, int32 [B, 2] as height and
    width in pixels. It is traced when it is first called, and reads the weights as they are at each call.
    """

    def detect(pixels: tf.Tensor, sizes: tf.Tensor) -> dict[str, tf.Tensor]:
        window = model.content_window(sizes[:, 0], sizes[:, 1])
        return model.postprocess(model.predict(pixels, training=False), window)

    signature = [tf.TensorSpec([None, *model.image_size, 3], tf.float32), tf.TensorSpec([None, 2], tf.int32)]
    return tf.function(detect, input_signature=signature, autograph=False)


def _class_record(row: ClassMetrics, advice: tuple[float, float] | None) -> ClassRecord:
    return ClassRecord(
        row.label,
        row.class_id,
        row.objects,
        ap=_none_for_nan(row.ap),
        ap50=_none_for_nan(row.ap50),
        pascal_voc_ap=_none_for_nan(row.voc_ap),
        best_score=advice[0] if advice else None,
        best_f1=round(advice[1], 4) if advice else None,
    )


def _none_for_nan(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


class _Prepared(NamedTuple):
    pixels: tf.Tensor
    boxes: tf.Tensor
    classes: tf.Tensor
    difficult: tf.Tensor
    name: tf.Tensor
    size: tf.Tensor
    dropped: tf.Tensor


# numpy's, not tensors: TensorFlow must not begin to work when it is only imported
_PADDING = _Prepared(0.0, 0.0, np.int32(-1), False, "", np.int32(0), np.int32(0))


def _preparation(model: SsdModel, label_map: LabelMap) -> Callable[[tf.Tensor], _Prepared]:
    table = label_table(label_map)

    def prepare(serialized: tf.Tensor) -> _Prepared:
        example = decode_example(serialized, table)
        pixels = model.preprocess(tf.cast(example.image[tf.newaxis], tf.float32))[0]
        return _Prepared(
            pixels=tf.ensure_shape(pixels, [*model.image_size, 3]),
            boxes=example.boxes,
            classes=example.classes,
            difficult=example.difficult,
            name=tf.where(tf.strings.length(example.filename) > 0, example.filename, example.source_id),
            size=tf.stack([example.height, example.width]),
            dropped=example.dropped,
        )

    return prepare


def _detected(
    detect: Detect, batches: tf.data.Dataset, records: Sequence[Path]
) -> Iterator[tuple[_Prepared, dict[str, np.ndarray]]]:
    done = 0
    try:
        for batch in batches:
            yield batch, {name: value.numpy() for name, value in detect(batch.pixels, batch.size).items()}
            done += len(batch.dropped)
    except (tf.errors.InvalidArgumentError, tf.errors.DataLossError) as error:
        raise unreadable_record(records, done, error) from error


def unreadable_record(records: Sequence[Path], done: int, error: tf.errors.OpError) -> BoxwrightError:
    """Return what to raise when a record cannot be read after so many that could."""
    names = ", ".join(str(path) for path in records)
    return BoxwrightError(
        f"{names}: after image {done} comes a record that cannot be read or whose image cannot be decoded "
        f"({error.message.splitlines()[0][:200]}). Write the records again with: boxwright dataset"
    )


def _scored(batch: _Prepared, outputs: dict[str, np.ndarray]) -> list[ScoredImage]:
    scored = []
    for index in range(len(batch.dropped)):
        count = int(outputs["num_detections"][index])
        real = batch.classes[index].numpy() >= 0  # the rest is padding to the batch's largest number of objects
        height, width = batch.size[index].numpy().tolist()
        scored.append(
            ScoredImage(
                name=batch.name[index].numpy().decode("utf-8", "replace"),
                height=height,
                width=width,
                gt_boxes=batch.boxes[index].numpy()[real],
                gt_classes=batch.classes[index].numpy()[real] + 1,
                gt_difficult=batch.difficult[index].numpy()[real],
                boxes=outputs["detection_boxes"][index, :count],
                scores=outputs["detection_scores"][index, :count],
                classes=outputs["detection_classes"][index, :count].astype(np.int32) + 1,
            )
        )
    return scored
