"""From images and XML to records: what goes in, what is left out and said."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

from boxwright.dataset.report import DatasetReport
from boxwright.dataset.store.tf_example import decode_example
from boxwright.dataset.store.tfrecord import read_records
from boxwright.dataset.sync import assess, mark_labels_trained, sync
from boxwright.errors import BoxwrightError
from boxwright.workspace import SPLITS, Workspace
from tiny_workspaces import add_image, clean_copy, image_bytes, make_old, make_workspace, outputs, write_xml


def records_of(report: DatasetReport) -> dict[str, dict[str, list]]:
    """Return the features of each record by the image's key."""
    return {
        values["image/filename"][0].decode("utf-8", "surrogateescape"): values
        for split in SPLITS
        for path in report.records[split]
        for values in map(decode_example, read_records(path))
    }


def rules(report: DatasetReport) -> list[str]:
    return [finding.rule for finding in report.findings]


def test_a_record_says_what_the_original_would(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    add_image(workspace, "sub/grün 1.JPG", ["dog", "cat"], seed=3)
    add_image(workspace, "b.png", [], seed=4)
    records = records_of(sync(workspace))
    values = records["sub/grün 1.JPG"]
    encoded = image_bytes(3)
    assert values == {
        "image/height": [12],
        "image/width": [16],
        "image/filename": ["sub/grün 1.JPG".encode()],
        "image/source_id": ["sub/grün 1.JPG".encode()],
        "image/key/sha256": [hashlib.sha256(encoded).hexdigest().encode()],
        "image/encoded": [encoded],
        "image/format": [b"jpeg"],
        "image/object/bbox/xmin": [1 / 16, 2 / 16],
        "image/object/bbox/xmax": [0.75, 0.75],
        "image/object/bbox/ymin": pytest.approx([1 / 6, 1 / 6]),
        "image/object/bbox/ymax": [0.75, 0.75],
        "image/object/class/text": [b"dog", b"cat"],
        "image/object/class/label": [2, 1],
        "image/object/difficult": [0, 0],
        "image/object/truncated": [1, 0],  # labelImg ticks what touches the edge
        "image/object/view": [b"Unspecified", b"Unspecified"],
    }
    assert records["b.png"]["image/format"] == [b"png"]
    assert records["b.png"]["image/object/class/label"] == []


def test_an_exif_turned_image_goes_in_upright(tmp_path: Path) -> None:
    from PIL import Image

    workspace = make_workspace(tmp_path / "ws")
    exif = Image.Exif()
    exif[0x0112] = 6
    (workspace.images / "a.jpg").write_bytes(image_bytes(1, width=16, height=12, exif=exif))
    write_xml(workspace.images / "a.xml", "a.jpg", ["dog"], width=12, height=16)
    (values,) = records_of(sync(workspace)).values()
    assert (values["image/width"], values["image/height"]) == ([12], [16])
    assert values["image/key/sha256"][0].decode() == hashlib.sha256(values["image/encoded"][0]).hexdigest()
    assert values["image/encoded"][0] != (workspace.images / "a.jpg").read_bytes()


def test_bad_files_are_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"good{i}.jpg": ["dog"] for i in range(12)})
    add_image(workspace, "cut.jpg", ["dog"]).write_bytes(image_bytes(1)[:200])
    add_image(workspace, "empty.jpg", ["dog"]).write_bytes(b"")
    add_image(workspace, "broken.jpg", ["dog"])
    (workspace.images / "broken.xml").write_bytes(b"<annotation><object>")
    add_image(workspace, "nothing-left.jpg", ["dog"])
    text = (workspace.images / "nothing-left.xml").read_text("utf-8")
    (workspace.images / "nothing-left.xml").write_text(text.replace("<xmax>12", "<xmax>0"), "utf-8")
    write_xml(workspace.images / "orphan.xml", "../../etc/passwd", ["dog"])
    report = sync(workspace)
    assert sum(report.images.values()) == 12
    files = {(finding.file, finding.rule) for finding in report.findings}
    assert ("images/orphan.xml", "no-image-for-xml") in files
    assert ("images/nothing-left.xml", "no-usable-object") in files
    assert {"images/cut.jpg", "images/empty.jpg", "images/broken.xml"} <= {file for file, _ in files}
    assert report.has_errors()
    assert all(finding.message and finding.advice for finding in report.findings)
    assert sorted(records_of(report)) == sorted(f"good{i}.jpg" for i in range(12))


def test_a_huge_file_is_said_with_its_size_and_not_read(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog"], "b.jpg": ["dog"]})
    for name in ("a.xml", "b.jpg"):
        with (workspace.images / name).open("wb") as stream:
            stream.truncate(1 << 30)
    write_xml(workspace.images / "c.xml", "x" * 5000, ["dog"])
    tracemalloc.start()
    report = assess(workspace)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16_000_000
    values = {finding.rule: finding.value for finding in report.findings}
    assert (values["xml-too-large"], values["image-too-large"]) == ("1,073,741,824 bytes",) * 2
    assert len(values["no-image-for-xml"]) <= 100


def test_no_path_outside_the_workspace_is_reached(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(image_bytes(9))
    workspace = make_workspace(tmp_path / "ws")
    for number, name in enumerate(("../../secret.jpg", str(tmp_path / "secret.jpg"), r"..\..\secret")):
        write_xml(workspace.images / f"x{number}.xml", name, ["dog"])
    report = sync(workspace)
    assert report.images == {"train": 0, "test": 0}
    assert rules(report).count("no-image-for-xml") == 3


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")
def test_link_loops_and_dead_links_are_survived(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"sub/a.jpg": ["dog"]})
    (workspace.images / "sub" / "loop").symlink_to(workspace.images)
    (workspace.images / "again").symlink_to(workspace.images / "sub")
    (workspace.images / "dead.jpg").symlink_to(tmp_path / "nowhere.jpg")
    for folder in ("", "sub"):
        (workspace.images / folder / "self.jpg").symlink_to("self.jpg")
    assert sync(workspace).findings == sync(make_workspace(tmp_path / "same", {"sub/a.jpg": ["dog"]})).findings
    assert list(records_of(sync(workspace))) == ["sub/a.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")
def test_a_link_to_a_folder_outside_is_said_and_not_followed(tmp_path: Path) -> None:
    photos = make_workspace(tmp_path / "photos", {"b.jpg": ["dog"]}).images
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog"]})
    (workspace.images / "all").symlink_to("/")
    (workspace.images / "more").symlink_to(photos)
    (workspace.images / "c.jpg").symlink_to(photos / "b.jpg")  # a file, as init makes them
    write_xml(workspace.images / "c.xml", "c.jpg", ["dog"])
    report = sync(workspace)
    assert rules(report).count("link-outside") == 2
    assert sorted(records_of(report)) == ["a.jpg", "c.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")
@pytest.mark.parametrize(("target", "is_followed"), [("photos", True), (".", False), ("/", False)])
def test_the_folder_of_images_may_be_a_link_but_not_to_what_holds_the_workspace(
    tmp_path: Path, target: str, is_followed: bool
) -> None:
    make_workspace(tmp_path / "other", {"a.jpg": ["dog"]}).images.rename(tmp_path / "photos")
    workspace = make_workspace(tmp_path / "ws")
    workspace.images.rmdir()
    workspace.images.symlink_to(tmp_path / target)
    report = assess(workspace)
    assert report.images["train"] == is_followed
    assert ("link-outside" in rules(report)) is not is_followed


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are no Unicode")
def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {'a\udcff, "b".jpg': ["dog"], "new\nline.jpg": ["dog"]})
    report = sync(workspace)
    assert sorted(records_of(report)) == sorted(['a\udcff, "b".jpg', "new\nline.jpg"])
    assert not sync(workspace).changed
    assert b"\xff" in workspace.split_csv.read_bytes()


def test_unlabelled_images_are_left_out_and_xml_may_lie_in_annotations(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    add_image(workspace, "a.jpg", None)
    add_image(workspace, "b.jpg", None)
    write_xml(workspace.annotations / "a.xml", "a.jpg", ["dog"])
    report = sync(workspace)
    assert list(records_of(report)) == ["a.jpg"]
    assert report.unlabelled == 1


def test_label_ids_are_append_only(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    assert dict(sync(workspace).label_map) == {"dog": 1}
    add_image(workspace, "c.jpg", ["cat"])
    add_image(workspace, "d.jpg", ["dgo"])
    report = sync(workspace)
    assert dict(report.label_map) == {"dog": 1, "cat": 2, "dgo": 3}
    assert report.new_labels == ("cat", "dgo")
    assert "similar-labels" in rules(report)
    mark_labels_trained(workspace)  # else a label without an object may be dropped: see test_unused_labels
    for path in (*workspace.images.glob("[0-9]*"),):
        path.unlink()
    assert dict(sync(workspace).label_map) == {"dog": 1, "cat": 2, "dgo": 3}


def test_a_closed_label_map(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog", "dgo"], "b.jpg": ["zebra"]})
    with pytest.raises(BoxwrightError, match="closed"):
        sync(workspace, closed_label_map=True)
    workspace.label_map.write_bytes(b"item { id: 4 name: 'dog' }")
    report = sync(workspace, closed_label_map=True)
    unknown = [finding for finding in report.findings if finding.rule == "unknown-label"]
    assert [(finding.file, finding.label) for finding in unknown] == [
        ("images/a.xml", "dgo"),
        ("images/b.xml", "zebra"),
    ]
    assert "'dog'" in unknown[0].advice
    records = records_of(report)
    assert records["a.jpg"]["image/object/class/label"] == [4]
    assert "b.jpg" not in records  # without its object it would teach that a zebra is background
    assert ("images/b.xml", "no-usable-object") in {(finding.file, finding.rule) for finding in report.findings}
    assert workspace.label_map.read_bytes() == b"item { id: 4 name: 'dog' }"


def test_items_that_cannot_be_used_leave_their_objects_out(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog", "cat"]})
    workspace.annotations.mkdir()
    workspace.label_map.write_bytes(b"item { id: 0 name: 'dog' } item { id: 1 name: 'cat' }")
    report = sync(workspace)
    assert "label-map-id" in rules(report)
    assert records_of(report)["a.jpg"]["image/object/class/text"] == [b"cat"]


def test_nothing_changed_opens_no_image(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    make_old(workspace)
    first = sync(workspace)
    opened: list[str] = []
    listening = True

    def listen(event: str, arguments: tuple) -> None:  # an audit hook stays for good; `listening` ends it
        if listening and event == "open" and isinstance(arguments[0], str) and "images" in arguments[0]:
            opened.append(arguments[0])

    sys.addaudithook(listen)
    again = sync(workspace)
    assert opened == []
    assert (again.changed, again.fingerprint, again.objects) == (False, first.fingerprint, first.objects)
    write_xml(workspace.images / "7.xml", "7.jpg", ["cat"])
    opened.clear()
    assert sync(workspace).changed
    assert [Path(path).name for path in opened if path.endswith(".xml")] == ["7.xml"]
    listening = False


def test_check_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog"], "b.jpg": ["cat"]})
    write_xml(workspace.images / "orphan.xml", "", ["dog"])
    looked = assess(workspace)
    assert not workspace.annotations.exists()
    assert looked.findings == sync(workspace).findings
    before = outputs(workspace)
    assess(workspace)
    assert outputs(workspace) == before


def test_a_check_needs_no_cache(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog"]})
    workspace.state.write_bytes(b"")  # mkdir fails, as on a read-only disk, also for an administrator
    assert sum(assess(workspace).images.values()) == 1


def test_a_check_between_does_not_make_a_renamed_image_a_new_one(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    sync(workspace)
    swap = {"train": "test", "test": "train"}
    rows = [line.split(",") for line in workspace.split_csv.read_text().split()[1:]]
    workspace.split_csv.write_text("filename,side\n" + "".join(f"{name},{swap[split]}\n" for name, split in rows))
    sync(workspace)
    for path in workspace.images.iterdir():
        path.rename(path.with_name(f"new-{path.name}"))
    assess(workspace)
    sync(workspace)
    said = dict(line.split(",") for line in workspace.split_csv.read_text().split()[1:])
    assert [said[f"new-{name}"] for name, _ in rows] == [swap[split] for _, split in rows]


def test_a_deep_check_finds_what_the_header_does_not_show(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    data = bytearray(image_bytes(50, kind="PNG", width=64, height=64))
    data[-20] ^= 0xFF  # within the last chunk of pixels
    path = add_image(workspace, "p.png", ["dog"])
    path.write_bytes(data)
    write_xml(path.with_suffix(".xml"), "p.png", ["dog"], width=64, height=64)
    assert "images/p.png" not in {finding.file for finding in assess(workspace).findings}
    assert "images/p.png" in {finding.file for finding in assess(workspace, deep=True).findings}


def test_a_broken_split_or_label_map_stops_with_its_place(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog"]})
    sync(workspace)
    workspace.split_csv.write_bytes(b"image,where\n")
    with pytest.raises(BoxwrightError, match=r"split\.csv, line 1"):
        sync(workspace)
    workspace.split_csv.unlink()
    workspace.label_map.write_bytes(b"item {")
    with pytest.raises(BoxwrightError, match=r"label_map\.pbtxt, line 1"):
        sync(workspace)


def test_the_users_split_is_obeyed(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(6)})
    workspace.annotations.mkdir()
    workspace.split_csv.write_bytes(b"filename,side\r\n1.jpg,test\r\n2.jpg,test\r\n")
    report = sync(workspace)
    test = {key for path in report.records["test"] for key in (_key(record) for record in read_records(path))}
    assert {"1.jpg", "2.jpg"} <= test
    assert workspace.split_csv.read_bytes().startswith(b"filename,side\r\n1.jpg,test\r\n2.jpg,test\r\n0.jpg,")


def _key(record: bytes) -> str:
    return str(decode_example(record)["image/filename"][0], "utf-8")


def test_syncs_at_one_time_take_turns(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(20)})
    reports: list[DatasetReport] = []
    threads = [threading.Thread(target=lambda: reports.append(sync(workspace))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({report.fingerprint for report in reports}) == 1
    assert sum(report.changed for report in reports) == 1


def test_no_tensorflow_is_imported(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"a.jpg": ["dog"]})
    code = (
        "import sys; from boxwright.dataset.sync import sync; from boxwright.workspace import Workspace; "
        "sync(Workspace.at(sys.argv[1])); sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(workspace.root)], check=False).returncode == 0


def test_a_damaged_cache_is_built_again(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    make_old(workspace)
    first = sync(workspace)
    before = outputs(workspace)
    manifest = workspace.state / "manifest.sqlite"
    whole = manifest.read_bytes()
    for damaged in (b"", b"x" * 5000, whole[: len(whole) // 2], whole[:5000] + b"\xff" * 3000 + whole[8000:]):
        manifest.write_bytes(damaged)
        report = sync(workspace)
        assert outputs(workspace) == before
        assert (report.fingerprint, report.findings) == (first.fingerprint, first.findings)
    (workspace.state / "journal.json").write_text('{"kept": [')
    assert sync(workspace).fingerprint == first.fingerprint
    assert not Workspace.at(tmp_path / "ws").pipeline_config.exists()


def test_a_cache_whose_bits_changed_is_not_believed(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    make_old(workspace)
    sync(workspace)
    manifest = workspace.state / "manifest.sqlite"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole.replace(b'"unlabelled": 0', b'"unlabelled": 7'))
    assert manifest.read_bytes() != whole
    assert sync(workspace).unlabelled == 0
    for sound, changed in ((b'["dog", ', b'["dug", '), (b", 12.0,", b", 13.0,")):
        assert sound in whole
        manifest.write_bytes(whole.replace(sound, changed))
        write_xml(workspace.images / "0.xml", "0.jpg", ["dog", "dog"])
        report = sync(workspace)
        rebuilt = clean_copy(workspace, tmp_path / changed.hex())
        assert sync(rebuilt).fingerprint == report.fingerprint
        assert outputs(workspace) == outputs(rebuilt)
