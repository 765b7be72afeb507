"""From photographs on disk to JSON, CSV, drawings and XML, through the command."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from boxwright.annotations.readers import read_annotation
from boxwright.cli.app import app
from boxwright.dataset.sync import sync
from boxwright.errors import UsageError
from boxwright.inference.image_files import find_images, read_image
from boxwright.workspace import Workspace
from image_files import oriented
from original_graph import write_original_graph

MIN_SCORE = "0.6"
"""The golden model has seeded random weights: it finds something everywhere."""


@pytest.fixture(scope="module")
def model(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_original_graph(golden, folder / "frozen_inference_graph.pb")
    (folder / "label_map.pbtxt").write_text("item { id: 1 name: 'eins' }\nitem { id: 2 name: 'zwei' }", "utf-8")
    return folder


@pytest.fixture(scope="module")
def scene(golden: Path) -> np.ndarray:
    with np.load(golden / "export_a" / "frozen_detections.npz") as data:
        return np.asarray(data["image_42_uint8"])


@pytest.fixture
def photos(tmp_path: Path, scene: np.ndarray) -> Path:
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    Image.fromarray(scene).save(folder / "szene ä.png")
    Image.fromarray(scene).save(folder / "deeper" / "scene.JPG", quality=95)
    return folder


def detect(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["detect", *map(str, arguments)])


def test_everything_is_written_and_agrees(model: Path, photos: Path, tmp_path: Path) -> None:
    drawn, xml = tmp_path / "drawn", tmp_path / "xml"
    result = detect(model, photos, "--draw", drawn, "--voc", xml, "--min-score", MIN_SCORE)
    assert result.exit_code == 0, result.output
    content = json.loads((drawn / "detections.json").read_text("utf-8"))
    assert [image["file"] for image in content["images"]] == ["deeper/scene.JPG", "szene ä.png"]
    with (drawn / "detections.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    first = content["images"][1]
    assert (first["width"], first["height"]) == (352, 281)
    assert len(first["detections"]) > 0
    of_first = [row for row in rows if row["filename"] == "szene ä.png"]
    annotation = read_annotation(xml / "szene ä.xml")
    assert not annotation.findings and (annotation.width, annotation.height) == (352, 281)
    assert len(annotation.boxes) == len(of_first) == len(first["detections"])
    for row, box, found in zip(of_first, annotation.boxes, first["detections"], strict=True):
        ymin, xmin, ymax, xmax = found["box_normalised"]
        edges = found["box"]
        assert edges["xmin"] == pytest.approx(xmin * 352, abs=0.01) and edges["ymax"] == pytest.approx(
            ymax * 281, abs=0.01
        )
        assert edges["ymin"] == pytest.approx(ymin * 281, abs=0.01) and edges["xmax"] == pytest.approx(
            xmax * 352, abs=0.01
        )
        assert float(row["xmax"]) == edges["xmax"] and row["class"] == box.label == found["label"]
        assert box.xmax == pytest.approx(edges["xmax"], abs=1.0)
        assert float(row["score"]) >= float(MIN_SCORE)
    with Image.open(drawn / "szene ä.png.detections.png") as picture:
        assert picture.size == (352, 281)
        assert np.asarray(picture).shape == (281, 352, 3)
    assert (drawn / "deeper" / "scene.JPG.detections.png").is_file()


def test_users_files_stay_as_they_are(model: Path, photos: Path) -> None:
    mine = photos / "szene ä.xml"
    mine.write_text("<annotation>mine</annotation>")
    before = {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()}
    for _ in range(2):  # the second time the drawings of the first lie among the photographs
        result = detect(model, photos, "--voc", photos, "--draw", photos, "--output", photos.parent)
        assert result.exit_code == 0, result.output
    assert {path: path.read_bytes() for path in before} == before
    assert "not overwritten" in result.output
    images = json.loads((photos.parent / "detections.json").read_text("utf-8"))["images"]
    assert [image["file"] for image in images] == ["deeper/scene.JPG", "szene ä.png"]


def test_an_unreadable_image_is_named_and_the_rest_goes_on(model: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "a broken.jpg").write_bytes((photos / "deeper" / "scene.JPG").read_bytes()[:2000])
    (photos / "b empty.png").touch()
    result = detect(model, photos, "--output", tmp_path)
    assert result.exit_code == 1
    assert "a broken.jpg" in result.output and "b empty.png" in result.output
    content = json.loads((tmp_path / "detections.json").read_text("utf-8"))
    assert len(content["images"]) == 2
    assert {finding["file"] for finding in content["findings"]} == {"a broken.jpg", "b empty.png"}


def test_a_name_that_xml_cannot_hold_costs_its_own_xml_only(
    model: Path, photos: Path, tmp_path: Path, scene: np.ndarray
) -> None:
    Image.fromarray(scene).save(photos / "a\x1b[31mb.png")
    xml = tmp_path / "xml"
    result = detect(model, photos, "--voc", xml, "--output", tmp_path / "out", "--min-score", MIN_SCORE)
    assert (result.exit_code, "\x1b" in result.output, "text-not-xml" in result.output) == (1, False, True)
    assert sorted(path.name for path in xml.rglob("*.xml")) == ["scene.xml", "szene ä.xml"]
    content = json.loads((tmp_path / "out" / "detections.json").read_text("utf-8"))
    assert len(content["images"]) == 3


def test_xml_of_a_turned_photo_is_in_the_upright_frame(model: Path, tmp_path: Path, scene: np.ndarray) -> None:
    photos, xml = tmp_path / "turned", tmp_path / "xml"
    photos.mkdir()
    Image.fromarray(np.rot90(scene)).save(photos / "a.jpg", quality=95, exif=oriented(6))
    assert detect(model, photos, "--voc", xml, "--output", tmp_path / "out", "--min-score", MIN_SCORE).exit_code == 0
    workspace = Workspace.at(tmp_path / "work")
    workspace.images.mkdir(parents=True)
    shutil.copy(photos / "a.jpg", workspace.images)
    shutil.copy(xml / "a.xml", workspace.images)
    report = sync(workspace)
    annotation = read_annotation(xml / "a.xml")
    assert (annotation.width, annotation.height) == (352, 281)
    assert sum(report.images.values()) == 1
    assert not [finding.rule for finding in report.findings if finding.rule.startswith(("exif", "size", "boxes"))]


def test_wrong_arguments_are_usage_errors(model: Path, photos: Path, tmp_path: Path) -> None:
    for arguments in (
        (tmp_path / "nothing", photos),
        (model, tmp_path / "nothing"),
        (model, photos, "--label-map", tmp_path / "nothing.pbtxt"),
        (model, photos, "--draw", photos / "szene ä.png"),
        (model, photos, "--min-score", "2"),
    ):
        assert detect(*arguments).exit_code == 2, arguments


def test_nothing_found_says_how_to_see_more(model: Path, photos: Path, tmp_path: Path) -> None:
    result = detect(model, photos, "--output", tmp_path, "--min-score", "1")
    assert "0 objects in" in result.output
    assert "--min-score 0.2" in result.output


def test_exif_orientation_is_applied(tmp_path: Path, scene: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 270 degrees to see it upright
    path = tmp_path / "turned.jpg"
    Image.fromarray(scene).save(path, exif=exif, quality=95)
    upright = read_image(path)
    assert upright.shape == (352, 281, 3)
    assert np.abs(upright.astype(int) - np.rot90(scene, -1)).mean() < 8


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16", "1"])
def test_images_of_every_mode_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("image.tiff" if mode == "CMYK" else "image.png")
    Image.new(mode, (7, 5), 1 if mode == "1" else None if mode in ("RGBA", "CMYK") else 100).save(path)
    assert read_image(path).shape == (5, 7, 3)


def test_images_are_found_once_in_order_and_by_unique_names(tmp_path: Path) -> None:
    for name in (
        "one/b.png",
        "one/a.JPEG",
        "one/.hidden/c.png",
        "one/notes.txt",
        "one/b.png.detections.png",
        "two/b.png",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files = find_images([tmp_path / "one", tmp_path / "one" / "b.png", tmp_path / "two"])
    assert [file.path for file in files] == [tmp_path / "one/a.JPEG", tmp_path / "one/b.png", tmp_path / "two/b.png"]
    names = [file.name for file in files]
    assert names[:2] == ["a.JPEG", "b.png"] and len(set(names)) == 3
    with pytest.raises(UsageError, match="there is no image"):
        find_images([_empty(tmp_path)])


def _empty(root: Path) -> Path:
    folder = root / "empty"
    folder.mkdir()
    return folder
