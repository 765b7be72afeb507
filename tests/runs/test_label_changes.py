"""What changed in the labels, against the image that a person would draw of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from boxwright.runs.label_changes import BoxChanges, box_changes, label_changes
from boxwright.runs.labels import LabelledBox
from run_folders import box

boxes = st.lists(
    st.builds(box, st.sampled_from(["disc", "square"]), st.sampled_from([0.1, 0.12, 0.2, 0.5])), max_size=5
)


def test_what_became_of_each_box() -> None:
    assert box_changes([box("disc"), box("disc", 0.5)], [box("disc", 0.5), box("disc")]) == BoxChanges()
    assert box_changes([box("disc")], [box("disc", 0.12)]) == BoxChanges(changed=("disc",))
    assert box_changes([box("disc")], [box("square")]) == BoxChanges(relabelled=(("disc", "square"),))
    assert box_changes([box("disc")], [box("disc", 0.5)]) == BoxChanges(added=("disc",), removed=("disc",))
    # the nearest is the same object, and its own class goes before another at the same place
    assert box_changes([box("disc")], [box("disc", 0.15), box("square", 0.11)]) == BoxChanges(
        added=("disc",), relabelled=(("disc", "square"),)
    )
    assert box_changes([box("disc")], [box("square", 0.12), box("disc", 0.12)]) == BoxChanges(
        added=("square",), changed=("disc",)
    )
    assert box_changes([box("disc")] * 2, [box("disc")] * 3) == BoxChanges(added=("disc",))


@given(boxes, boxes)
def test_every_box_is_counted_once(before: list[LabelledBox], after: list[LabelledBox]) -> None:
    found = box_changes(before, after)
    kept = len(found.changed) + len(found.relabelled)
    assert len(before) - len(found.removed) == len(after) - len(found.added) >= kept
    changes = label_changes({("train", "a"): before}, {("train", "a"): after})
    for row in changes.class_totals().values():
        gained = row["added"] + row["relabelled_to"] - row["removed"] - row["relabelled_from"]
        assert row["after"] - row["before"] == gained


def test_images_come_go_and_change_splits() -> None:
    before = {
        ("train", "gone.png"): [box("disc")],
        ("train", "moved.png"): [box("disc")],
        ("train", "same.png"): [box("square")],
        ("train", "twice.png"): [],
        ("test", "twice.png"): [],
    }
    after = {
        ("train", "new.png"): [],
        ("test", "moved.png"): [box("disc"), box("square", 0.6)],
        ("train", "same.png"): [box("square")],
        ("test", "twice.png"): [],
    }
    changes = label_changes(before, after)
    assert [(change.filename, change.before, change.after) for change in changes.changes] == [
        ("gone.png", "train", None),
        ("moved.png", "train", "test"),
        ("new.png", None, "train"),
        ("twice.png", "train", None),
    ]
    assert changes.images == ({"train": 4, "test": 1}, {"train": 2, "test": 2})
    totals = {"added": 1, "removed": 2, "moved_to_train": 0, "moved_to_test": 1, "other_boxes": 1}
    assert changes.image_totals() == totals
    assert changes.of_split("test")
    assert not label_changes(before, before).changes
    assert not label_changes({}, {("train", "new.png"): []}).of_split("test")
