"""The question before a model is exported: which checkpoint, which name."""

from __future__ import annotations

from PyQt5.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from boxwright.workflow.export import ExportOptions
from boxwright.workspace import Workspace
from boxwright_labelimg.i18n import tr


class ExportModelDialog(QDialog):
    """Asks for the checkpoint and the model's name."""

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export model"))
        self._workspace = workspace
        self.checkpoint = QComboBox()
        for number, step in enumerate(workspace.checkpoint_steps()):
            newest = tr(" (newest)") if number == 0 else ""
            self.checkpoint.addItem(tr("Step {step:,}", step=step) + newest, step)
        self.name = QLineEdit(workspace.next_export_name())
        self.name.textChanged.connect(self._check)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(tr("&Export"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow(tr("&Checkpoint"), self.checkpoint)
        form.addRow(tr("&Name"), self.name)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.resize(420, 160)
        self._check()

    def options(self) -> ExportOptions:
        """Return the options of the job."""
        return ExportOptions(
            checkpoint=self._workspace.checkpoint_prefix(self.checkpoint.currentData()),
            output=self._workspace.exports / self.name.text().strip(),
        )

    def _check(self) -> None:
        name = self.name.text().strip()
        taken = bool(name) and (self._workspace.exports / name).exists()
        good = bool(name) and not taken and not set(name) & set('/\\:*?"<>|') and not name.startswith(".")
        if taken:
            self.note.setText(tr("A model of this name exists already."))
        elif not good:
            self.note.setText(tr("Give a name that a folder can have."))
        else:
            self.note.setText(tr("It goes to {folder}.", folder=self._workspace.exports / name))
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(good and self.checkpoint.count() > 0)
