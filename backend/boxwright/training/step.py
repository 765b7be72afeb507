"""One training step: losses, gradients, update; on one device or on many, of a whole batch or of micro-batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.pipeline import messages
from boxwright.training.hardware.precision import LossScale
from boxwright.training.optimization.gradients import adjust_gradients, select_trainable
from boxwright.training.optimization.optimizers import MovingAverage, build_optimizer


class StepResult(NamedTuple):
    """Scalars of a step, float32, all from before its update and of the whole batch.

    Attributes:
        total_loss: Sum of the three losses.
        localization_loss: Of the boxes.
        classification_loss: Of the classes.
        regularization_loss: Of the kernels; 0 with add_regularization_loss: false.
        gradient_norm: Of all gradients together, before they were clipped.
        skipped: 1 when float16 overflowed in the gradients, so that nothing was updated and the loss scale halved.
        wishes: How many workers wish the run to end.
    """

    total_loss: tf.Tensor
    localization_loss: tf.Tensor
    classification_loss: tf.Tensor
    regularization_loss: tf.Tensor
    gradient_norm: tf.Tensor
    skipped: tf.Tensor = 0.0
    wishes: tf.Tensor = 0.0


class TrainStep:
    """Trains a model by one batch at a time.

    Make it, like its model, in the scope of the distribution strategy whose replicas train together.

    Attributes:
        model: What is trained.
        optimizer: Its update rule, with the slots.
        average: The moving average of the trained variables; None with use_moving_average: false.
        loss_scale: Of float16; None with other precisions.
        micro_batches: Into how many a replica's batch is cut.
    """

    def __init__(
        self,
        model: SsdModel,
        train_config: messages.TrainConfig,
        *,
        micro_batches: int = 1,
        workers: int = 1,
        seed: int = 0,
        xla: bool = False,
    ) -> None:
        """Make the optimizer and its slots.

        Args:
            model: What to train; with compute_dtype float16 its loss is scaled.
            train_config: The `train_config` message.
            micro_batches: Into how many a replica's batch is cut for gradient accumulation, which takes less memory:
                they go through the network one after another, and their gradients add up to the batch's. Batch
                normalization sees one micro-batch at a time.
            workers: Processes that train together; each has as many replicas.
            seed: Of dropout.
            xla: Have XLA compile the network; what is around it, such as mining, has shapes that XLA cannot know.
        """
        self.model = model
        self.loss_scale = LossScale() if model.compute_dtype == tf.float16 else None
        self.micro_batches = micro_batches
        self._train_config, self._seed = train_config, seed
        names = select_trainable(model.trainable_by_name, train_config)
        self._trained = {name: model.trainable_by_name[name] for name in names}
        self.optimizer = build_optimizer(train_config.optimizer, self._trained)
        self.average = (
            MovingAverage(self._trained, decay=train_config.optimizer.moving_average_decay)
            if train_config.optimizer.use_moving_average
            else None
        )
        self._strategy = tf.distribute.get_strategy()
        self._replicas = self._strategy.num_replicas_in_sync
        self._replicas_of_worker = self._replicas // workers
        self._predict = (
            tf.function(model.predict, reduce_retracing=True, autograph=False, jit_compile=True)
            if xla
            else model.predict
        )
        self._run = tf.function(self._on_every_replica, reduce_retracing=True, autograph=False)

    def __call__(
        self,
        images: tf.Tensor,
        targets: Targets,
        learning_rate: tf.Tensor,
        *,
        step: int = 0,
        wish_to_stop: bool = False,
    ) -> StepResult:
        """Update the model in place.

        Args:
            images: float32 [B, h, w, 3], preprocessed; of several replicas, one for each.
            targets: Stacked to a leading B.
            learning_rate: Scalar.
            step: The global step; what dropout drops is a function of it.
            wish_to_stop: Told to all workers with the result.

        Returns:
            Scalars as numpy float32; the step has ended when they are here.
        """
        values = self._run(
            images,
            targets,
            tf.convert_to_tensor(learning_rate, tf.float32),
            tf.constant(step, tf.int64),
            tf.constant(wish_to_stop),
        )
        return StepResult(*self._strategy.experimental_local_results(values)[0].numpy())

    def variables_by_name(self) -> dict[str, tf.Variable]:
        """Return everything that a checkpoint holds but the global step, by the original's names."""
        shadows = self.average.shadows if self.average else {}
        scale = self.loss_scale.variables if self.loss_scale else {}
        return {**self.model.variables_by_name, **self.optimizer.slots, **shadows, **scale}

    def _on_every_replica(self, *arguments: tf.Tensor) -> Any:
        return self._strategy.run(self._step, args=arguments)

    def _step(
        self, images: tf.Tensor, targets: Targets, learning_rate: tf.Tensor, step: tf.Tensor, wish: tf.Tensor
    ) -> tf.Tensor:
        num_matches, number = None, step  # of the micro-batch in the whole run
        if self.micro_batches * self._replicas > 1:
            num_matches = self._sum([tf.reduce_sum(targets.reg_weights)])[0]
            replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
            number = (step * self._replicas + replica) * self.micro_batches
        gradients, losses = self._gradients(images, targets, num_matches, number)
        *gradients, losses, wishes = self._sum(
            [*gradients, losses, tf.cast(wish, tf.float32) / self._replicas_of_worker]
        )
        if self.loss_scale:
            gradients = self.loss_scale.unscale(gradients)
        norm = tf.linalg.global_norm(gradients)
        adjusted = adjust_gradients(dict(zip(self._trained, gradients, strict=True)), self._train_config)
        skipped = tf.constant(0.0)
        if self.loss_scale:
            skipped = self.loss_scale.guard(norm, lambda: self._update(adjusted, learning_rate))
        else:
            self._update(adjusted, learning_rate)
        return tf.concat([[tf.reduce_sum(losses)], losses, [norm, skipped, wishes]], 0)

    def _gradients(
        self, images: tf.Tensor, targets: Targets, num_matches: tf.Tensor, first: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Return the gradients and the three losses of a replica's batch, micro-batch after micro-batch."""
        if self.micro_batches == 1:
            return self._micro_batch(images, targets, num_matches, first)
        # traced once and called for each; where replicas exchange statistics within it, TensorFlow cannot do that
        run = tf.function(self._micro_batch, autograph=False) if self._replicas == 1 else self._micro_batch
        split = (tf.split(tensor, self.micro_batches) for tensor in (images, *targets))
        gradients: list[tf.Tensor] = []
        losses = tf.zeros([3])
        for index, (some_images, *some_targets) in enumerate(zip(*split, strict=True)):
            with tf.control_dependencies(gradients):  # side by side they would take the memory of the whole
                more, more_losses = run(tf.identity(some_images), Targets(*some_targets), num_matches, first + index)
            gradients = [one + other for one, other in zip(gradients, more, strict=True)] if gradients else list(more)
            losses += more_losses
        return gradients, losses

    def _micro_batch(
        self, images: tf.Tensor, targets: Targets, num_matches: tf.Tensor, number: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(list(self._trained.values()))
            seed = tf.stack([tf.constant(self._seed, tf.int64), number])
            predictions = self._predict(images, training=True, seed=seed)
            losses = self.model.loss(predictions, targets, num_matches=num_matches)
            regularization = (
                self.model.regularization_loss() if self._train_config.add_regularization_loss else tf.constant(0.0)
            )
            if self.micro_batches * self._replicas > 1:
                regularization /= self.micro_batches * self._replicas
            total = losses.localization + losses.classification + regularization
            if self.loss_scale:
                total = self.loss_scale.scale(total)
        gradients = tape.gradient(
            total, list(self._trained.values()), unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return gradients, tf.stack([losses.localization, losses.classification, regularization])

    def _update(self, gradients: dict[str, tf.Tensor], learning_rate: tf.Tensor) -> None:
        self.optimizer.apply(gradients, learning_rate)
        if self.average:
            self.average.update()

    def _sum(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Return the sums over all replicas."""
        if self._replicas == 1:
            return list(tensors)
        return list(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, list(tensors)))
