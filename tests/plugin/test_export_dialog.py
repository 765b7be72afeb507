"""The dialog before a model is exported: the best checkpoint first, formats to tick."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from boxwright.runs.evaluation_record import BestEvaluation
from boxwright.workflow.export import Format
from boxwright.workspace import Workspace


@pytest.fixture
def parent(application: Any) -> Iterator[Any]:
    from PyQt5.QtWidgets import QWidget

    widget = QWidget()
    yield widget
    widget.deleteLater()


@pytest.fixture
def trained(tmp_path: Path) -> Workspace:
    workspace = Workspace.at(tmp_path)
    workspace.training.mkdir()
    for step in (200, 400):
        Path(f"{workspace.checkpoint_prefix(step)}.index").touch()
    return workspace


def made(workspace: Workspace, parent: Any) -> Any:
    from boxwright_labelimg.dialogs.export_model import ExportModelDialog

    return ExportModelDialog(workspace, parent)


def test_the_best_checkpoint_is_chosen(trained: Workspace, parent: Any) -> None:
    (trained.training / "best").mkdir()
    best = BestEvaluation("model.ckpt-200", 200, 0.612)
    (trained.training / "best" / "evaluation.json").write_text(best.to_json())
    dialog = made(trained, parent)
    assert dialog.checkpoint.currentText() == "Best: step 200, AP 0.61"
    assert dialog.options().checkpoint == "best"
    dialog.checkpoint.setCurrentIndex(1)
    assert dialog.options().checkpoint == trained.checkpoint_prefix(400)


def test_without_an_evaluation_the_newest_is_chosen(trained: Workspace, parent: Any) -> None:
    assert made(trained, parent).options().checkpoint == trained.checkpoint_prefix(400)


def test_formats_are_ticked(trained: Workspace, parent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boxwright_labelimg.dialogs.export_model.find_spec", lambda name: ModuleSpec(name, None))
    dialog = made(trained, parent)
    assert dialog.options().formats == ()
    for tick in dialog.formats.values():
        tick.click()
    assert dialog.options().formats == (Format.TFLITE, Format.ONNX)


def test_a_format_without_its_package_says_what_to_install(
    trained: Workspace, parent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boxwright_labelimg.dialogs.export_model.find_spec", lambda name: None)
    dialog = made(trained, parent)
    tick = dialog.formats[Format.TFLITE]
    assert not tick.isEnabled()
    assert "pip install ai-edge-litert" in tick.toolTip()
