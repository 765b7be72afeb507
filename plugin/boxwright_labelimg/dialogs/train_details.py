"""What most people leave as it is in the dialog Train: steps, batch size, image size, where the weights come from."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QComboBox, QFormLayout, QSpinBox, QToolButton, QVBoxLayout, QWidget

from boxwright_labelimg.i18n import tr

IMAGE_SIZES = (300, 512, 640)  # in pixels


class TrainDetails(QWidget):
    """A button "Details", and the fields that it shows.

    Attributes:
        toggled: The fields are shown or hidden.
        steps: Of the whole training.
        batch: Images of a step.
        image_size: Width and height of the network's input; its data is None for the model's own.
        start: The checkpoint whose weights the training starts from.
    """

    toggled = pyqtSignal()

    def __init__(self) -> None:
        """Show the button alone."""
        super().__init__()
        self.button = QToolButton()
        self.button.setText(tr("&Details"))
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setArrowType(Qt.RightArrow)
        self.button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.button.toggled.connect(self._show)
        self.steps = QSpinBox()
        self.steps.setRange(1, 10_000_000)
        self.steps.setSingleStep(100)
        self.steps.setGroupSeparatorShown(True)
        self.batch = QSpinBox()
        self.batch.setRange(1, 1024)
        self.image_size = QComboBox()
        self.image_size.addItem(tr("The model's own"), None)
        for size in IMAGE_SIZES:
            self.image_size.addItem(tr("{size} x {size} pixels", size=size), size)
        self.image_size.setToolTip(tr("A larger one finds smaller objects, and takes longer"))
        self.start = QComboBox()
        self.fields = QWidget()
        form = QFormLayout(self.fields)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        form.addRow(tr("St&eps"), self.steps)
        form.addRow(tr("&Batch size"), self.batch)
        form.addRow(tr("&Image size"), self.image_size)
        form.addRow(tr("Start &from"), self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.button)
        column.addWidget(self.fields)
        self.fields.hide()

    def _show(self, is_shown: bool) -> None:
        self.button.setArrowType(Qt.DownArrow if is_shown else Qt.RightArrow)
        self.fields.setVisible(is_shown)
        self.toggled.emit()
