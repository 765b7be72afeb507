"""The menu as data: each action has a handler, a key of its own, an icon; the client needs no Qt."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from boxwright.jobs.job import Job, JobRequest, State
from boxwright_labelimg.actions import ACTIONS, ActionSpec, Situation

WITHOUT_QT = """
import importlib, pkgutil, sys
for name in ("PyQt5", "labelImg", "libs"):
    sys.modules[name] = None  # who imports it fails
import boxwright_labelimg.actions, boxwright_labelimg.i18n, boxwright_labelimg.host, boxwright_labelimg.client as client
names = [module.name for module in pkgutil.iter_modules(client.__path__)]
for name in names:
    importlib.import_module(f"boxwright_labelimg.client.{name}")
print(len(names), *(name for name in ("tensorflow", "pandas", "PIL", "numpy", "typer", "rich") if name in sys.modules))
"""
SHORTCUTS_IN_USE = """
import sys
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QApplication
application = QApplication(sys.argv[:1])
from boxwright_labelimg.window.patched_window import PatchedMainWindow, labelimg
window = PatchedMainWindow(None, "", None)
for action in window.findChildren(QAction):
    for key in action.shortcuts():
        print("labelImg", key.toString())
for key in sys.argv[1:]:
    print("ours", QKeySequence(key).toString())
"""


def python(code: str, *arguments: str, home: Path) -> str:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "USERPROFILE": str(home)}
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_client_needs_no_qt_and_loads_nothing_heavy(tmp_path: Path) -> None:
    count, *heavy = python(WITHOUT_QT, home=tmp_path).split()
    assert int(count) >= 8
    assert heavy == []


def test_names_texts_and_keys_are_unique() -> None:
    for attribute in ("name", "text", "shortcut", "tip"):
        values = [getattr(spec, attribute) for spec in ACTIONS]
        assert len(set(values)) == len(values), attribute


def test_each_action_has_its_own_letter_in_the_menu() -> None:
    letters = [spec.text[spec.text.index("&") + 1].lower() for spec in ACTIONS]
    doubled = {letter for letter in letters if letters.count(letter) > 1}
    assert not doubled


def test_no_shortcut_is_labelimgs(tmp_path: Path) -> None:
    if importlib.util.find_spec("labelImg") is None:
        pytest.skip("labelImg is not installed: pip install boxwright[labelimg]")
    lines = [
        line.split(" ", 1)
        for line in python(SHORTCUTS_IN_USE, *(spec.shortcut for spec in ACTIONS), home=tmp_path).splitlines()
        if line.startswith(("labelImg ", "ours "))
    ]
    theirs = {key for whose, key in lines if whose == "labelImg"}
    ours = [key for whose, key in lines if whose == "ours"]
    assert len(theirs) > 20  # else they were not found
    assert len(ours) == len(ACTIONS) and all(ours)  # Qt knows each of the keys
    assert not theirs & set(ours)


def jobs(**changes: Any) -> Job:
    """Return a training that runs, with changes."""
    fields: dict[str, Any] = {field.name: None for field in dataclasses.fields(Job)}
    return Job(**{**fields, "id": 1, "kind": "train", "state": State.RUNNING, "request": JobRequest.NONE, **changes})


NOTHING = Situation()
EVERYTHING = Situation(
    has_folder=True, has_image=True, job=jobs(), has_jobs=True, has_training=True, has_model=True, has_suggestions=True
)
ALWAYS = {"suggest_when_opening", "go_to_training", "go_to_findings", "go_to_mistakes"}


@pytest.mark.parametrize("checked", [False, True])
def test_each_action_is_done_by_one_method_of_its_own(checked: bool) -> None:
    done = []
    for spec in ACTIONS:
        controllers = Mock()
        spec.handler(controllers, checked)
        (call,) = controllers.mock_calls
        assert call.args == ((checked,) if spec.checkable else ())
        done.append(call[0])
    assert len(set(done)) == len(ACTIONS)


def enabled(situation: Situation) -> set[str]:
    return {spec.name for spec in ACTIONS if spec.is_enabled(situation)}


def test_what_is_enabled_when() -> None:
    everything = {spec.name for spec in ACTIONS}
    assert enabled(NOTHING) == ALWAYS
    assert enabled(EVERYTHING) == everything - {"resume_training"}
    assert enabled(Situation(has_folder=True)) == ALWAYS | {"export_dataset", "train"}
    assert enabled(Situation(has_folder=True, is_exporting_dataset=True)) == ALWAYS | {"train"}
    assert enabled(Situation(has_model=True)) == ALWAYS
    assert enabled(Situation(has_image=True)) == ALWAYS | {"accept_and_next", "no_objects", "next_to_label"}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (jobs(), {"pause", "cancel"}),
        (jobs(state=State.QUEUED), {"pause", "cancel"}),
        (jobs(state=State.PAUSED), {"resume", "cancel"}),
        (jobs(request=JobRequest.CANCEL), set()),
        (jobs(request=JobRequest.PAUSE), {"cancel"}),
    ],
)
def test_what_can_be_done_with_a_job(job: Job, expected: set[str]) -> None:
    assert enabled(Situation(job=job)) - ALWAYS == {f"{name}_training" for name in expected}


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.name)
def test_each_action_has_an_icon_and_a_tip(spec: ActionSpec, project: Path) -> None:
    source = ast.parse((project / "plugin" / "boxwright_labelimg" / "icons.py").read_text("utf-8"))
    tables = [
        node.value
        for node in source.body
        if isinstance(node, ast.Assign)
        and [name.id for name in node.targets if isinstance(name, ast.Name)] == ["ICONS"]
    ]
    assert isinstance(tables[0], ast.Dict)
    assert spec.icon in {ast.literal_eval(key) for key in tables[0].keys if key is not None}
    assert spec.tip and not spec.tip.endswith(".")
    assert not spec.in_toolbar or spec.short
