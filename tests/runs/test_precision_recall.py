"""Precision, recall and confusion from verdicts."""

from __future__ import annotations

from boxwright.runs.precision_recall import CurvePoint, confusion, precision_recall
from boxwright.runs.verdicts import JudgedDetection, JudgedImage, JudgedObject, Verdict, VerdictsRecord

EDGES = (0.0, 0.0, 9.0, 9.0)


def found(label: str, score: float, verdict: Verdict, object_label: str = "") -> JudgedDetection:
    return JudgedDetection(label, score, *EDGES, verdict.value, 0.8, object_label)


RECORD = VerdictsRecord(
    "model.ckpt-5",
    5,
    0.5,
    0.05,
    (
        JudgedImage(
            "a.jpg",
            60,
            40,
            (
                JudgedObject("dog", *EDGES, found_score=0.9),
                JudgedObject("dog", *EDGES),
                JudgedObject("cat", *EDGES, difficult=True),
            ),
            (
                found("dog", 0.9, Verdict.CORRECT, "dog"),
                found("cat", 0.8, Verdict.WRONG_CLASS, "dog"),
                found("dog", 0.7, Verdict.FALSE_POSITIVE),
                found("dog", 0.7, Verdict.POOR_LOCALIZATION, "dog"),
                found("cat", 0.6, Verdict.IGNORED, "cat"),
            ),
        ),
    ),
)


def test_a_point_counts_everything_that_scores_as_much() -> None:
    (dog,) = precision_recall(RECORD)  # the only cat is difficult
    assert (dog.label, dog.objects) == ("dog", 2)
    assert dog.points == (CurvePoint(0.9, 1.0, 0.5), CurvePoint(0.7, 1 / 3, 0.5))
    assert dog.at(0.8) == dog.points[0]
    assert dog.at(0.95) is None


def test_classes_that_are_taken_for_another_are_counted() -> None:
    found = confusion(RECORD, 0.5)
    assert found.labels == ("cat", "dog")
    assert found.counts == ((0, 0), (1, 1))
    assert found.missed == (0, 1)
    assert found.spurious == (0, 2)
    assert confusion(RECORD, {"dog": 0.8, "cat": 0.9}).counts == ((0, 0), (0, 1))
    assert confusion(RECORD, {"dog": 0.8, "cat": 0.9}).spurious == (0, 0)
