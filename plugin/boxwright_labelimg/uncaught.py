"""Exceptions that nothing caught: they are logged and shown in a dialog, and the program continues."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from types import TracebackType

from PyQt5.QtCore import PYQT_VERSION_STR, QObject, pyqtSignal
from PyQt5.QtWidgets import QMessageBox, QWidget

from boxwright.user_folder import shared_folder
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.opening import open_path

LOG_BYTES = 1024 * 1024


class Failures(QObject):
    """Handles uncaught exceptions: PyQt5 aborts the process when a slot raises while Python's own hook is in place."""

    _happened = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.log = shared_folder() / "logs" / "labelimg.log"
        self.window: QWidget | None = None
        self.dialog: QMessageBox | None = None
        self._happened.connect(self._show)  # through the event loop: no dialog may open within a paint event

    def install(self) -> None:
        """Replace Python's own hooks."""
        sys.excepthook = self._caught
        threading.excepthook = lambda args: self._caught(args.exc_type, args.exc_value, args.exc_traceback)

    def uninstall(self) -> None:
        """Restore Python's hooks."""
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        self._close()

    def _caught(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        lines = traceback.format_exception(kind, error, trace)
        print("".join(lines), file=sys.stderr)
        self._write("".join(lines))
        self._happened.emit(lines[-1].strip())

    def _write(self, text: str) -> None:
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(self.log, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
            handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            about = f"Python {platform.python_version()}, PyQt {PYQT_VERSION_STR}, {platform.platform()}\n{text}"
            handler.handle(logging.makeLogRecord({"msg": about, "levelno": logging.ERROR, "levelname": "ERROR"}))
            handler.close()
        except OSError:
            pass  # for example a full disk; the traceback is on stderr

    def _show(self, line: str) -> None:
        if self.dialog is not None:
            return  # a widget that fails to paint fails again and again
        box = QMessageBox(QMessageBox.Warning, "labelImg", tr("Something went wrong; labelImg continues to work."))
        box.setInformativeText(
            f"{line}\n\n{tr('The boxes of this image are still there: save them now.')}\n"
            f"{tr('The details are in {log}', log=self.log)}"
        )
        show = box.addButton(tr("Open log"), QMessageBox.ActionRole)
        show.clicked.connect(lambda: open_path(self.log, box))
        box.addButton(QMessageBox.Ok).setFocus()
        box.setModal(False)
        box.finished.connect(self._close)
        self.dialog = box
        box.show()

    def _close(self) -> None:
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.deleteLater()
