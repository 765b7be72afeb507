"""From records to batches: decode, augment, resize, assign targets, all beside the training step."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from boxwright.detection.example_decoder import DecodedExample
from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.pipeline import messages
from boxwright.training.errors import TrainingError
from boxwright.training.input.augmentation import Example, build_augmentation
from boxwright.training.input.record_index import RecordIndex
from boxwright.training.input.record_stream import record_order

PREFETCHED_BATCHES = 2  # 15 MB each at batch 12; the step takes longer than the next batch

Decoder = Callable[[tf.Tensor], DecodedExample]


class Batch(NamedTuple):
    """What one step trains on.

    Attributes:
        images: float32 [B, h, w, 3], preprocessed.
        targets: Of every image, stacked: cls_targets [B, A, C + 1] and so on.
        records: int64 [B], which records they are, by their numbers in the RecordIndex.
    """

    images: tf.Tensor
    targets: Targets
    records: tf.Tensor


@dataclass(frozen=True)
class Share:
    """Which share of every batch this process reads; by default the whole.

    Attributes:
        workers: Processes that train together.
        worker: Which of them this is, from 0.
        replicas: Devices of this process; its dataset yields the batch of one after the other.
        micro_batches: Into how many a replica's batch is cut, one after another through the network.
    """

    workers: int = 1
    worker: int = 0
    replicas: int = 1
    micro_batches: int = 1

    @property
    def count(self) -> int:
        """Into how many equal shares a batch is divided in all."""
        return self.workers * self.replicas * self.micro_batches

    @property
    def is_whole(self) -> bool:
        """Whether a batch is not divided, and then may be of any size."""
        return self.count == 1


WHOLE = Share()


def training_batches(
    index: RecordIndex,
    pipeline_config: messages.TrainEvalPipelineConfig,
    model: SsdModel,
    decode: Decoder,
    *,
    seed: int,
    start_step: int = 0,
    share: Share = WHOLE,
) -> tf.data.Dataset:
    """Return the batches of a run from `start_step` on: a pure function of seed and step.

    Args:
        index: The records, at least one; they may be fewer than a batch.
        pipeline_config: The configuration; batch_size, augmentation and train_input_reader are obeyed.
        model: Preprocesses the images and assigns the targets.
        decode: From a serialized example to a DecodedExample, in a graph.
        seed: Of the order and of the augmentation.
        start_step: Steps already done.
        share: What of each batch this process reads; batch_size is that of all together.

    Returns:
        Elements Batch, without end unless train_input_reader.num_epochs is set; of batch_size images, or of one
        replica's share of them.
    """
    reader, batch_size = pipeline_config.train_input_reader, pipeline_config.train_config.batch_size
    augment = build_augmentation(pipeline_config.train_config.data_augmentation_options)

    @tf.autograph.experimental.do_not_convert  # nothing here needs it, and tracing takes half the time without
    def prepare(position: tf.Tensor, record: tf.Tensor, serialized: tf.Tensor) -> Batch:
        decoded = decode(serialized)
        with tf.control_dependencies(_assertions(decoded, model.num_classes)):
            boxes = tf.identity(decoded.boxes)
        seed_pair = tf.stack([tf.constant(seed, tf.int64), position])
        example = augment(Example(decoded.image, boxes, decoded.classes, decoded.weights), seed_pair)
        image = tf.ensure_shape(model.preprocess(example.image[tf.newaxis])[0], [*model.image_size, 3])
        targets = model.assign_targets(example.boxes, example.classes, example.weights, example.image)
        return Batch(image, targets, record)

    order = _share_of_worker(record_order(index, reader, seed=seed, start=start_step * batch_size), batch_size, share)
    batches = (
        index.read(order)
        .map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(
            batch_size // (share.workers * share.replicas), drop_remainder=not (reader.num_epochs and share.is_whole)
        )
    )
    options = tf.data.Options()
    options.threading.private_threadpool_size = os.cpu_count() or 1  # the step may have the common one at a thread
    return batches.prefetch(PREFETCHED_BATCHES * share.replicas).with_options(options)


def _share_of_worker(order: tf.data.Dataset, batch_size: int, share: Share) -> tf.data.Dataset:
    """Return what this worker reads of every batch."""
    if share.workers == 1:
        return order
    mine = slice(share.worker * batch_size // share.workers, (share.worker + 1) * batch_size // share.workers)
    return order.batch(batch_size, drop_remainder=True).map(lambda *both: tuple(one[mine] for one in both)).unbatch()


def names_of(index: RecordIndex, decode: Decoder, records: Iterable[int]) -> list[str]:
    """Return what messages call the images of these records."""
    numbers = tf.data.Dataset.from_tensor_slices(tf.constant(list(records), tf.int64))
    return [name_of(decode(serialized)).numpy().decode("utf-8", "replace") for _, serialized in index.read(numbers)]


def name_of(decoded: DecodedExample) -> tf.Tensor:
    """Return what to call an image in messages: its source_id, else its file name; string scalar."""
    return tf.where(tf.strings.length(decoded.source_id) > 0, decoded.source_id, decoded.filename)


def first_line(error: Exception) -> str:
    """Return the first line of TensorFlow's message, without the graph's node names."""
    return re.sub(r"\{\{.*?\}\}\s*", "", str(error)).strip().splitlines()[0][:300]


def explain_bad_record(paths: Sequence[Path], decode: Decoder, num_classes: int) -> TrainingError | None:
    """Return the error for the first record that cannot be trained on, None when all can.

    The graph only says that some record is bad; this reads them again, one by one, to name it, without its folder:
    a run reads links to the records, which are gone when it has ended.
    """
    for path in paths:
        number = 0
        try:
            for number, serialized in enumerate(tf.data.TFRecordDataset(os.fspath(path)), start=1):
                if problem := _problem(serialized, decode, num_classes):
                    return TrainingError(f"{path.name}, record {number}: {problem}")
        except tf.errors.DataLossError:
            return TrainingError(
                f"{path.name}: damaged after record {number}. Write the file again: boxwright dataset does, for "
                "records that it made."
            )
    return None


def _assertions(decoded: DecodedExample, num_classes: int) -> list[tf.Operation]:
    low, high = decoded.boxes[:, :2], decoded.boxes[:, 2:]
    name = name_of(decoded)
    known = (decoded.dropped == 0) & tf.reduce_all(decoded.classes < num_classes)
    return [tf.debugging.Assert(known, [name]), tf.debugging.Assert(tf.reduce_all(high >= low), [name])]  # NaN too


def _problem(serialized: tf.Tensor, decode: Decoder, num_classes: int) -> str:
    try:
        decoded = decode(serialized)
    except (tf.errors.OpError, ValueError) as error:
        return (
            f"the image {_raw_name(serialized)} cannot be decoded ({first_line(error)}). Replace or "
            "remove that image and write the records again (boxwright dataset leaves such images out and says so)."
        )
    name = name_of(decoded).numpy().decode("utf-8", "replace")
    if decoded.dropped or (decoded.classes.numpy() >= num_classes).any():
        return f"{name}: {_unknown_class(serialized, decoded, num_classes)}"
    for box in decoded.boxes.numpy():
        if not (np.isfinite(box).all() and box[2] >= box[0] and box[3] >= box[1]):
            return (
                f"{name}: a box is [ymin {box[0]:g}, xmin {box[1]:g}, ymax {box[2]:g}, xmax {box[3]:g}], which is no "
                "box. Correct its annotation and write the records again."
            )
    return ""


def _unknown_class(serialized: tf.Tensor, decoded: DecodedExample, num_classes: int) -> str:
    features = tf.train.Example.FromString(serialized.numpy()).features.feature
    texts = [text.decode("utf-8", "replace") for text in features["image/object/class/text"].bytes_list.value]
    ids = list(features["image/object/class/label"].int64_list.value)
    return (
        f"the class of an object is not among the model's {num_classes} (the record's objects are "
        f"{', '.join(texts) or 'without class text'}, with ids {', '.join(map(str, ids)) or 'missing'}; ids count from "
        "1). Add the class to the label map and to num_classes, or write the records again with this label map."
    )


def _raw_name(serialized: tf.Tensor) -> str:
    try:
        features = tf.train.Example.FromString(serialized.numpy()).features.feature
    except Exception:  # not a tf.Example at all: protobuf's error class differs between its implementations
        return "(of a record that is no tf.Example)"
    names = (b"".join(features[key].bytes_list.value) for key in ("image/source_id", "image/filename"))
    return next((name.decode("utf-8", "replace") for name in names if name), "(without a name)")
