"""RMSProp, momentum and Adam as TensorFlow 1 defines them, with the original's slot names.

TensorFlow 2's own classes differ: Keras' RMSprop starts its mean square at zeros and adds epsilon outside the
root. The raw kernels below are the ones that the original ran. Slots are plain variables in a dict by their
checkpoint name, so that saving and restoring is by name and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import tensorflow as tf

from boxwright.pipeline import messages
from boxwright.training.errors import TrainingError


class Optimizer(ABC):
    """Updates variables from gradients.

    Attributes:
        variables: The variables that it updates, by name.
        slots: Its own state by checkpoint name, for example "<variable>/Momentum".
    """

    def __init__(self, variables: Mapping[str, tf.Variable]) -> None:
        self.variables = dict(variables)
        self.slots: dict[str, tf.Variable] = {}

    def _add_slots(self, suffix: str, initial: float) -> None:
        for name, variable in self.variables.items():
            start = tf.fill(variable.shape, tf.constant(initial, variable.dtype))
            self.slots[f"{name}/{suffix}"] = tf.Variable(start, trainable=False, name=f"{name}/{suffix}")

    @abstractmethod
    def apply(self, gradients: Mapping[str, tf.Tensor], learning_rate: tf.Tensor) -> None:
        """Update the variables in place.

        Args:
            gradients: By variable name, each of its variable's shape; a variable without one stays as it is.
            learning_rate: Scalar float32.
        """


class RMSProp(Optimizer):
    """ms = decay·ms + (1 - decay)·g²; mom = momentum·mom + lr·g / √(ms + epsilon); w -= mom. ms starts at 1."""

    def __init__(self, variables: Mapping[str, tf.Variable], *, decay: float, momentum: float, epsilon: float) -> None:
        super().__init__(variables)
        self._decay, self._momentum, self._epsilon = decay, momentum, epsilon
        self._add_slots("RMSProp", 1.0)
        self._add_slots("RMSProp_1", 0.0)

    def apply(self, gradients: Mapping[str, tf.Tensor], learning_rate: tf.Tensor) -> None:
        """Update the variables in place; see Optimizer.apply."""
        decay, momentum, epsilon = map(tf.constant, (self._decay, self._momentum, self._epsilon))
        for name, gradient in gradients.items():
            tf.raw_ops.ResourceApplyRMSProp(
                var=self.variables[name].handle,
                ms=self.slots[f"{name}/RMSProp"].handle,
                mom=self.slots[f"{name}/RMSProp_1"].handle,
                lr=learning_rate,
                rho=decay,
                momentum=momentum,
                epsilon=epsilon,
                grad=gradient,
            )


class Momentum(Optimizer):
    """acc = momentum·acc + g; w -= lr·acc."""

    def __init__(self, variables: Mapping[str, tf.Variable], *, momentum: float) -> None:
        super().__init__(variables)
        self._momentum = momentum
        self._add_slots("Momentum", 0.0)

    def apply(self, gradients: Mapping[str, tf.Tensor], learning_rate: tf.Tensor) -> None:
        """Update the variables in place; see Optimizer.apply."""
        momentum = tf.constant(self._momentum)
        for name, gradient in gradients.items():
            tf.raw_ops.ResourceApplyMomentum(
                var=self.variables[name].handle,
                accum=self.slots[f"{name}/Momentum"].handle,
                lr=learning_rate,
                grad=gradient,
                momentum=momentum,
                use_nesterov=False,
            )


class Adam(Optimizer):
    """arXiv:1412.6980, with epsilon added to √v before bias correction ("epsilon hat"), as TensorFlow 1 does."""

    def __init__(
        self, variables: Mapping[str, tf.Variable], *, epsilon: float, beta1: float = 0.9, beta2: float = 0.999
    ) -> None:
        super().__init__(variables)
        self._epsilon, self._beta1, self._beta2 = epsilon, beta1, beta2
        self._add_slots("Adam", 0.0)
        self._add_slots("Adam_1", 0.0)
        for name, value in (("beta1_power", beta1), ("beta2_power", beta2)):
            self.slots[name] = tf.Variable(value, dtype=tf.float32, trainable=False, name=name)

    def apply(self, gradients: Mapping[str, tf.Tensor], learning_rate: tf.Tensor) -> None:
        """Update the variables in place; see Optimizer.apply."""
        beta1_power, beta2_power = self.slots["beta1_power"], self.slots["beta2_power"]
        beta1, beta2, epsilon = map(tf.constant, (self._beta1, self._beta2, self._epsilon))
        for name, gradient in gradients.items():
            tf.raw_ops.ResourceApplyAdam(
                var=self.variables[name].handle,
                m=self.slots[f"{name}/Adam"].handle,
                v=self.slots[f"{name}/Adam_1"].handle,
                beta1_power=beta1_power,
                beta2_power=beta2_power,
                lr=learning_rate,
                beta1=beta1,
                beta2=beta2,
                epsilon=epsilon,
                grad=gradient,
            )
        for power, beta in ((beta1_power, self._beta1), (beta2_power, self._beta2)):
            # by handle, as the kernels above: of a mirrored variable each replica updates its own copy
            tf.raw_ops.AssignVariableOp(resource=power.handle, value=power * beta)


class MovingAverage:
    """Shadows that follow the variables: shadow -= (1 - decay)·(shadow - variable), after every update.

    The decay is constant, as in the original's trainer; it does not ramp up with the number of updates.

    Attributes:
        shadows: By checkpoint name, "<variable>/ExponentialMovingAverage".
    """

    def __init__(self, variables: Mapping[str, tf.Variable], *, decay: float) -> None:
        self._decay = decay
        self._variables = dict(variables)
        self.shadows = {
            f"{name}/ExponentialMovingAverage": tf.Variable(
                variable, trainable=False, name=f"{name}/ExponentialMovingAverage"
            )
            for name, variable in variables.items()
        }

    def restart(self) -> None:
        """Set every shadow to its variable, after the variables were restored from elsewhere."""
        for name, variable in self._variables.items():
            self.shadows[f"{name}/ExponentialMovingAverage"].assign(variable)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the variables hold their shadows within the block."""
        kept = {name: tf.identity(variable) for name, variable in self._variables.items()}
        for name, variable in self._variables.items():
            variable.assign(self.shadows[f"{name}/ExponentialMovingAverage"])
        try:
            yield
        finally:
            for name, variable in self._variables.items():
                variable.assign(kept[name])

    def update(self) -> None:
        """Move every shadow towards its variable."""
        rate = tf.constant(1.0 - self._decay)
        for name, variable in self._variables.items():
            shadow = self.shadows[f"{name}/ExponentialMovingAverage"]
            # shadow -= rate * (shadow - variable): the same arithmetic in one kernel, and half the graph to build
            tf.raw_ops.ResourceApplyGradientDescent(var=shadow.handle, alpha=rate, delta=shadow - variable)


def build_optimizer(optimizer_config: messages.Optimizer, variables: Mapping[str, tf.Variable]) -> Optimizer:
    """Return the optimizer that an Optimizer message describes, for the variables that it shall train.

    Args:
        optimizer_config: The `optimizer` message.
        variables: By name.

    Raises:
        TrainingError: No optimizer is set.
    """
    kind = optimizer_config.WhichOneof("optimizer")
    if kind is None:
        raise TrainingError(
            "train_config: optimizer is empty, so nothing says how to update the weights. Add an rms_prop_optimizer, "
            "a momentum_optimizer or an adam_optimizer to train_config { optimizer { ... } }."
        )
    values = getattr(optimizer_config, kind)
    if kind == "rms_prop_optimizer":
        return RMSProp(variables, decay=values.decay, momentum=values.momentum_optimizer_value, epsilon=values.epsilon)
    if kind == "momentum_optimizer":
        return Momentum(variables, momentum=values.momentum_optimizer_value)
    return Adam(variables, epsilon=values.epsilon)
