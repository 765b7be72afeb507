"""Cache rows are read as they were written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.annotations.model import Annotation, Box
from boxwright.dataset.cache.manifest import Manifest, WrittenFile
from boxwright.dataset.cache.rows import ANNOTATIONS, IMAGES, CacheRow
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo, read_annotation_info, read_image_info
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Finding
from tiny_workspaces import add_image, make_workspace

STAT = FileStat(1, 2, 3, 4)
_text = st.text(max_size=8)
_findings = st.builds(
    Finding, rule=_text, object_number=st.none() | st.integers(1, 9), label=_text, message=_text, advice=_text
)
_edge = st.floats(allow_nan=False, allow_infinity=False)
_boxes = st.builds(Box, _text, _edge, _edge, _edge, _edge, st.booleans(), st.booleans(), _text | st.just("Unspecified"))
_size = st.none() | st.integers(0, 9999)
_annotations = st.builds(
    Annotation,
    _text,
    _size,
    _size,
    st.lists(_boxes, max_size=3).map(tuple),
    st.booleans(),
    st.lists(_findings, max_size=2).map(tuple),
)
_infos = st.builds(AnnotationInfo, st.just(STAT), st.none() | _annotations, st.none() | _findings)
_images = st.builds(
    ImageInfo,
    st.just(STAT),
    _text,
    st.integers(0, 99),
    st.integers(0, 99),
    st.sampled_from(["jpeg", "png", ""]),
    _text,
    st.integers(0, 1 << 40),
    _text,
    st.none() | _findings,
)


@given(_infos)
def test_annotations_come_back(info: AnnotationInfo) -> None:
    assert ANNOTATIONS.decode(STAT, ANNOTATIONS.encode(info)) == info


@given(_images)
def test_images_come_back(info: ImageInfo) -> None:
    assert IMAGES.decode(STAT, IMAGES.encode(info)) == info


def test_what_real_files_say_comes_back_from_the_disk(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    image = add_image(workspace, "a.jpg", ["dog", "cat"])
    images = {"images/a.jpg": CacheRow(read_image_info(str(image), appearances={}), trusted=True)}
    annotations = {"images/\udcff.xml": CacheRow(read_annotation_info(str(image.with_suffix(".xml"))), trusted=False)}
    Manifest(tmp_path / "m.sqlite").save(images=images, annotations=annotations)
    again = Manifest(tmp_path / "m.sqlite")
    assert again.rows_at(IMAGES, ["images/a.jpg", "other"]) == images
    assert (again.rows(IMAGES), again.rows(ANNOTATIONS)) == (images, annotations)
    changed = {"images/a.jpg": CacheRow(images["images/a.jpg"].info, trusted=False)}
    again.save_rows(IMAGES, changed)
    assert again.rows(IMAGES) == again.rows_at(IMAGES, changed) == Manifest(again.path).rows(IMAGES) == changed
    again.save(annotations={})
    assert Manifest(again.path).rows(ANNOTATIONS) == {}


def test_rows_of_another_version_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = Manifest(tmp_path / "m.sqlite")
    written = {"train.record": WrittenFile(3, "digest", "print", {"a": (0, 3)}, STAT)}
    with monkeypatch.context() as patch:
        patch.setattr("boxwright.dataset.cache.rows.json.dumps", lambda content: "[1, 2]")
        manifest.save(images={"a": CacheRow(ImageInfo(STAT), trusted=True)})
    manifest.save(written=written)
    again = Manifest(tmp_path / "m.sqlite")
    assert again.rows(IMAGES) == {}
    assert again.written == written  # so that the records are still known to be Boxwright's


def test_the_form_of_a_written_file_before_is_read() -> None:
    content = json.loads('[7, "digest", "print", [["a", 0, 3], ["b", 3, 4]]]')
    written = WrittenFile.from_json(content, STAT)
    assert written == WrittenFile(7, "digest", "print", {"a": (0, 3), "b": (3, 4)}, STAT)
    assert WrittenFile.from_json(json.loads(json.dumps(written.to_json())), STAT) == written
