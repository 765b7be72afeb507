"""Questions of a few words: one with Yes and No, one with two answers and Cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from PyQt5.QtWidgets import QAbstractButton, QMessageBox, QWidget

T = TypeVar("T")


def confirm(parent: QWidget, title: str, question: str) -> bool:
    """Ask a question; return whether the answer is Yes."""
    return bool(QMessageBox.question(parent, title, question, QMessageBox.Yes | QMessageBox.No) == QMessageBox.Yes)


def choose(parent: QWidget, title: str, text: str, question: str, answers: Mapping[str, T], cancel: T, default: T) -> T:
    """Ask a question with two answers and Cancel.

    Args:
        parent: The window.
        title: Of the dialog.
        text: What the matter is.
        question: The question.
        answers: Text of a button to what it stands for; the second one loses something.
        cancel: What Cancel, or closing the dialog, stands for.
        default: What Return stands for.

    Returns:
        What the user's button stands for.
    """
    box = QMessageBox(QMessageBox.Question, title, "", parent=parent)
    box.setText(text)
    box.setInformativeText(question)
    roles = (QMessageBox.AcceptRole, QMessageBox.DestructiveRole)
    meaning: dict[QAbstractButton, T] = {
        box.addButton(label, role): answer for (label, answer), role in zip(answers.items(), roles, strict=True)
    }
    meaning[box.addButton(QMessageBox.Cancel)] = cancel
    box.setDefaultButton(next(button for button, answer in meaning.items() if answer is default))
    box.exec_()
    return meaning.get(box.clickedButton(), cancel)
