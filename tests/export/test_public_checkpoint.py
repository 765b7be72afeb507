"""A public COCO checkpoint, exported here, detects what the original stack's frozen graph of it detected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from boxwright.export.exporter import export
from boxwright.inference.detector import FROZEN_GRAPH, SAVED_MODEL, Detector
from boxwright.pipeline.load import load_pipeline

TOLERANCE = 1e-3  # of a coordinate and of a score
NEIGHBOURS = 3  # places that detections of nearly equal scores may change


@pytest.fixture(scope="module")
def weights(shared: Path) -> Path:
    """The checkpoint of ssd_mobilenet_v1 0.75 with the detections of the original."""
    return shared / "data" / "weights" / "ssd_mobilenet_v1_0.75_depth_coco"


@pytest.fixture(scope="module")
def photos(shared: Path) -> dict[str, npt.NDArray[np.uint8]]:
    folder = shared / "data" / "test_images"
    return {path.name: np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.jpg"))}


@pytest.fixture(scope="module")
def exported(weights: Path, photos: dict[str, npt.NDArray[np.uint8]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("export") / "coco"
    config = load_pipeline(weights / "pipeline.config")
    export(config, weights / "model.ckpt", output, images=[next(iter(photos.values()))])
    return output


def expected_detections(weights: Path) -> dict[str, list[dict[str, Any]]]:
    images = json.loads((weights / "oracle_detections.json").read_text())["images"]
    return {name: image["detections"] for name, image in images.items()}


@pytest.mark.parametrize("form", [FROZEN_GRAPH, SAVED_MODEL])
def test_same_detections_as_the_original_on_seven_photos(
    form: str, exported: Path, weights: Path, photos: dict[str, npt.NDArray[np.uint8]]
) -> None:
    expected = expected_detections(weights)
    assert set(expected) == set(photos)
    assert len(photos) == 7
    detector = Detector.open(exported / form)
    worst = 0.0
    for name, image in photos.items():
        outputs = detector.run(image[np.newaxis])
        assert int(outputs["num_detections"][0]) == 100
        unused = list(range(100))
        for place, detection in enumerate(expected[name]):
            gaps = {
                other: max(
                    np.abs(outputs["detection_boxes"][0, other] - detection["box_yxyx"]).max(),
                    abs(outputs["detection_scores"][0, other] - detection["score"]),
                )
                for other in unused
                if abs(other - place) < NEIGHBOURS and outputs["detection_classes"][0, other] == detection["class"]
            }
            assert gaps, f"{name}: no detection of class {detection['class']} near place {place}"
            closest = min(gaps, key=lambda other: gaps[other])
            unused.remove(closest)
            worst = max(worst, gaps[closest])
            assert gaps[closest] <= TOLERANCE, f"{name}: detection {place} is {gaps[closest]:.2g} off"
    print(f"largest difference {worst:.2g}")
