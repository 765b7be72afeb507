"""The menu as data: each action has a key of its own, an icon and somebody who does it; the client needs no Qt."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from boxwright_labelimg import i18n as words
from boxwright_labelimg.actions import ACTIONS, ActionSpec

WITHOUT_QT = """
import importlib, pkgutil, sys
for name in ("PyQt5", "labelImg", "libs"):
    sys.modules[name] = None  # who imports it fails
import boxwright_labelimg.actions, boxwright_labelimg.i18n, boxwright_labelimg.client as client
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


def of_source(project: Path, file: str) -> ast.Module:
    return ast.parse((project / "plugin" / "boxwright_labelimg" / file).read_text("utf-8"))


def methods(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the public methods of all classes, and how many arguments they take besides self."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.FunctionDef):
                    yield item.name, len(item.args.args) - 1


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.name)
def test_each_action_is_done_by_somebody_and_has_an_icon(spec: ActionSpec, project: Path) -> None:
    owners = [
        dict(methods(of_source(project, file)))
        for file in ("controllers/training.py", "controllers/suggesting.py", "window/training_window.py")
    ]
    does_it = [owner[spec.name] for owner in owners if spec.name in owner]
    assert does_it == [1 if spec.checkable else 0]
    tables = [
        node.value
        for node in of_source(project, "icons.py").body
        if isinstance(node, ast.Assign)
        and [name.id for name in node.targets if isinstance(name, ast.Name)] == ["ICONS"]
    ]
    assert isinstance(tables[0], ast.Dict)
    assert spec.icon in {ast.literal_eval(key) for key in tables[0].keys if key is not None}
    assert spec.tip and not spec.tip.endswith(".")
    assert not spec.in_toolbar or spec.short


# words
@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    words.choose_language("en_US")
