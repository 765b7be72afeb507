"""An export is what the original exports: files, names, numbers; and it is proved before it is there."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from typer.testing import CliRunner

from boxwright.checkpoints.bundle import read_bundle, save_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.cli.app import app
from boxwright.errors import BoxwrightError, UsageError
from boxwright.export.compare import largest_difference
from boxwright.export.exporter import TOLERANCE, ExportReport, export, verify
from boxwright.inference.detector import Detector
from boxwright.inference.restore import SHADOW, restore_model
from boxwright.inference.runtimes.base import OUTPUTS
from boxwright.inference.serving import serving_function
from boxwright.pipeline.load import load_pipeline

FILES = {
    "frozen_inference_graph.pb",
    "frozen_inference_graph.pbtxt",
    "saved_model",
    "model.ckpt.index",
    "model.ckpt.data-00000-of-00001",
    "model.ckpt.meta",
    "checkpoint",
    "pipeline.config",
    "label_map.pbtxt",
    "labels.txt",
    "model.json",
}

# Every operation of the graph, each of which TensorFlow 1.15.5 was seen to run with the golden result.
KNOWN_TO_TF_1_15 = {
    "Add",
    "AddV2",
    "AssignVariableOp",
    "AvgPool",
    "BiasAdd",
    "Cast",
    "CombinedNonMaxSuppression",
    "ConcatV2",
    "Const",
    "Conv2D",
    "DepthwiseConv2dNative",
    "Einsum",
    "Exp",
    "Fill",
    "FusedBatchNormV3",
    "GatherV2",
    "Greater",
    "GreaterEqual",
    "Identity",
    "MatMul",
    "MaxPool",
    "Maximum",
    "Mean",
    "Minimum",
    "Mul",
    "NoOp",
    "Pack",
    "Pad",
    "Placeholder",
    "Range",
    "ReadVariableOp",
    "RealDiv",
    "Relu",
    "Relu6",
    "Reshape",
    "ResizeBilinear",
    "SelectV2",
    "Shape",
    "Sigmoid",
    "Softmax",
    "StopGradient",
    "StridedSlice",
    "Sub",
    "Sum",
    "Tile",
    "TopKV2",
    "Transpose",
    "Unpack",
    "VarHandleOp",
    "VarIsInitializedOp",
}
TOO_NEW = {"index_type", "debug_name", "allow_missing_files"}  # attributes that TensorFlow 1.15 refuses

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def config(golden: Path) -> Any:
    return load_pipeline(golden / "ssd_inception_v2_a" / "pipeline.config")


@pytest.fixture(scope="module")
def prefix(golden: Path) -> Path:
    return golden / "ssd_inception_v2_a" / "model.ckpt-0"


@pytest.fixture(scope="module")
def expected(golden: Path) -> Arrays:
    with np.load(golden / "export_a" / "frozen_detections.npz") as data:
        return dict(data)


@pytest.fixture(scope="module")
def report(config: Any, prefix: Path, expected: Arrays, tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    folder = tmp_path_factory.mktemp("exports")
    label_map = folder / "map.pbtxt"
    label_map.write_text("item { id: 1 name: 'one' }")
    output = folder / "deeper" / "output"
    return export(config, prefix, output, images=[expected["image_1_uint8"]], label_map=label_map)


@pytest.fixture  # importing a GraphDef fills default attributes into it, so each test gets its own
def frozen(report: ExportReport) -> Any:
    graph_def = tf.compat.v1.GraphDef()
    graph_def.ParseFromString((report.folder / "frozen_inference_graph.pb").read_bytes())
    return graph_def


@pytest.mark.parametrize("form", ["frozen_inference_graph.pb", "saved_model"])
def test_detections_are_the_originals(report: ExportReport, expected: Arrays, form: str) -> None:
    detector = Detector.open(report.folder / form)
    assert detector.labels == {1: "one"}
    outputs = detector.run(expected["image_42_uint8"][np.newaxis])
    assert set(outputs) == set(OUTPUTS)
    original = {name: expected[f"image_42_{name}"] for name in OUTPUTS}
    assert {name: value.shape for name, value in outputs.items()} == {n: v.shape for n, v in original.items()}
    assert {value.dtype for value in outputs.values()} == {np.dtype(np.float32)}
    difference, where = largest_difference(original, outputs)
    assert difference <= 1e-4, where
    np.testing.assert_allclose(
        outputs["detection_multiclass_scores"], original["detection_multiclass_scores"], atol=1e-4
    )


def test_a_batch_gives_what_its_images_give(report: ExportReport, expected: Arrays) -> None:
    detector = Detector.open(report.folder)
    image = expected["image_1_uint8"]
    batch = np.stack([image, image[::-1]])
    together, alone = detector.run(batch), detector.run(batch[1:])
    second = {name: value[1:] for name, value in together.items()}
    assert largest_difference(alone, second)[0] <= 1e-5


def test_the_files_are_the_originals(report: ExportReport) -> None:
    assert {path.name for path in report.folder.iterdir()} == FILES
    assert {path.name for path in report.folder.parent.iterdir()} == {report.folder.name}
    state = (report.folder / "checkpoint").read_text()
    assert state == 'model_checkpoint_path: "model.ckpt"\nall_model_checkpoint_paths: "model.ckpt"\n'
    assert report.largest_difference <= TOLERANCE and report.has_label_map and report.step == 0


def test_the_config_goes_with_it(report: ExportReport, config: Any) -> None:
    assert load_pipeline(report.folder / "pipeline.config").model == config.model


def test_the_frozen_graph_has_the_originals_tensors(frozen: Any) -> None:
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(frozen, name="")
    placeholders = [operation for operation in graph.get_operations() if operation.type == "Placeholder"]
    assert [operation.name for operation in placeholders] == ["image_tensor"]
    assert placeholders[0].outputs[0].dtype == tf.uint8
    assert placeholders[0].outputs[0].shape.as_list() == [None, None, None, 3]
    for name in OUTPUTS:
        assert graph.get_tensor_by_name(f"{name}:0").dtype == tf.float32


def test_tensorflow_1_15_knows_every_operation_and_attribute(frozen: Any, report: ExportReport) -> None:
    meta = tf.compat.v1.MetaGraphDef()
    meta.ParseFromString((report.folder / "model.ckpt.meta").read_bytes())
    savers = {
        "SaveV2",
        "RestoreV2",
        "Assign",
        "StringJoin",
        "ShardedFilename",
        "MergeV2Checkpoints",
        "PlaceholderWithDefault",
    }
    assert {node.op for node in frozen.node} <= KNOWN_TO_TF_1_15
    assert {node.op for node in meta.graph_def.node} <= KNOWN_TO_TF_1_15 | savers
    for graph_def in (frozen, meta.graph_def):
        assert not graph_def.library.function
        assert {(node.op, name) for node in graph_def.node for name in node.attr if name in TOO_NEW} == set()


def test_the_signature_is_the_originals(report: ExportReport) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(report.folder / "saved_model"))
    assert set(meta.signature_def) == {"serving_default"}
    signature = meta.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    shapes = {
        name: (info.name, info.dtype, [dim.size for dim in info.tensor_shape.dim])
        for name, info in (*signature.inputs.items(), *signature.outputs.items())
    }
    one = tf.float32.as_datatype_enum
    assert shapes == {
        "inputs": ("image_tensor:0", tf.uint8.as_datatype_enum, [-1, -1, -1, 3]),
        "detection_boxes": ("detection_boxes:0", one, [-1, 100, 4]),
        "detection_scores": ("detection_scores:0", one, [-1, 100]),
        "detection_classes": ("detection_classes:0", one, [-1, 100]),
        "num_detections": ("num_detections:0", one, [-1]),
        "detection_multiclass_scores": ("detection_multiclass_scores:0", one, [-1, 100, 4]),
        "raw_detection_boxes": ("raw_detection_boxes:0", one, [-1, -1, 4]),
        "raw_detection_scores": ("raw_detection_scores:0", one, [-1, -1, 4]),
    }


def test_the_variables_are_the_checkpoints_in_both_forms(report: ExportReport, prefix: Path) -> None:
    bundle, exported = read_bundle(prefix), read_bundle(report.folder / "model.ckpt")
    assert set(exported) == set(bundle)
    loaded = tf.saved_model.load(str(report.folder / "saved_model"))
    restored = {variable.name.removesuffix(":0"): variable for variable in loaded.variables}
    assert set(restored) == set(bundle)
    for name in bundle:
        np.testing.assert_array_equal(exported[name], bundle[name])
        np.testing.assert_array_equal(restored[name].numpy(), bundle[name])


def test_the_meta_graph_restores_and_runs(report: ExportReport, expected: Arrays) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        saver = tf.compat.v1.train.import_meta_graph(str(report.folder / "model.ckpt.meta"))
        saver.restore(session, tf.train.latest_checkpoint(str(report.folder)))
        scores = session.run("detection_scores:0", {"image_tensor:0": expected["image_1_uint8"][np.newaxis]})
    np.testing.assert_allclose(scores, expected["image_1_detection_scores"], atol=1e-4)


def test_an_export_of_other_weights_is_caught(
    report: ExportReport, config: Any, prefix: Path, expected: Arrays
) -> None:
    model, _ = restore_model(config, prefix)
    serve = serving_function(model)
    assert verify(report.folder, serve, [expected["image_42_uint8"]]) <= TOLERANCE
    bias = model.variables_by_name["BoxPredictor_0/ClassPredictor/biases"]
    bias.assign(bias + 0.01)
    with pytest.raises(BoxwrightError, match=r"frozen_inference_graph.pb does not .* raw_detection_scores by 0\.00\d+"):
        verify(report.folder, serve, [expected["image_42_uint8"]])


def test_a_failed_export_leaves_nothing(config: Any, tmp_path: Path, prefix: Path, expected: Arrays) -> None:
    image = expected["image_1_uint8"]
    label_map = tmp_path / "gone" / "label_map.pbtxt"
    with pytest.raises(FileNotFoundError):
        export(config, prefix, tmp_path / "output", images=[image], label_map=label_map)
    other = type(config)()
    other.CopyFrom(config)
    other.model.ssd.num_classes = 4
    with pytest.raises(CheckpointError, match=r"BoxPredictor_0/ClassPredictor/weights has the shape"):
        export(other, prefix, tmp_path / "output", images=[image])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused(config: Any, prefix: Path, tmp_path: Path, expected: Arrays) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UsageError, match="not an empty folder"):
        export(config, prefix, tmp_path, images=[expected["image_1_uint8"]])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_moving_averages_are_exported_when_the_config_says_so(config: Any, prefix: Path, tmp_path: Path) -> None:
    averaged = type(config)()
    averaged.CopyFrom(config)
    averaged.eval_config.use_moving_averages = True
    with pytest.raises(CheckpointError, match="no moving averages"):
        restore_model(averaged, prefix)
    model, _ = restore_model(config, prefix)
    tensors = {name: variable.numpy() for name, variable in model.variables_by_name.items()}
    shadows = {name + SHADOW: variable.numpy() * 0.5 for name, variable in model.trainable_by_name.items()}
    saved = save_bundle(tmp_path / "model.ckpt-31", {**tensors, **shadows})
    restored, step = restore_model(averaged, saved)
    assert step == 31  # from the name, as there is no global_step in it
    for name, variable in restored.variables_by_name.items():
        factor = 0.5 if name in model.trainable_by_name else 1.0
        np.testing.assert_array_equal(variable.numpy(), tensors[name] * factor)
    frozen = min(model.trainable_by_name)  # with freeze_variables it has no average
    without = {name: value for name, value in {**tensors, **shadows}.items() if name != frozen + SHADOW}
    restored, _ = restore_model(averaged, save_bundle(tmp_path / "model.ckpt-32", without))
    np.testing.assert_array_equal(restored.variables_by_name[frozen].numpy(), tensors[frozen])


def test_a_checkpoint_of_another_model_is_refused(config: Any, tmp_path: Path) -> None:
    saved = save_bundle(tmp_path / "model.ckpt-1", {"something/else": np.zeros(3, np.float32)})
    with pytest.raises(CheckpointError, match=r"410 of the model's 410 variables are not in the checkpoint"):
        restore_model(config, saved)


def test_the_tutorials_flags_need_no_dataset(
    project: Path,
    tiny_prefix: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flags = [
        *("--input_type", "image_tensor", "--pipeline_config_path", str(tiny_prefix.parent / "pipeline.config")),
        *("--trained_checkpoint_prefix", str(tiny_prefix), "--output_directory", str(tmp_path / "exported")),
    ]

    def run(*arguments: str) -> object:
        script = str(project / "scripts" / "export_inference_graph.py")
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(script, run_name="__main__")
        return ended.value.code

    assert run(*flags) == 0
    assert {path.name for path in (tmp_path / "exported").iterdir()} == FILES - {"label_map.pbtxt", "labels.txt"}
    assert "largest difference" in capsys.readouterr().out
    assert run(*flags) == 2  # it is there now
    assert run(*flags, "--input_type", "tf_example") == 2
    assert "use image_tensor" in capsys.readouterr().err


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["export", *map(str, arguments)])
        return result.exit_code, result.output

    assert run(tmp_path)[0] == 2
    (tmp_path / "training").mkdir()
    code, output = run(tmp_path)
    assert code == 1 and "no checkpoint" in output
    code, output = run(tmp_path, "--checkpoint", tmp_path / "model.ckpt-5")
    assert code == 1 and "no such checkpoint" in output


def test_opencvs_text_graph_names_the_weights_of_the_frozen_graph(report: ExportReport, frozen: Any) -> None:
    text_graph = text_format.Parse(
        (report.folder / "frozen_inference_graph.pbtxt").read_text(), tf.compat.v1.GraphDef()
    )
    weights = {node.name for node in frozen.node if node.op == "Const"}
    known: set[str] = set()
    for node in text_graph.node:
        assert set(node.input) <= known | weights, node.name
        known.add(node.name)
    last = text_graph.node[-1]
    assert (last.name, last.op, last.attr["num_classes"].i) == ("detection_out", "DetectionOutput", 4)
    priors = [node for node in text_graph.node if node.op == "PriorBox"]
    assert [len(node.attr["width"].tensor.float_val) for node in priors] == [3, 6, 6, 6, 6, 6]
    assert sum(node.op == "Const" for node in text_graph.node) == 3  # shapes and axes: no weight is in it
