"""A class that came after the training is named and not measured."""

from __future__ import annotations

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.progress import Progress
from boxwright.workflow.common.model_inputs import _known_classes


def test_classes_that_came_after_the_training_are_named() -> None:
    lines: list[str] = []

    def report(progress: Progress) -> None:
        lines.append(progress.message)

    known = _known_classes(LabelMap({"dog": 1, "cat": 2, "person": 3}), 1, report)
    assert dict(known) == {"dog": 1}
    (line,) = lines
    assert line.startswith("classes cat, person: not measured")
    assert dict(_known_classes(LabelMap({"dog": 1, "cat": 2}), 2, report)) == {"dog": 1, "cat": 2}
    assert len(lines) == 1
