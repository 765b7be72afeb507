"""The single shot detector: from images to box encodings and class scores, and the losses that train it.

Source: Liu et al., SSD: Single Shot MultiBox Detector, 2016, with the numbers of the TF Object Detection API.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from boxwright.detection.anchors.layout import lay_out_anchors
from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.detection.feature_extractors.registry import build_feature_extractor
from boxwright.detection.hyperparams import Seed
from boxwright.detection.layers import VariableStore
from boxwright.detection.losses.ssd_loss import Losses, ssd_loss
from boxwright.detection.postprocessing import Postprocessor
from boxwright.detection.predictors.build import build_box_predictor
from boxwright.detection.predictors.predictions import Predictions
from boxwright.detection.preprocessing import content_window, resize, resized_shape
from boxwright.detection.suppression import Suppress, suppress
from boxwright.detection.targets import TargetAssigner, Targets
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


class SsdModel(tf.Module):
    """An SSD built from the `model` message of a pipeline.config.

    Boxes are [ymin, xmin, ymax, xmax], normalised to the resized image. A is the number of anchors.

    Args:
        model_config: The `model` message; its `ssd` must be set.
        seed: The seed of the initial weights; the same seed gives the same weights.

    Attributes:
        ssd_config: The `ssd` message that the model was built from.
        num_classes: C, without the background.
        anchors: float32 [A, 4], not clipped to the image.
        anchor_layout: The number of cells, and of anchors a cell, of each feature map.
        image_size: (height, width) of the network's input in pixels.
        variables_by_name: Every variable, moving statistics included, by its original name.
        trainable_by_name: Those that gradients move.
        target_assigner: Makes the targets of one image.
        compute_dtype: The data type of the network's operations in training. Variables, predictions and everything
            after the predictions are float32; detection is float32 throughout.

    Raises:
        BoxwrightError: The message sets something that is not supported.
    """

    def __init__(self, model_config: messages.DetectionModel, *, seed: int = 0) -> None:
        super().__init__(name="ssd")
        if model_config.WhichOneof("model") != "ssd":
            raise BoxwrightError(
                f"model: got {model_config.WhichOneof('model') or 'nothing'}; supported is ssd. "
                "Start from a pipeline.config of an SSD model."
            )
        self.ssd_config = model_config.ssd
        self.num_classes = self.ssd_config.num_classes
        self.image_size = resized_shape(self.ssd_config.image_resizer)
        self.compute_dtype = tf.float32
        self.store = VariableStore(seed)
        self._feature_extractor = build_feature_extractor(self.ssd_config.feature_extractor, self.store)
        shapes = self._feature_extractor.feature_map_shapes(*self.image_size)
        self.anchors: np.ndarray
        self.anchors, boxes_per_location = lay_out_anchors(self.ssd_config.anchor_generator, shapes, self.image_size)
        self.anchor_layout = [
            (height * width, boxes) for (height, width), boxes in zip(shapes, boxes_per_location, strict=True)
        ]
        self._box_predictor = build_box_predictor(
            self.ssd_config.box_predictor,
            self.store,
            channels=self._feature_extractor.channels,
            boxes_per_location=boxes_per_location,
            num_columns=self.num_classes + (1 if self.ssd_config.add_background_class else 0),
        )
        self.box_coder = FasterRcnnBoxCoder(self.ssd_config.box_coder.faster_rcnn_box_coder)
        self.target_assigner = TargetAssigner(self.ssd_config, self.anchors)
        self._postprocessor = Postprocessor(self.ssd_config, self.anchors, self.num_classes)

    @property
    def variables_by_name(self) -> dict[str, tf.Variable]:
        """Every variable, moving statistics included, by its original name without ":0"."""
        return self.store.by_name

    @property
    def trainable_by_name(self) -> dict[str, tf.Variable]:
        """The variables that gradients move, by their original names."""
        return self.store.trainable

    def preprocess(self, images: tf.Tensor) -> tf.Tensor:
        """Scale and resize images for the network.

        Args:
            images: [B, H, W, 3], values 0 to 255.

        Returns:
            float32 [B, h, w, 3] of `image_size`, in the range of the feature extractor.
        """
        with tf.name_scope("Preprocessor"):
            resized = resize(self._feature_extractor.scale(tf.cast(images, tf.float32)), self.ssd_config.image_resizer)
            # The original stacks the images of a loop here; converters cut its graph at this name.
            return tf.identity(resized, name="map/TensorArrayStack/TensorArrayGatherV3")

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Scale images that have the network's size already; see `preprocess`.

        Args:
            images: float32 [B, h, w, 3] of `image_size`, values 0 to 255.

        Returns:
            float32 [B, h, w, 3] in the range of the feature extractor.
        """
        return self._feature_extractor.scale(images)

    def content_window(self, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
        """Return the part of the network's input that an image covers, for `postprocess`.

        Args:
            height: int32 [...], of the image before preprocessing, in pixels.
            width: int32 [...], in pixels.

        Returns:
            float32 [..., 4], [0, 0, ymax, xmax] normalised to the input; None when every image covers all of it.
        """
        return content_window(self.ssd_config.image_resizer, height, width)

    def window_of(self, images: tf.Tensor) -> tf.Tensor:
        """Return the content_window of images [..., H, W, 3] before preprocessing; None when they cover the input."""
        if not self.ssd_config.image_resizer.HasField("keep_aspect_ratio_resizer"):
            return None  # so that an exported graph has no operation for it
        shape = tf.shape(images)
        return self.content_window(shape[-3], shape[-2])

    def assign_targets(self, boxes: tf.Tensor, classes: tf.Tensor, weights: tf.Tensor, image: tf.Tensor) -> Targets:
        """Assign the ground truth of one image to the anchors; see TargetAssigner.assign.

        Args:
            boxes: float32 [N, 4], [ymin, xmin, ymax, xmax] normalised to the image before preprocessing.
            classes: int32 [N], 0-based.
            weights: float32 [N].
            image: [H, W, 3], of which only the shape is used.
        """
        window = self.window_of(image)
        if window is not None:
            boxes = boxes * tf.tile(window[2:], [2])
        return self.target_assigner.assign(boxes, classes, weights)

    def predict(self, images: tf.Tensor, training: bool, seed: Seed = (0, 0)) -> Predictions:
        """Run the network.

        Args:
            images: float32 [B, h, w, 3], preprocessed.
            training: Whether batch normalisation uses and records the batch's statistics, and dropout is active.
            seed: Two integers that determine the values that dropout drops.
        """
        feature_maps = self._feature_extractor(tf.cast(images, self.compute_dtype) if training else images, training)
        box_encodings, class_predictions = self._box_predictor(feature_maps, training, seed)
        return Predictions(tf.cast(box_encodings, tf.float32), tf.cast(class_predictions, tf.float32), feature_maps)

    def loss(self, predictions: Predictions, targets: Targets, *, num_matches: tf.Tensor | None = None) -> Losses:
        """Compute the localization and classification loss of a batch, weighted and normalised as configured.

        Args:
            predictions: The predictions for a batch or a micro-batch.
            targets: The targets of the same images.
            num_matches: float32 [], the sum of reg_weights over the whole batch; give it for a micro-batch, so that
                the losses of the micro-batches add up to the loss of the batch.
        """
        return ssd_loss(self.ssd_config, predictions, targets, self.anchors, self.box_coder, num_matches=num_matches)

    def regularization_loss(self) -> tf.Tensor:
        """Return the sum over the regularised kernels of 0.5 · weight · ‖kernel‖² (L2) and weight · Σ|kernel| (L1)."""
        terms = [weight * tf.nn.l2_loss(self.store.by_name[name]) for name, weight in self.store.l2_weights.items()]
        terms += [
            weight * tf.reduce_sum(tf.abs(self.store.by_name[name])) for name, weight in self.store.l1_weights.items()
        ]
        return tf.add_n(terms) if terms else tf.constant(0.0)

    def postprocess(
        self, predictions: Predictions, window: tf.Tensor | None = None, *, suppress: Suppress = suppress
    ) -> dict[str, tf.Tensor]:
        """Turn predictions into detections, under the output names of the original API; classes are 0-based.

        Args:
            predictions: The predictions for a batch.
            window: The content_window of the images, float32 [4] or [B, 4]; detections are normalised to it.
            suppress: Another implementation of `suppression.suppress`, for runtimes without its operations.

        Returns:
            See `Postprocessor.__call__`.
        """
        return self._postprocessor(
            predictions.box_encodings, predictions.class_predictions_with_background, window, suppress=suppress
        )
