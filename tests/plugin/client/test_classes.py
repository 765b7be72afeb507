"""Which classes are offered, and in which order."""

from __future__ import annotations

from pathlib import Path

from boxwright_labelimg.client.classes import ClassList, FoundClasses, find_classes
from tiny_workspaces import write_xml

A, B = Path("a"), Path("b")


def test_the_labels_of_annotation_files_are_found_wherever_they_are(tmp_path: Path) -> None:
    write_xml(tmp_path / "photos" / "1.xml", "1.jpg", ["dog", "cat"])
    write_xml(tmp_path / "photos" / "more" / "2.xml", "2.jpg", ["dog"])
    write_xml(tmp_path / "annotations" / "3.xml", "3.jpg", ["fox"])
    write_xml(tmp_path / "photos" / ".hidden" / "4.xml", "4.jpg", ["owl"])
    (tmp_path / "photos" / "5.xml").write_text("<annotation><object>")
    (tmp_path / "photos" / "classes.txt").write_text("owl\n\ndog\n")
    found = find_classes([tmp_path / "photos", tmp_path / "annotations", tmp_path / "gone"])
    assert found.labels == {
        tmp_path / "photos" / "1": frozenset({"dog", "cat"}),
        tmp_path / "photos" / "more" / "2": frozenset({"dog"}),
        tmp_path / "annotations" / "3": frozenset({"fox"}),
    }
    assert found.listed == ("owl", "dog")


def test_numbers_stay_and_the_last_used_comes_first() -> None:
    classes = ClassList(("zebra",))
    classes.take_found(FoundClasses({A: frozenset({"dog", "cat"}), B: frozenset({"dog"})}))
    assert classes.numbered == ("zebra", "dog", "cat"), "given, then by the number of files"
    classes.set_labels(B, ["cat", "ant"])
    classes.use("ant")
    classes.use("cat")
    assert classes.numbered == ("zebra", "dog", "cat", "ant")
    assert classes.recent == ("cat", "ant")


def test_a_class_of_a_file_that_was_edited_meanwhile_is_the_newer_one() -> None:
    classes = ClassList()
    classes.set_labels(A, ["dog"])
    classes.take_found(FoundClasses({A: frozenset({"dgo"})}))
    assert classes.numbered == ("dog",)


def test_a_corrected_typo_is_not_offered_until_it_is_used_again() -> None:
    classes = ClassList()
    classes.set_labels(A, ["dgo"])
    classes.use("dgo")
    classes.take_dataset(("dgo", "dog"))
    classes.set_labels(A, ["dog"])
    assert (classes.numbered, classes.recent) == (("dog",), ())
    classes.take_dataset(("dgo", "dog"))  # it has not followed yet
    assert classes.numbered == ("dog",)
    classes.set_labels(A, ["dgo"])
    assert classes.numbered == ("dgo",)


def test_classes_that_were_given_stay_without_a_box() -> None:
    classes = ClassList(("dog",))
    classes.set_labels(A, ["dog"])
    classes.set_labels(A, [])
    assert classes.numbered == ("dog",)
