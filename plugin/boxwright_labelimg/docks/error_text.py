"""What went wrong, in a few lines: the rest is shown when the user asks for it, and all of it can be copied."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from boxwright_labelimg.i18n import plain, tr

SHORT = 105  # characters: about three lines of a narrow dock


def shortened(text: str) -> str:
    """Return the first sentences of a text, as many as are short together, or else the beginning of the first."""
    first = text.strip().partition("\n\n")[0]
    if len(first) <= SHORT and first == text.strip():
        return first
    short = ""
    for sentence in first.replace("\n", " ").split(". "):
        longer = f"{short}{sentence.rstrip('.')}. "
        if len(longer) > SHORT:
            break
        short = longer
    return short.strip() or f"{first[:SHORT].rpartition(' ')[0] or first[:SHORT]} …"


class ErrorText(QWidget):
    """A red text of about three lines, with a button for the whole where it is longer.

    Attributes:
        label: The short text; it can be selected.
        more: Shows the whole text.
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.PlainText)  # the name of a file may look like markup
        self.label.setStyleSheet("color: #a33;")
        self.label.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        self.more = QPushButton(tr("Details…"))
        self.more.setFlat(True)
        self.more.clicked.connect(lambda: TextDialog(self._text, self.window()).exec_())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.label)
        column.addWidget(self.more, 0, Qt.AlignLeft)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def show_text(self, text: str) -> None:
        """Show a text; "" hides all."""
        self._text = plain(text)
        short = shortened(self._text)
        self.label.setText(short)
        self.more.setVisible(short != self._text.strip())
        self.setVisible(bool(text))


class TextDialog(QDialog):
    """A long text that wraps and can be copied."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Details"))
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        copy = buttons.addButton(tr("&Copy"), QDialogButtonBox.ActionRole)
        copy.clicked.connect(lambda: QApplication.clipboard().setText(text))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.resize(560, 320)
