"""Very many files cost little each: 100,000 empty ones are a report in seconds, under 150 MB."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.cache.rows import ANNOTATIONS, CacheRow
from boxwright.dataset.sources.file_info import AnnotationInfo, read_annotation_info
from boxwright.dataset.sources.matching import Reference, pair
from boxwright.dataset.sources.scan import FileStat

FILES = 5000


def peak(work: Callable[[], object]) -> float:
    """Return the most bytes a file that were allocated at one time beyond those before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / FILES
    finally:
        tracemalloc.stop()


def test_finding_images_takes_less_than_a_kilobyte_an_image() -> None:
    images = [f"images/photo number {number}.jpg" for number in range(FILES)]
    assert peak(lambda: pair(images, {"images/other.xml": Reference()})) < 700  # 1,700 with a list for each name


def test_rows_are_written_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.xml").touch()
    info = read_annotation_info(str(tmp_path / "a.xml"))
    rows = {f"images/{number}.xml": CacheRow(info, trusted=True) for number in range(FILES)}
    manifest = Manifest(tmp_path / "manifest.sqlite")
    manifest.save(meta={"a": "b"})
    assert peak(lambda: manifest.save_rows(ANNOTATIONS, rows)) < 200  # 900 as a list
    assert Manifest(tmp_path / "manifest.sqlite").rows(ANNOTATIONS) == rows


def test_equal_files_share_what_is_equal(tmp_path: Path) -> None:
    infos: list[AnnotationInfo] = []
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).touch()
        status = FileStat.of((tmp_path / name).stat())
        infos.append(read_annotation_info(str(tmp_path / name), status))
        assert infos[-1].stat is status
    assert infos[0].finding is infos[1].finding
