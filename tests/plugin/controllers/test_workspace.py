"""Which workspace a folder belongs to, and that training reads what is saved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from boxwright.workspace import Workspace
from tiny_workspaces import image_bytes, write_xml


def answers(monkeypatch: pytest.MonkeyPatch, answer: bool) -> list[str]:
    """Answer every question; return the questions."""
    questions: list[str] = []

    def confirm(parent: Any, title: str, question: str) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr("boxwright_labelimg.controllers.workspace.confirm", confirm)
    return questions


def test_a_folder_of_images_joins_its_workspace(setting: Any, workspace: Workspace, tmp_path: Path) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    assert setting.session.workspace == workspace
    assert setting.host.images_folder == workspace.images
    assert setting.host.save_folder == workspace.images
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_bytes(image_bytes(1))
    setting.controllers.workspaces.open_place(other)
    assert setting.session.workspace is None
    assert setting.host.save_folder == other


def test_xml_in_annotations_is_found_there(setting: Any, workspace: Workspace) -> None:
    for xml in workspace.images.glob("*.xml"):
        shutil.move(xml, workspace.annotations / xml.name)
    setting.controllers.workspaces.open_place(workspace.root)
    assert setting.host.save_folder == workspace.annotations


def test_the_users_folder_is_used_where_training_reads_it(setting: Any, workspace: Workspace, tmp_path: Path) -> None:
    setting.host.chosen_save_folder = workspace.annotations
    setting.controllers.workspaces.open_place(workspace.root)
    setting.host.open_image(setting.host.images[2])
    assert setting.host.save_folder == workspace.annotations
    setting.host.chosen_save_folder = tmp_path
    setting.host.open_image(setting.host.images[1])
    assert setting.host.save_folder == workspace.images


def test_an_image_that_has_xml_is_never_shown_without_it(setting: Any, workspace: Workspace) -> None:
    setting.host.chosen_save_folder = workspace.annotations
    setting.controllers.workspaces.open_place(workspace.root)
    assert setting.host.image == setting.host.images[0]
    assert setting.host.save_folder == workspace.images
    copied = workspace.annotations / "p0.xml"
    shutil.copy(workspace.images / "p0.xml", copied)
    setting.host.open_image(setting.host.images[0])
    assert setting.host.save_folder == workspace.images, "training reads the one beside the image"


def prepared(setting: Any) -> list[Workspace]:
    done: list[Workspace] = []
    setting.controllers.workspaces.prepare(done.append, title="Train")
    return done


def test_nothing_happens_while_unsaved_boxes_stay(setting: Any, workspace: Workspace) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    assert prepared(setting) == [workspace]
    setting.host.closes_image = False
    assert prepared(setting) == []


@pytest.mark.parametrize("answer", [False, True])
def test_xml_elsewhere_is_copied_with_consent(
    setting: Any, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    from robot import until

    elsewhere = tmp_path / "xml"
    write_xml(elsewhere / "p2.xml", "p2.jpg", ["dog"], width=160, height=120)
    setting.controllers.workspaces.open_place(workspace.root)
    setting.host.set_save_folder(elsewhere)
    questions = answers(monkeypatch, answer)
    done = prepared(setting)
    assert str(elsewhere) in questions[0]
    assert done == [], "not before all is copied"
    if answer:
        until(lambda: done == [workspace], "the copy")
        assert (workspace.annotations / "p2.xml").exists()
        assert setting.host.chosen_save_folder == workspace.annotations
    assert (elsewhere / "p2.xml").exists()


def test_yolo_elsewhere_is_copied_with_its_class_names(
    setting: Any, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from robot import until

    elsewhere = tmp_path / "yolo"
    elsewhere.mkdir()
    (elsewhere / "p2.txt").write_text("0 .5 .5 .5 .5\n")
    (elsewhere / "classes.txt").write_text("dog\n")
    (elsewhere / "package.json").write_text("{}")
    setting.controllers.workspaces.open_place(workspace.root)
    setting.host.set_save_folder(elsewhere)
    answers(monkeypatch, True)
    done = prepared(setting)
    until(lambda: done == [workspace], "the copies")
    until((workspace.annotations / "p2.txt").exists, "the copy")
    assert (workspace.annotations / "classes.txt").exists()
    assert not (workspace.annotations / "package.json").exists()


def test_an_empty_folder_elsewhere_is_no_question(setting: Any, workspace: Workspace, tmp_path: Path) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    setting.host.set_save_folder(tmp_path / "empty")
    assert prepared(setting) == [workspace]
    assert setting.host.save_folder == workspace.images


def test_a_failed_task_is_shown(setting: Any, workspace: Workspace) -> None:
    from robot import until

    setting.session.do((workspace.root / "gone").read_bytes)
    until(lambda: setting.host.messages, "the message")
    assert setting.host.messages == [f"{workspace.root / 'gone'}: No such file or directory."]
    assert setting.docks.training.notice.text() == setting.host.messages[0]
