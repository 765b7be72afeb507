"""Splits are stable, balanced, and shared by identical and near-identical images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.dataset.plan.split import SplitImage, append_rows, assign_splits, parse_split
from boxwright.errors import BoxwrightError


def _image(number: int, labels: str, key: str = "") -> SplitImage:
    # the content hash decides: numbers that a multiplication spreads stand in for SHA-256
    return SplitImage(key or f"{number}.jpg", f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}", frozenset(labels))


def _lacking(images: list[SplitImage], splits: dict[str, str]) -> int:
    classes = {label for image in images for label in image.labels}
    return sum(
        not any(label in image.labels and splits[image.key] == split for image in images)
        for label in classes
        for split in ("train", "test")
    )


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sets(st.sampled_from("ABC"), max_size=2)), max_size=30),
    st.integers(0, 30),
)
def test_no_image_changes_its_split_as_the_dataset_grows(drawn: list[tuple[int, set[str]]], cut: int) -> None:
    images = [_image(number, "".join(labels), f"{i}.jpg") for i, (number, labels) in enumerate(drawn)]
    first = assign_splits(images[:cut], {})
    both = assign_splits(images, first)
    assert {key: both[key] for key in first} == first
    by_content: dict[str, set[str]] = {}
    for image in images:
        by_content.setdefault(image.sha256, set()).add(both[image.key])
    assert all(len(splits) == 1 for splits in by_content.values())


def _tests(splits: dict[str, str]) -> int:
    return sum(split == "test" for split in splits.values())


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7, 10, 12, 19, 20, 50, 99, 1000, 5000])
def test_the_share_of_one_class_is_exact_to_one_image(number: int) -> None:
    assert abs(_tests(assign_splits([_image(i, "A") for i in range(number)], {})) - max(1.0, number / 5)) < 1


@given(st.lists(st.sets(st.sampled_from("ABCDE"), max_size=3), min_size=5, max_size=80), st.integers(1, 80))
def test_the_share_holds_for_any_classes_also_as_the_set_grows(drawn: list[set[str]], cut: int) -> None:
    images = [_image(number + 1, "".join(sorted(labels))) for number, labels in enumerate(drawn)]
    at_once = assign_splits(images, {})
    assert abs(_tests(at_once) - len(images) / 5) <= 1
    grown = assign_splits(images, assign_splits(images[:cut], {}))
    assert abs(_tests(grown) - len(images) / 5) <= 1


@given(st.lists(st.sampled_from("ABC"), min_size=5, max_size=60))
def test_the_share_holds_for_someone_who_labels_one_image_after_the_other(drawn: list[str]) -> None:
    images: list[SplitImage] = []
    table: dict[str, str] = {}
    for number, label in enumerate(drawn):
        images.append(_image(number + 1, label))
        table = assign_splits(images, table)
        if len(images) > 1:
            assert abs(_tests(table) - max(1.0, len(images) / 5)) <= 1


def test_each_class_has_its_share() -> None:
    images = [_image(number + 1, "A" * (number % 2 == 0) + "B" * (number % 3 == 0) + "C") for number in range(600)]
    splits = assign_splits(images, {})
    for label in "ABC":
        of_class = [splits[image.key] for image in images if label in image.labels]
        assert abs(of_class.count("test") - len(of_class) / 5) <= 2


def test_a_class_of_few_images_is_in_both_splits_where_the_total_allows() -> None:
    images = [_image(number + 1, "A") for number in range(40)] + [_image(number + 100, "B") for number in range(2)]
    splits = assign_splits(images, {})
    assert {splits[image.key] for image in images if "B" in image.labels} == {"train", "test"}
    assert _lacking(images, splits) == 0


@given(st.lists(st.integers(1, 6), min_size=8, max_size=30))
def test_groups_of_near_identical_images_share_a_split_and_the_share_still_holds(sizes: list[int]) -> None:
    images = [
        SplitImage(f"{group}-{number}.jpg", f"{group:03d}{number:013d}", frozenset("A"), f"group {group}")
        for group, size in enumerate(sizes)
        for number in range(size)
    ]
    splits = assign_splits(images, {})
    for group, size in enumerate(sizes):
        assert len({splits[f"{group}-{number}.jpg"] for number in range(size)}) == 1
    assert abs(_tests(splits) - len(images) / 5) <= max(sizes)


def test_a_new_near_identical_image_joins_the_one_that_has_a_split() -> None:
    old = SplitImage("a.jpg", "0" * 16, frozenset("A"), "group")
    new = SplitImage("b.jpg", "f" * 16, frozenset("A"), "group")
    for split in ("train", "test"):
        assert assign_splits([old, new], {"a.jpg": split}) == {"a.jpg": split, "b.jpg": split}


def test_order_does_not_matter() -> None:
    images = [_image(number, "AB"[number % 2]) for number in range(40)]
    assert assign_splits(images, {}) == assign_splits(images[::-1], {})


def test_folders_are_the_split() -> None:
    images = [_image(1, "A", "train/x.jpg"), _image(2, "A", "test/y.jpg"), _image(2, "A", "z.jpg")]
    splits = assign_splits(images, {"train/x.jpg": "test"})
    assert splits == {"train/x.jpg": "train", "test/y.jpg": "test", "z.jpg": "test"}
    capitals = [_image(number, "A", f"{'Train' if number % 2 else 'TEST'}/{number}.jpg") for number in range(12)]
    assert assign_splits(capitals, {}) == {image.key: image.key.partition("/")[0].lower() for image in capitals}


def test_a_renamed_image_keeps_its_side() -> None:
    image = _image(5, "A", "new.jpg")
    for split in ("train", "test"):
        assert assign_splits([image], {"old.jpg": split}, former={"old.jpg": image.sha256}) == {"new.jpg": split}


@pytest.mark.parametrize(
    "data",
    [
        b"filename,side\na.jpg,train\nsub/b.jpg,test\n",
        b"\xef\xbb\xbffilename;side\r\na.jpg;Train\r\nsub\\b.jpg; test\r\n",
        b'side,note,filename\ntrain,"x, y",a.jpg\n\ntest,,sub/b.jpg',
        b"filename,side\na.jpg,test\na.jpg,train\nsub/b.jpg,test",
    ],
)
def test_tables_as_people_and_spreadsheets_write_them(data: bytes) -> None:
    table = parse_split(data, file="split.csv")
    assert (table.splits["a.jpg"], table.splits["sub/b.jpg"]) == ("train", "test")
    appended = append_rows(data, {"c, d.jpg": "test"}, table.delimiter)
    assert appended.startswith(data)
    assert parse_split(appended, file="split.csv").splits == {**table.splits, "c, d.jpg": "test"}


def test_the_column_may_be_called_split() -> None:
    data = b"Split;filename\ntest;a.jpg\n"
    table = parse_split(data, file="split.csv")
    assert table.splits == {"a.jpg": "test"}
    assert append_rows(data, {"b.jpg": "train"}, table.delimiter) == data + b"train;b.jpg\n"


def test_of_very_many_bad_rows_most_are_counted() -> None:
    data = b"filename,side\n" + b"".join(b"p%d.jpg,neither\n" % number for number in range(3000)) + b"good.jpg,test\n"
    table = parse_split(data, file="split.csv")
    assert [finding.rule for finding in table.findings] == ["split-value"] * 100 + ["split-further-rows"]
    assert table.findings[-1].value == "2,900 rows"
    assert table.splits == {"good.jpg": "test"}


def test_bad_rows_are_findings() -> None:
    table = parse_split(b"filename,side\na.jpg,tset\nb.jpg,test\nb.jpg,train\n", file="split.csv")
    assert [(finding.rule, finding.value, finding.message[:14]) for finding in table.findings] == [
        ("split-value", "tset", "Line 2 (a.jpg)"),
        ("split-twice", "train", "Line 4 (b.jpg)"),
    ]
    assert table.splits == {"b.jpg": "train"}


@pytest.mark.parametrize("data", [b"a.jpg,train\n", b"\x00\x01\x02"])
def test_what_is_no_split_is_an_error(data: bytes) -> None:
    with pytest.raises(BoxwrightError, match=r"split\.csv, line 1"):
        parse_split(data, file="split.csv")


def test_an_open_quote_and_utf16_are_errors() -> None:
    with pytest.raises(BoxwrightError, match=r"split\.csv, line 3: the row cannot be read"):
        parse_split(b'filename,side\n"a.jpg,test\nb.jpg,train\n', file="split.csv")
    with pytest.raises(BoxwrightError, match=r"UTF-16"):
        parse_split("filename\tside\na.jpg\ttest\n".encode("utf-16"), file="split.csv")


@given(
    st.dictionaries(st.text(min_size=1).filter(lambda name: name.strip() == name), st.sampled_from(("train", "test")))
)
def test_every_name_comes_back(rows: dict[str, str]) -> None:
    rows = {name: split for name, split in rows.items() if "\0" not in name and max(name) < "\ud800"}
    assert parse_split(append_rows(b"", rows), file="split.csv").splits.items() >= rows.items()
