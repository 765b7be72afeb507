"""A detector's graph for inference, whatever file it is in: its convolutions, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class Kind(Enum):
    """What an operation does to the tensor that passes through the network."""

    CONV = "conv"
    DEPTHWISE = "depthwise"
    NORMALIZE = "normalize"
    ADD = "add"
    MULTIPLY = "multiply"
    CONCAT = "concat"
    POOL = "pool"
    SCORE = "score"
    """A sigmoid or softmax: what comes directly before it are class predictions."""
    DECODE = "decode"
    """An exponential: what comes directly before it are box encodings."""
    END = "end"
    """Its outputs hold no features: a shape, indices, a loop."""
    LAYOUT = "layout"
    """Its output has the same values in another order or shape."""
    PASS = "pass"


@dataclass(frozen=True, eq=False)
class Weight:
    """A constant of a graph.

    Attributes:
        name: Of the variable or of the constant.
        values: float32; a kernel is [height, width, in, out], a depthwise one [height, width, in, multiplier].
    """

    name: str
    values: Array


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation of a graph.

    Attributes:
        kind: What it does.
        inputs: Names of the tensors that it takes, constants left out.
        outputs: Names of the tensors that it gives.
        weights: Its constants: the kernel, and a bias; or scale, offset, mean, variance; or a term or factor.
        epsilon: Of a NORMALIZE.
    """

    kind: Kind
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: tuple[Weight, ...] = ()
    epsilon: float = 0.0


@dataclass(frozen=True, eq=False)
class Layer:
    """A convolution and what follows it on each channel alone.

    Attributes:
        kind: CONV or DEPTHWISE.
        kernel: Its kernel.
        steps: ADD, MULTIPLY and NORMALIZE, in order, applied to its outputs.
        sources: The layers that it takes its input from, each with the path from there.
        marks: SCORE or DECODE, where it directly precedes one.
    """

    kind: Kind
    kernel: Weight
    steps: tuple[Operation, ...]
    sources: frozenset[tuple[tuple[str, ...], int]] = frozenset()
    marks: set[Kind] = field(default_factory=set)

    @property
    def channels(self) -> int:
        """The number of output channels."""
        shape = self.kernel.values.shape
        return shape[2] * shape[3] if self.kind is Kind.DEPTHWISE else shape[3]

    @property
    def normalization(self) -> Operation | None:
        """Its batch normalisation where that is all that follows, with the statistics of the training."""
        return self.steps[0] if len(self.steps) == 1 and self.steps[0].kind is Kind.NORMALIZE else None

    def affine(self) -> tuple[Array, Array]:
        """Return what follows as one scale and one shift, float32 [channels] each."""
        scale, shift = np.ones(self.channels, np.float64), np.zeros(self.channels, np.float64)
        for step in self.steps:
            values = [weight.values.astype(np.float64).reshape(-1) for weight in step.weights]
            if step.kind is Kind.ADD:
                shift = shift + sum(values)
            elif step.kind is Kind.MULTIPLY:
                scale, shift = scale * values[0], shift * values[0]
            else:
                gamma, beta, mean, variance = values
                factor = gamma / np.sqrt(variance + step.epsilon)
                scale, shift = scale * factor, (shift - mean) * factor + beta
        return scale.astype(np.float32), shift.astype(np.float32)


def layers_of(operations: Iterable[Operation]) -> list[Layer]:
    """Return the layers of a graph, each after those that it takes its input from."""
    ordered = _in_order(list(operations))
    consumers: dict[str, list[Operation]] = {}
    for operation in ordered:
        for name in operation.inputs:
            consumers.setdefault(name, []).append(operation)
    layers: list[Layer] = []
    absorbed: set[int] = set()
    reached: dict[str, frozenset[tuple[tuple[str, ...], int]]] = {}
    for operation in ordered:
        inputs = [reached.get(name, frozenset()) for name in operation.inputs]
        if operation.kind in (Kind.CONV, Kind.DEPTHWISE):
            steps, end = _following(operation, consumers, absorbed)
            layers.append(Layer(operation.kind, operation.weights[0], steps, inputs[0]))
            reached[end] = reached[operation.outputs[0]] = frozenset({((), len(layers) - 1)})
            continue
        if id(operation) in absorbed:
            reached.setdefault(operation.outputs[0], inputs[0])
            continue
        found = _through(operation.kind, inputs)
        if operation.kind in (Kind.SCORE, Kind.DECODE):
            for _, index in frozenset().union(*inputs):
                layers[index].marks.add(operation.kind)
        for name in operation.outputs:
            reached[name] = found
    return layers


def _through(
    kind: Kind, inputs: Sequence[frozenset[tuple[tuple[str, ...], int]]]
) -> frozenset[tuple[tuple[str, ...], int]]:
    """Return the paths behind an operation."""
    if kind in (Kind.END, Kind.SCORE, Kind.DECODE):
        return frozenset()
    if kind is Kind.CONCAT:
        return frozenset(((*path, str(at)), index) for at, one in enumerate(inputs) for path, index in one)
    union: frozenset[tuple[tuple[str, ...], int]] = frozenset().union(*inputs)
    if kind is Kind.POOL:
        return frozenset(((*path, kind.value), index) for path, index in union)
    return union


def _following(
    operation: Operation, consumers: Mapping[str, list[Operation]], absorbed: set[int]
) -> tuple[tuple[Operation, ...], str]:
    """Return what follows a convolution on each channel alone, and the tensor at its end."""
    end = passed = operation.outputs[0]
    steps, between = list[Operation](), list[Operation]()
    if len(operation.weights) > 1:
        steps.append(Operation(Kind.ADD, (), (), operation.weights[1:]))
    kernel = operation.weights[0].values.shape
    channels = kernel[2] * kernel[3] if operation.kind is Kind.DEPTHWISE else kernel[3]
    while len(found := consumers.get(passed, [])) == 1:
        (step,) = found
        passed = step.outputs[0]
        if step.kind is Kind.LAYOUT:
            between.append(step)
            continue
        is_step = step.kind in (Kind.ADD, Kind.MULTIPLY, Kind.NORMALIZE) and step.weights
        if not is_step or any(weight.values.size != channels for weight in step.weights):
            break
        steps.append(step)
        absorbed.update(map(id, (*between, step)))
        between, end = [], passed
    if not any(step.kind is not Kind.MULTIPLY for step in steps):
        steps += _shift_after_sum(end, channels, consumers, absorbed)
    return tuple(steps), end


def _shift_after_sum(
    end: str, channels: int, consumers: Mapping[str, list[Operation]], absorbed: set[int]
) -> list[Operation]:
    """Return the shift of a convolution that is added after the shortcut of its residual block, as optimisers do."""
    sums = consumers.get(end, [])
    if len(sums) != 1 or sums[0].kind is not Kind.ADD or sums[0].weights:
        return []
    found = consumers.get(sums[0].outputs[0], [])
    if len(found) != 1 or found[0].kind is not Kind.ADD or id(found[0]) in absorbed:
        return []
    if len(found[0].inputs) != 1 or any(weight.values.size != channels for weight in found[0].weights):
        return []
    absorbed.add(id(found[0]))
    return found


def _in_order(operations: list[Operation]) -> list[Operation]:
    """Return the operations, each after those whose outputs it takes."""
    makers = {name: operation for operation in operations for name in operation.outputs}
    done: set[int] = set()
    ordered: list[Operation] = []
    for first in operations:
        stack = [(first, False)]
        while stack:
            operation, is_ready = stack.pop()
            if is_ready:
                ordered.append(operation)
                continue
            if id(operation) in done:
                continue
            done.add(id(operation))
            stack.append((operation, True))
            stack.extend((makers[name], False) for name in operation.inputs if name in makers)
    return ordered
