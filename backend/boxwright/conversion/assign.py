"""The weights of a file into a model, with folded batch normalisation unfolded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from boxwright.conversion.errors import ConversionError
from boxwright.conversion.graph import Array, Kind, Layer, Operation
from boxwright.detection.model import SsdModel

SAME = 1e-3
"""Kernels of which one should be a multiple of the other, channel by channel, differ by less than this part."""


def assign_layers(model: SsdModel, template: Sequence[Layer], found: Sequence[Layer]) -> tuple[str, ...]:
    """Give a model the weights of a file.

    A batch normalisation that is in the file is taken as it is. A folded one, y = s·x + t, becomes moving_mean 0,
    moving_variance 1, gamma s·√(1+ε) and beta t. Feature maps that share a kernel each have their own multiple of it in
    a file with folded batch normalisation; the largest of these becomes the kernel, and s what the others differ by.

    Args:
        model: Its variables are assigned.
        template: The model's layers.
        found: The layer of the file for each of them.

    Returns:
        The scopes of the batch normalisations that were folded.

    Raises:
        ConversionError: The file lacks something that the network has, or has something that it lacks.
    """
    sharing: dict[str, list[int]] = {}
    for index, layer in enumerate(template):
        sharing.setdefault(layer.kernel.name, []).append(index)
    values: dict[str, Array] = {}
    folded: list[str] = []
    for name, indices in sharing.items():
        ours, theirs = [template[index] for index in indices], [found[index] for index in indices]
        exact = all(_is_exact(*pair) for pair in zip(ours, theirs, strict=True))
        if exact and all(np.array_equal(one.kernel.values, theirs[0].kernel.values) for one in theirs):
            values[name] = theirs[0].kernel.values
            for layer, other in zip(ours, theirs, strict=True):
                values.update(_statistics(layer, other))
            continue
        kernel, scales = _common_kernel(ours[0], theirs)
        values[name] = kernel
        for layer, other, scale in zip(ours, theirs, scales, strict=True):
            folded += _unfold(model, layer, scale, other.affine()[1], values)
    _assign(model, values)
    return tuple(folded)


def _is_exact(ours: Layer, theirs: Layer) -> bool:
    """Return whether the file has the layer's own batch normalisation, or neither has one."""
    if not ours.steps:
        return not theirs.steps
    mine, other = ours.normalization, theirs.normalization
    if mine is None:
        return other is None and all(step.kind is Kind.ADD for step in theirs.steps)
    return other is not None and abs(mine.epsilon - other.epsilon) < 1e-9


def _statistics(ours: Layer, theirs: Layer) -> dict[str, Array]:
    """Return the values of what follows a layer, by the names of the variables."""
    if ours.normalization is None:
        return {step.weights[0].name: theirs.affine()[1] for step in ours.steps}
    (step,) = theirs.steps
    pairs = zip(ours.steps[0].weights, step.weights, strict=True)
    return {mine.name: other.values.reshape(-1) for mine, other in pairs}


def _common_kernel(layer: Layer, found: Sequence[Layer]) -> tuple[Array, list[Array]]:
    """Return the kernel that the layers of the file are multiples of, and the factor of each channel for each."""
    scales = [one.affine()[0] for one in found]
    if len(found) == 1:
        return found[0].kernel.values, scales
    merged = [
        (one.kernel.values.astype(np.float64) * scale).reshape(-1, len(scale))
        for one, scale in zip(found, scales, strict=True)
    ]
    norms = np.stack([np.linalg.norm(one, axis=0) for one in merged])
    largest = norms.argmax(0)
    kernel = np.stack([merged[at][:, channel] for channel, at in enumerate(largest)], -1)
    square = np.maximum(norms.max(0) ** 2, np.finfo(np.float64).tiny)
    factors = [(one * kernel).sum(0) / square for one in merged]
    for one, factor in zip(merged, factors, strict=True):
        if (np.linalg.norm(one - factor * kernel, axis=0) > SAME * norms.max(0)).any():
            raise ConversionError(f"{layer.kernel.name}: its feature maps do not share a kernel in the file")
    shape = layer.kernel.values.shape
    return kernel.reshape(*shape[:3], -1).astype(np.float32), [one.astype(np.float32) for one in factors]


def _unfold(model: SsdModel, layer: Layer, scale: Array, shift: Array, values: dict[str, Array]) -> list[str]:
    """Add the values of what follows a layer; return the scope of its batch normalisation, if it has one."""
    step: Operation | None = layer.normalization
    if step is None:
        name = layer.kernel.name
        if not np.allclose(scale, 1.0, atol=1e-6):
            kernel = values[name]
            values[name] = (kernel * scale.reshape(kernel.shape[2:] if layer.kind is Kind.DEPTHWISE else -1)).astype(
                np.float32
            )
        if layer.steps:
            values[layer.steps[0].weights[0].name] = shift
        elif shift.any():
            raise ConversionError(f"{name}: the file adds a bias here, the network has none")
        return []
    scope = step.weights[2].name.rpartition("/")[0]
    settings = model.store.normalizations[scope].settings
    if not (settings.scale and settings.center):
        raise ConversionError(f"{scope}: it is folded in the file, and the config has it without scale or center")
    ones = np.ones_like(scale)
    values[f"{scope}/gamma"] = scale * np.float32(np.sqrt(1.0 + settings.epsilon))
    values[f"{scope}/beta"] = shift
    values[f"{scope}/moving_mean"] = 0 * ones
    values[f"{scope}/moving_variance"] = ones
    return [scope]


def _assign(model: SsdModel, values: Mapping[str, Array]) -> None:
    variables = model.variables_by_name
    differences = [f"{name} is missing" for name in variables if name not in values]
    differences += [
        f"{name} is {list(values[name].shape)}, the network has {list(variable.shape)}"
        for name, variable in variables.items()
        if name in values and values[name].shape != tuple(variable.shape)
    ]
    differences += [f"{name} is not finite" for name in values if not np.isfinite(values[name]).all()]
    if differences:
        raise ConversionError("; ".join(differences[:6]))
    for name, variable in variables.items():
        variable.assign(values[name])
