"""The dialog before a training: the pretrained default, an effort in place of steps, classes that came later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from boxwright.pipeline.presets import PRESETS
from boxwright.workflow.estimate import Estimate, PresetChoice, TrainingChoices
from boxwright.workflow.preparation.effort import EFFORTS
from boxwright.workflow.preparation.step_time import StepEstimate
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace

MODEL = "ssdlite_mobilenet_v2_coco"


def choices(**changes: Any) -> TrainingChoices:
    found: dict[str, Any] = {
        "presets": (
            PresetChoice(MODEL, "COCO", 300, 8),
            *(PresetChoice(preset.name, preset.purpose, 600, 16) for preset in PRESETS.values()),
        ),
        "default": MODEL,
        "config": None,
        "checkpoint": None,
        "images": {"train": 160, "test": 40},
        "objects": {"dog": {"train": 160, "test": 40}},
        "unlabelled": 0,
        "findings": 0,
    }
    return TrainingChoices(**{**found, **changes})


@pytest.fixture
def dialog_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, application: Any) -> Iterator[Callable[..., Any]]:
    from PyQt5.QtWidgets import QWidget

    from boxwright_labelimg.dialogs.train import TrainDialog

    monkeypatch.setattr(TrainDialog, "_inquire", lambda *_: None)
    parent = QWidget()

    def made(found: TrainingChoices, *, steps: tuple[int, ...] = ()) -> Any:
        workspace = Workspace.at(tmp_path)
        workspace.training.mkdir()
        for step in steps:
            Path(f"{workspace.checkpoint_prefix(step)}.index").touch()
        dialog = TrainDialog(workspace, parent)
        dialog._take(Estimate(choices=found))
        return dialog

    yield made
    parent.deleteLater()


def test_the_default_starts_from_the_pretrained_model_with_normal_effort(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices())
    assert dialog.options() == TrainOptions(pretrained=MODEL, effort="normal", batch_size=8)
    assert dialog.steps.value() == 1000
    dialog.effort.setCurrentIndex(dialog.effort.findData("quick"))
    assert dialog.steps.value() == 300
    assert dialog.options() == TrainOptions(pretrained=MODEL, effort="quick", batch_size=8)


def test_own_steps_take_the_place_of_an_effort(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices())
    dialog.steps.setValue(77)
    assert dialog.options() == TrainOptions(pretrained=MODEL, num_steps=77, batch_size=8)
    dialog.model.setCurrentIndex(dialog.model.findData("small"))
    assert dialog.options() == TrainOptions(preset="small", num_steps=600, batch_size=16, fine_tune_checkpoint="none")
    assert not dialog.effort.isEnabled()


def test_a_slow_computer_makes_fewer_steps_and_a_long_training_proposes_quick(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices(images={"train": 160, "test": 40}))
    dialog._take_step(dialog._key(), Estimate(step=StepEstimate(8, 20.0, 10.0)))
    assert dialog.steps.value() == EFFORTS["normal"].least
    assert "Quick is shorter." in dialog.time.text()


def test_a_class_that_came_later_is_said_and_the_steps_start_at_0(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices(new_classes={"person": 12}), steps=(500,))
    assert "new: person (12); training continues from your model with a place for it" in dialog.dataset.text()
    assert dialog.resumes()
    dialog._take_step(dialog._key(), Estimate(step=StepEstimate(8, 0.0, 1.0)))
    assert dialog.options().num_steps == dialog.steps.value()
    assert dialog._steps_done() == 0


def test_the_image_size_is_a_detail(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices())
    assert not dialog.details.fields.isVisibleTo(dialog), "nobody has to know what a batch is"
    dialog.details.button.click()
    assert dialog.details.fields.isVisibleTo(dialog)
    dialog.image_size.setCurrentIndex(dialog.image_size.findData(512))
    assert dialog.options() == TrainOptions(pretrained=MODEL, effort="normal", batch_size=8, image_size=512)
    assert dialog._key().endswith(" 512")
    dialog.model.setCurrentIndex(dialog.model.findData("small"))
    assert dialog.options().image_size == 512


def test_a_training_starts_over_where_another_one_is_there_and_is_not_resumed(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices(), steps=(100,))
    assert not dialog.options().start_over
    dialog.how.setCurrentIndex(dialog.how.findData("start-over"))
    assert dialog.options().start_over
    dialog.model.setCurrentIndex(dialog.model.findData("small"))
    assert dialog.options().start_over


def test_a_resumed_training_keeps_its_image_size(dialog_for: Callable[..., Any]) -> None:
    dialog = dialog_for(choices(), steps=(100,))
    assert dialog.resumes()
    assert not dialog.image_size.isEnabled()
    assert dialog.options().image_size is None


def test_the_fields_keep_their_place_whatever_model_is_chosen(dialog_for: Callable[..., Any]) -> None:
    from robot import settle

    dialog = dialog_for(choices())
    dialog.show()
    settle()
    places = set()
    for number in range(dialog.model.count()):
        dialog.model.setCurrentIndex(number)
        settle(20)
        places.add((dialog.height(), dialog.effort.y(), dialog.time.y(), dialog.buttons.y()))
        metrics = dialog.purpose.fontMetrics()
        from PyQt5.QtCore import Qt

        needed = metrics.boundingRect(0, 0, dialog.purpose.width(), 1000, Qt.TextWordWrap, dialog.purpose.text())
        assert needed.height() <= dialog.purpose.height(), "nothing is cut"
    dialog.hide()
    assert len(places) == 1


def test_one_class_is_no_plural(dialog_for: Callable[..., Any]) -> None:
    assert dialog_for(choices()).dataset.text() == "160 train, 40 test images, one class"
