"""Verdicts against the metric that they explain, against a second implementation, and on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.evaluation.pascal_voc import _judge, has_area
from boxwright.evaluation.scored_image import ScoredImage
from boxwright.evaluation.verdicts import MIN_SCORE, advised_scores, judge
from boxwright.runs.verdicts import Counts, Verdict, VerdictsRecord

LABELS = {1: "cat", 2: "dog"}
WIDTH, HEIGHT = 300, 200
Box = tuple[float, float, float, float]

A, B = (0.1, 0.1, 0.5, 0.5), (0.6, 0.6, 0.9, 0.9)
A_SHIFTED = (0.1, 0.3, 0.5, 0.7)  # IoU 1/3 with A
A_NEARLY = (0.1, 0.1, 0.5, 0.48)


def scored(truth: list[tuple[Box, int, bool]], found: list[tuple[Box, int, float]], name: str = "a.jpg") -> ScoredImage:
    return ScoredImage(
        name,
        HEIGHT,
        WIDTH,
        gt_boxes=np.array([box for box, *_ in truth], np.float32).reshape(-1, 4),
        gt_classes=np.array([number for _, number, _ in truth], np.int32),
        gt_difficult=np.array([difficult for *_, difficult in truth], bool),
        boxes=np.array([box for box, *_ in found], np.float32).reshape(-1, 4),
        scores=np.array([score for *_, score in found], np.float32),
        classes=np.array([number for _, number, _ in found], np.int32),
    )


def judged(*images: ScoredImage) -> VerdictsRecord:
    return judge(images, LABELS, checkpoint="model.ckpt-5", step=5)


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        ([(A, 1, False)], [(A_NEARLY, 1, 0.9)], [Verdict.CORRECT]),
        ([(A, 1, False)], [(A_NEARLY, 1, 0.9), (A, 1, 0.8)], [Verdict.CORRECT, Verdict.DUPLICATE]),
        ([(A, 1, False)], [(A, 2, 0.9)], [Verdict.WRONG_CLASS]),
        ([(A, 1, False)], [(A_SHIFTED, 1, 0.9)], [Verdict.POOR_LOCALIZATION]),
        ([(A, 1, False)], [(A_SHIFTED, 2, 0.9)], [Verdict.FALSE_POSITIVE]),
        ([(A, 1, False)], [(B, 1, 0.9)], [Verdict.FALSE_POSITIVE]),
        ([], [(B, 1, 0.9)], [Verdict.FALSE_POSITIVE]),
        ([(A, 1, True)], [(A, 1, 0.9), (A, 1, 0.8)], [Verdict.IGNORED, Verdict.IGNORED]),
        ([(A, 1, True)], [(A, 2, 0.9)], [Verdict.FALSE_POSITIVE]),
        ([(A, 3, False)], [(A, 3, 0.9), (A, 1, 0.8)], [Verdict.FALSE_POSITIVE]),
        ([(A, 1, False)], [((0.1, 0.1, 0.1, 0.5), 1, 0.9)], []),
        ([(A, 1, False)], [(A, 1, MIN_SCORE - 0.01)], []),
    ],
    ids=[
        "correct", "duplicate", "wrong class", "poor localization", "neither class nor place", "background", "negative",
        "difficult", "another class on a difficult one", "class that is not known", "no area", "below the least score",
    ],
)  # fmt: skip
def test_each_kind_of_verdict(
    truth: list[tuple[Box, int, bool]], found: list[tuple[Box, int, float]], expected: list[Verdict]
) -> None:
    (image,) = judged(scored(truth, found)).images
    assert [detection.verdict for detection in image.detections] == [verdict.value for verdict in expected]


def test_boxes_are_in_pixels_and_say_what_they_were_compared_with() -> None:
    (image,) = judged(scored([(A, 1, False)], [(A, 2, 0.75)])).images
    assert (image.name, image.width, image.height) == ("a.jpg", WIDTH, HEIGHT)
    (detection,) = image.detections
    assert (detection.xmin, detection.ymin, detection.xmax, detection.ymax) == (30, 20, 150, 100)
    assert (detection.score, detection.iou, detection.object_label) == (0.75, 1.0, "cat")
    assert image.objects[0].found_score is None


EDGES = st.lists(st.integers(0, 10), min_size=4, max_size=4).map(
    lambda e: (min(e[0], e[1]) / 10, min(e[2], e[3]) / 10, max(e[0], e[1]) / 10, max(e[2], e[3]) / 10)
)
SCORES = st.integers(0, 100).map(lambda score: score / 100)
IMAGES = st.lists(
    st.builds(
        scored,
        st.lists(st.tuples(EDGES, st.integers(1, 3), st.booleans()), max_size=5),
        st.lists(st.tuples(EDGES, st.integers(1, 3), SCORES), max_size=8),
    ),
    max_size=4,
)


@given(IMAGES, st.sampled_from([0.05, 0.3, 0.5, 0.77]))
def test_the_counts_are_the_metrics(images: list[ScoredImage], min_score: float) -> None:
    counts = judged(*images).counts(min_score)
    for number, label in LABELS.items():
        correct = false = objects = 0
        for image in images:
            of_class = image.gt_classes == number
            found = (image.classes == number) & has_area(image.boxes) & (image.scores.astype(np.float64) >= min_score)
            order = np.argsort(-image.scores[found], kind="stable")
            truth, difficult = image.gt_boxes[of_class], image.gt_difficult[of_class]
            _, is_true = _judge(image.boxes[found][order], image.scores[found][order], truth, difficult, 0.5)
            correct, false = correct + int(is_true.sum()), false + int((~is_true).sum())
            objects += int((~difficult).sum())
        assert counts.get(label, Counts()) == Counts(correct, false, objects - correct)


def overlap(first: Box, second: Box) -> float:
    """Intersection over union by plain arithmetic."""
    height = min(first[2], second[2]) - max(first[0], second[0])
    width = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(height, 0.0) * max(width, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return shared / (sum(areas) - shared) if sum(areas) > shared else 0.0


def second_implementation(image: ScoredImage) -> list[Verdict]:
    """Judge with loops, one detection at a time, from the definitions in the documentation."""
    objects = [
        (tuple(box), number, difficult)
        for box, number, difficult in zip(
            image.gt_boxes.tolist(), image.gt_classes.tolist(), image.gt_difficult.tolist(), strict=True
        )
    ]
    rows = zip(image.boxes.tolist(), image.classes.tolist(), image.scores.tolist(), strict=True)
    found_before: set[int] = set()
    verdicts = []
    for box, number, score in sorted(rows, key=lambda row: -row[2]):
        if number not in LABELS or score < MIN_SCORE or box[0] >= box[2] or box[1] >= box[3]:
            continue
        own = [(overlap(box, other[0]), -n) for n, other in enumerate(objects) if other[1] == number]
        others = [overlap(box, o[0]) for o in objects if o[1] != number and o[1] in LABELS and not o[2]]
        best, at = max(own, default=(0.0, 1))
        if best >= 0.5 and objects[-at][2]:
            verdicts.append(Verdict.IGNORED)
        elif best >= 0.5:
            verdicts.append(Verdict.DUPLICATE if -at in found_before else Verdict.CORRECT)
            found_before.add(-at)
        elif max(others, default=0.0) >= 0.5:
            verdicts.append(Verdict.WRONG_CLASS)
        else:
            verdicts.append(Verdict.POOR_LOCALIZATION if best >= 0.1 else Verdict.FALSE_POSITIVE)
    return verdicts


def is_decided(image: ScoredImage) -> bool:
    """Return whether no overlap lies so near a threshold, or another one, that rounding decides."""
    for box in image.boxes.tolist():
        overlaps = [overlap(box, other) for other in image.gt_boxes.tolist()]
        marks = [0.1, 0.5]
        if any(abs(one - mark) < 1e-5 for one in overlaps for mark in marks):
            return False
        if any(0 < abs(one - other) < 1e-5 for one in overlaps for other in overlaps):
            return False
    return True


@given(IMAGES)
def test_a_second_implementation_gives_the_same_verdicts(images: list[ScoredImage]) -> None:
    for image in filter(is_decided, images):
        (verdicts,) = judged(image).images
        expected = [verdict.value for verdict in second_implementation(image)]
        assert [detection.verdict for detection in verdicts.detections] == expected


@given(IMAGES)
def test_no_other_score_gives_a_better_f1_than_the_advised_one(images: list[ScoredImage]) -> None:
    record = judged(*images)
    every_score = {detection.score for image in record.images for detection in image.detections}
    for label, (score, f1) in advised_scores(record).items():
        assert MIN_SCORE <= score <= 1
        assert record.counts(score)[label].f1 == pytest.approx(f1)
        assert all(record.counts(other)[label].f1 <= f1 + 1e-9 for other in every_score)


def test_the_advised_score_lies_between_the_last_right_and_the_first_wrong_detection() -> None:
    found = [(A, 1, 0.8), (B, 1, 0.4)]
    assert advised_scores(judged(scored([(A, 1, False)], found))) == {"cat": (pytest.approx(0.6, abs=1e-3), 1.0)}
    assert advised_scores(judged(scored([(A, 1, False)], []))) == {}
