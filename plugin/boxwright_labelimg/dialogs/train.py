"""The dialog before a training: what matters, with good defaults, and how long it is going to take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from boxwright.workflow.estimate import Estimate, TrainingChoices
from boxwright.workflow.preparation.effort import NORMAL, plan_effort
from boxwright.workflow.preparation.step_time import StepEstimate
from boxwright.workflow.train import PRESET_NAMES, TrainOptions
from boxwright.workspace import Workspace
from boxwright_labelimg.client.job_summary import duration
from boxwright_labelimg.client.program import Inquiry
from boxwright_labelimg.dialogs.train_details import TrainDetails
from boxwright_labelimg.i18n import plain, tr

CONFIG = "pipeline.config"
MEASURE_AFTER = 600  # in milliseconds without a change
OWN_STEPS = "own"  # in place of an effort
WIDTH = 520  # of the dialog, in pixels
LONG = 30 * 60.0  # in seconds; a longer training proposes the quick one
RANDOM = "none"  # what --fine-tune-checkpoint takes for random weights


class TrainDialog(QDialog):
    """Asks for model, steps, batch size and where to start from; knows dataset, device and the time of a step."""

    _part_came = pyqtSignal(object)  # an Estimate with choices or device
    _measured = pyqtSignal(str, object)  # what _key returned, and an Estimate with the step or why there is none
    _failed = pyqtSignal(str)

    def __init__(self, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Train"))
        self._workspace = workspace
        self._choices: TrainingChoices | None = None
        self._inquiries: list[Inquiry] = []
        self._estimates: dict[str, Estimate | None] = {}  # by _key; None while a step is measured
        steps = workspace.checkpoint_steps()
        self._reached = steps[0] if steps else 0
        self._make_fields()
        self._lay_out()
        self._part_came.connect(self._take)
        self._measured.connect(self._take_step)
        self._failed.connect(self._take_failure)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MEASURE_AFTER)
        self._timer.timeout.connect(self._measure)
        self._inquire(self._part_came.emit)

    def _make_fields(self) -> None:
        self.how = QComboBox()
        if self._reached:
            self.how.addItem(tr("Resume from step {step:,}", step=self._reached), "resume")
            self.how.addItem(tr("Start over (the present training is kept as a backup)"), "start-over")
        self.model = QComboBox()
        self.purpose = QLabel()
        self.purpose.setWordWrap(True)
        self.purpose.setAlignment(Qt.AlignTop)
        self.effort = QComboBox()
        self.effort.addItem(tr("Quick"), "quick")
        self.effort.addItem(tr("Normal"), NORMAL)
        self.effort.addItem(tr("Thorough"), "thorough")
        self.effort.addItem(tr("As many steps as given"), OWN_STEPS)
        self.details = TrainDetails()
        self.steps, self.batch = self.details.steps, self.details.batch
        self.image_size, self.start = self.details.image_size, self.details.start
        self.dataset = QLabel(tr("Counting …"))
        self.dataset.setWordWrap(True)
        self.dataset.setMinimumHeight(self.dataset.fontMetrics().lineSpacing() * 2)
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
        self.effort.currentIndexChanged.connect(self._plan)
        self.steps.valueChanged.connect(self._steps_given)
        self.batch.valueChanged.connect(self._changed)
        self.image_size.currentIndexChanged.connect(self._changed)
        self.details.toggled.connect(self._fit)

    def _lay_out(self) -> None:
        self._form = form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        if self._reached:
            form.addRow(tr("&Training"), self.how)
        form.addRow(tr("&Model"), self.model)
        form.addRow("", self.purpose)
        form.addRow(tr("Effo&rt"), self.effort)
        for name, field in ((tr("Dataset"), self.dataset), (tr("Device"), self.device), (tr("Time"), self.time)):
            label = QLabel(name)
            label.setAlignment(Qt.AlignTop)
            field.setAlignment(Qt.AlignTop)
            form.addRow(label, field)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.details)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.setFixedWidth(WIDTH)

    def _fit(self) -> None:
        """Take the height that the shown fields need."""
        QTimer.singleShot(0, self.adjustSize)  # when the hidden ones are known to be hidden

    def options(self) -> TrainOptions:
        """Return the options of the job."""
        steps, batch = self.steps.value(), self.batch.value()
        if self.resumes():
            return TrainOptions(num_steps=steps, batch_size=batch)
        if self._is_pretrained():
            effort = None if self.effort.currentData() == OWN_STEPS else self.effort.currentData()
            return TrainOptions(
                pretrained=self.model.currentData(),
                effort=effort,
                num_steps=steps if effort is None else None,
                batch_size=batch,
                image_size=self.image_size.currentData(),
                start_over=self.starts_over(),
            )
        preset = None if self.keeps_config() else self.model.currentData()
        return TrainOptions(
            num_steps=steps,
            batch_size=batch,
            preset=preset,
            image_size=self.image_size.currentData(),
            fine_tune_checkpoint=self.start.currentData(),
            start_over=self.starts_over(),
        )

    def resumes(self) -> bool:
        """Return whether the present training resumes."""
        return self._reached > 0 and self.how.currentData() == "resume"

    def _steps_done(self) -> int:
        """Return the steps that count already: with a new class the training starts at 0, from the present model."""
        grows = self._choices is not None and bool(self._choices.new_classes)
        return self._reached if self.resumes() and not grows else 0

    def starts_over(self) -> bool:
        """Return whether the present training is to be renamed to a backup first."""
        has_config = self._choices is not None and self._choices.config is not None
        return not self.resumes() and (self._reached > 0 or (has_config and not self.keeps_config()))

    def keeps_config(self) -> bool:
        """Return whether the configuration of the workspace is trained."""
        return bool(self.model.currentData() == CONFIG)

    def _is_pretrained(self) -> bool:
        name = self.model.currentData()
        return name is not None and name != CONFIG and name not in PRESET_NAMES

    def done(self, result: int) -> None:
        """Close, and end what is measured."""
        self._timer.stop()
        inquiries, self._inquiries = self._inquiries, []
        for inquiry in inquiries:
            inquiry.close()
        super().done(result)

    # what comes in
    def _inquire(self, on_part: Callable[[Estimate], None], *options: str) -> None:
        """Run `boxwright estimate`; each part of the estimate is handed on as it comes."""

        def read(line: str) -> None:
            try:
                part = Estimate.from_json(line)
            except ValueError:
                return  # something that a library printed
            on_part(part)

        arguments = ("estimate", str(self._workspace.root), *options)
        self._inquiries.append(Inquiry(*arguments, on_line=read, on_failure=self._failed.emit))

    def _take(self, part: Estimate) -> None:
        if part.device:
            self.device.setText(part.device)
            self._measure()
        if part.choices is not None:
            self._choices = part.choices
            self._fill_models(part.choices)
            self._show_dataset(part.choices)
            self._fill_starts(part.choices)
            self._way_chosen()

    def _take_step(self, key: str, part: Estimate) -> None:
        self._estimates[key] = part
        self._plan()
        self._show_time()

    def _take_failure(self, message: str) -> None:
        self.time.setText(plain(message))

    # what is chosen
    def _fill_models(self, choices: TrainingChoices) -> None:
        self.model.blockSignals(True)
        for preset in choices.presets:
            self.model.addItem(preset.name, preset.name)
            self.model.setItemData(self.model.count() - 1, preset.purpose, Qt.ToolTipRole)
        if choices.config is not None:
            self.model.insertItem(0, choices.config.path, CONFIG)
        wanted = CONFIG if choices.config is not None else choices.default
        self.model.setCurrentIndex(max(0, self.model.findData(wanted)))
        self.model.blockSignals(False)
        self._keep_room([*(preset.purpose for preset in choices.presets), _config_purpose(choices)])

    def _keep_room(self, purposes: list[str]) -> None:
        """Give the purpose the height of the longest one: the fields below keep their place."""
        metrics, width = self.purpose.fontMetrics(), WIDTH * 2 // 3  # the labels take the rest
        heights = [metrics.boundingRect(0, 0, width, 1000, Qt.TextWordWrap, text).height() for text in purposes]
        self.purpose.setFixedHeight(max(heights))
        self._fit()

    def _fill_starts(self, choices: TrainingChoices) -> None:
        if choices.checkpoint is not None:
            self.start.addItem(choices.checkpoint, str(self._workspace.root / choices.checkpoint))
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
        choices = self._choices
        if choices is None:
            return
        name = self.model.currentData()
        steps: int | None
        batch: int | None
        if name == CONFIG and choices.config is not None:
            steps, batch = choices.config.num_steps, choices.config.batch_size
            purpose = _config_purpose(choices)
        else:
            preset = next(preset for preset in choices.presets if preset.name == name)
            steps, batch, purpose = preset.num_steps, preset.batch_size, preset.purpose
            # the pretrained checkpoint is of the default preset's network
            self.start.setCurrentIndex(0 if name == choices.default else self.start.findData(RANDOM))
        pretrained = self._is_pretrained()
        self.start.setEnabled(not pretrained and not self.resumes())
        self.image_size.setEnabled(name != CONFIG and not self.resumes())
        if not self.image_size.isEnabled():
            self.image_size.setCurrentIndex(0)
        if pretrained:
            self.start.setCurrentIndex(-1)
        self.purpose.setText(purpose)
        steps = steps or 1
        self.steps.setValue(2 * self._reached if 0 < steps <= self._steps_done() else steps)
        self.batch.setValue(batch or 1)
        self.effort.setEnabled(pretrained)
        self.effort.setCurrentIndex(self.effort.findData(NORMAL if pretrained else OWN_STEPS))
        self._plan()
        self._changed()

    def _plan(self) -> None:
        """Set the steps that the effort means."""
        choices, effort = self._choices, self.effort.currentData()
        if choices is None or effort == OWN_STEPS:
            return
        estimate = self._estimates.get(self._key())
        plan = plan_effort(
            effort,
            images=choices.images.get("train", 0),
            classes=len(choices.objects),
            batch_size=self.batch.value(),
            step=lambda: estimate.step if estimate is not None else None,
        )
        self.steps.blockSignals(True)
        self.steps.setValue(plan.num_steps)
        self.steps.blockSignals(False)
        self._show_time()

    def _steps_given(self) -> None:
        self.effort.setCurrentIndex(self.effort.findData(OWN_STEPS))
        self._show_time()

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
        self._plan()
        self._show_time()
        self._timer.start()

    # what is known
    def _show_dataset(self, choices: TrainingChoices) -> None:
        counts = ", ".join(f"{count:,} {split}" for split, count in choices.images.items())
        texts = [tr("{counts} images, {classes} classes", counts=counts, classes=len(choices.objects))]
        if len(choices.objects) == 1:
            texts = [tr("{counts} images, one class", counts=counts)]
        if choices.unlabelled:
            texts.append(tr("{count:,} without boxes yet", count=choices.unlabelled))
        if choices.findings:
            texts.append(tr("findings: {count:,}", count=choices.findings))
        if choices.new_classes:
            new = ", ".join(f"{name} ({count:,})" for name, count in choices.new_classes.items())
            texts.append(tr("new: {classes}; training continues from your model with a place for it", classes=new))
        is_enough = choices.images.get("train", 0) > 0
        if not is_enough:
            texts = [tr("No image has saved boxes yet: draw some and save them.")]
        self.dataset.setText(", ".join(texts))
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(is_enough)
        if is_enough:
            self.buttons.button(QDialogButtonBox.Ok).setDefault(True)

    def _key(self) -> str:
        """Return what the time of a step depends on."""
        return f"{self.model.currentData()} {self.batch.value()} {self.image_size.currentData()}"

    def _measure(self) -> None:
        key, name = self._key(), self.model.currentData()
        if key in self._estimates or self._choices is None or name is None:
            return
        self._estimates[key] = None
        config = ["--pipeline-config-path", str(self._workspace.pipeline_config)]
        model = ["--pretrained" if self._is_pretrained() else "--preset", name] if name != CONFIG else config
        batch = ["--batch-size", str(self.batch.value())]
        size = self.image_size.currentData()
        image_size = ["--image-size", str(size)] if size is not None else []
        self._inquire(lambda part: self._measured.emit(key, part), *model, *batch, *image_size)
        self._show_time()

    def _show_time(self) -> None:
        key = self._key()
        estimate = self._estimates.get(key)
        if key not in self._estimates:
            self.time.setText("")
        elif estimate is None:
            self.time.setText(tr("Measuring a step on this computer …"))
        elif estimate.step is None:
            self.time.setText(tr("Not known: another job has the device at the moment."))
        else:
            self.time.setText(self._time_of(estimate.step))

    def _time_of(self, step: StepEstimate) -> str:
        steps = max(0, self.steps.value() - self._steps_done())
        seconds = step.first_step + steps * step.seconds_per_step
        text = tr(
            "About {time}: a step takes {each:.2g} s here, measured.",
            time=duration(seconds),
            each=step.seconds_per_step,
        )
        if seconds > LONG and self._is_pretrained() and self.effort.currentData() != "quick":
            text += " " + tr("Quick is shorter.")
        return text


def _config_purpose(choices: TrainingChoices) -> str:
    error = choices.config.error if choices.config is not None else ""
    return plain(error) or tr("As the file says, with the batch size and the steps given here.")
