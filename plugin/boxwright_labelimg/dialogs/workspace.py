"""The question of a first use: where the training files go."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from boxwright_labelimg.client.folders import IMAGES, images_of, lost_place, suggested_place
from boxwright_labelimg.i18n import tr


class WorkspaceDialog(QDialog):
    """Suggests a folder for label map, records, checkpoints and models; the images stay where they are."""

    def __init__(self, folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Where the training files go"))
        self._images = images_of(folder)
        lost = lost_place(folder)
        self.text = QLabel(
            tr("Training writes some files: class names, records, checkpoints, models. They go into this folder:")
            if lost is None
            else tr("The training files are gone: this folder was deleted or moved. They are made again in:")
        )
        self.text.setWordWrap(True)
        self.edit = QLineEdit(str(lost or suggested_place(folder)))
        self.edit.setAccessibleName(tr("Folder for the training files"))
        self.edit.textChanged.connect(self._check)
        browse = QPushButton(tr("&Browse…"))
        browse.clicked.connect(self._browse)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.edit, 1)
        row.addWidget(browse)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.resize(520, 190)
        self._check()

    def place(self) -> Path:
        """Return the folder that was chosen."""
        path = Path(self.edit.text().strip())
        try:
            return path.expanduser()
        except RuntimeError:  # ~ of a user whom the system does not know
            return path

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.windowTitle(), str(self.place().parent))
        if chosen:
            self.edit.setText(chosen)

    def _check(self) -> None:
        place = self.place()
        good = place.is_absolute() and not place.is_file() and place != self._images
        if not self.edit.text().strip() or not place.is_absolute():
            note = tr("Give an absolute path.")
        elif place.is_file():
            note = tr("This is a file. Give a folder.")
        elif place == self._images:
            note = tr("This folder holds the images. Give the folder above it, or a new one.")
        elif self._images == place / IMAGES:
            note = tr("Your images in {folder} stay where they are and are never changed.", folder=self._images)
        else:
            note = tr(
                "Your images in {folder} stay where they are and are never changed; {place} will show them.",
                folder=self._images, place=place / IMAGES,
            )  # fmt: skip
        self.note.setText(note)
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(good)
