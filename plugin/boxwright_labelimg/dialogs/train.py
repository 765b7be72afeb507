"""The dialog before a training: what matters, with good defaults, and how long it is going to take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from boxwright.workspace import Workspace
from boxwright_labelimg.client.commands import checkpoints
from boxwright_labelimg.client.job_summary import duration
from boxwright_labelimg.client.program import Inquiry
from boxwright_labelimg.i18n import tr

CONFIG = "pipeline.config"
MEASURE_AFTER = 600  # in milliseconds without a change
RANDOM = "none"  # what --fine-tune-checkpoint takes for random weights


class TrainDialog(QDialog):
    """Asks for model, steps, batch size and where to start from; knows dataset, device and the time of a step."""

    _told = pyqtSignal(dict)
    _measured = pyqtSignal(str, dict)
    _failed = pyqtSignal(str)

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Train"))
        self._workspace = workspace
        self._estimated: Mapping[str, Any] = {}
        self._inquiries: list[Inquiry] = []
        self._times: dict[str, Mapping[str, Any]] = {}
        steps = checkpoints(workspace)
        self._reached = steps[0] if steps else 0
        self._make_fields()
        self._lay_out()
        self._told.connect(self._take)
        self._measured.connect(self._take_time)
        self._failed.connect(self._take_failure)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MEASURE_AFTER)
        self._timer.timeout.connect(self._measure)
        self._inquire("estimate", str(workspace.root), on_line=self._told.emit)

    def _make_fields(self) -> None:
        self.how = QComboBox()
        if self._reached:
            self.how.addItem(tr("Resume from step {step:,}", step=self._reached), "continue")
            self.how.addItem(tr("Start over (the present training is kept as a backup)"), "anew")
        self.model = QComboBox()
        self.purpose = QLabel()
        self.purpose.setWordWrap(True)
        self.purpose.setMinimumHeight(self.purpose.fontMetrics().lineSpacing() * 2)
        self.purpose.setAlignment(Qt.AlignTop)
        self.steps = QSpinBox()
        self.steps.setRange(1, 10_000_000)
        self.steps.setSingleStep(100)
        self.steps.setGroupSeparatorShown(True)
        self.batch = QSpinBox()
        self.batch.setRange(1, 1024)
        self.start = QComboBox()
        self.dataset = QLabel(tr("Counting …"))
        self.dataset.setWordWrap(True)
        self.device = QLabel(tr("Looking …"))
        self.time = QLabel()
        self.time.setWordWrap(True)
        self.time.setMinimumHeight(self.time.fontMetrics().lineSpacing() * 2)
        self.time.setAlignment(Qt.AlignTop)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(tr("&Start"))
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.how.currentIndexChanged.connect(self._way_chosen)
        self.model.currentIndexChanged.connect(self._model_chosen)
        self.start.activated.connect(self._start_chosen)
        self.steps.valueChanged.connect(self._estimate)
        self.batch.valueChanged.connect(self._changed)

    def _lay_out(self) -> None:
        self._form = form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        if self._reached:
            form.addRow(tr("&Training"), self.how)
        form.addRow(tr("&Model"), self.model)
        form.addRow("", self.purpose)
        form.addRow(tr("St&eps"), self.steps)
        form.addRow(tr("&Batch size"), self.batch)
        form.addRow(tr("Start &from"), self.start)
        for words, field in ((tr("Dataset"), self.dataset), (tr("Device"), self.device), (tr("Time"), self.time)):
            label = QLabel(words)
            label.setAlignment(Qt.AlignTop)
            field.setAlignment(Qt.AlignTop)
            form.addRow(label, field)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.resize(500, 400)

    def params(self) -> dict[str, str]:
        """Return the parameters of the job."""
        chosen = {"num-steps": str(self.steps.value()), "batch-size": str(self.batch.value())}
        if not self.resumes():
            if self.model.currentData() != CONFIG:
                chosen["preset"] = self.model.currentData()
            if self.start.currentData() is not None:
                chosen["fine-tune-checkpoint"] = self.start.currentData()
        return chosen

    def resumes(self) -> bool:
        """Return whether the training that there is goes on."""
        return self._reached > 0 and self.how.currentData() == "continue"

    def starts_over(self) -> bool:
        """Return whether the training that there is, is to be put aside first."""
        has_config = bool(self._estimated.get("config"))
        return not self.resumes() and (self._reached > 0 or (has_config and not self.keeps_config()))

    def keeps_config(self) -> bool:
        """Return whether the configuration that there is, is trained."""
        return bool(self.model.currentData() == CONFIG)

    def done(self, result: int) -> None:
        """Close, and ask no more."""
        self._timer.stop()
        inquiries, self._inquiries = self._inquiries, []
        for inquiry in inquiries:
            inquiry.close()
        super().done(result)

    # what comes in
    def _inquire(self, *arguments: str, on_line: Any) -> None:
        self._inquiries.append(Inquiry(*arguments, on_line=on_line, on_failure=self._failed.emit))

    def _take(self, said: dict[str, Any]) -> None:
        if "device" in said:
            self.device.setText(said["device"])
            self._measure()
            return
        self._estimated = said
        self._fill_models()
        self._show_dataset()
        self._fill_starts()
        self._way_chosen()

    def _take_time(self, key: str, said: dict[str, Any]) -> None:
        self._times[key] = said
        self._estimate()

    def _take_failure(self, words: str) -> None:
        self.time.setText(words)

    # what is chosen
    def _fill_models(self) -> None:
        self.model.blockSignals(True)
        for preset in self._estimated["presets"]:
            self.model.addItem(preset["name"], preset["name"])
            self.model.setItemData(self.model.count() - 1, preset["purpose"], Qt.ToolTipRole)
        if self._estimated["config"]:
            self.model.insertItem(0, self._estimated["config"]["path"], CONFIG)
        wanted = CONFIG if self._estimated["config"] else self._estimated["default"]
        self.model.setCurrentIndex(max(0, self.model.findData(wanted)))
        self.model.blockSignals(False)

    def _fill_starts(self) -> None:
        found = self._estimated["checkpoint"]
        if found:
            self.start.addItem(found, found)
        self.start.addItem(tr("Random weights"), RANDOM)
        self.start.addItem(tr("Choose a checkpoint …"), "choose")

    def _way_chosen(self) -> None:
        for field in (self.model, self.purpose, self.start):
            field.setEnabled(not self.resumes())
        self.start.setCurrentIndex(-1 if self.resumes() else 0)
        if self.resumes() and self.model.findData(CONFIG) >= 0:
            self.model.setCurrentIndex(self.model.findData(CONFIG))
        self._model_chosen()

    def _model_chosen(self) -> None:
        if not self._estimated:
            return
        name = self.model.currentData()
        if name == CONFIG:
            numbers, words = (
                self._estimated["config"],
                tr("As the file says, with the batch size and the steps given here."),
            )
            if "error" in numbers:
                words = numbers["error"]
        else:
            numbers = next(preset for preset in self._estimated["presets"] if preset["name"] == name)
            words = numbers["purpose"]
            # a checkpoint is of one network: it is suggested with the preset that was chosen because of it
            self.start.setCurrentIndex(0 if name == self._estimated["default"] else self.start.findData(RANDOM))
        self.purpose.setText(words)
        steps = int(numbers.get("num_steps") or 1)
        self.steps.setValue(2 * self._reached if self.resumes() and steps <= self._reached else steps)
        self.batch.setValue(int(numbers.get("batch_size") or 1))
        self._changed()

    def _start_chosen(self) -> None:
        if self.start.currentData() != "choose":
            return
        filters = tr("Checkpoints (*.index)")
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a checkpoint"), str(self._workspace.root), filters)
        if path:
            prefix = str(Path(path).with_suffix(""))
            self.start.insertItem(0, prefix, prefix)
        self.start.setCurrentIndex(0)

    def _changed(self) -> None:
        self._estimate()
        self._timer.start()

    # what is known
    def _show_dataset(self) -> None:
        images = self._estimated["images"]
        counts = ", ".join(f"{count:,} {split}" for split, count in images.items())
        words = [tr("{counts} images, {classes} classes", counts=counts, classes=len(self._estimated["objects"]))]
        if self._estimated["unlabelled"]:
            words.append(tr("{count:,} without boxes yet", count=self._estimated["unlabelled"]))
        if self._estimated["findings"]:
            words.append(tr("findings: {count:,}", count=self._estimated["findings"]))
        enough = images.get("train", 0) > 0
        if not enough:
            words = [tr("No image has saved boxes yet: draw some and save them (format PascalVOC).")]
        self.dataset.setText(", ".join(words))
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(enough)
        if enough:
            self.buttons.button(QDialogButtonBox.Ok).setDefault(True)

    def _key(self) -> str:
        return f"{self.model.currentData()} {self.batch.value()}"

    def _measure(self) -> None:
        key = self._key()
        if key in self._times or not self._estimated or self.model.currentData() is None:
            return
        self._times[key] = {}
        name = self.model.currentData()
        config = ["--pipeline-config-path", str(self._workspace.pipeline_config)]
        model = config if name == CONFIG else ["--preset", name]
        more = [*model, "--batch-size", str(self.batch.value())]
        self._inquire("estimate", str(self._workspace.root), *more, on_line=lambda said: self._measured.emit(key, said))
        self._estimate()

    def _estimate(self) -> None:
        known = self._times.get(self._key())
        if known is None:
            self.time.setText("")
        elif "busy" in known:
            self.time.setText(tr("Not known: another job has the device at the moment."))
        elif not known:
            self.time.setText(tr("Measuring a step on this computer …"))
        else:
            steps = max(0, self.steps.value() - (self._reached if self.resumes() else 0))
            seconds = known["first_step"] + steps * known["seconds_per_step"]
            each = known["seconds_per_step"]
            words = tr("About {time}: a step takes {each:.2g} s here, measured.", time=duration(seconds), each=each)
            self.time.setText(words)
