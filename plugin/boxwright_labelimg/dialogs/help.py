"""What the menu "Help" shows: a guide, all shortcuts, and what the two programs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from boxwright_labelimg.i18n import tr


class GuideDialog(QDialog):
    """The way from photos to a detector, on one page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Guide"))
        self.text = QTextBrowser()
        steps = (f"<h3>{number}. {title}</h3><p>{text}</p>" for number, (title, text) in enumerate(_steps(), 1))
        self.text.setHtml("".join(steps).replace(" > ", " &gt; "))
        _lay_out(self, self.text)
        self.resize(460, 520)


class ShortcutsDialog(QDialog):
    """Every shortcut of the window, below the menu that it is in."""

    def __init__(self, shortcuts: Mapping[str, Sequence[tuple[str, str]]], parent: QWidget) -> None:
        """Show shortcuts.

        Args:
            shortcuts: Heading to (what it does, the keys).
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Shortcuts"))
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels([tr("Action"), tr("Keys")])
        self.tree.header().setSectionResizeMode(0, QHeaderView.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        for heading, rows in shortcuts.items():
            item = QTreeWidgetItem([heading])
            item.addChildren([QTreeWidgetItem(list(row)) for row in rows])
            self.tree.addTopLevelItem(item)
        self.tree.expandAll()
        _lay_out(self, self.tree)
        self.resize(460, 560)


class AboutDialog(QDialog):
    """Which programs these are, in which versions; the text can be copied into a report."""

    def __init__(self, programs: Sequence[str], parent: QWidget) -> None:
        """Show programs, one a paragraph."""
        super().__init__(parent)
        self.setWindowTitle(tr("About"))
        self.text = QLabel("\n\n".join(programs))
        self.text.setTextFormat(Qt.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        _lay_out(self, self.text)
        self.resize(460, 240)


def _lay_out(dialog: QDialog, widget: QWidget) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.Close)
    buttons.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.addWidget(widget, 1)
    column.addWidget(buttons)


def _steps() -> tuple[tuple[str, str], ...]:
    """Return the headings and texts of the guide."""
    return (
        (
            tr("Draw boxes"),
            tr(
                "Open a folder of photos (Ctrl+U). "
                "Press W, drag a box, choose its class. Ctrl+S saves, D opens the next."
            ),
        ),
        (
            tr("Label every object"),
            tr(
                "An object without a box teaches the model that it is background. "
                "Fifty photos of each class are a start."
            ),
        ),
        (
            tr("Train"),
            tr("Train > Train… (Ctrl+Shift+T) proposes good settings. It runs without this window, too."),
        ),
        (
            tr("Let the model help"),
            tr(
                "Suggest boxes (Ctrl+P) draws what the model sees. "
                "Edit or delete, then accept with Ctrl+Return or save."
            ),
        ),
        (
            tr("Look at the findings"),
            tr(
                "The dock Findings lists problems of boxes and photos. "
                "A double click opens the photo and selects the box."
            ),
        ),
        (
            tr("Use the model"),
            tr(
                "Train > Export model… writes it for TensorFlow, TFLite or ONNX. "
                "A training exports its best model, too."
            ),
        ),
    )
