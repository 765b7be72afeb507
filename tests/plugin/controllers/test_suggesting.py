"""Suggested boxes: which are shown, and when they become the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

IMAGE = Path("p.jpg")


@pytest.fixture
def suggest(setting: Any) -> Any:
    """Return a function that lets the model answer with rows of label, score and edges."""
    from boxwright.workflow.suggestions import SuggestedBox
    from boxwright_labelimg.client.suggestion_process import Answer

    setting.host.open_image(IMAGE)

    def answer(*rows: tuple[str, float, float, float, float, float], error: str = "") -> None:
        setting.controllers.suggestions._awaited = IMAGE
        suggestions = tuple(SuggestedBox(*row) for row in rows)
        setting.session.tasks.answer_came.emit(Answer(IMAGE, suggestions, "v1", error))

    return answer


DOG = ("dog", 0.9, 10.0, 10.0, 60.0, 60.0)
CAT = ("cat", 0.7, 70.0, 20.0, 140.0, 100.0)


def labels(setting: Any, *, suggested: bool) -> list[str]:
    host = setting.host
    return [box.label for box in host.boxes() if (box.key in host.suggested) is suggested]


def test_an_edited_suggestion_is_the_users_and_the_others_are_not(setting: Any, suggest: Any) -> None:
    suggest(DOG, CAT)
    assert labels(setting, suggested=True) == ["dog", "cat"]
    assert not setting.host.is_edited
    setting.host.change(setting.host.boxes()[0], edges=(11.0, 10.0, 60.0, 60.0))
    assert (labels(setting, suggested=True), labels(setting, suggested=False)) == (["cat"], ["dog"])
    assert setting.host.classes == ("dog",)


def test_a_changed_label_or_mark_is_an_edit(setting: Any, suggest: Any) -> None:
    suggest(DOG, CAT)
    dog, cat = setting.host.boxes()
    setting.host.change(dog, label="wolf")
    setting.host.change(cat, is_difficult=True)
    assert labels(setting, suggested=True) == []


def test_saving_accepts_all(setting: Any, suggest: Any) -> None:
    suggest(DOG, CAT)
    setting.host.save()
    assert labels(setting, suggested=False) == ["dog", "cat"]
    assert not setting.controllers.suggestions.are_shown


def test_the_slider_shows_and_hides_but_brings_nothing_deleted_back(setting: Any, suggest: Any) -> None:
    suggest(DOG, CAT, ("dog", 0.3, 100.0, 60.0, 150.0, 110.0))
    assert labels(setting, suggested=True) == ["dog", "cat"]
    setting.docks.training.slider.setValue(20)
    assert labels(setting, suggested=True) == ["dog", "cat", "dog"]
    setting.host.delete(setting.host.boxes()[1])
    setting.docks.training.slider.setValue(80)
    assert labels(setting, suggested=True) == ["dog"]
    setting.docks.training.slider.setValue(20)
    assert labels(setting, suggested=True) == ["dog", "dog"]


def test_a_second_answer_replaces_the_first(setting: Any, suggest: Any) -> None:
    suggest(DOG)
    suggest(CAT)
    assert labels(setting, suggested=True) == ["cat"]


def test_what_the_user_drew_is_not_suggested(setting: Any, suggest: Any) -> None:
    setting.host.draw("dog", (10.0, 10.0, 60.0, 62.0))
    suggest(DOG, CAT)
    assert labels(setting, suggested=True) == ["cat"]


def test_an_image_that_is_left_takes_its_suggestions_with_it(setting: Any, suggest: Any) -> None:
    suggest(DOG)
    setting.host.open_image(Path("q.jpg"))
    assert not setting.controllers.suggestions.are_shown
    setting.docks.training.slider.setValue(10)
    assert setting.host.boxes() == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "v1 sees nothing in this image."),
        ((("dog", 0.1, 1.0, 1.0, 9.0, 9.0),), "v1 suggests nothing new at this score"),
        ((DOG,), "v1 suggests a box"),
        ((DOG, CAT), "v1 suggests 2 boxes"),
    ],
)
def test_the_status_bar_says_what_came(setting: Any, suggest: Any, rows: Any, message: str) -> None:
    suggest(*rows)
    assert setting.host.messages[-1].startswith(message)


def test_the_status_bar_follows_the_slider(setting: Any, suggest: Any) -> None:
    suggest(("dog", 0.3, 10.0, 10.0, 60.0, 60.0))
    assert setting.host.messages[-1].startswith("v1 suggests nothing new at this score")
    setting.docks.training.slider.setValue(20)
    assert setting.host.messages[-1].startswith("v1 suggests a box")
    count = len(setting.host.messages)
    setting.docks.training.slider.setValue(25)  # changes nothing, and hides no other message
    assert len(setting.host.messages) == count
    setting.docks.training.slider.setValue(60)
    assert setting.host.messages[-1].startswith("v1 suggests nothing new at this score")


def test_without_an_answer_the_slider_is_no_news(setting: Any) -> None:
    setting.docks.training.slider.setValue(20)
    assert setting.host.messages == []


def test_an_error_is_shown_in_the_dock(setting: Any, suggest: Any) -> None:
    suggest(error="no model in this folder")
    assert setting.docks.training.notice.text() == "no model in this folder"
