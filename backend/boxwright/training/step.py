"""One training step: losses, gradients, update."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.training.gradients import adjust_gradients, select_trainable
from boxwright.training.optimizers import MovingAverage, build_optimizer


class StepResult(NamedTuple):
    """Scalars of a step, float32, all from before its update.

    Attributes:
        total_loss: Sum of the three losses.
        localization_loss: Of the boxes.
        classification_loss: Of the classes.
        regularization_loss: Of the kernels; 0 with add_regularization_loss: false.
        gradient_norm: Of all gradients together, before they were clipped.
    """

    total_loss: Any
    localization_loss: Any
    classification_loss: Any
    regularization_loss: Any
    gradient_norm: Any


class TrainStep:
    """Trains a model by one batch at a time.

    Attributes:
        model: What is trained.
        optimizer: Its update rule, with the slots.
        average: The moving average of the trained variables; None with use_moving_average: false.
    """

    def __init__(self, model: SsdModel, config: Any) -> None:
        """Make the optimizer and its slots.

        Args:
            model: What to train.
            config: object_detection.protos.TrainConfig.
        """
        self.model = model
        self._config = config
        names = select_trainable(model.trainable_by_name, config)
        self._trained = {name: model.trainable_by_name[name] for name in names}
        self.optimizer = build_optimizer(config.optimizer, self._trained)
        self.average = (
            MovingAverage(self._trained, decay=config.optimizer.moving_average_decay)
            if config.optimizer.use_moving_average
            else None
        )
        self._run = tf.function(self._step, reduce_retracing=True, autograph=False)

    def __call__(self, images: tf.Tensor, targets: Targets, learning_rate: Any) -> StepResult:
        """Update the model in place.

        Args:
            images: float32 [B, h, w, 3], preprocessed.
            targets: Stacked to a leading B.
            learning_rate: Scalar.

        Returns:
            Scalars as numpy float32; the step has ended when they are here.
        """
        values = self._run(images, targets, tf.convert_to_tensor(learning_rate, tf.float32))
        return StepResult(*values.numpy())

    def variables_by_name(self) -> dict[str, tf.Variable]:
        """Return everything that a checkpoint holds but the global step, by the original's names."""
        shadows = self.average.shadows if self.average else {}
        return {**self.model.variables_by_name, **self.optimizer.slots, **shadows}

    def _step(self, images: tf.Tensor, targets: Targets, learning_rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(self._trained.values()))
            predictions = self.model.predict(images, training=True)
            losses = self.model.loss(predictions, targets)
            regularization = (
                self.model.regularization_loss() if self._config.add_regularization_loss else tf.constant(0.0)
            )
            total = losses.localization + losses.classification + regularization
        names = list(self._trained)
        gradients = tape.gradient(
            total, [self._trained[name] for name in names], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        norm = tf.linalg.global_norm(gradients)
        adjusted = adjust_gradients(dict(zip(names, gradients, strict=True)), self._config)
        self.optimizer.apply(adjusted, learning_rate)
        if self.average:
            self.average.update()
        return tf.stack([total, losses.localization, losses.classification, regularization, norm])
