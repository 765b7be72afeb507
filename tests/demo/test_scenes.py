"""The demo's scenes: reproducible, with boxes that hold what was drawn."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boxwright.demo import scenes
from boxwright.demo.objects import PAINTERS
from boxwright.demo.scenes import CLASSES, HIGHEST_IOU, draw_scene


def test_a_seed_draws_the_same_scene_again() -> None:
    first, first_boxes = draw_scene(7)
    again, again_boxes = draw_scene(7)
    assert first.tobytes() == again.tobytes()
    assert first_boxes == again_boxes
    assert draw_scene(8)[0].tobytes() != first.tobytes()


def test_scenes_hold_every_class_and_some_hold_nothing() -> None:
    drawn = [draw_scene(seed)[1] for seed in range(30)]
    objects = Counter(box.label for scene in drawn for box in scene.boxes)
    assert set(objects) == set(CLASSES)
    assert min(objects.values()) >= 10
    assert any(not scene.boxes for scene in drawn)
    assert {(scene.width, scene.height) for scene in drawn} == set(scenes.SIZES)


@pytest.mark.parametrize("seed", range(12))
def test_boxes_lie_inside_the_image_and_overlap_little(seed: int) -> None:
    image, annotation = draw_scene(seed)
    assert image.size == (annotation.width, annotation.height)
    for number, box in enumerate(annotation.boxes):
        assert 1 <= box.xmin < box.xmax <= image.width - 1
        assert 1 <= box.ymin < box.ymax <= image.height - 1
        assert 0.1 < max(box.xmax - box.xmin, box.ymax - box.ymin) / min(image.size) < 0.9
        assert all(scenes._iou(box, other) < HIGHEST_IOU for other in annotation.boxes[:number])


@pytest.mark.parametrize("label", CLASSES)
def test_a_box_is_tight_around_what_is_painted(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # the same scene with and without its object: where the pixels differ most, there the object is
    monkeypatch.setattr(scenes, "CLASSES", (label,))
    monkeypatch.setattr(scenes, "SHARES", {label: 1.0})
    monkeypatch.setattr(scenes, "EMPTY_SCENES", 0.0)
    monkeypatch.setattr(scenes, "HIGHEST_IOU", 0.0)
    with_objects, annotation = draw_scene(3)
    monkeypatch.setitem(PAINTERS, label, lambda x, y, rng: _flat(*PAINTERS_KEPT[label](x, y, rng)))
    flat, _ = draw_scene(3)
    differs = np.abs(np.asarray(with_objects, dtype=float) - np.asarray(flat, dtype=float)).max(axis=2) > 60
    for box in annotation.boxes:
        columns = np.flatnonzero(differs[int(box.ymin) : int(box.ymax)].any(axis=0))
        inside = columns[(columns >= box.xmin - 3) & (columns < box.xmax + 3)]
        assert inside.min() == pytest.approx(box.xmin, abs=3)
        assert inside.max() + 1 == pytest.approx(box.xmax, abs=3)


PAINTERS_KEPT = dict(PAINTERS)


def _flat(colour: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.where(colour.mean(axis=-1, keepdims=True) > 0.5, 0.0, 1.0) * np.ones_like(colour), alpha


def test_written_scenes_are_pairs_as_labelimg_writes_them_and_stay(tmp_path: Path) -> None:
    from boxwright.annotations.readers import read_annotation
    from boxwright.demo.write import write_scenes

    images = write_scenes(tmp_path / "images", 3, seed=5)
    assert [path.name for path in images] == ["photo_0001.jpg", "photo_0002.jpg", "photo_0003.jpg"]
    for number, path in enumerate(images):
        _, drawn = draw_scene(5 + number, filename=path.name)
        written = read_annotation(path.with_suffix(".xml"))
        assert not written.findings
        assert written.boxes == drawn.boxes
        assert written.filename == path.name
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            assert image.format == "JPEG"
            assert image.size == (written.width, written.height)
    images[0].with_suffix(".xml").write_text("edited")
    before = {path: hashlib.sha256(path.read_bytes()).digest() for path in (tmp_path / "images").iterdir()}
    write_scenes(tmp_path / "images", 3, seed=5)
    assert before == {path: hashlib.sha256(path.read_bytes()).digest() for path in before}
