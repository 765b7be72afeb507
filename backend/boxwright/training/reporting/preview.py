"""Pictures of a few images as the model learns: its boxes on the left, ground truth on the right."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import tensorflow as tf

from boxwright.detection.example_decoder import DecodedExample
from boxwright.detection.model import SsdModel
from boxwright.inference.detections import Detections
from boxwright.inference.drawing import side_by_side

MAX_PREVIEWS = 4
MAX_PREVIEW_SIDE = 640  # pixels; larger images only fill the event file
MAX_PREVIEW_BOXES = 20  # the original's; best scores first
MIN_PREVIEW_SCORE = 0.3  # young models are unsure, and no box at all would show nothing


class Preview:
    """Pictures of a few images: the model's boxes on the left, ground truth on the right."""

    def __init__(
        self,
        model: SsdModel,
        paths: Sequence[Path],
        decode: Callable[[tf.Tensor], DecodedExample],
        labels: Mapping[int, str],
        detect: Callable[[tf.Tensor, tf.Tensor], Mapping[str, tf.Tensor]],
    ) -> None:
        """Choose the images: the first that have boxes.

        Args:
            model: Whose boxes are drawn.
            paths: TFRecord files.
            decode: From a serialized example to a DecodedExample.
            labels: Class names by id, from 1.
            detect: evaluation.evaluate.detection_function of the model.
        """
        self._model, self._labels = model, labels
        self._examples: list[DecodedExample] = []
        for decoded in _readable(paths, decode):
            if len(decoded.boxes):
                self._examples.append(decoded._replace(image=_shrunk(decoded.image)))
            if len(self._examples) == MAX_PREVIEWS:
                break
        self._detect = detect

    def pictures(self) -> list[tuple[str, np.ndarray]]:
        """Run the model as it is now and return the pictures, uint8 [H, W, 3] by name."""
        return [
            (f"detections_left_groundtruth_right/{number}", self._draw(example))
            for number, example in enumerate(self._examples)
        ]

    def _draw(self, example: DecodedExample) -> np.ndarray:
        image = example.image.numpy()
        pixels = self._model.preprocess(example.image[tf.newaxis])
        found = self._detect(pixels, tf.constant([image.shape[:2]], tf.int32))
        count = min(int(found["num_detections"][0]), MAX_PREVIEW_BOXES)
        classes = found["detection_classes"][0, :count].numpy().astype(np.int32) + 1
        detections = Detections(
            boxes=found["detection_boxes"][0, :count].numpy(),
            scores=found["detection_scores"][0, :count].numpy(),
            classes=classes,
            labels=tuple(self._labels.get(int(number), f"class {number}") for number in classes),
            height=image.shape[0],
            width=image.shape[1],
        )
        gt_classes = (example.classes.numpy() + 1).tolist()
        drawn = side_by_side(
            image, example.boxes.numpy(), gt_classes, detections, self._labels, min_score=MIN_PREVIEW_SCORE
        )
        return np.asarray(drawn)


def _readable(paths: Sequence[Path], decode: Callable[[tf.Tensor], DecodedExample]) -> Iterator[DecodedExample]:
    """Yield what can be decoded of the first records: a bad one is evaluation's to name, and no reason not to train."""
    with suppress(tf.errors.OpError):  # a damaged file ends here
        for serialized in tf.data.TFRecordDataset([os.fspath(path) for path in paths]).take(50):
            with suppress(tf.errors.OpError):
                yield decode(serialized)


def _shrunk(image: tf.Tensor) -> tf.Tensor:
    height, width = image.shape[:2]
    scale = MAX_PREVIEW_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = [max(1, round(height * scale)), max(1, round(width * scale))]
    return tf.cast(tf.image.resize(image, size, antialias=True), tf.uint8)
