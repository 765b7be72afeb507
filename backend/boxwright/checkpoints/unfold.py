"""The variables of a model from a graph for inference, in which batch normalisation is folded into what it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.checkpoints.errors import CheckpointError
from boxwright.detection.layers import BatchNormalization
from boxwright.detection.model import SsdModel
from boxwright.zoo.tfjs import Tensor

NORMALIZATION = "/BatchNorm"
SHIFT = "/BatchNorm/batchnorm/sub"
SCALE = "/BatchNorm/batchnorm/mul"
MERGED_KERNEL = "/Conv2D/merged_input"
PARTS = ("FeatureExtractor/", "BoxPredictor")
"""How the names of the variables of a network begin."""
SHOWN = 6  # differences that a message lists


def unfold_variables(model: SsdModel, tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Give a model the weights of a graph for inference, exactly the same function.

    A folded batch normalisation, y = s·x + t, becomes moving_mean 0, moving_variance 1, gamma s·√(1+ε) and beta t.
    Its kernel may contain s; s is 1 then. `estimate_statistics` gives it statistics that training can use.

    Args:
        model: Its variables are assigned; after an error some may be.
        tensors: The constants of the graph, by name.

    Returns:
        The scopes of the batch normalisations that were folded.

    Raises:
        CheckpointError: The graph is of another network: a variable is missing, of another shape, or left over.
    """
    left = {name for name in tensors if name.startswith(PARTS) and tensors[name].dtype == np.float32}
    differences: list[str] = []
    folded: list[str] = []
    values: dict[str, npt.NDArray[np.float32]] = {}
    for name in model.variables_by_name:
        scope, _, kind = name.rpartition("/")
        source = name if name in tensors else f"{scope}{MERGED_KERNEL}"
        if source in tensors and (source == name or kind == "weights"):
            values[name] = np.asarray(tensors[source], np.float32)
            left.discard(source)
    for scope, layer in model.store.normalizations.items():
        layer_scope = scope.removesuffix(NORMALIZATION)
        shift, scale = layer_scope + SHIFT, layer_scope + SCALE
        if shift in tensors:
            folded.append(scope)
            values.update(_folded(scope, layer, tensors[shift], tensors.get(scale)))
            left -= {shift, scale}
    for name, variable in model.variables_by_name.items():
        if name not in values:
            differences.append(f"{name} is missing")
        elif values[name].shape != tuple(variable.shape):
            differences.append(f"{name} is {list(values[name].shape)}, the network has {list(variable.shape)}")
    differences += [f"{name} is not in the network" for name in sorted(left)]
    if differences:
        raise CheckpointError(_other_network(differences))
    for name, value in values.items():
        if name in model.variables_by_name:
            model.variables_by_name[name].assign(value)
    return tuple(folded)


def estimate_statistics(model: SsdModel, scopes: Iterable[str], images: tf.Tensor) -> None:
    """Give batch normalisations the statistics of a batch, and keep the function that each computes.

    At each layer in turn, with y = s·x + t, mean m and unbiased variance v of its inputs: moving_mean = m,
    moving_variance = v, gamma = s·√(v+ε), beta = t + m·s.

    Args:
        model: Its variables are changed.
        scopes: The scopes of the layers.
        images: float32 [B, h, w, 3], preprocessed; at least two.
    """
    layers = [model.store.normalizations[scope] for scope in scopes]
    for layer in layers:
        layer.observe = _Estimate(layer)
    try:
        model.predict(images, training=False)
    finally:
        for layer in layers:
            layer.observe = None


class _Estimate:
    """Sets the statistics of a layer from its inputs."""

    def __init__(self, layer: BatchNormalization) -> None:
        self._layer = layer

    def __call__(self, inputs: tf.Tensor) -> None:
        layer, epsilon = self._layer, self._layer.settings.epsilon
        count = float(tf.size(inputs)) / inputs.shape[-1]
        mean, variance = tf.nn.moments(inputs, [0, 1, 2])
        variance *= count / max(count - 1.0, 1.0)
        scale = layer.gamma / tf.sqrt(layer.moving_variance + epsilon)
        shift = layer.beta - layer.moving_mean * scale
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)
        layer.gamma.assign(scale * tf.sqrt(variance + epsilon))
        layer.beta.assign(shift + mean * scale)


def _folded(
    scope: str,
    layer: BatchNormalization,
    shift: Tensor,
    scale: Tensor | None,
) -> dict[str, npt.NDArray[np.float32]]:
    ones = np.ones(shift.shape, np.float32)
    factor = ones if scale is None else np.asarray(scale, np.float32)
    return {
        f"{scope}/beta": np.asarray(shift, np.float32),
        f"{scope}/gamma": factor * np.float32(np.sqrt(1.0 + layer.settings.epsilon)),
        f"{scope}/moving_mean": 0 * ones,
        f"{scope}/moving_variance": ones,
    }


def _other_network(differences: list[str]) -> str:
    shown = "; ".join(differences[:SHOWN])
    more = f"; and {len(differences) - SHOWN:,} more" if len(differences) > SHOWN else ""
    return f"the graph is of another network: {shown}{more}"
