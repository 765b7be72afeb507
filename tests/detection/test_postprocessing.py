"""Post-processing: the original's detections, and plain loops on random input with ties and empty boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from boxwright.detection.postprocessing import Postprocessor
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline
from golden_data import assert_same_detections

# What a graph for TF 1.15 may hold: no control flow of TF2, no tensor lists, nothing newer than 2019.
TF1_OPERATIONS = {
    *("Add", "AddV2", "Cast", "ConcatV2", "Const", "Exp", "ExpandDims", "Fill", "GatherV2", "Greater", "GreaterEqual"),
    *(
        "Identity",
        "Maximum",
        "Minimum",
        "Mul",
        "NoOp",
        "Pack",
        "Pad",
        "PadV2",
        "Placeholder",
        "Prod",
        "Range",
        "RealDiv",
    ),
    *("Reshape", "SelectV2", "Shape", "Sigmoid", "Softmax", "Split", "Squeeze", "StopGradient", "StridedSlice", "Sub"),
    *("Sum", "Tile", "TopKV2", "Transpose", "Unpack", "CombinedNonMaxSuppression", "BroadcastTo", "ZerosLike"),
}


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd


@pytest.fixture(scope="module")
def forward(golden_a: Path) -> dict[str, np.ndarray]:
    return dict(np.load(golden_a / "forward.npz"))


def iou(a: np.ndarray, b: np.ndarray) -> float:
    height = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])
    return 0.0 if min(areas) <= 0 else height * width / (sum(areas) - height * width)


def plain(boxes: np.ndarray, scores: np.ndarray, nms: Any) -> list[tuple[int, int, float]]:
    """(anchor, class, score) of one image's detections: per class, merge, clip, drop, keep the best."""
    merged = []
    for column in range(scores.shape[1]):
        selected: list[int] = []
        for anchor in sorted(range(len(boxes)), key=lambda index: (-scores[index, column], index)):
            if scores[anchor, column] <= np.float32(nms.score_threshold):
                break
            if len(selected) == nms.max_detections_per_class:
                break
            if all(iou(boxes[anchor], boxes[other]) <= nms.iou_threshold for other in selected):
                selected.append(anchor)
        merged += [(anchor, column, float(scores[anchor, column])) for anchor in selected]
    clipped = np.clip(boxes, 0, 1)
    areas = (clipped[:, 2] - clipped[:, 0]) * (clipped[:, 3] - clipped[:, 1])
    merged.sort(key=lambda found: -found[2])
    return [found for found in merged if areas[found[0]] > 0 and found[2] >= 0][: nms.max_total_detections]


def random_case(seed: int, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Anchors, encodings near zero and logits in halves: clusters, exact ties, boxes outside the image, empty boxes."""
    random = np.random.default_rng(seed)
    corner = random.uniform(-0.6, 1.2, (60, 2)).round(1)
    anchors = np.concatenate([corner, corner + random.choice([0.2, 0.3, 0.5], (60, 1))], axis=1).astype(np.float32)
    anchors[:3, 2:] = anchors[:3, :2]
    encodings = random.normal(0, 0.3, (2, 60, 4)).astype(np.float32)
    logits = (random.integers(-12, 4, (2, 60, classes + 1)) / 2).astype(np.float32)
    return anchors, encodings, logits


def test_same_detections_as_the_original(config: Any, forward: dict[str, np.ndarray], golden_a: Path) -> None:
    expected = np.load(golden_a / "postprocess.npz")
    ours = Postprocessor(config, forward["anchors"], 3)(
        tf.constant(forward["box_encodings"]), tf.constant(forward["class_predictions_with_background"])
    )
    assert set(ours) == set(expected)
    for name, array in expected.items():
        assert ours[name].dtype == array.dtype
        assert ours[name].shape == array.shape
    for name in ("num_detections", "raw_detection_boxes", "raw_detection_scores", "detection_scores"):
        np.testing.assert_allclose(ours[name], expected[name], atol=1e-4)
    assert_same_detections(ours, expected)


@pytest.mark.parametrize("classes", [1, 4])
@pytest.mark.parametrize("limits", [(100, 100), (5, 100), (100, 7)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_same_as_plain_loops(config: Any, classes: int, limits: tuple[int, int], seed: int) -> None:
    nms = config.post_processing.batch_non_max_suppression
    nms.max_detections_per_class, nms.max_total_detections = limits
    nms.score_threshold = 0.05
    anchors, encodings, logits = random_case(seed, classes)
    ours = Postprocessor(config, anchors, classes)(tf.constant(encodings), tf.constant(logits))
    boxes, scores = ours["raw_detection_boxes"].numpy(), ours["raw_detection_scores"].numpy()
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-logits)), rtol=1e-5)
    for image in range(2):
        expected = plain(boxes[image], scores[image][:, 1:], nms)
        count = int(ours["num_detections"][image])
        found = list(
            zip(
                ours["detection_anchor_indices"][image, :count].numpy().tolist(),
                ours["detection_classes"][image, :count].numpy().astype(int).tolist(),
                ours["detection_scores"][image, :count].numpy().tolist(),
                strict=True,
            )
        )
        assert found == expected
        kept = [anchor for anchor, _, _ in expected]
        np.testing.assert_array_equal(ours["detection_boxes"][image, :count], np.clip(boxes[image][kept], 0, 1))
        np.testing.assert_array_equal(ours["detection_multiclass_scores"][image, :count], scores[image][kept])
        for name in ("detection_boxes", "detection_scores", "detection_classes", "detection_multiclass_scores"):
            assert ours[name].shape[1] == limits[1]
            assert not ours[name][image, count:].numpy().any()


def test_softmax_and_logit_scale(config: Any) -> None:
    anchors, encodings, logits = random_case(5, 2)
    converter = type(config.post_processing).ScoreConverter
    config.post_processing.logit_scale = 2.0
    config.post_processing.score_converter = converter.Value("SOFTMAX")
    ours = Postprocessor(config, anchors, 2)(tf.constant(encodings), tf.constant(logits))
    powers = np.exp(logits / 2.0)
    np.testing.assert_allclose(ours["raw_detection_scores"], powers / powers.sum(-1, keepdims=True), rtol=1e-5)
    config.post_processing.score_converter = converter.Value("IDENTITY")
    ours = Postprocessor(config, anchors, 2)(tf.constant(encodings), tf.constant(logits))
    np.testing.assert_allclose(ours["raw_detection_scores"], logits / 2.0)
    assert (ours["detection_scores"].numpy() >= 0).all()


def test_nothing_above_the_threshold(config: Any) -> None:
    anchors, encodings, logits = random_case(6, 2)
    config.post_processing.batch_non_max_suppression.score_threshold = 0.99
    ours = Postprocessor(config, anchors, 2)(tf.constant(encodings), tf.constant(logits))
    assert ours["num_detections"].numpy().tolist() == [0, 0]
    assert not ours["detection_boxes"].numpy().any()


def test_freezes_into_operations_that_tf1_knows(config: Any, forward: dict[str, np.ndarray]) -> None:
    postprocessor = Postprocessor(config, forward["anchors"], 3)
    signature = [tf.TensorSpec([None, 1917, 4]), tf.TensorSpec([None, 1917, 4])]
    concrete = tf.function(postprocessor.__call__, input_signature=signature).get_concrete_function()
    frozen = convert_variables_to_constants_v2(concrete)
    assert {node.op for node in frozen.graph.as_graph_def().node} <= TF1_OPERATIONS
    arguments = [tf.constant(forward[name]) for name in ("box_encodings", "class_predictions_with_background")]
    one = concrete(*(argument[:1] for argument in arguments))
    both = concrete(*arguments)
    np.testing.assert_array_equal(both["detection_anchor_indices"][:1], one["detection_anchor_indices"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("use_class_agnostic_nms", True),
        ("soft_nms_sigma", 0.5),
        ("use_combined_nms", True),
        ("max_total_detections", 0),
    ],
)
def test_other_kinds_of_suppression_are_refused_by_name(config: Any, field: str, value: Any) -> None:
    setattr(config.post_processing.batch_non_max_suppression, field, value)
    with pytest.raises(BoxwrightError, match=field):
        Postprocessor(config, np.zeros([4, 4], np.float32), 1)
