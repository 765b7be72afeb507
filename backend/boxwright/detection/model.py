"""The single shot detector: images in, box encodings and class scores out, with the losses to train it.

Source: Liu et al., SSD: Single Shot MultiBox Detector, 2016, with the numbers of the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from boxwright.detection.anchors.layout import lay_out_anchors
from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.detection.feature_extractors.registry import build_feature_extractor
from boxwright.detection.layers import VariableStore
from boxwright.detection.losses.ssd_loss import Losses, ssd_loss
from boxwright.detection.postprocessing import Postprocessor
from boxwright.detection.predictors.build import build_box_predictor
from boxwright.detection.preprocessing import content_window, resize, resized_shape
from boxwright.detection.suppression import suppress
from boxwright.detection.targets import TargetAssigner, Targets
from boxwright.errors import BoxwrightError


class Predictions(NamedTuple):
    """What the network says of a batch, before any decoding.

    Attributes:
        box_encodings: [B, A, 4] as ty, tx, th, tw against the anchors, scaled as the box coder says.
        class_predictions_with_background: [B, A, C + 1] logits, column 0 the background.
        feature_maps: The maps the heads looked at, the finest first.
    """

    box_encodings: tf.Tensor
    class_predictions_with_background: tf.Tensor
    feature_maps: list[tf.Tensor]


class SsdModel(tf.Module):
    """An SSD built from a pipeline.config's `model` message.

    Boxes are [ymin, xmin, ymax, xmax], normalised to the resized image. A is the number of anchors.

    Args:
        config: object_detection.protos.DetectionModel message.
        seed: Of the initial weights; the same seed gives the same weights.

    Attributes:
        num_classes: C, without the background.
        anchors: float32 [A, 4], not clipped to the image.
        image_size: (height, width) of the network's input in pixels.
        variables_by_name: Every variable, moving statistics included, by its original name.
        trainable_by_name: Those that gradients move.
        target_assigner: Makes the targets of one image.
        compute_dtype: What the network computes in while it trains; its variables, its predictions and everything after
            them are float32, and detection is float32 throughout.

    Raises:
        BoxwrightError: The message asks for something that is not built here.
    """

    def __init__(self, config: Any, *, seed: int = 0) -> None:
        super().__init__(name="ssd")
        if config.WhichOneof("model") != "ssd":
            raise BoxwrightError(
                f"model: got {config.WhichOneof('model') or 'nothing'}; supported is ssd. "
                "Start from a pipeline.config of an SSD model."
            )
        self.config = config.ssd
        self.num_classes = self.config.num_classes
        self.image_size = resized_shape(self.config.image_resizer)
        self.compute_dtype = tf.float32
        self.store = VariableStore(seed)
        self._feature_extractor = build_feature_extractor(self.config.feature_extractor, self.store)
        shapes = self._feature_extractor.feature_map_shapes(*self.image_size)
        self.anchors: np.ndarray
        self.anchors, boxes_per_location = lay_out_anchors(self.config.anchor_generator, shapes, self.image_size)
        self._box_predictor = build_box_predictor(
            self.config.box_predictor,
            self.store,
            channels=self._feature_extractor.channels,
            boxes_per_location=boxes_per_location,
            num_columns=self.num_classes + (1 if self.config.add_background_class else 0),
        )
        self.box_coder = FasterRcnnBoxCoder(self.config.box_coder.faster_rcnn_box_coder)
        self.target_assigner = TargetAssigner(self.config, self.anchors)
        self._postprocessor = Postprocessor(self.config, self.anchors, self.num_classes)

    @property
    def variables_by_name(self) -> dict[str, tf.Variable]:
        """Every variable, moving statistics included, by its original name without ":0"."""
        return self.store.by_name

    @property
    def trainable_by_name(self) -> dict[str, tf.Variable]:
        """The variables that gradients move, by their original names."""
        return self.store.trainable

    def preprocess(self, images: tf.Tensor) -> tf.Tensor:
        """Scale [B, H, W, 3] of 0..255 as the network wants it, then resize to `image_size`: float32 [B, h, w, 3]."""
        return resize(self._feature_extractor.scale(tf.cast(images, tf.float32)), self.config.image_resizer)

    def content_window(self, height: Any, width: Any) -> Any:
        """The part of the network's input that images of that size in pixels fill, for `postprocess`.

        Args:
            height, width: int32 [...].

        Returns:
            float32 [..., 4], [0, 0, ymax, xmax] normalised to the input; None when all images fill it.
        """
        return content_window(self.config.image_resizer, height, width)

    def window_of(self, images: tf.Tensor) -> Any:
        """The content_window of images [..., H, W, 3] before preprocessing; None when they fill the input."""
        if not self.config.image_resizer.HasField("keep_aspect_ratio_resizer"):
            return None  # and no operation in an exported graph
        shape = tf.shape(images)
        return self.content_window(shape[-3], shape[-2])

    def assign_targets(self, boxes: tf.Tensor, classes: tf.Tensor, weights: tf.Tensor, image: tf.Tensor) -> Targets:
        """Assign the ground truth of one image [H, W, 3], its boxes normalised to it; see TargetAssigner.assign."""
        window = self.window_of(image)
        if window is not None:
            boxes = boxes * tf.tile(window[2:], [2])
        return self.target_assigner.assign(boxes, classes, weights)

    def predict(self, images: tf.Tensor, training: bool, seed: Any = (0, 0)) -> Predictions:
        """Run the network on preprocessed [B, h, w, 3].

        Args:
            images: The batch.
            training: The moving statistics move, and dropout drops.
            seed: Two integers; what dropout drops is a function of them.
        """
        feature_maps = self._feature_extractor(tf.cast(images, self.compute_dtype) if training else images, training)
        box_encodings, class_predictions = self._box_predictor(feature_maps, training, seed)
        return Predictions(tf.cast(box_encodings, tf.float32), tf.cast(class_predictions, tf.float32), feature_maps)

    def loss(self, predictions: Predictions, targets: Targets, *, num_matches: tf.Tensor | None = None) -> Losses:
        """Localization and classification loss of a batch, weighted and normalised as the config says.

        Args:
            predictions: Of the batch, or of a part of it.
            targets: Of the same images.
            num_matches: Sum of reg_weights over the whole batch, where this is a part: then the parts' losses add up.
        """
        return ssd_loss(self.config, predictions, targets, self.anchors, self.box_coder, num_matches=num_matches)

    def regularization_loss(self) -> tf.Tensor:
        """Sum over the regularised kernels of 0.5 · weight · ‖kernel‖² (L2) and weight · Σ|kernel| (L1)."""
        terms = [weight * tf.nn.l2_loss(self.store.by_name[name]) for name, weight in self.store.l2_weights.items()]
        terms += [
            weight * tf.reduce_sum(tf.abs(self.store.by_name[name])) for name, weight in self.store.l1_weights.items()
        ]
        return tf.add_n(terms) if terms else tf.constant(0.0)

    def postprocess(
        self, predictions: Predictions, window: Any = None, *, suppress: Callable[..., tf.Tensor] = suppress
    ) -> dict[str, tf.Tensor]:
        """Detections of a batch under the original's output names; classes are 0-based here.

        Args:
            predictions: Of the batch.
            window: content_window of the images, [4] or [B, 4]; detections are normalised to it.
            suppress: What `suppression.suppress` does, in operations that another runtime knows.
        """
        return self._postprocessor(
            predictions.box_encodings, predictions.class_predictions_with_background, window, suppress=suppress
        )
