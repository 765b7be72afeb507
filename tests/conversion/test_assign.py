"""Weights of a graph with folded batch normalisation give the same function, in every network."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.conversion.assign import assign_layers
from boxwright.conversion.errors import ConversionError
from boxwright.conversion.graph import Kind, Layer, Operation, Weight, layers_of
from boxwright.conversion.matching import match_layers
from boxwright.conversion.template import template_of
from boxwright.detection.model import SsdModel
from boxwright.pipeline.load import load_pipeline


def weight(name: str, values: object) -> Weight:
    return Weight(name, np.asarray(values, np.float32))


def folded(layer: Layer) -> Layer:
    """Return a layer as converters write it: the scale in the kernel, the shift as a bias, no name."""
    scale, shift = layer.affine()
    kernel = layer.kernel.values
    merged = kernel * (scale.reshape(kernel.shape[2:]) if layer.kind is Kind.DEPTHWISE else scale)
    steps = (Operation(Kind.ADD, (), (), (weight("", shift),)),) if layer.steps else ()
    return dataclasses.replace(layer, kernel=weight("", merged), steps=steps)


@pytest.mark.parametrize("network", ["ssdlite_mobilenet_v2", "ssd_mobilenet_v1_fpn"])
def test_layers_are_found_without_their_names_and_unfolded(shared: Path, network: str) -> None:
    """Feature maps of a pyramid share kernels, which have a scale for each map in a folded graph."""
    config = load_pipeline(shared / "golden" / f"forward_{network}" / "pipeline.config").model
    model = SsdModel(config, seed=1)
    numbers = np.random.default_rng(0)
    for name, variable in model.variables_by_name.items():
        if name.endswith(("moving_variance", "gamma", "beta")):
            variable.assign(numbers.uniform(0.5, 1.5, variable.shape))
    pixels = tf.random.stateless_uniform([1, *model.image_size, 3], [1, 2], -1.0, 1.0)
    expected = model.predict(pixels, training=False)
    found = [folded(layer) for layer in template_of(model)]
    other = SsdModel(config, seed=2)
    template = template_of(other)
    matched = match_layers(template, found)
    assert matched is not None
    assert assign_layers(other, template, matched) != ()
    actual = other.predict(pixels, training=False)
    np.testing.assert_allclose(actual.box_encodings, expected.box_encodings, atol=1e-3)
    scores = [tf.sigmoid(one.class_predictions_with_background) for one in (actual, expected)]
    np.testing.assert_allclose(*scores, atol=1e-4)


def conv(name: str, source: str, kernel: np.ndarray) -> Operation:
    return Operation(Kind.CONV, (source,), (name,), (weight(name, kernel),))


def test_a_shift_after_the_shortcut_belongs_to_the_convolution() -> None:
    """Optimised graphs add the shortcut of a residual block first, and the convolution's shift then."""
    kernel = np.eye(2)[np.newaxis, np.newaxis]
    operations = [
        conv("a", "image", kernel),
        Operation(Kind.ADD, ("a",), ("a shifted",), (weight("", [1.0, 2.0]),)),
        conv("b", "a shifted", kernel),
        Operation(Kind.ADD, ("b", "a shifted"), ("sum",)),
        Operation(Kind.ADD, ("sum",), ("sum shifted",), (weight("", [3.0, 4.0]),)),
        conv("c", "sum shifted", kernel),
    ]
    layers = layers_of(reversed(operations))
    np.testing.assert_array_equal(layers[1].affine()[1], [3.0, 4.0])
    assert layers[2].sources == {((), 0), ((), 1)}


def test_branches_of_one_shape_are_told_apart_by_their_place() -> None:
    kernel = np.ones([1, 1, 2, 2])

    def network(order: tuple[str, str]) -> list[Layer]:
        return layers_of(
            [
                conv("a", "image", kernel),
                conv("b", "a", kernel),
                conv("c", "a", kernel),
                Operation(Kind.CONCAT, order, ("both",)),
                conv("d", "both", np.ones([1, 1, 4, 2])),
            ]
        )

    matched = match_layers(network(("b", "c")), network(("c", "b")))
    assert matched is not None
    assert [layer.kernel.name for layer in matched] == ["a", "c", "b", "d"]
    assert match_layers(network(("b", "c")), network(("b", "c"))[:-1]) is None


def test_maps_that_do_not_share_a_kernel_are_refused(shared: Path) -> None:
    config = load_pipeline(shared / "golden" / "forward_ssd_mobilenet_v1_fpn" / "pipeline.config").model
    model = SsdModel(config, seed=1)
    template = template_of(model)
    found = [folded(layer) for layer in template]
    at = next(index for index, layer in enumerate(template) if "PredictionTower" in layer.kernel.name)
    found[at] = dataclasses.replace(found[at], kernel=weight("", np.flip(found[at].kernel.values, 0)))
    with pytest.raises(ConversionError, match="do not share a kernel"):
        assign_layers(model, template, found)
