"""Convolutions whose variables and operations carry the names of the TF Object Detection API.

Checkpoints are exchanged by the variables' names: a checkpoint of the original loads here, and one of Boxwright loads
there. Converters find the parts of a frozen graph by the operations' names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from boxwright.detection.hyperparams import BatchNorm, ConvHyperparams, Initializer, constant, seed_for

Layer = Callable[[tf.Tensor, bool], tf.Tensor]
"""(inputs, training) → outputs."""


class VariableStore(tf.Module):
    """Creates and holds the variables of a model, by their original names without ":0".

    Args:
        seed: The seed of the initial values.

    Attributes:
        by_name: Name → variable, moving statistics included, in the order of creation.
        trainable: Name → variable, of the variables that gradients update.
        l2_weights: Name → the factor in 0.5 · factor · ‖variable‖², for the regularised kernels.
        l1_weights: Name → the factor in factor · Σ|variable|.
        decays: The decays of the moving statistics that training updates.
        normalizations: Scope → layer, in the order of creation.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.by_name: dict[str, tf.Variable] = {}
        self.trainable: dict[str, tf.Variable] = {}
        self.l2_weights: dict[str, float] = {}
        self.l1_weights: dict[str, float] = {}
        self.decays: set[float] = set()
        self.normalizations: dict[str, BatchNormalization] = {}

    def create(
        self, name: str, shape: Sequence[int], initializer: Initializer, *, trainable: bool = True
    ) -> tf.Variable:
        """Create the float32 variable `name`; its initial values depend on its name and the store's seed only.

        Args:
            name: The original name without ":0".
            shape: The sizes of its axes.
            initializer: Gives the initial values.
            trainable: Whether gradients update it; False for moving statistics.

        Raises:
            ValueError: A variable of that name exists.
        """
        if name in self.by_name:
            raise ValueError(f"variable {name} exists already")
        values = initializer(list(shape), seed_for(name, self.seed))
        # With several replicas their moving statistics are averaged.
        variable = tf.Variable(
            values,
            trainable=trainable,
            name=name,
            aggregation=tf.VariableAggregation.NONE if trainable else tf.VariableAggregation.MEAN,
        )
        self.by_name[name] = variable
        if trainable:
            self.trainable[name] = variable
        return variable

    def create_kernel(
        self, name: str, shape: Sequence[int], hyperparams: ConvHyperparams, initializer: Initializer | None = None
    ) -> tf.Variable:
        """Create a kernel, regularised as the hyperparameters set; `initializer` overrides theirs."""
        kernel = self.create(name, shape, initializer or hyperparams.initializer)
        if hyperparams.l2_weight:
            self.l2_weights[name] = hyperparams.l2_weight
        if hyperparams.l1_weight:
            self.l1_weights[name] = hyperparams.l1_weight
        return kernel


class BatchNormalization:
    """Fused batch normalisation over the axes B, H and W, with the original's moving statistics.

    The moving variance follows the unbiased variance of the batch, which the fused kernel returns.

    Args:
        store: Creates the variables.
        scope: The prefix of their names, for example "FeatureExtractor/InceptionV2/Conv2d_2b_1x1/BatchNorm".
        channels: The number of channels.
        settings: Decay, epsilon, which variables exist, and whether statistics are updated.

    Attributes:
        observe: Receives the inputs of a call without training, before they are normalised; for measuring statistics.
    """

    def __init__(self, store: VariableStore, scope: str, channels: int, settings: BatchNorm) -> None:
        self.settings = settings
        self.observe: Callable[[tf.Tensor], None] | None = None
        store.normalizations[scope] = self
        if settings.train:
            store.decays.add(settings.decay)
        self.gamma = (
            store.create(f"{scope}/gamma", [channels], constant(1.0)) if settings.scale else tf.ones([channels])
        )
        self.beta = (
            store.create(f"{scope}/beta", [channels], constant(0.0)) if settings.center else tf.zeros([channels])
        )
        self.moving_mean = store.create(f"{scope}/moving_mean", [channels], constant(0.0), trainable=False)
        self.moving_variance = store.create(f"{scope}/moving_variance", [channels], constant(1.0), trainable=False)

    def __call__(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """Normalise [B, H, W, C]; in training by the batch's statistics, which then update the moving ones."""
        if not (training and self.settings.train):
            if self.observe is not None:
                self.observe(inputs)
            return tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=self.gamma,
                offset=self.beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.settings.epsilon,
                is_training=False,
            ).y
        replica = tf.distribute.get_replica_context()
        if replica is not None and replica.num_replicas_in_sync > 1:
            outputs, mean, variance = self._over_all_replicas(inputs, replica)
        else:
            batch = tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=self.gamma,
                offset=self.beta,
                mean=tf.constant([], tf.float32),
                variance=tf.constant([], tf.float32),
                epsilon=self.settings.epsilon,
                is_training=True,
            )
            outputs, mean, variance = batch.y, batch.batch_mean, batch.batch_variance
        rate = 1.0 - self.settings.decay
        # By handle: each replica updates its own copy by the same values, so nothing is sent between replicas.
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            tf.raw_ops.AssignSubVariableOp(resource=moving.handle, value=(moving - value) * rate)
        return outputs

    def _over_all_replicas(self, inputs: tf.Tensor, replica: tf.distribute.ReplicaContext) -> tuple[tf.Tensor, ...]:
        """Normalise by the statistics of the whole batch, of which each replica holds a part.

        The sums are over differences from the moving mean, which all replicas share, because sums of squares of large
        values lose digits when they are subtracted.

        Returns:
            Outputs, mean, and unbiased variance.
        """
        centred = tf.cast(inputs, tf.float32) - self.moving_mean
        count = tf.cast(tf.size(inputs) / tf.shape(inputs)[-1], tf.float32)
        sums = [tf.reduce_sum(centred, [0, 1, 2]), tf.reduce_sum(tf.square(centred), [0, 1, 2]), count[tf.newaxis]]
        total = replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.concat(sums, 0))
        channels = inputs.shape[-1]
        n = total[-1]
        mean, square = total[:channels] / n, total[channels:-1] / n
        variance = square - tf.square(mean)
        outputs = tf.nn.batch_normalization(centred, mean, variance, self.beta, self.gamma, self.settings.epsilon)
        unbiased = variance * n / tf.maximum(n - 1.0, 1.0)
        return tf.cast(outputs, inputs.dtype), mean + self.moving_mean, unbiased


class _Finish:
    """Batch normalisation or biases after a convolution, then the activation; only biases when it is linear."""

    def __init__(
        self,
        store: VariableStore,
        scope: str,
        channels: int,
        hyperparams: ConvHyperparams,
        *,
        bias_initializer: Initializer | None = None,
        linear: bool = False,
    ) -> None:
        self.activation = (lambda tensor: tensor) if linear else hyperparams.activation
        self.normalization: BatchNormalization | None = None
        self.biases: tf.Variable | None = None
        if hyperparams.batch_norm and not linear:
            self.normalization = BatchNormalization(store, f"{scope}/BatchNorm", channels, hyperparams.batch_norm)
        else:
            self.biases = store.create(f"{scope}/biases", [channels], bias_initializer or constant(0.0))

    def __call__(self, outputs: tf.Tensor, training: bool) -> tf.Tensor:
        if self.normalization is not None:
            with tf.name_scope("BatchNorm"):
                outputs = self.normalization(outputs, training)
            return self.activation(outputs)
        return self.activation(tf.nn.bias_add(outputs, tf.cast(self.biases, outputs.dtype)))


def _convolve_in(inputs: tf.Tensor, kernel_size: int) -> tf.DType:
    """Return the type to convolve [B, H, W, C] in: the inputs' own, or float32 where the kernel is larger than the map.

    There some of the kernel's places see padding only, so that their gradient is 0. In bfloat16 oneDNN leaves in it
    what the memory held before, NaN included (TensorFlow 2.21, processors with AVX-512, maps of 1x1 at a stride of 2).
    Such maps are so small that float32 costs nothing.
    """
    height, width = inputs.shape[1:3]
    is_smaller = min(height or kernel_size, width or kernel_size) < kernel_size
    return tf.float32 if is_smaller else inputs.dtype


class Convolution:
    """A convolution with SAME padding, then batch normalisation or biases, then activation (slim.conv2d).

    Args:
        store: Creates the variables.
        scope: The name of the layer, for example "FeatureExtractor/InceptionV2/Conv2d_2b_1x1".
        in_channels: The number of input channels.
        channels: The number of output channels.
        kernel_size: The side of the square kernel.
        hyperparams: Initializer, regulariser, normalisation and activation.
        stride: The stride along both axes.
        initializer: The initializer of the kernel, instead of that of `hyperparams`.
        bias_initializer: The initializer of the biases, which exist only without normalisation; zeros by default.
        linear: Whether to leave out normalisation and activation, as in the output layer of a predictor.
        padded_evenly: Whether both sides are padded alike; SAME padding with a stride may pad the end only.
        operations: The scope of the operations, where it is not that of the variables.
    """

    def __init__(
        self,
        store: VariableStore,
        scope: str,
        in_channels: int,
        channels: int,
        kernel_size: int,
        hyperparams: ConvHyperparams,
        *,
        stride: int = 1,
        initializer: Initializer | None = None,
        bias_initializer: Initializer | None = None,
        linear: bool = False,
        padded_evenly: bool = False,
        operations: str | None = None,
    ) -> None:
        self.operations = operations or scope
        self.stride = stride
        self.padding = kernel_size // 2 if padded_evenly else None
        shape = [kernel_size, kernel_size, in_channels, channels]
        self.kernel = store.create_kernel(f"{scope}/weights", shape, hyperparams, initializer)
        self.finish = _Finish(store, scope, channels, hyperparams, bias_initializer=bias_initializer, linear=linear)

    def __call__(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """[B, H, W, in_channels] → [B, ceil(H / stride), ceil(W / stride), channels]."""
        with tf.name_scope(self.operations):
            dtype = _convolve_in(inputs, self.kernel.shape[0])
            tensor, kernel = tf.cast(inputs, dtype), tf.cast(self.kernel, dtype)
            if self.padding is None:
                outputs = tf.nn.conv2d(tensor, kernel, self.stride, "SAME")
            else:
                sides = [self.padding, self.padding]
                padded = tf.pad(tensor, [[0, 0], sides, sides, [0, 0]])
                outputs = tf.nn.conv2d(padded, kernel, self.stride, "VALID")
            return self.finish(tf.cast(outputs, inputs.dtype), training)


class DepthwiseConvolution:
    """A depthwise convolution, then normalisation and activation (slim.separable_conv2d without a pointwise part).

    Args:
        store: Creates the variables.
        scope: The name of the layer, for example "FeatureExtractor/MobilenetV1/Conv2d_1_depthwise".
        channels: The number of input and output channels.
        kernel_size: The side of the square filters, one per channel.
        hyperparams: Initializer, regulariser, normalisation and activation.
        stride: The stride along both axes.
        operations: The scope of the operations, where it is not that of the variables.
    """

    def __init__(
        self,
        store: VariableStore,
        scope: str,
        channels: int,
        kernel_size: int,
        hyperparams: ConvHyperparams,
        *,
        stride: int = 1,
        operations: str | None = None,
    ) -> None:
        self.operations = operations or scope
        self.strides = [1, stride, stride, 1]
        shape = [kernel_size, kernel_size, channels, 1]
        self.kernel = store.create_kernel(f"{scope}/depthwise_weights", shape, hyperparams)
        self.finish = _Finish(store, scope, channels, hyperparams)

    def __call__(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """[B, H, W, channels] → [B, ceil(H / stride), ceil(W / stride), channels]."""
        with tf.name_scope(self.operations):
            dtype = _convolve_in(inputs, self.kernel.shape[0])
            outputs = tf.nn.depthwise_conv2d(tf.cast(inputs, dtype), tf.cast(self.kernel, dtype), self.strides, "SAME")
            return self.finish(tf.cast(outputs, inputs.dtype), training)


class SeparableConvolution:
    """A depthwise and a pointwise convolution, then normalisation and activation (slim.separable_conv2d).

    Args:
        store: Creates the variables.
        scope: The name of the layer, for example "FeatureExtractor/InceptionV2/Conv2d_1a_7x7".
        in_channels: The number of input channels.
        channels: The number of output channels.
        kernel_size: The side of the square depthwise filters.
        hyperparams: Regulariser, normalisation and activation.
        stride: The stride along both axes.
        depth_multiplier: The number of depthwise filters per input channel.
        initializer: The initializer of both kernels.
        operations: The scope of the operations, where it is not that of the variables.
    """

    def __init__(
        self,
        store: VariableStore,
        scope: str,
        in_channels: int,
        channels: int,
        kernel_size: int,
        hyperparams: ConvHyperparams,
        *,
        stride: int,
        depth_multiplier: int,
        initializer: Initializer,
        operations: str | None = None,
    ) -> None:
        self.operations = operations or scope
        self.stride = stride
        self.depthwise = store.create_kernel(
            f"{scope}/depthwise_weights",
            [kernel_size, kernel_size, in_channels, depth_multiplier],
            hyperparams,
            initializer,
        )
        self.pointwise = store.create_kernel(
            f"{scope}/pointwise_weights", [1, 1, in_channels * depth_multiplier, channels], hyperparams, initializer
        )
        self.finish = _Finish(store, scope, channels, hyperparams)

    def __call__(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """[B, H, W, in_channels] → [B, ceil(H / stride), ceil(W / stride), channels]."""
        with tf.name_scope(self.operations):
            strides = [1, self.stride, self.stride, 1]
            dtype = _convolve_in(inputs, self.depthwise.shape[0])
            depthwise, pointwise = (tf.cast(kernel, dtype) for kernel in (self.depthwise, self.pointwise))
            outputs = tf.nn.separable_conv2d(tf.cast(inputs, dtype), depthwise, pointwise, strides, "SAME")
            return self.finish(tf.cast(outputs, inputs.dtype), training)
