"""Which layer of a file is which layer of a network: by what comes before and after each, not by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from boxwright.conversion.graph import Kind, Layer
from boxwright.detection.model import SsdModel


def match_layers(template: Sequence[Layer], found: Sequence[Layer]) -> list[Layer] | None:
    """Return, for each layer of a network, the layer of a file that does its work; None for another network.

    Two layers are the same when their kernels have the same shape, and what leads to them and what follows them is the
    same, up to the input and the outputs. The number of classes does not count.

    Args:
        template: The layers of the network.
        found: The layers of the file.
    """
    if len(template) != len(found):
        return None
    ours, theirs = _labels(template), _labels(found)
    places: dict[int, list[int]] = {}
    for index, label in enumerate(theirs):
        places.setdefault(label, []).append(index)
    matched: list[Layer] = []
    for label in ours:
        if not (candidates := places.get(label)):
            return None
        matched.append(found[candidates.pop(0)])
    return matched


def likeness(model: SsdModel, found: Sequence[Layer]) -> tuple[int, int]:
    """Return how many kernels of a network have one of their shape in a file, and how many there are.

    The kernels of class predictions are left out.
    """
    left = Counter(layer.kernel.values.shape for layer in found)
    shapes = {
        name: tuple(variable.shape)
        for name, variable in model.variables_by_name.items()
        if len(variable.shape) == 4 and "ClassPredictor/" not in name
    }
    wanted = Counter(shapes.values())
    return sum((wanted & left).values()), sum(wanted.values())


def _labels(layers: Sequence[Layer]) -> list[int]:
    """Return a label for each layer that layers share when they have the same place in their networks."""
    before: list[int] = []
    for layer in layers:  # each comes after its sources
        sources = sorted((path, before[index]) for path, index in layer.sources)
        before.append(hash((_shape(layer), tuple(sources))))
    followers: list[list[tuple[tuple[str, ...], int]]] = [[] for _ in layers]
    labels = [0] * len(layers)
    for index in reversed(range(len(layers))):
        labels[index] = hash((before[index], tuple(sorted(followers[index]))))
        for path, source in layers[index].sources:
            followers[source].append((path, labels[index]))
    return labels


def _shape(layer: Layer) -> tuple[object, ...]:
    """Return what tells layers apart by themselves; the width of class predictions depends on the classes."""
    shape = layer.kernel.values.shape
    is_class = Kind.SCORE in layer.marks
    marks = tuple(sorted(mark.value for mark in layer.marks))
    return layer.kind.value, shape[:3] if is_class else shape, marks
