"""What is known of each photo of a folder."""

from __future__ import annotations

from pathlib import Path

from boxwright.findings import Finding
from boxwright.suggestions.ranking_record import RankedPhoto, Ranking, write_ranking
from boxwright.workspace import Workspace
from boxwright_labelimg.client.photo_marks import Mark, PhotoMarks, read_marks, with_findings
from tiny_workspaces import add_image, make_workspace, write_xml


def images_of(workspace: Workspace) -> list[str]:
    return sorted(str(path) for path in workspace.images.rglob("*.jpg"))


def test_annotation_files_count_wherever_training_reads_them(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work")
    for name in ("beside.jpg", "in/mirrored.jpg", "central.jpg", "elsewhere.jpg", "none.jpg", "empty.jpg"):
        add_image(workspace, name, {"beside.jpg": ["dog"], "empty.jpg": []}.get(name))
    write_xml(workspace.annotations / "in" / "mirrored.xml", "mirrored.jpg", ["dog"])
    write_xml(workspace.annotations / "central.xml", "central.jpg", ["dog"])
    write_xml(tmp_path / "chosen" / "elsewhere.xml", "elsewhere.jpg", ["dog"])
    images = images_of(workspace)
    marks = read_marks(images, tmp_path / "chosen", workspace)
    assert [Path(image).stem for image in images if image not in marks.labelled] == ["none"]
    assert [Path(image).stem for image in marks.negative] == ["empty"]
    alone = read_marks(images, None, None)
    assert sorted(Path(image).stem for image in alone.labelled) == ["beside", "empty"]


def test_the_next_one_follows_the_open_one_and_begins_again() -> None:
    marks = PhotoMarks(labelled=frozenset({"/b"}), ranked=("/c", "/gone", "/b", "/a"))
    photos = ["/a", "/b", "/c", "/d"]
    assert marks.order(photos) == ["/c", "/b", "/a", "/d"]
    walked = [marks.next_to_label(photos, image) for image in ("/elsewhere", "/c", "/b", "/a", "/d")]
    assert walked == ["/c", "/a", "/a", "/d", "/c"]
    assert marks.saved("/a", is_empty=True).mark_of("/a") is Mark.NEGATIVE
    assert marks.saved("/a", is_empty=True).saved("/a", is_empty=False).mark_of("/a") is Mark.LABELLED


def test_findings_mark_photos_of_their_own_folder() -> None:
    photos = ["/w/images/train/1.jpg", "/w/images/test/1.jpg", "/w/images/2.jpg"]
    files = "images/test/1.jpg", "annotations/2.xml", ""
    findings = [Finding(file=file, rule="box-outside", message="", advice="") for file in files]
    assert with_findings(findings, photos) == {photos[1], photos[2]}
    alone = ["/w/images/deep/2.jpg"]
    assert with_findings(
        [Finding(file="images/2.jpg", rule="r", message="", advice="")], ["/w/images/2.jpg", *alone]
    ) == {"/w/images/2.jpg"}


def test_photos_of_another_folder_lend_no_rank(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work")
    image = add_image(workspace, "train/1.jpg", None)
    order = [RankedPhoto(f"images/{name}", "unsure", 0.5, 0.5) for name in ("test/1.jpg", "train/1.jpg")]
    write_ranking(workspace, Ranking(tuple(order), 2, "v1"))
    assert read_marks([str(image)], None, workspace).ranked == (str(image),)
    write_ranking(workspace, Ranking(tuple(order[:1]), 1, "v1"))
    assert read_marks([str(image)], None, workspace).ranked == ()


def test_the_mirrored_folder_counts_for_photos_behind_a_link(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work")
    add_image(workspace, "in/a.jpg", None)
    users = workspace.images.rename(tmp_path / "photos")
    workspace.images.symlink_to(users, target_is_directory=True)
    write_xml(workspace.annotations / "in" / "a.xml", "a.jpg", ["dog"])
    photo = str(users / "in" / "a.jpg")
    assert read_marks([photo], None, workspace).labelled == {photo}
