"""A question with Yes and No."""

from __future__ import annotations

from PyQt5.QtWidgets import QMessageBox, QWidget


def confirm(parent: QWidget, title: str, question: str) -> bool:
    """Ask a question; return whether the answer is Yes."""
    return bool(QMessageBox.question(parent, title, question, QMessageBox.Yes | QMessageBox.No) == QMessageBox.Yes)
