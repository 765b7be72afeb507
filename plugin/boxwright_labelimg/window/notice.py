"""A notice in the status bar, with a button that undoes what it is about."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget


class Notice(QWidget):
    """Is shown until its button is pressed, or another notice comes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.button = QPushButton()
        self.button.clicked.connect(self._act)
        self._do: Callable[[], None] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text)
        row.addWidget(self.button)
        self.hide()

    def show_notice(self, text: str, button: str, act: Callable[[], None], tip: str = "") -> None:
        """Show a short text, and a button that calls `act`; the tip says more."""
        self._do = act
        self.text.setText(text)
        self.button.setText(button)
        self.setToolTip(tip)
        self.show()

    def close_notice(self) -> None:
        """Hide the notice."""
        self._do = None
        self.hide()

    def _act(self) -> None:
        act = self._do
        self.close_notice()
        if act is not None:
            act()
