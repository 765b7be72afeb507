"""TFLite and ONNX find what the SavedModel finds, in their own runtimes, or there is no export."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorflow.lite.tools import flatbuffer_utils
from typer.testing import CliRunner

from boxwright.cli.app import app
from boxwright.errors import BoxwrightError, UsageError
from boxwright.export import convert
from boxwright.export.agreement import agreement
from boxwright.export.compare import largest_difference
from boxwright.export.convert import BOUNDS, TOLERANCE, check_format
from boxwright.export.exporter import ExportReport, export
from boxwright.export.formats import Format
from boxwright.export.tflite import tflite_model
from boxwright.inference.detector import Detector
from boxwright.inference.runtimes.base import OUTPUTS, SAVED_MODEL, TFLITE_OUTPUTS
from boxwright.pipeline.load import load_pipeline

litert = pytest.importorskip("ai_edge_litert.interpreter", reason="the extra tflite is not installed")
pytest.importorskip("tf2onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

Arrays = dict[str, np.ndarray]
FLOAT32 = (Format.TFLITE, Format.ONNX)


@pytest.fixture(scope="module")
def config(golden: Path) -> Any:
    return load_pipeline(golden / "ssd_inception_v2_a" / "pipeline.config")


@pytest.fixture(scope="module")
def prefix(golden: Path) -> Path:
    return golden / "ssd_inception_v2_a" / "model.ckpt-0"


@pytest.fixture(scope="module")
def original(golden: Path) -> Arrays:
    with np.load(golden / "export_a" / "frozen_detections.npz") as data:
        return dict(data)


@pytest.fixture(scope="module")
def report(config: Any, prefix: Path, original: Arrays, tmp_path_factory: pytest.TempPathFactory) -> ExportReport:
    images = [original["image_1_uint8"], original["image_42_uint8"]]
    output = tmp_path_factory.mktemp("exports") / "output"
    label_map = output.parent / "map.pbtxt"
    label_map.write_text("item { id: 1 name: 'one' } item { id: 2 name: 'two' } item { id: 3 name: 'three' }")
    formats = tuple(Format)
    return export(config, prefix, output, images=images[:1], label_map=label_map, formats=formats, calibration=images)


def test_every_format_is_there_and_was_compared(report: ExportReport) -> None:
    assert [added.form for added in report.formats] == list(Format)
    for added in report.formats:
        assert (report.folder / added.form.file_name).stat().st_size == added.size
        if added.form in FLOAT32:
            assert added.difference is not None and 0.0 < added.difference <= TOLERANCE
        else:
            assert added.agreement is not None and added.agreement.detections > 20
            assert added.agreement.overlap < 1.0
    sizes = {added.form: added.size for added in report.formats}
    assert sizes[Format.TFLITE_FLOAT16] < 0.6 * sizes[Format.TFLITE]
    assert sizes[Format.TFLITE_INT8] < 0.35 * sizes[Format.TFLITE]


@pytest.mark.parametrize("form", FLOAT32)
@pytest.mark.parametrize("number", [1, 42])
def test_detections_are_the_originals(report: ExportReport, original: Arrays, form: Format, number: int) -> None:
    outputs = Detector.open(report.folder / form.file_name).run(original[f"image_{number}_uint8"][np.newaxis])
    assert set(outputs) == set(OUTPUTS if form is Format.ONNX else TFLITE_OUTPUTS)
    assert {value.dtype for value in outputs.values()} == {np.dtype(np.float32)}
    wanted = {name: original[key] for name in outputs if (key := f"image_{number}_{name}") in original}
    difference, where = largest_difference(wanted, {name: outputs[name] for name in wanted})
    assert difference <= 1e-4, where


@pytest.mark.parametrize("form", list(BOUNDS))
def test_in_fewer_bits_the_detections_stay(report: ExportReport, original: Arrays, form: Format) -> None:
    image = original["image_42_uint8"][np.newaxis]
    wanted, found = (Detector.open(report.folder / name).run(image) for name in (SAVED_MODEL, form.file_name))
    agreed = agreement([wanted], [found])
    assert agreed.overlap >= BOUNDS[form].overlap and agreed.score <= BOUNDS[form].score


@pytest.mark.parametrize("form", FLOAT32)
def test_images_of_any_size_and_batches(report: ExportReport, original: Arrays, form: Format) -> None:
    detector, saved = (Detector.open(report.folder / name) for name in (form.file_name, SAVED_MODEL))
    image = original["image_1_uint8"]
    for batch in (image[np.newaxis], image[np.newaxis, ::2, ::3], np.stack([image[::-1], image]), image[np.newaxis]):
        outputs, wanted = detector.run(batch), saved.run(batch)
        assert largest_difference({name: wanted[name] for name in outputs}, outputs)[0] <= TOLERANCE


@pytest.mark.parametrize("form", [Format.TFLITE, Format.TFLITE_FLOAT16, Format.TFLITE_INT8])
def test_a_tflite_file_is_what_apps_expect(report: ExportReport, original: Arrays, form: Format) -> None:
    interpreter = litert.Interpreter(model_path=str(report.folder / form.file_name))
    interpreter.allocate_tensors()
    (taken,), given = interpreter.get_input_details(), interpreter.get_output_details()
    assert (taken["name"], taken["shape"].tolist(), taken["dtype"]) == ("image", [1, 300, 300, 3], np.uint8)
    assert [(output["name"], output["shape"].tolist()) for output in given] == [
        ("detection_boxes", [1, 100, 4]),
        ("detection_classes", [1, 100]),
        ("detection_scores", [1, 100]),
        ("num_detections", [1]),
    ]
    assert {output["dtype"] for output in given} == {np.float32}
    interpreter.set_tensor(taken["index"], original["image_1_uint8"][np.newaxis, :300, :300])
    interpreter.invoke()
    assert set(interpreter.get_tensor(given[1]["index"])[0]) == {0.0, 1.0, 2.0}  # three classes, from 0


def test_int8_computes_with_integers_from_the_pixels_to_the_heads(report: ExportReport) -> None:
    interpreter = litert.Interpreter(model_path=str(report.folder / Format.TFLITE_INT8.file_name))
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    steps = interpreter._get_ops_details()
    kinds = [{details[int(place)]["dtype"] for place in (*step["inputs"], *step["outputs"])} for step in steps]
    first = next(number for number, kind in enumerate(kinds) if np.float32 in kind)
    before, after = ({step["op_name"] for step in part} for part in (steps[:first], steps[first:]))
    assert set.union(*kinds[:first]) == {np.uint8, np.int8, np.int32}
    assert {"QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "CONCATENATION"} <= before
    assert "RESIZE_BILINEAR" not in before | after
    assert steps[first]["op_name"] == "DEQUANTIZE"
    assert not {"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D"} & after
    assert {"EXP", "LOGISTIC", "NON_MAX_SUPPRESSION_V4"} <= after
    (taken,) = interpreter.get_input_details()
    assert taken["quantization"] == (1.0, 0)  # pixels as they are


def test_an_int8_file_finds_the_same_on_a_photo_of_another_size(report: ExportReport, original: Arrays) -> None:
    image = original["image_1_uint8"][::2, ::3]
    wanted, found = (
        Detector.open(report.folder / name).run(image[np.newaxis])
        for name in (SAVED_MODEL, Format.TFLITE_INT8.file_name)
    )
    bound = BOUNDS[Format.TFLITE_INT8]
    agreed = agreement([wanted], [found])
    assert agreed.overlap >= bound.overlap and agreed.score <= bound.score


@pytest.mark.parametrize("form", [Format.TFLITE, Format.TFLITE_FLOAT16, Format.TFLITE_INT8])
def test_a_tflite_file_describes_itself(report: ExportReport, form: Format) -> None:
    content = (report.folder / form.file_name).read_bytes()
    places = [output["index"] for output in litert.Interpreter(model_content=content).get_output_details()]
    assert places == sorted(places)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt") == (report.folder / "labels.txt").read_bytes() == b"one\ntwo\nthree\n"
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    (buffer,) = (entry.buffer for entry in model.metadata if entry.name == b"TFLITE_METADATA")
    metadata = bytes(model.buffers[buffer].data)
    assert metadata[4:8] == b"M001"
    for text in (b"location", b"category", b"score", b"number of detections", b"detection result", b"labels.txt"):
        assert text in metadata


def test_int8_is_refused_where_photos_are_padded(config: Any, prefix: Path, original: Arrays, tmp_path: Path) -> None:
    padded = type(config)()
    padded.CopyFrom(config)
    resizer = padded.model.ssd.image_resizer.keep_aspect_ratio_resizer
    resizer.min_dimension, resizer.max_dimension, resizer.pad_to_max_dimension = 300, 300, True
    images = [original["image_1_uint8"]]
    with pytest.raises(UsageError, match=r"tflite-int8: .* keep_aspect_ratio_resizer"):
        export(padded, prefix, tmp_path / "out", images=images, formats=[Format.TFLITE_INT8], calibration=images)


def test_an_onnx_file_has_the_originals_names(report: ExportReport) -> None:
    session = onnxruntime.InferenceSession(report.folder / Format.ONNX.file_name)
    assert [one.name for one in session.get_inputs()] == ["image_tensor"]
    assert [one.name for one in session.get_outputs()] == list(OUTPUTS)


@pytest.mark.parametrize("form", [Format.TFLITE, Format.TFLITE_FLOAT16, Format.TFLITE_INT8, Format.ONNX])
def test_a_file_of_other_weights_is_caught(report: ExportReport, original: Arrays, form: Format) -> None:
    image = original["image_42_uint8"]
    wanted = Detector.open(report.folder / SAVED_MODEL).run(image[np.newaxis])
    path = report.folder / form.file_name
    assert check_format(path, form, expected=[wanted], images=[image]).form is form
    other = {**wanted, "detection_boxes": wanted["detection_boxes"][:, :, [1, 0, 3, 2]]}
    with pytest.raises(BoxwrightError, match=rf"not kept: loaded again, its {path.name} does not find"):
        check_format(path, form, expected=[other], images=[image])


def test_an_export_whose_format_is_wrong_leaves_nothing(
    tiny_prefix: Path, tmp_path: Path, original: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    def converted_wrongly(model: Any, form: Format, described: Any, **given: Any) -> bytes:
        bias = model.variables_by_name["BoxPredictor_0/ClassPredictor/biases"]
        bias.assign(bias + 0.01)
        return tflite_model(model, form, described, **given)

    monkeypatch.setattr(convert, "tflite_model", converted_wrongly)
    images, output = [original["image_1_uint8"]], tmp_path / "exports" / "output"
    config = load_pipeline(tiny_prefix.parent / "pipeline.config")
    with pytest.raises(BoxwrightError, match=r"model\.tflite does not find .* differs by"):
        export(config, tiny_prefix, output, images=images, formats=[Format.TFLITE])
    assert not output.parent.exists() or list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("form", "module"),
    [(Format.TFLITE, "ai_edge_litert.interpreter"), (Format.ONNX, "tf2onnx"), (Format.ONNX, "onnxruntime")],
)
def test_what_is_not_installed_is_said_before_the_work(
    form: Format, module: str, config: Any, tmp_path: Path, original: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    images = [original["image_1_uint8"]]
    with pytest.raises(UsageError, match=r'pip install .*"boxwright\[(tflite|onnx)\]"'):
        export(config, tmp_path / "no checkpoint", tmp_path / "output", images=images, formats=[form])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model.tflite", "model.onnx"])
def test_files_that_are_no_model(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"neither one nor the other")
    with pytest.raises(BoxwrightError, match=rf"{name}: cannot be read as"):
        Detector.open(tmp_path)  # alone in its folder


def test_a_folder_of_several_models_asks_which(tmp_path: Path) -> None:
    for name in ("model.tflite", "model.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=r"several models in this folder: give .*model\.onnx, .*model\.tflite"):
        Detector.open(tmp_path)


def test_int8_asks_for_training_records(prefix: Path, tmp_path: Path) -> None:
    def run(*given: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["export", *map(str, given)])
        return result.exit_code, result.output

    chosen = ("--checkpoint", prefix, "--output", tmp_path / "output", "--format", "tflite-int8")
    code, said = run(tmp_path, *chosen)
    assert code == 2 and "sets its ranges by training records" in said
    assert run(tmp_path, "--format", "tflite-int4")[0] == 2


def test_the_command_writes_the_formats_it_was_asked_for(tiny_prefix: Path, tmp_path: Path) -> None:
    given = ["export", tmp_path, "--checkpoint", tiny_prefix, "--output", tmp_path / "out", "--format", "onnx"]
    result = CliRunner().invoke(app, [str(argument) for argument in given])
    assert result.exit_code == 0, result.output
    size = (tmp_path / "out" / "model.onnx").stat().st_size / 1e6
    assert f"model.onnx ({size:.1f} MB) finds what the SavedModel finds: largest difference" in result.output
    assert not list((tmp_path / "out").glob("*.tflite"))
