"""Detection in tiles finds what the whole photo is too coarse for, and each object once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from boxwright.errors import UsageError
from boxwright.inference.tiled import TiledDetector, with_tiles
from boxwright.runs.model_file import ModelFile, ModelInput, ModelTraining
from boxwright.tiling.grid import TileSize
from fake_detector import INPUT, CoarseDetector, draw, scattered

pytestmark = pytest.mark.fast


def found(image: npt.NDArray[np.uint8], size: TileSize | None) -> list[tuple[int, ...]]:
    detector = CoarseDetector() if size is None else TiledDetector(CoarseDetector(), size)
    (detections,) = detector.detect_batch(image[np.newaxis])
    return sorted(tuple(round(edge) for edge in box) for box in detections.pixel_boxes().tolist())


def test_objects_of_20_pixels_in_a_photo_of_2000_are_found_in_tiles_only() -> None:
    objects = scattered(2000, 20)
    image = draw(2000, 2000, objects)
    assert found(image, None) == []
    assert found(image, TileSize(INPUT, INPUT)) == sorted(objects)


def test_large_objects_are_found_whole() -> None:
    objects = [(100, 100, 900, 1500), (1200, 30, 1255, 1900)]
    assert found(draw(2000, 1500, objects), TileSize(INPUT, INPUT)) == sorted(objects)


def test_a_photo_no_larger_than_a_tile_is_looked_at_once() -> None:
    objects = [(10, 10, 60, 60)]
    assert found(draw(200, 200, objects), TileSize(INPUT, INPUT)) == objects


def test_auto_is_the_size_of_the_networks_input(tmp_path: Path) -> None:
    detector = CoarseDetector()
    assert with_tiles(detector, None, tmp_path) is detector
    with pytest.raises(UsageError, match="has no model"):
        with_tiles(detector, "auto", tmp_path)
    model = ModelFile("ssd", (), ModelInput(320, 240, "stretch"), ModelTraining(1), "boxwright")
    (tmp_path / "model.json").write_text(model.to_json())
    for export in (tmp_path, tmp_path / "frozen_inference_graph.pb"):
        (export if export.suffix else export / "frozen_inference_graph.pb").touch()
        tiled = with_tiles(detector, "auto", export)
        assert isinstance(tiled, TiledDetector)
        assert tiled._size == TileSize(320, 240)
