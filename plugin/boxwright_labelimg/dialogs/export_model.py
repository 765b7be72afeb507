"""The question before a model is exported: which checkpoint, which name."""

from __future__ import annotations

from PyQt5.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from boxwright.workspace import Workspace
from boxwright_labelimg.client.commands import checkpoints, next_export
from boxwright_labelimg.i18n import tr


class ExportModelDialog(QDialog):
    """Asks for the checkpoint and the model's name."""

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export model"))
        self._workspace = workspace
        self.checkpoint = QComboBox()
        for number, step in enumerate(checkpoints(workspace)):
            newest = tr(" (newest)") if number == 0 else ""
            self.checkpoint.addItem(tr("Step {step:,}", step=step) + newest, step)
        self.name = QLineEdit(next_export(workspace))
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

    def params(self) -> dict[str, str]:
        """Return the parameters of the job."""
        prefix = self._workspace.training / f"model.ckpt-{self.checkpoint.currentData()}"
        return {"checkpoint": str(prefix), "output": str(self._workspace.exports / self.name.text().strip())}

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
