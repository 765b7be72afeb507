"""labelImg's window without the defects that crash it or lose boxes; everything else works as before."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import Any
from xml.parsers import expat

from PyQt5.QtCore import QProcess
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMessageBox

from boxwright.files import backup
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.patches import import_labelimg

labelimg = import_labelimg()
XML = ".xml"


class PatchedMainWindow(labelimg.MainWindow):  # type: ignore[name-defined]
    """labelImg's main window with its crashes fixed."""

    default_save_dir: str | None

    # no image is open, or its file was deleted
    def adjust_scale(self, initial: bool = False) -> None:
        """Scale the image to the window, if there is one."""
        if self.canvas.pixmap:
            super().adjust_scale(initial)

    def paint_canvas(self) -> None:
        """Paint the image, if there is one."""
        if not self.image.isNull() and self.canvas.pixmap:
            super().paint_canvas()

    def copy_previous_bounding_boxes(self) -> None:
        """Copy the boxes of the previous image, if there is one."""
        if self.file_path in self.m_img_list:
            super().copy_previous_bounding_boxes()

    def save_file(self, _value: bool = False) -> None:
        """Save the boxes, if an image is open."""
        if self.file_path:
            super().save_file()

    def may_continue(self) -> bool:
        """Ask about unsaved boxes; return whether the image may be closed.

        It may when the boxes are saved or the user discards them. labelImg closes the image also when saving failed
        or was cancelled, and the boxes are lost.
        """
        if not self.dirty:
            return True
        answer = self.discard_changes_dialog()
        if answer == QMessageBox.Yes:
            self.save_file()
            return not self.dirty
        return bool(answer == QMessageBox.No)

    # damaged annotation files
    def load_pascal_xml_by_filename(self, xml_path: str) -> None:
        """Show the boxes of an XML file; report one that cannot be read, which labelImg shows as no boxes."""
        self._load(super().load_pascal_xml_by_filename, xml_path)
        if self.file_path is not None and Path(xml_path).is_file() and not _is_whole_xml(Path(xml_path)):
            self.status(tr("{file} cannot be read; it is kept under another name when you save.", file=xml_path), 0)

    def load_yolo_txt_by_filename(self, txt_path: str) -> None:
        """Show the boxes of a YOLO file; any text file beside an image may be taken for one."""
        self._load(super().load_yolo_txt_by_filename, txt_path)

    def load_create_ml_json_by_filename(self, json_path: str, file_path: str) -> None:
        """Show the boxes of a CreateML file."""
        self._load(super().load_create_ml_json_by_filename, json_path, file_path)

    def _load(self, load: Any, path: str, *more: str) -> None:
        before = self.label_file_format, self.actions.save_format.text()
        try:
            load(path, *more)
        except Exception as error:  # labelImg's readers check nothing and raise anything
            self.status(tr("{file} cannot be read: {error}", file=path, error=f"{type(error).__name__}: {error}"), 0)
            if self.label_file_format != before[0]:  # labelImg switches the format before it reads the file
                self.set_format(before[1].replace("&", ""))

    # saving
    def save_labels(self, annotation_file_path: str) -> bool:
        """Save the boxes atomically; show an error when that fails.

        Returns:
            Whether they are saved. If not, they stay on the screen, unsaved.
        """
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # labelImg prints the name of the temporary file
                if self.label_file_format == labelimg.LabelFileFormat.PASCAL_VOC:
                    return self._save_whole(str(annotation_file_path))
                return bool(super().save_labels(annotation_file_path))
        except Exception as error:  # lxml, codecs and the file system raise unrelated types
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            advice = tr("They are still in this window. Fix the cause and save again.")
            self.error_message(
                tr("The boxes could not be saved"), f"<p>{annotation_file_path}: {reason}</p><p>{advice}</p>"
            )
            return False

    def _save_whole(self, path: str) -> bool:
        target = Path(path if path.lower().endswith(XML) else path + XML)
        target = Path(os.path.realpath(target))  # a symbolic link stays a link
        if target.exists() and not _is_whole_xml(target):
            backup(target, copy=True)
        temporary = target.with_name(f".{secrets.token_hex(6)}{XML}")
        try:
            if not super().save_labels(str(temporary)):
                return False
            if target.exists():
                shutil.copymode(target, temporary)
            _sync(temporary)
            temporary.replace(target)
        except PermissionError:
            if not (target.exists() and os.access(target, os.W_OK)):
                raise
            return bool(super().save_labels(str(target)))  # the file is writable, its folder is not
        finally:
            temporary.unlink(missing_ok=True)
        return True

    # leaving
    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, also when the settings cannot be saved."""
        try:
            super().closeEvent(event)
        except OSError as error:
            print(f"labelImg's settings could not be saved: {error}", file=sys.stderr)

    def reset_all(self) -> None:
        """Reset the settings and restart this program, not the file that labelImg would start."""
        self.settings.reset()
        if self.close():
            QProcess.startDetached(sys.executable, ["-m", "boxwright_labelimg"])


def _is_whole_xml(path: Path) -> bool:
    try:
        expat.ParserCreate().Parse(path.read_bytes(), True)
    except (expat.ExpatError, OSError):
        return False
    return True


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
