"""The question before a model is exported: which checkpoint, which name."""

from __future__ import annotations

from importlib.util import find_spec

from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from boxwright.runs.evaluation_record import EVALUATION_FILE, BestEvaluation
from boxwright.workflow.export import BEST, ExportOptions, Format
from boxwright.workspace import Workspace
from boxwright_labelimg.i18n import tr

FORMATS = {Format.TFLITE: "TFLite", Format.ONNX: "ONNX"}


class ExportModelDialog(QDialog):
    """Asks for the checkpoint, the model's name, and formats beside the SavedModel and the frozen graph."""

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export model"))
        self._workspace = workspace
        self.checkpoint = QComboBox()
        best = _best(workspace)
        if best is not None:
            self.checkpoint.addItem(tr("Best: step {step:,}, AP {ap:.2f}", step=best.step, ap=best.ap), BEST)
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
        self.formats = {each: _tick(each) for each in FORMATS}
        row = QHBoxLayout()
        for tick in self.formats.values():
            row.addWidget(tick)
        row.addStretch(1)
        form.addRow(tr("Also as"), row)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.resize(420, 160)
        self._check()

    def options(self) -> ExportOptions:
        """Return the options of the job."""
        chosen = self.checkpoint.currentData()
        return ExportOptions(
            checkpoint=BEST if chosen == BEST else self._workspace.checkpoint_prefix(chosen),
            output=self._workspace.exports / self.name.text().strip(),
            formats=tuple(each for each, tick in self.formats.items() if tick.isChecked()),
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


def _best(workspace: Workspace) -> BestEvaluation | None:
    try:
        return BestEvaluation.from_json((workspace.training / "best" / EVALUATION_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _tick(model_format: Format) -> QCheckBox:
    tick = QCheckBox(FORMATS[model_format])
    missing = [package for package in model_format.packages if find_spec(package.module.partition(".")[0]) is None]
    if missing:
        tick.setEnabled(False)
        names = " ".join(package.name for package in missing)
        tick.setToolTip(tr("Install it first: pip install {packages}", packages=names))
    return tick
