"""`boxwright init` on the exports that people have: labelImg, Roboflow, CVAT and COCO, as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from boxwright.annotations.model import Annotation, Box
from boxwright.annotations.voc import render_voc
from boxwright.dataset.layout import lay_out
from boxwright.dataset.sync import sync
from boxwright.errors import UsageError
from boxwright.files import sha256_of
from boxwright.workspace import Workspace
from image_files import oriented
from tiny_workspaces import image_bytes

SIZE = (40, 20)
BOXES = {
    "a": [Box("dog", 4, 2, 12, 10), Box("big cat", 20, 5, 39.5, 19.5)],
    "b": [Box("big cat", 10, 10, 20, 20)],
    "c": [Box("dog", 0, 0, 40, 20)],
}
NAMES = ("big cat", "dog")


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(sum(path.stem.encode()), width=SIZE[0], height=SIZE[1]))
    return path


def voc(path: Path, stem: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    annotation = Annotation(f"{stem}.jpg", *SIZE, tuple(BOXES[stem]))
    path.write_bytes(render_voc(annotation, folder="", path=f"{stem}.jpg", exact=True))


def yolo(path: Path, stem: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for box in BOXES[stem]:
        centre = (box.xmin + box.xmax) / 2 / SIZE[0], (box.ymin + box.ymax) / 2 / SIZE[1]
        size = (box.xmax - box.xmin) / SIZE[0], (box.ymax - box.ymin) / SIZE[1]
        lines.append(f"{NAMES.index(box.label)} " + " ".join(f"{value:.6f}" for value in (*centre, *size)))
    path.write_text("\n".join(lines))


def coco(path: Path, *stems: str, folder: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    categories = [{"id": number + 3, "name": name} for number, name in enumerate(("animals", *NAMES))]
    images, annotations = [], []
    for number, stem in enumerate(stems):
        images.append({"id": number, "file_name": f"{folder}{stem}.jpg", "width": SIZE[0], "height": SIZE[1]})
        for box in BOXES[stem]:
            bbox = [box.xmin, box.ymin, box.xmax - box.xmin, box.ymax - box.ymin]
            category = 4 + NAMES.index(box.label)
            annotations.append({"id": len(annotations), "image_id": number, "category_id": category, "bbox": bbox})
    path.write_text(json.dumps({"info": {}, "images": images, "categories": categories, "annotations": annotations}))


def create_ml(path: Path, *stems: str) -> None:
    content = []
    for stem in stems:
        annotations = [
            {
                "label": box.label,
                "coordinates": {
                    "x": (box.xmin + box.xmax) / 2,
                    "y": (box.ymin + box.ymax) / 2,
                    "width": box.xmax - box.xmin,
                    "height": box.ymax - box.ymin,
                },
            }
            for box in BOXES[stem]
        ]
        content.append({"image": f"{stem}.jpg", "annotations": annotations})
    path.write_text(json.dumps(content))


PARTS = {"a": "train", "b": "valid", "c": "test"}


def roboflow_voc(root: Path) -> None:
    for stem, part in PARTS.items():
        voc(photo(root / part / f"{stem}.jpg").with_suffix(".xml"), stem)
    (root / "README.roboflow.txt").write_text("Roboflow\n")


def roboflow_yolo(root: Path) -> None:
    for stem, part in PARTS.items():
        photo(root / part / "images" / f"{stem}.jpg")
        yolo(root / part / "labels" / f"{stem}.txt", stem)
    (root / "data.yaml").write_text(f"train: ../train/images\nnc: 2\nnames: {list(NAMES)}\n")
    (root / "README.dataset.txt").write_text("Roboflow\n")


def roboflow_coco(root: Path) -> None:
    for stem, part in PARTS.items():
        photo(root / part / f"{stem}.jpg")
        coco(root / part / "_annotations.coco.json", stem)


def roboflow_create_ml(root: Path) -> None:
    for stem, part in PARTS.items():
        photo(root / part / f"{stem}.jpg")
        create_ml(root / part / "_annotations.createml.json", stem)


def cvat_voc(root: Path) -> None:
    for stem in PARTS:
        photo(root / "JPEGImages" / f"{stem}.jpg")
        voc(root / "Annotations" / f"{stem}.xml", stem)
    (root / "ImageSets" / "Main").mkdir(parents=True)
    (root / "ImageSets" / "Main" / "default.txt").write_text("a\nb\nc\n")
    (root / "labelmap.txt").write_text("# label:color_rgb:parts:actions\ndog:0,0,0::\n")


def cvat_yolo(root: Path) -> None:
    for stem in PARTS:
        yolo(photo(root / "obj_train_data" / f"{stem}.jpg").with_suffix(".txt"), stem)
    (root / "obj.names").write_text("\n".join(NAMES))
    (root / "obj.data").write_text("classes = 2\nnames = data/obj.names\n")
    (root / "train.txt").write_text("data/obj_train_data/a.jpg\n")


def cvat_coco(root: Path) -> None:
    for stem in PARTS:
        photo(root / "images" / "default" / f"{stem}.jpg")
    coco(root / "annotations" / "instances_default.json", *PARTS, folder="default/")


def ultralytics_yolo(root: Path) -> None:
    for stem, part in PARTS.items():
        photo(root / "images" / part / f"{stem}.jpg")
        yolo(root / "labels" / part / f"{stem}.txt", stem)
    (root / "dataset.yaml").write_text("path: .\nnames:\n  0: big cat\n  1: dog\n")


def labelimg_yolo(root: Path) -> None:
    for stem in PARTS:
        yolo(photo(root / f"{stem}.jpg").with_suffix(".txt"), stem)
    (root / "classes.txt").write_text("".join(f"{name}\n" for name in NAMES))


def labelimg_yolo_elsewhere(root: Path) -> None:
    for stem in PARTS:
        photo(root / "photos" / f"{stem}.jpg")
        yolo(root / "saved" / f"{stem}.txt", stem)
    (root / "saved" / "classes.txt").write_text("".join(f"{name}\n" for name in NAMES))


def one_create_ml_file(root: Path) -> None:
    for stem in PARTS:
        photo(root / f"{stem}.jpg")
    create_ml(root / "all.json", *PARTS)


EXPORTS = [
    roboflow_voc,
    roboflow_yolo,
    roboflow_coco,
    roboflow_create_ml,
    cvat_voc,
    cvat_yolo,
    cvat_coco,
    ultralytics_yolo,
    labelimg_yolo,
    labelimg_yolo_elsewhere,
    one_create_ml_file,
]


def tree(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): sha256_of(path) for path in root.rglob("*") if path.is_file()}


def objects(workspace: Workspace) -> dict[str, list[Box]]:
    """Return the objects of the tables, by the photo's stem."""
    found: dict[str, list[Box]] = {}
    for table in workspace.annotations.glob("*_labels.csv"):
        for row in pd.read_csv(table).itertuples():
            box = Box(str(row[4]), *(round(float(edge), 3) for edge in row[5:9]))
            found.setdefault(Path(str(row.filename)).stem, []).append(box)
    return found


@pytest.mark.parametrize("link", [False, True], ids=["copied", "linked"])
@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.__name__)
def test_an_export_is_imported_as_it_is(tmp_path: Path, export: Callable[[Path], None], link: bool) -> None:
    source = tmp_path / "export"
    export(source)
    before = tree(source)
    given = source / "photos" if (source / "photos").is_dir() else source
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, images=given, link=link)
    assert (report.images, report.annotations, report.kept, report.findings) == (3, 3, (), ())
    assert not sync(workspace).has_errors()
    assert objects(workspace) == BOXES
    again = lay_out(workspace, images=given, link=link)
    assert (again.images, again.annotations, again.kept) == (0, 0, ())
    assert tree(source) == before


@pytest.mark.parametrize("given", [False, True], ids=["found", "given"])
@pytest.mark.parametrize("where", ["annotations", "beside"])
def test_a_coco_file_is_imported_with_its_photos_alone(tmp_path: Path, where: str, given: bool) -> None:
    source = tmp_path / "export"
    for stem in (*PARTS, "other"):
        photo(source / ("images" if where == "annotations" else "") / f"{stem}.jpg")
    file = source / ("annotations/x.json" if where == "annotations" else "x.json")
    coco(file, *PARTS)
    before = tree(source)
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, coco=file, images=source if given else None)
    assert (report.images, report.annotations, report.findings) == (3 + given, 3, ())
    sync(workspace)
    assert objects(workspace) == BOXES
    assert tree(source) == before


def test_a_coco_file_of_a_workspace_gives_its_photos_xml_and_overwrites_none(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "ws")
    for stem in PARTS:
        photo(workspace.images / f"{stem}.jpg")
    (workspace.images / "a.txt").write_text("0 .5 .5 .5 .5\n")
    coco(workspace.annotations / "instances.json", *PARTS)
    report = lay_out(workspace, coco=workspace.annotations / "instances.json")
    assert (report.images, report.annotations, report.kept) == (0, 2, ("images/a.xml",))
    assert not (workspace.images / "a.xml").exists()
    sync(workspace)
    assert objects(workspace) == {stem: BOXES[stem] for stem in "bc"}


def test_boxes_of_a_turned_photo_are_turned(tmp_path: Path) -> None:
    """COCO's width and height are of the stored photo where the tool did not apply its EXIF orientation."""
    for stem in "ab":
        path = photo(tmp_path / "src" / f"{stem}.jpg")
        path.write_bytes(image_bytes(1 if stem == "a" else 2, width=40, height=20, exif=oriented(6)))
    coco(tmp_path / "src" / "x.json", "a", "b")
    workspace = Workspace.at(tmp_path / "ws")
    lay_out(workspace, coco=tmp_path / "src" / "x.json")
    assert "exif-boxes-turned" in {finding.rule for finding in sync(workspace).findings}
    assert objects(workspace)["b"] == [Box("big cat", 0, 10, 10, 20)]


def test_what_cannot_be_used_of_a_coco_file_is_one_finding_a_cause(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.jpg")
    good = {"id": 1, "image_id": 1, "category_id": "1", "bbox": [1.5, 2, 10, 10.25]}
    bad = [
        {**good, "bbox": [1, 2, -3, 4]},
        {**good, "bbox": [1, 2, 0, 4]},
        {**good, "bbox": [1, 2, 3]},
        {**good, "bbox": [1, 2, 3, "4"]},
        {**good, "bbox": [1, 2, 3, float("nan")]},
        {**good, "bbox": [1e308, 2, 1.7e308, 3]},
        {**good, "bbox": None, "segmentation": {"size": [20, 40], "counts": "abc"}},
        {**good, "category_id": 99},
        {**good, "category_id": None},
        {**good, "image_id": 99},
        {"id": 7},
        "text",
    ]
    polygon = {"image_id": "1", "category_id": 1.0, "segmentation": [[5, 5, 9, 5, 9, 12.5], [6, 4, 7, 8, 6, 8]]}
    content = {
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": 40.0, "height": "20"},
            {"id": 2, "file_name": "sub/../b.jpg"},
            {"id": 3},
            {"file_name": "c.jpg"},
            {"id": 4, "file_name": "../../etc/gone.jpg"},
        ],
        "categories": [{"id": 1, "name": "dog"}, {"id": 2}, 3],
        "annotations": [good, polygon, {**good, "iscrowd": 1, "bbox": [20, 2, 10, 10]}, *bad],
    }
    (tmp_path / "x.json").write_text(json.dumps(content))
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, coco=tmp_path / "x.json")
    counts = {finding.rule: 0 for finding in report.findings}
    for finding in report.findings:
        counts[finding.rule] += 1
    assert counts == {"coco-left-out": 6, "coco-crowd": 1, "coco-background": 1, "no-image-for-xml": 1}
    sync(workspace)
    assert objects(workspace)["a"] == [
        Box("dog", 1.5, 2, 11.5, 12.25),
        Box("dog", 5, 4, 9, 12.5),
        Box("dog", 20, 2, 30, 12),
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", "[1]", '{"images": []}', "[" * 99_999, '{"images": 1}'])
def test_a_file_that_is_no_coco_is_an_error_of_use(tmp_path: Path, content: str) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(UsageError, match="COCO"):
        lay_out(Workspace.at(tmp_path / "ws"), coco=tmp_path / "x.json")
    assert not (tmp_path / "ws").exists()


def test_a_coco_file_without_its_photos_is_an_error_of_use(tmp_path: Path) -> None:
    coco(tmp_path / "deep" / "er" / "x.json", "a")
    with pytest.raises(UsageError, match="--images"):
        lay_out(Workspace.at(tmp_path / "ws"), coco=tmp_path / "deep" / "er" / "x.json")
    with pytest.raises(UsageError, match="no such"):
        lay_out(Workspace.at(tmp_path / "ws"), coco=tmp_path / "deep" / "er" / "x.json", images=tmp_path / "gone")
    with pytest.raises(UsageError, match="--coco"):
        lay_out(Workspace.at(tmp_path / "ws"), coco=tmp_path / "gone.json")


def test_yolo_files_of_other_classes_do_not_mix(tmp_path: Path) -> None:
    labelimg_yolo(tmp_path / "first")
    workspace = Workspace.at(tmp_path / "ws")
    lay_out(workspace, images=tmp_path / "first")
    photo(tmp_path / "second" / "d.jpg")
    (tmp_path / "second" / "d.txt").write_text("0 .5 .5 .5 .5\n")
    (tmp_path / "second" / "classes.txt").write_text("fish\n")
    report = lay_out(workspace, images=tmp_path / "second")
    assert [(finding.file, finding.rule) for finding in report.findings] == [("images/d.txt", "classes-differ")]
    assert (report.images, report.annotations) == (1, 0)
    sync(workspace)
    assert objects(workspace) == BOXES
