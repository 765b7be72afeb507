"""labelImg's window without the defects that crash it or lose boxes; everything else works as before."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.parsers import expat

from PyQt5.QtCore import QPointF, QProcess, QTimer
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMessageBox

from boxwright.annotations.model import Box
from boxwright.files import backup
from boxwright.workflow.shown_boxes import ShownBoxes, shown_boxes
from boxwright_labelimg.dialogs.changed_file import Choice, ask_about_changed_file
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.patches import import_labelimg
from boxwright_labelimg.window.seen_files import SeenFiles

labelimg = import_labelimg()
XML = ".xml"
SUFFIXES = (XML, ".txt", ".json")  # of labelImg's three formats
Points = list[tuple[float, float]]
Colour = tuple[int, ...] | None
LabelImgBox = tuple[str, Points, Colour, Colour, bool]
"""What labelImg's readers return: label, corners, two colours or None, whether it is difficult."""


class PatchedMainWindow(labelimg.MainWindow):  # type: ignore[name-defined]
    """labelImg's main window with its crashes fixed."""

    default_save_dir: str | None
    dialog_classes: Sequence[str] = ()  # the classes of the label dialog, in its order
    _next_label = ""  # of the box that is being drawn; "" to ask
    _is_reloaded = False  # the boxes of the image were loaded again: it stays open
    _annotation: Path | None = None  # of the open image: was read, or written
    _read_boxes: list[LabelImgBox] | None = None  # collects the boxes that are read; None to show them
    _boxes_image: str | None = None  # whose boxes are being read
    _placed: ShownBoxes | None = None  # what is read, in the photo's frame; None to take it as labelImg reads it

    def __init__(self, *arguments: Any) -> None:
        """Build labelImg's window."""
        self._seen = SeenFiles()  # labelImg closes an image while it builds its window
        super().__init__(*arguments)

    # no image is open, or its file was deleted
    def adjust_scale(self, initial: bool = False) -> None:
        """Scale the image to the window, if there is one."""
        if self.canvas.pixmap:
            super().adjust_scale(initial)

    def paint_canvas(self) -> None:
        """Paint the image, if there is one."""
        if not self.image.isNull() and self.canvas.pixmap:
            super().paint_canvas()

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
            return not self._take_reload()
        answer = self.discard_changes_dialog()
        if answer == QMessageBox.Yes:
            self.save_file()
            return not self.dirty and not self._take_reload()
        return bool(answer == QMessageBox.No)

    def load_file(self, file_path: str | None = None) -> Any:
        """Open an image, and see the files that may hold its boxes."""
        loaded = super().load_file(file_path)
        if self.file_path:
            image = Path(self.file_path)
            folder = Path(self.default_save_dir) if self.default_save_dir else image.parent
            self._seen.look(folder / f"{image.stem}{suffix}" for suffix in SUFFIXES)
        return loaded

    def reset_state(self) -> None:
        """Close the image."""
        self._annotation = None
        self._seen.forget()
        super().reset_state()

    def annotation_file(self) -> Path | None:
        """Return the file with the boxes of the open image, None as long as it has none."""
        return self._annotation

    # boxes of the previous image
    def copy_previous_bounding_boxes(self) -> None:
        """Add the boxes of the previous image to those of this one, unsaved.

        labelImg replaces the boxes of this image and saves at once. A box that is here already is not added again.
        """
        index = self.m_img_list.index(self.file_path) if self.file_path in self.m_img_list else 0
        if index == 0:
            self.status(tr("There is no previous image whose boxes could be pasted."))
            return
        previous = self.m_img_list[index - 1]
        count = sum([self._paste(*box) for box in self._boxes_of(previous)])
        if count:
            self.canvas.update()
            self.set_dirty()
        name = Path(previous).name
        if count > 1:
            self.status(tr("{count} boxes are pasted from {image}.", count=count, image=name))
        elif count:
            self.status(tr("A box is pasted from {image}.", image=name))
        else:
            self.status(tr("{image} has no boxes that are not here already.", image=name))

    def annotation_folder(self, image: str) -> str | None:
        """Return the folder of the annotation file of an image, None for that of the image."""
        return self.default_save_dir

    def _boxes_of(self, image: str) -> list[LabelImgBox]:
        """Return the boxes of another image; format, verification and boxes of this one stay."""
        before = self.actions.save_format.text(), self.canvas.verified, self.default_save_dir
        self._read_boxes = []
        try:
            self.default_save_dir = self.annotation_folder(image)
            self.show_bounding_box_from_annotation_file(image)
            return self._read_boxes
        finally:
            self._read_boxes = None
            self.set_format(before[0].replace("&", ""))
            self.canvas.verified, self.default_save_dir = before[1:]

    def load_labels(self, shapes: Iterable[LabelImgBox]) -> None:
        """Show boxes that were read, or collect them where another image's are wanted."""
        boxes = self._in_the_photo(list(shapes))
        if self._read_boxes is None:
            super().load_labels(boxes)
        else:
            self._read_boxes += boxes

    def _paste(self, label: str, points: Points, line: Colour, fill: Colour, difficult: bool) -> bool:
        """Add a box, clipped to this image; return whether there is anything to add."""
        corners = [self.canvas.snap_point_to_canvas(x, y)[:2] for x, y in points]
        present = ((shape.label, _edges((at.x(), at.y()) for at in shape.points)) for shape in self.canvas.shapes)
        left, top, right, bottom = edges = _edges(corners)
        if left == right or top == bottom or (label, edges) in present:
            return False
        shape = labelimg.Shape(label=label, difficult=difficult)
        for x, y in corners:
            shape.add_point(QPointF(x, y))
        shape.close()
        shape.line_color = shape.fill_color = labelimg.generate_color_by_text(label)
        self.canvas.shapes.append(shape)
        self.add_label(shape)
        return True

    def copy_selected_shape(self) -> None:
        """Duplicate the selected box; labelImg forgets that the image was edited."""
        super().copy_selected_shape()
        self.set_dirty()

    # the class of the next box
    def draw_next(self, label: str) -> None:
        """Begin to draw a box that gets this class without a question."""
        self._next_label = label
        if not self.canvas.drawing():
            draw = self.create_shape if self.beginner() else self.set_create_mode
            draw()
        self.canvas.setFocus()

    def take_next_label(self) -> str:
        """Return the class that the drawn box gets, "" to ask; the one after it is asked for."""
        label, self._next_label = self._next_label, ""
        return label

    def toggle_drawing_sensitive(self, drawing: bool = True) -> None:
        """Follow the begin of drawing, and its cancellation."""
        if not drawing:
            self._next_label = ""
        with contextlib.redirect_stdout(io.StringIO()):  # labelImg prints that drawing is cancelled
            super().toggle_drawing_sensitive(drawing)

    def edit_label(self, *_: Any) -> None:
        """Ask for another class of the selected box, with the classes of now."""
        self.label_dialog: Any = labelimg.LabelDialog(parent=self, list_item=self.label_hist)
        super().edit_label()

    # boxes in another frame than the photo's
    def show_bounding_box_from_annotation_file(self, file_path: str) -> None:
        """Show the boxes of an image."""
        self._boxes_image = file_path
        try:
            super().show_bounding_box_from_annotation_file(file_path)
        finally:
            self._boxes_image = None

    def _in_the_photo(self, boxes: list[LabelImgBox]) -> list[LabelImgBox]:
        """Return boxes that were read where a dataset places them: saved elsewhere, they would lose their place."""
        placed = self._placed
        if placed is None or [label for label, *_ in boxes] != [box.label for box in placed.boxes]:
            return boxes
        if not placed.fit:
            self.status(tr("The boxes are for a photo of another size: check them before you save."), 0)
        if not placed.are_moved:
            return boxes
        self.status(tr("The boxes were in another frame than the photo, and were moved; look at them, and save."), 0)
        return [
            (label, _corners(box), line, fill, difficult)
            for (label, _, line, fill, difficult), box in zip(boxes, placed.boxes, strict=True)
        ]

    # damaged annotation files
    def load_pascal_xml_by_filename(self, xml_path: str) -> None:
        """Show the boxes of an XML file; report one that cannot be read, which labelImg shows as no boxes."""
        image = self._boxes_image or self.file_path
        self._placed = shown_boxes(Path(image), Path(xml_path)) if image and Path(xml_path).is_file() else None
        try:
            self._load(super().load_pascal_xml_by_filename, xml_path)
        finally:
            self._placed = None
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
        if self._read_boxes is None and Path(path).is_file():
            self._annotation = Path(path)
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
        target = self._with_suffix(str(annotation_file_path))
        if not self._may_overwrite(target):
            return False
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # labelImg prints the name of the temporary file
                if self.label_file_format == labelimg.LabelFileFormat.PASCAL_VOC:
                    saved = self._save_whole(str(annotation_file_path))
                else:
                    saved = bool(super().save_labels(annotation_file_path))
            if saved:
                self._annotation = target
                self._seen.look([target])
            return saved
        except Exception as error:  # lxml, codecs and the file system raise unrelated types
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            advice = tr("They are still in this window. Fix the cause and save again.")
            self.error_message(
                tr("The boxes could not be saved"), f"<p>{annotation_file_path}: {reason}</p><p>{advice}</p>"
            )
            return False

    def _may_overwrite(self, target: Path) -> bool:
        """Return whether a file may be written; ask when another program has changed it since it was read."""
        if not self._seen.is_changed(target):
            return True
        choice = ask_about_changed_file(self, target)
        if choice is Choice.RELOAD:
            self.dirty = False
            self.load_file(self.file_path)
            self._is_reloaded = True  # who saves on leaving the image stays, and sees it
            QTimer.singleShot(0, self._take_reload)
        return choice is Choice.OVERWRITE

    def _take_reload(self) -> bool:
        reloaded, self._is_reloaded = self._is_reloaded, False
        return reloaded

    def _with_suffix(self, path: str) -> Path:
        """Return the path of an annotation file as labelImg writes it, in the format of now."""
        suffix: str = labelimg.LabelFile.suffix
        return Path(path if path.lower().endswith(suffix) else path + suffix)

    def _save_whole(self, path: str) -> bool:
        target = Path(os.path.realpath(self._with_suffix(path)))  # a symbolic link stays a link
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


def _corners(box: Box) -> Points:
    left, top, right, bottom = (float(round(edge)) for edge in (box.xmin, box.ymin, box.xmax, box.ymax))
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _edges(corners: Iterable[tuple[float, float]]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom in whole pixels, as they are saved."""
    xs, ys = zip(*corners, strict=True)
    return int(min(xs)), int(min(ys)), int(max(xs)), int(max(ys))


def _is_whole_xml(path: Path) -> bool:
    try:
        expat.ParserCreate().Parse(path.read_bytes(), True)
    except (expat.ExpatError, OSError):
        return False
    return True


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
