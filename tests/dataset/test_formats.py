"""Every format that labelImg writes: its own writers' files go into the records, and its own readers agree."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from boxwright.dataset.sync import Session, sync
from boxwright.findings import Severity
from boxwright.workspace import Workspace
from tiny_workspaces import OLD_NS, add_image, clean_copy, make_workspace, outputs

create_ml_io = pytest.importorskip("libs.create_ml_io")
pascal_voc_io = pytest.importorskip("libs.pascal_voc_io")
yolo_io = pytest.importorskip("libs.yolo_io")

WIDTH, HEIGHT = 160, 120
Drawn = Sequence[tuple[str, float, float, float, float]]
DRAWN = (("dog", 10, 20, 30, 40), ("cat é", 0, 0, 160, 120), ("dog", 50, 60, 55, 119))


class _Image:
    """What labelImg's readers ask of a QImage."""

    def width(self) -> int:
        return WIDTH

    def height(self) -> int:
        return HEIGHT

    def isGrayscale(self) -> bool:
        return False


def write_voc(image: Path, drawn: Drawn) -> Path:
    writer = pascal_voc_io.PascalVocWriter(image.parent.name, image.name, (HEIGHT, WIDTH, 3))
    for label, *edges in drawn:
        writer.add_bnd_box(*edges, label, 0)
    writer.save(str(image.with_suffix(".xml")))
    return image.with_suffix(".xml")


def write_yolo(image: Path, drawn: Drawn) -> Path:
    """Write as labelImg does, which continues with its list of classes."""
    classes = image.with_name("classes.txt")
    names = classes.read_text("utf-8").split("\n")[:-1] if classes.exists() else ["unused"]
    writer = yolo_io.YOLOWriter(image.parent.name, image.name, (HEIGHT, WIDTH, 3))
    for label, *edges in drawn:
        writer.add_bnd_box(*edges, label, False)
    writer.save(class_list=names, target_file=str(image.with_suffix(".txt")))
    return image.with_suffix(".txt")


def write_create_ml(image: Path, drawn: Drawn) -> Path:
    shapes = [{"label": label, "points": [(a, b), (c, b), (c, d), (a, d)]} for label, a, b, c, d in drawn]
    file = image.with_suffix(".json")
    create_ml_io.CreateMLWriter(image.parent.name, image.name, (HEIGHT, WIDTH, 3), shapes, str(file)).write()
    return file


def shapes_in(file: Path, image: Path) -> Drawn:
    """Return what labelImg's own reader reads; it leaves files to the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        return _shapes_in(file, image)


def _shapes_in(file: Path, image: Path) -> Drawn:
    if file.suffix == ".xml":
        reader = pascal_voc_io.PascalVocReader(str(file))
    elif file.suffix == ".txt":
        reader = yolo_io.YoloReader(str(file), _Image())
    else:
        reader = create_ml_io.CreateMLReader(str(file), str(image))
    return [(label, *points[0], *points[2]) for label, points, *_ in reader.get_shapes()]


@dataclass(frozen=True)
class Format:
    name: str
    write: Callable[[Path, Drawn], Path]


FORMATS = [Format("PascalVOC", write_voc), Format("YOLO", write_yolo), Format("CreateML", write_create_ml)]
each_format = pytest.mark.parametrize("chosen", FORMATS, ids=lambda chosen: chosen.name)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "work")
    for key in ("train/a.jpg", "train/b.jpg", "test/c.jpg"):
        add_image(workspace, key, None, size=(WIDTH, HEIGHT))
    return workspace


def images(workspace: Workspace) -> list[Path]:
    return sorted(workspace.images.rglob("*.jpg"))


def table(workspace: Workspace, split: str = "train") -> list[tuple[str, ...]]:
    """Return the rows of a split's table: image, label, edges."""
    rows = pd.read_csv(workspace.annotations / f"{split}_labels.csv")
    return [tuple(row) for row in rows[["filename", "class", "xmin", "ymin", "xmax", "ymax"]].values.tolist()]


def rules(workspace: Workspace) -> dict[str, int]:
    """Return the rules of a sync's findings but those about so small a set."""
    found: dict[str, int] = {}
    for finding in sync(workspace).findings:
        if finding.rule not in ("class-few-examples", "split-empty", "class-absent-from-split"):
            found[finding.rule] = found.get(finding.rule, 0) + 1
    return found


@each_format
def test_what_labelimg_writes_is_what_the_records_hold(workspace: Workspace, chosen: Format) -> None:
    for image in images(workspace):
        chosen.write(image, DRAWN)
    assert "unused" not in sync(workspace).label_map
    rows = [row for row in table(workspace) if row[0].endswith("a.jpg")]
    in_labelimg = shapes_in(chosen.write(images(workspace)[1], DRAWN), images(workspace)[1])
    for row, drawn, read in zip(rows, DRAWN, in_labelimg, strict=True):
        assert row[1] == drawn[0] == read[0]
        assert row[2:] == pytest.approx(drawn[1:], abs=1.01)  # PascalVOC begins at 1
        assert row[2:] == pytest.approx(read[1:], abs=0.51)  # its YOLO reader rounds to pixels


@each_format
def test_a_photo_without_objects_is_a_negative_example(workspace: Workspace, chosen: Format) -> None:
    first, second, third = images(workspace)
    chosen.write(first, DRAWN)
    chosen.write(second, ())
    chosen.write(third, DRAWN)
    report = sync(workspace)
    assert sum(report.images.values()) == 3 and report.unlabelled == 0


@each_format
def test_every_edit_leaves_what_a_rebuild_leaves(workspace: Workspace, tmp_path: Path, chosen: Format) -> None:
    session = Session(workspace)
    steps: list[tuple[int, Drawn]] = [
        (0, DRAWN),
        (1, DRAWN[:1]),
        (2, DRAWN),
        (1, DRAWN[1:]),
        (0, ()),
        (1, (("new", 1, 2, 3, 4),)),
    ]
    for number, (index, drawn) in enumerate(steps):
        file = chosen.write(images(workspace)[index], drawn)
        touched = [workspace.relative(file)]
        touched += [workspace.relative(path) for path in file.parent.glob("classes.txt")]
        for path in (file, *file.parent.glob("classes.txt")):
            os.utime(path, ns=(OLD_NS, OLD_NS + number))
        session.amend(touched) and same_as_rebuild(workspace, tmp_path / f"amended{number}")
        session.sync(thorough=True)
        same_as_rebuild(workspace, tmp_path / f"synced{number}")


@each_format
def test_moved_boxes_are_amended_without_a_sync(workspace: Workspace, tmp_path: Path, chosen: Format) -> None:
    for image in images(workspace):
        chosen.write(image, DRAWN)
    session = Session(workspace)
    session.sync()
    moved = chosen.write(images(workspace)[1], [(label, a + 2, b, c, d) for label, a, b, c, d in DRAWN[:1]])
    classes = [workspace.relative(path) for path in moved.parent.glob("classes.txt")]
    assert session.amend([workspace.relative(moved), *classes])
    same_as_rebuild(workspace, tmp_path / "amended")


def same_as_rebuild(workspace: Workspace, root: Path) -> None:
    copy = clean_copy(workspace, root)
    sync(copy)
    assert outputs(workspace) == outputs(copy)


@each_format
def test_a_half_written_file_keeps_its_last_good_boxes(workspace: Workspace, chosen: Format) -> None:
    files = [chosen.write(image, DRAWN) for image in images(workspace)]
    sync(workspace)
    before = outputs(workspace)
    data = files[1].read_bytes()
    files[1].write_bytes(data[:3])  # "1 0", "<an", "[{"
    report = sync(workspace)
    assert [finding.file for finding in report.findings if finding.severity is Severity.ERROR] == [
        workspace.relative(files[1])
    ]
    assert outputs(workspace) == before
    files[1].write_bytes(data)
    sync(workspace)
    assert outputs(workspace) == before


def test_the_newest_file_counts_and_a_mix_is_one_finding(workspace: Workspace) -> None:
    boxes = {chosen.name: [(chosen.name, 10, 20, 30, 40)] for chosen in FORMATS}
    for image in images(workspace):
        files = {chosen.name: chosen.write(image, boxes[chosen.name]) for chosen in FORMATS}
    for image, newest in zip(images(workspace), ("YOLO", "CreateML", "PascalVOC"), strict=True):
        files = {"PascalVOC": ".xml", "YOLO": ".txt", "CreateML": ".json"}
        for name, suffix in files.items():
            time = OLD_NS + (name == newest) * 1_000_000_000
            os.utime(image.with_suffix(suffix), ns=(time, time))
    assert rules(workspace) == {"mixed-formats": 1}
    labels = {row[0]: row[1] for split in ("train", "test") for row in table(workspace, split)}
    assert labels == {"c.jpg": "YOLO", "a.jpg": "CreateML", "b.jpg": "PascalVOC"}
    os.utime(images(workspace)[0].with_suffix(".json"), ns=(OLD_NS, OLD_NS + 2_000_000_000))
    assert rules(workspace) == {"mixed-formats": 1}
    assert table(workspace, "test")[0][1] == "CreateML"


def test_ids_are_those_of_names_whatever_the_class_numbers(workspace: Workspace, tmp_path: Path) -> None:
    for image in images(workspace):
        write_yolo(image, DRAWN)
    before = sync(workspace)
    records = outputs(workspace)
    for folder in ("train", "test"):
        classes = workspace.images / folder / "classes.txt"
        classes.write_text("cat é\nunused\ndog\n", "utf-8")
        for file in classes.parent.glob("?.txt"):
            lines = [line.split(" ") for line in file.read_text().splitlines()]
            numbers = {"1": "2", "2": "0"}
            file.write_text("".join(" ".join([numbers[line[0]], *line[1:]]) + "\n" for line in lines))
    assert sync(workspace).label_map == before.label_map
    assert outputs(workspace) == records


def test_renamed_classes_change_the_records(workspace: Workspace, tmp_path: Path) -> None:
    for image in images(workspace):
        write_yolo(image, DRAWN)
        os.utime(image.with_suffix(".txt"), ns=(OLD_NS, OLD_NS))
    session = Session(workspace)
    session.sync()
    for folder in ("train", "test"):
        (workspace.images / folder / "classes.txt").write_bytes("unused\r\nfox\r\ncat é\r\n".encode("utf-16"))
    assert not session.amend(["images/train/classes.txt"]), "only a whole sync knows whom it concerns"
    session.sync()
    assert {row[1] for row in table(workspace)} == {"fox", "cat é"}
    same_as_rebuild(workspace, tmp_path / "rebuilt")


def test_class_numbers_without_names_are_one_finding_a_folder(workspace: Workspace) -> None:
    for image in images(workspace):
        write_yolo(image, DRAWN)
    (workspace.images / "test" / "classes.txt").rename(workspace.root / "classes.txt")
    (workspace.images / "train" / "classes.txt").write_text("")
    assert rules(workspace)["classes-missing"] == 2
    (workspace.root / "classes.txt").rename(workspace.images / "classes.txt")  # a folder above
    assert rules(workspace) == {}


def test_other_text_and_json_files_are_passed_over_in_silence(workspace: Workspace) -> None:
    for image in images(workspace):
        write_voc(image, DRAWN)
    assert rules(workspace) == {}
    for folder in (workspace.images, workspace.images / "train", workspace.annotations):
        (folder / "README.txt").write_text("Photos of dogs.\n")
        (folder / "requirements.txt").write_text("numpy==1.26\n")
        (folder / "empty.txt").write_text("")
        (folder / "train.txt").write_text("images/train/a.jpg\n")
        (folder / "package.json").write_text('{"name": "x"}')
        (folder / "list.json").write_text("[1, 2]")
        (folder / "broken.json").write_text("[{")
        (folder / "binary.txt").write_bytes(b"\xff\xfe\x00")
    (workspace.images / "train" / "a.txt").write_text("a caption of the photo\n")
    (workspace.images / "classes.txt").write_bytes(b"\xff\n")
    assert rules(workspace) == {}


def test_a_file_with_a_photos_name_that_cannot_be_read_is_a_finding(workspace: Workspace) -> None:
    first, second, third = images(workspace)
    first.with_suffix(".txt").write_text("not YOLO at all\n")
    second.with_suffix(".json").write_text('{"shapes": []}')
    third.with_suffix(".json").write_text("")
    assert rules(workspace).keys() >= {"txt-not-yolo", "json-not-create-ml", "json-unreadable"}


def test_a_yolo_file_without_its_photo_is_a_finding(workspace: Workspace) -> None:
    write_yolo(images(workspace)[0], DRAWN).rename(workspace.images / "test" / "gone.txt")
    assert rules(workspace)["no-image-for-xml"] == 1


def test_one_create_ml_file_may_speak_of_many_photos(workspace: Workspace, tmp_path: Path) -> None:
    content = [
        {
            "image": name,
            "annotations": [{"label": label, "coordinates": {"x": 50, "y": 50, "width": 20, "height": 10}}],
        }
        for name, label in (("a.jpg", "dog"), ("b.jpg", "cat"), ("c.jpg", "dog"), ("gone.jpg", "dog"))
    ]
    file = workspace.images / "_annotations.createml.json"
    file.write_text(json.dumps(content))
    assert rules(workspace) == {"no-image-for-xml": 1}
    assert [row[1] for row in table(workspace)] == ["dog", "cat"]
    content[1]["annotations"] = []
    file.write_text(json.dumps(content))
    sync(workspace)
    assert [row[1] for row in table(workspace)] == ["dog"]
    same_as_rebuild(workspace, tmp_path / "rebuilt")
    newer = write_yolo(workspace.images / "train" / "b.jpg", DRAWN)
    os.utime(file, ns=(OLD_NS, OLD_NS))
    assert rules(workspace)["mixed-formats"] == 1
    assert len(table(workspace)) == 1 + len(DRAWN)
    assert newer.exists()


def test_a_folder_of_labels_beside_the_images(workspace: Workspace) -> None:
    for image in images(workspace):
        moved = workspace.images / image.parent.name / "images" / "same.jpg"
        if moved.exists():
            continue
        moved.parent.mkdir()
        image.rename(moved)
        labels = moved.parent.with_name("labels")
        labels.mkdir()
        (labels / "same.txt").write_text("0 .5 .5 .5 .5\n")
    (workspace.images / "data.yaml").write_text("names:\n  0: dog\n")
    for path in workspace.images.glob("*/?.jpg"):
        path.unlink()
    assert rules(workspace).keys() <= {"identical-images", "identical-in-both-splits"}
    assert [row[1] for row in (*table(workspace), *table(workspace, "test"))] == ["dog", "dog"]
