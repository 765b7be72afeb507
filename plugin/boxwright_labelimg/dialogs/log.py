"""The log of a job, while it is written."""

from __future__ import annotations

from PyQt5.QtCore import QTimer
from PyQt5.QtGui import QFontDatabase
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from boxwright.jobs.logs import job_log, last_lines
from boxwright.workspace import Workspace
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.opening import open_path

LINES = 400
READ_EVERY = 1000  # in milliseconds


class LogDialog(QDialog):
    """The last lines of a job's log; follows it as long as it is scrolled to its end."""

    def __init__(self, workspace: Workspace, job: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log of job {number}", number=job))
        self._log = job_log(workspace, job)
        self._stamp = (0, 0)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.WidgetWidth)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        whole = buttons.addButton(tr("&Open file"), QDialogButtonBox.ActionRole)
        whole.clicked.connect(lambda: open_path(self._log, self))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.resize(760, 420)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._read)
        self._timer.start(READ_EVERY)
        self._read()

    def _read(self) -> None:
        try:
            status = self._log.stat()
        except OSError:
            self.text.setPlainText(tr("The log is still empty."))
            return
        stamp = (status.st_size, status.st_mtime_ns)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.text.setPlainText(last_lines(self._log, LINES))
        if at_end:
            bar.setValue(bar.maximum())
