"""model.json and labels.txt say what a program must know of a model, and of the run that made it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.export.describe import describe_model
from boxwright.export.exporter import export
from boxwright.pipeline.load import load_pipeline
from boxwright.runs.evaluation_record import ClassRecord, EvaluationRecord, TrainingEvaluation
from boxwright.runs.model_file import ModelClass, read_model_file
from boxwright.runs.record import DatasetEntry, Results, RunRecord, write_run
from training_records import small_config

LABELS = LabelMap({"dog": 2, "cat": 1}, display_names={"cat": "Cat"})
EVALUATION = EvaluationRecord(
    checkpoint="model.ckpt-7",
    step=7,
    records=(),
    images=12,
    objects=3,
    coco={"DetectionBoxes_Precision/mAP": 0.4, "DetectionBoxes_Precision/mAP@.50IOU": 0.75},
    classes=(ClassRecord("cat", 1, 2, 0.4, 0.7, best_score=0.35), ClassRecord("dog", 2, 1, 0.4, 0.8)),
)


def test_an_export_has_its_description(tiny_prefix: Path, tmp_path: Path) -> None:
    label_map = tmp_path / "label_map.pbtxt"
    label_map.write_text('item { id: 1 name: "cat" }\nitem { id: 3 name: "Kuh \u00e4" }\n', "utf-8")
    folder = tmp_path / "exported"
    image = np.zeros((40, 50, 3), np.uint8)
    export(
        load_pipeline(tiny_prefix.parent / "pipeline.config"), tiny_prefix, folder, images=[image], label_map=label_map
    )
    assert (folder / "labels.txt").read_text("utf-8") == "cat\n???\nKuh \u00e4\n"
    model = read_model_file(folder)
    assert model is not None
    assert model.classes == (ModelClass(1, "cat"), ModelClass(3, "Kuh \u00e4"))
    assert model.training.step == 3
    assert model.training.ap is None
    assert [output.name for output in model.outputs][:2] == ["detection_boxes", "detection_scores"]


def test_the_run_and_its_evaluation_are_named(tmp_path: Path) -> None:
    config = small_config()
    config.train_config.fine_tune_checkpoint = "C:\\models\\ssdlite_mobilenet_v2_coco\\model.ckpt"
    write_run(tmp_path, RunRecord(dataset=DatasetEntry("abc", 40), results=Results(EVALUATION)))
    for prefix in (tmp_path / "model.ckpt-7", tmp_path / "best" / "model.ckpt-7"):
        model = describe_model(config, LABELS, prefix, 7)
        assert model.classes == (ModelClass(1, "cat", "Cat", 0.7, 0.35), ModelClass(2, "dog", None, 0.8))
        assert model.best_scores == {"Cat": 0.35}
        assert (model.training.ap, model.training.ap50, model.training.test_images) == (0.4, 0.75, 12)
        assert (model.training.dataset_fingerprint, model.training.images) == ("abc", 40)
        assert model.training.weights_licence == "Apache-2.0"
    assert type(model).from_json(model.to_json()) == model


def test_numbers_of_another_step_are_not_the_models(tmp_path: Path) -> None:
    write_run(tmp_path, RunRecord(evaluations=(TrainingEvaluation(5, 0.3, 0.6),), results=Results(EVALUATION)))
    at_5 = describe_model(small_config(), LABELS, tmp_path / "model.ckpt-5", 5).training
    assert (at_5.ap, at_5.ap50, at_5.test_images, at_5.weights_licence) == (0.3, 0.6, None, None)
    assert describe_model(small_config(), LABELS, tmp_path / "model.ckpt-6", 6).training.ap is None


def test_padding_is_said(tmp_path: Path) -> None:
    config = small_config()
    assert describe_model(config, LABELS, tmp_path / "model.ckpt-1", 1).input.resize == "stretch"
    resizer = config.model.ssd.image_resizer.keep_aspect_ratio_resizer
    resizer.min_dimension, resizer.max_dimension, resizer.pad_to_max_dimension = 32, 64, True
    described = describe_model(config, LABELS, tmp_path / "model.ckpt-1", 1).input
    assert (described.width, described.height, described.resize) == (64, 64, "pad")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"feature_extractor": 3}'])
def test_a_file_that_says_nothing_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "model.json").write_text(content, "utf-8")
    assert read_model_file(tmp_path) is None
    assert read_model_file(tmp_path / "nowhere") is None
