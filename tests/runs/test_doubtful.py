"""doubtful.json: what a model contradicts, most suspicious first; read as it was written, from strangers too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boxwright.runs.doubtful import (
    DOUBTFUL_FILE,
    DoubtfulLabel,
    DoubtfulRecord,
    DoubtKind,
    doubtful_labels,
    read_doubtful,
    write_doubtful,
)
from boxwright.runs.verdicts import JudgedDetection, JudgedImage, JudgedObject, VerdictsRecord
from boxwright.workflow.doubtful import DOUBT_KINDS

A, ELSEWHERE = (0.0, 0.0, 100.0, 100.0), (200.0, 0.0, 300.0, 100.0)
A_LOOSELY = (0.0, 0.0, 100.0, 200.0)  # IoU 0.5 with A
A_BARELY = (80.0, 0.0, 180.0, 100.0)  # IoU 0.11 with A


def found(label: str, box: tuple[float, float, float, float], score: float) -> JudgedDetection:
    return JudgedDetection(label, score, *box, verdict="")  # verdicts are of the metric; doubts are not


def doubts(objects: list[JudgedObject], detections: list[JudgedDetection]) -> list[tuple[str, str, float]]:
    record = VerdictsRecord("x", 1, 0.5, 0.05, (JudgedImage("a.jpg", 300, 200, tuple(objects), tuple(detections)),))
    return [(one.kind, one.label, one.suspicion) for one in doubtful_labels(record)]


@pytest.mark.parametrize(
    ("objects", "detections", "expected"),
    [
        ([JudgedObject("dog", *A)], [found("dog", A, 0.9)], []),
        ([], [found("dog", A, 0.9)], [("missing box", "dog", 0.9)]),
        ([JudgedObject("dog", *A)], [found("dog", ELSEWHERE, 0.8)], [("missing box", "dog", 0.8)]),
        ([JudgedObject("dog", *A)], [found("dog", A, 0.9), found("dog", A_BARELY, 0.7)], [("missing box", "dog", 0.7)]),
        ([], [found("dog", A, 0.9), found("cat", A, 0.8)], [("missing box", "dog", 0.9)]),
        ([JudgedObject("dog", *A)], [found("cat", A, 0.8)], [("wrong class", "cat", 0.8)]),
        ([JudgedObject("dog", *A)], [found("cat", A, 0.8), found("dog", A, 0.5)], [("wrong class", "cat", 0.3)]),
        ([JudgedObject("dog", *A)], [found("cat", A, 0.6), found("dog", A, 0.7)], []),
        ([JudgedObject("dog", *A)], [found("dog", A_LOOSELY, 0.9)], [("loose box", "dog", 0.3)]),
        ([JudgedObject("dog", *A)], [found("dog", A_LOOSELY, 0.9), found("dog", A, 0.5)], []),
        ([JudgedObject("dog", *A, difficult=True)], [found("cat", A, 0.9)], []),
        ([], [found("dog", A, 0.09)], []),
    ],
    ids=[
        "right", "negative", "beside", "touching", "twice at one place", "other class", "unsure of the class",
        "own class is likelier", "loose", "another box is tight", "difficult", "hardly suspicious",
    ],
)  # fmt: skip
def test_what_the_model_contradicts(
    objects: list[JudgedObject], detections: list[JudgedDetection], expected: list[tuple[str, str, float]]
) -> None:
    assert doubts(objects, detections) == expected


def test_the_most_suspicious_comes_first_whatever_its_kind() -> None:
    said = doubts([JudgedObject("dog", *A)], [found("cat", A, 0.8), found("dog", ELSEWHERE, 0.9)])
    assert [kind for kind, *_ in said] == [
        "missing box",
        "wrong class",
    ]
    assert tuple(kind.value for kind in DoubtKind) == DOUBT_KINDS


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    label = DoubtfulLabel(DoubtKind.LOOSE_BOX.value, "a.jpg", "dog", 0.3, 0.9, A_LOOSELY, "dog", A)
    missing = DoubtfulLabel(DoubtKind.MISSING_BOX.value, "ü.jpg", "dog", 0.2, 0.2, A)
    record = DoubtfulRecord("model.ckpt-5", 5, 3, 2, (label, missing))
    assert read_doubtful(tmp_path) is None
    assert read_doubtful(write_doubtful(tmp_path, record).parent) == record


def test_a_strangers_file_leads_nowhere(tmp_path: Path) -> None:
    away = DoubtfulLabel("missing box", "../../secret.jpg", "dog", 0.3, 0.9, A)
    write_doubtful(tmp_path, DoubtfulRecord("x", 1, 0, 1, (away,)))
    assert read_doubtful(tmp_path) == DoubtfulRecord("x", 1, 0, 1)
    for text in ("[]", "{", json.dumps({"version": 99})):
        (tmp_path / DOUBTFUL_FILE).write_text(text)
        assert read_doubtful(tmp_path) is None
