"""The dock "Training": the progress of jobs, and how good the model is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import (
    QCheckBox,
    QDockWidget,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from boxwright.suggestions.review import ReviewCounts
from boxwright_labelimg.client.job_summary import Help, JobSummary, precision_text, summarize
from boxwright_labelimg.client.suggestions import MinScore
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.docks.error_text import ErrorText
from boxwright_labelimg.docks.loss_curve import LossCurve
from boxwright_labelimg.i18n import tr

if TYPE_CHECKING:
    from boxwright.runs.evaluation_record import EvaluationRecord

DEFAULT_SCORE = 50  # in hundredths


class TrainingDock(QDockWidget):
    """State, stage, progress, loss curve, average precision and device; the score that suggestions need."""

    help_wanted = pyqtSignal(object)  # a Help
    score_changed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(tr("Training"), parent)
        self.setObjectName("boxwright.training")
        self._help = Help.NONE
        self.headline = _label(bold=True)
        self.detail = _label()
        self.progress = QProgressBar()
        self.progress.setTextVisible(True)
        self.trouble, self.notice = ErrorText(), ErrorText()
        self.notice.hide()
        self.help = QPushButton()
        self.help.clicked.connect(lambda: self.help_wanted.emit(self._help))
        self.curve = LossCurve()
        self.precision = _label()
        self.classes = QTreeWidget()
        self.classes.setHeaderLabels([tr("Class"), "AP@.50"])
        self.classes.setRootIsDecorated(False)
        self.classes.setAccessibleName(tr("Average precision of each class"))
        self.classes.header().setSectionResizeMode(0, QHeaderView.Stretch)
        self.classes.header().setSectionResizeMode(1, QHeaderView.ResizeToContents)
        self.classes.header().setStretchLastSection(False)
        for widget, least in ((self.curve, 64), (self.classes, 60)):
            # their size hints must not make the dock scroll: they take the space that the labels leave
            widget.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Ignored)
            widget.setMinimumHeight(least)
        self.device = _label()
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setRange(5, 95)
        self.slider.setValue(DEFAULT_SCORE)
        self.slider.setAccessibleName(tr("Least score of suggestions"))
        self.slider.valueChanged.connect(self._score_moved)
        self.score = QLabel()
        self.best = QCheckBox(tr("Best score of each class"))
        self.best.setToolTip(tr("The score with the best F1 on the test images; move the slider for another one"))
        self.best.toggled.connect(self._follow_best)
        self.best.hide()
        self._best_scores: Mapping[str, float] = {}
        self._model = ""
        self.review = _label()
        self.show_review(ReviewCounts())
        self._score_moved(DEFAULT_SCORE)
        self._lay_out()
        self.show_nothing()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        for widget in (self.notice, self.headline, self.progress, self.detail, self.trouble, self.help):
            column.addWidget(widget)
        self.suggestions = QWidget()
        rows = QVBoxLayout(self.suggestions)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        row = QHBoxLayout()
        rows.addLayout(row)
        rows.addWidget(self.best)
        rows.addWidget(self.review)
        row.addWidget(QLabel(tr("Suggestions from")))
        row.addWidget(self.slider, 1)
        row.addWidget(self.score)
        column.addWidget(self.suggestions)
        column.addWidget(self.precision)
        column.addWidget(self.curve, 2)
        column.addWidget(self.classes, 1)
        column.addWidget(self.device)
        self.setWidget(_WrappingArea(inside))

    def min_score(self) -> MinScore:
        """Return the score below which suggestions are not shown: of each class its best one, or the slider's."""
        return self._best_scores if self.best.isChecked() else self.slider.value() / 100

    def show_review(self, counts: ReviewCounts) -> None:
        """Show how many of the saved boxes a model drew."""
        drawn = tr("{suggested:,} of {boxes:,} boxes drawn by the model", suggested=counts.by_model, boxes=counts.boxes)
        _show_text(self.review, drawn if counts.boxes else "")
        self.review.setToolTip(
            tr(
                "Suggested boxes: {accepted:,} accepted, {moved:,} moved, {relabelled:,} relabelled, {deleted:,} "
                "deleted. Boxes drawn: {drawn:,}. Counted since the first model, on this computer only.",
                accepted=counts.accepted,
                moved=counts.moved,
                relabelled=counts.relabelled,
                deleted=counts.deleted,
                drawn=counts.drawn,
            )
        )

    def show_nothing(self, *, has_folder: bool = False) -> None:
        """Explain how to begin: the open folder, if there is one, has no workspace."""
        first = tr("Open a folder of images, draw boxes, then choose Train.")
        self._show_summary(
            JobSummary(tr("No training yet"), tr("Draw boxes, then choose Train.") if has_folder else first)
        )
        self._show_curve((), is_alone=True)
        self._show_evaluation(None)
        self.device.hide()
        self.suggestions.hide()

    def show_status(self, status: WorkspaceStatus) -> None:
        """Show a workspace as it is now."""
        self._show_summary(summarize(status))
        self._show_curve(status.losses, is_alone=status.evaluation is None)
        self._show_evaluation(status.evaluation)
        self.suggestions.setVisible(bool(status.export))
        self._show_best_scores(status.export, status.best_scores)
        self.device.setVisible(bool(status.device))
        self.device.setText(tr("Device: {device}", device=status.device))

    def show_notice(self, message: str) -> None:
        """Show why an action failed, until the next action; "" hides the notice."""
        self.notice.show_text(message)

    def _show_summary(self, summary: JobSummary) -> None:
        self.headline.setText(summary.headline)
        _show_text(self.detail, summary.detail)
        self.trouble.show_text(summary.trouble)
        self._help = summary.help
        self.help.setText(summary.button)
        self.help.setVisible(summary.help is not Help.NONE)
        self.progress.setVisible(summary.is_running)
        self.progress.setRange(0, summary.total)
        self.progress.setValue(min(summary.done, summary.total))
        self.progress.setFormat(summary.progress)

    def _show_curve(self, points: Sequence[tuple[int, float]], *, is_alone: bool) -> None:
        """Draw the losses; without any, show what would be drawn, unless there is an evaluation to show."""
        self.curve.show_points(points)
        self.curve.setVisible(bool(points) or is_alone)

    def _show_evaluation(self, evaluation: EvaluationRecord | None) -> None:
        shown = evaluation is not None and evaluation.ap50 is not None
        self.precision.setVisible(shown)
        self.classes.setVisible(shown)
        if evaluation is None or evaluation.ap50 is None:
            return
        self.precision.setText(precision_text(evaluation))
        rows = [(each.label, "-" if each.ap50 is None else f"{each.ap50:.2f}") for each in evaluation.classes]
        items = [self.classes.topLevelItem(i) for i in range(self.classes.topLevelItemCount())]
        if rows != [(item.text(0), item.text(1)) for item in items]:
            self.classes.clear()
            self.classes.addTopLevelItems([QTreeWidgetItem(list(row)) for row in rows])

    def _show_best_scores(self, model: str, scores: Mapping[str, float]) -> None:
        """Take the best scores of a newer model, instead of what the user chose for the one before."""
        if (model, scores) == (self._model, self._best_scores):
            return
        self._model, self._best_scores = model, scores
        self.best.setVisible(bool(scores))
        is_as_before = self.best.isChecked() == bool(scores)
        self.best.setChecked(bool(scores))
        if is_as_before:
            self._follow_best(bool(scores))

    def _follow_best(self, is_wanted: bool) -> None:
        if is_wanted and self._best_scores:
            low, high = min(self._best_scores.values()), max(self._best_scores.values())
            self.slider.blockSignals(True)
            self.slider.setValue(round(50 * (low + high)))
            self.slider.blockSignals(False)
            self.score.setText(f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} - {high:.2f}")
        else:
            self.score.setText(f"{self.slider.value() / 100:.2f}")
        self.score_changed.emit()

    def _score_moved(self, value: int) -> None:
        if self.best.isChecked():
            self.best.setChecked(False)
        else:
            self._follow_best(False)


class _WrappingArea(QScrollArea):
    """Scrolls where its labels, which wrap, need more lines than there is room for: no line is cut."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        inside = self.widget()
        inside.setMinimumHeight(inside.layout().minimumHeightForWidth(self.viewport().width()))


def _label(*, bold: bool = False) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.PlainText)  # the name of a file may look like markup
    if bold:
        font = label.font()
        font.setBold(True)
        label.setFont(font)
    return label


def _show_text(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
