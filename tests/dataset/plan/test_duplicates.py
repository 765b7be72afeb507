"""Near-identical images share a split, long clips are cut, and contradictory annotations are reported."""

from __future__ import annotations

from boxwright.annotations.model import Box
from boxwright.dataset.plan.duplicates import check_duplicates, shared_splits
from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.scan import FileStat

CUP, CAT = Box("cup", 1, 2, 30, 40), Box("cat", 5, 5, 20, 20)


def entry(key: str, content: str, *boxes: Box) -> Entry:
    image = ImageInfo(FileStat(0, 0, 0, 0), content, 100, 80)
    return Entry(key, f"images/{key.removesuffix('.jpg')}.xml", image, boxes, (1,) * len(boxes), "")


def test_a_group_is_named_by_its_contents_not_by_its_files() -> None:
    contents = {f"{name}.jpg": f"hash {name}" for name in "abcdefghij"}
    named = shared_splits([("b.jpg", "d.jpg"), ("f.jpg", "g.jpg", "h.jpg")], contents, 0.2)
    assert named == {
        **dict.fromkeys(("b.jpg", "d.jpg"), "near hash b"),
        **dict.fromkeys(("f.jpg", "g.jpg", "h.jpg"), "near hash f"),
    }


def test_a_clip_that_leaves_the_test_split_too_few_images_is_cut_in_runs() -> None:
    frames = [f"{number:02d}.jpg" for number in range(30)]
    named = shared_splits([frames], {frame: frame for frame in frames}, 0.2)
    runs = [[frame for frame in frames if named[frame] == name] for name in dict.fromkeys(named.values())]
    assert [len(run) for run in runs] == [6] * 5
    assert [frame for run in runs for frame in run] == frames
    others = {f"other {number}": f"other {number}" for number in range(8)}
    whole = shared_splits([frames], {**{frame: frame for frame in frames}, **others}, 0.2)
    assert len(set(whole.values())) == 1


def test_near_identical_images_in_both_splits_are_one_finding() -> None:
    entries = {
        "train": [entry("a.jpg", "1", CUP), entry("b.jpg", "2", CUP)],
        "test": [entry("c.jpg", "3", CUP), entry("d.jpg", "4", CUP), entry("e.jpg", "5", CUP)],
    }
    (finding,) = check_duplicates(entries, [("a.jpg", "c.jpg"), ("b.jpg", "d.jpg"), ("e.jpg", "gone.jpg")])
    assert (finding.rule, finding.value) == ("near-identical-images-in-both-splits", "2 images")
    assert "images/c.jpg and images/a.jpg; images/d.jpg and images/b.jpg" in finding.message


def test_identical_images_in_both_splits_are_named_once() -> None:
    entries = {"train": [entry("a.jpg", "1", CUP)], "test": [entry("c.jpg", "1", CUP)]}
    (finding,) = check_duplicates(entries, [("a.jpg", "c.jpg")])
    assert (finding.rule, finding.file, finding.value) == (
        "duplicate-image-in-both-splits",
        "images/c.jpg",
        "images/a.jpg",
    )


def test_identical_images_with_other_boxes_are_reported_in_one_split_too() -> None:
    entries = {
        "train": [entry("a.jpg", "1", CUP, CAT), entry("b.jpg", "1", CUP), entry("c.jpg", "1", CAT, CUP)],
        "test": [],
    }
    (finding,) = check_duplicates(entries, [])
    assert (finding.rule, finding.file, finding.value) == (
        "identical-images-other-boxes",
        "images/b.xml",
        "images/a.xml",
    )
    assert "only the first has cat (5, 5, 20, 20)" in finding.message


def test_what_differs_between_two_annotations_is_named_in_both_directions_and_kept_short() -> None:
    many = [Box("cat", number, 1, number + 9, 9) for number in range(7)]
    entries = {"train": [entry("a.jpg", "1", CUP), entry("b.jpg", "1", *many)], "test": []}
    (finding,) = check_duplicates(entries, [])
    assert "only the first has cup (1, 2, 30, 40); only the second has cat (0, 1, 9, 9)" in finding.message
    assert finding.message.endswith("and 4 more")
