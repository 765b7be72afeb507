"""A table that caches its lines equals the table made from nothing."""

from __future__ import annotations

import pytest

from boxwright.annotations.model import Box
from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.scan import FileStat
from boxwright.dataset.store.table_csv import rows_to_csv
from boxwright.dataset.store.tables import TableCache, images_of, rows_of


def entry(key: str, *labels: str, xmin: float = 1.0) -> Entry:
    boxes = tuple(Box(label, xmin, 2.5, 30.0, 40.0) for label in labels)
    image = ImageInfo(FileStat(0, 0, 0, 0), width=64, height=48)
    return Entry(key, f"images/{key}.xml", image, boxes, tuple(1 for _ in boxes), f"{key} {labels} {xmin}")


ODD_NAMES = ["a.jpg", "b,c.jpg", 'd"e.jpg', "f\ng.jpg", "h\ri.jpg", "j\u2028k.jpg", "test/l.jpg", "m\x85.jpg"]


@pytest.mark.parametrize("split", ["train", "test"])
def test_cached_lines_are_lines_made_from_nothing(split: str) -> None:
    cache = TableCache()
    first = [entry(name, "dog", "cat") for name in ODD_NAMES]
    second = [entry("0.jpg", "x\ny"), entry("a.jpg", "dog", xmin=3.0), entry("b,c.jpg"), *first[2:5], first[7]]
    for entries in (first, [], first[1:], second, first[:3]):
        assert cache.text(split, entries) == rows_to_csv(rows_of(images_of(split, entries)))


def test_only_new_lines_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = TableCache()
    entries = [entry(f"{i}.jpg", "dog") for i in range(20)]
    cache.text("train", entries)
    made: list[int] = []
    monkeypatch.setattr(
        "boxwright.dataset.store.tables.rows_to_csv", lambda rows: made.append(len(rows)) or rows_to_csv(rows)
    )
    cache.text("train", [*entries[:5], entry("5.jpg", "cat", "cat"), *entries[6:]])
    assert made == [2]
