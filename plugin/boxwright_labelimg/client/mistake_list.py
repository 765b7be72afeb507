"""The mistakes of the newest evaluation, as the dock Mistakes lists them and as a photo shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from boxwright.annotations.overlap import Edges
from boxwright.runs.verdicts import Mistake, Verdict, VerdictsRecord, threshold_of


class Role(Enum):
    """What a box that is shown over a photo is."""

    TRUTH = "truth"
    CORRECT = "correct"
    WRONG = "wrong"


@dataclass(frozen=True)
class OverlayBox:
    """A box that is shown over a photo and is none of the user's.

    Attributes:
        text: Is written at it.
        edges: In pixels of the upright photo.
        role: What it is.
        is_chosen: It is the one that was asked for.
    """

    text: str
    edges: Edges
    role: Role
    is_chosen: bool = False


def min_scores(record: VerdictsRecord, best_scores: Mapping[str, float]) -> dict[str, float]:
    """Return the threshold of each class: the score with the best F1, and at least what was recorded."""
    labels = {one.label for image in record.images for one in image.objects}
    labels |= {each.label for image in record.images for each in image.detections}
    return {label: max(threshold_of(label, best_scores), record.min_score) for label in sorted(labels)}


def overlay_of(record: VerdictsRecord, scores: Mapping[str, float], mistake: Mistake) -> list[OverlayBox]:
    """Return both sets of boxes of a mistake's photo: those that are annotated, and the model's."""
    image = next((each for each in record.images if each.name == mistake.image), None)
    if image is None:
        return []
    shown = (mistake.xmin, mistake.ymin, mistake.xmax, mistake.ymax)
    found = []
    for one in image.objects:
        edges = (one.xmin, one.ymin, one.xmax, one.ymax)
        found.append(OverlayBox(one.label, edges, Role.TRUTH, mistake.kind is Verdict.MISSED and edges == shown))
    for each in image.detections:
        if each.score >= threshold_of(each.label, scores):
            edges = (each.xmin, each.ymin, each.xmax, each.ymax)
            is_right = each.verdict in (Verdict.CORRECT.value, Verdict.IGNORED.value)
            is_chosen = (edges, each.label, each.score) == (shown, mistake.label, mistake.score)
            role = Role.CORRECT if is_right else Role.WRONG
            found.append(OverlayBox(f"{each.label} {each.score:.2f}", edges, role, is_chosen))
    return found


def chosen(mistakes: Sequence[Mistake], kind: Verdict | None, label: str) -> tuple[Mistake, ...]:
    """Return the mistakes of a kind about a class; None and "" stand for all."""
    return tuple(one for one in mistakes if kind in (None, one.kind) and label in ("", one.label, one.object_label))
