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

from boxwright_labelimg.i18n import N_, tr

GUIDE = (
    (
        N_("Draw boxes"),
        N_("Open a folder of photos (Ctrl+U). Press W, drag a box, choose its class. Ctrl+S saves, D opens the next."),
    ),
    (
        N_("Label every object"),
        N_("An object without a box teaches the model that it is background. Fifty photos of each class are a start."),
    ),
    (
        N_("Train"),
        N_("Train > Train… (Ctrl+Shift+T) proposes good settings. It runs without this window, too."),
    ),
    (
        N_("Let the model help"),
        N_("Suggest boxes (Ctrl+P) draws what the model sees. Edit or delete, then accept with Ctrl+Return or save."),
    ),
    (
        N_("Look at the findings"),
        N_("The dock Findings lists problems of boxes and photos. A double click opens the photo and selects the box."),
    ),
    (
        N_("Use the model"),
        N_("Train > Export model… writes it for TensorFlow, TFLite or ONNX. A training exports its best model, too."),
    ),
)
"""Headings and texts, in English."""


class GuideDialog(QDialog):
    """The way from photos to a detector, on one page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Guide"))
        self.text = QTextBrowser()
        steps = (f"<h3>{number}. {tr(title)}</h3><p>{tr(text)}</p>" for number, (title, text) in enumerate(GUIDE, 1))
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
