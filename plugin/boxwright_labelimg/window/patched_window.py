"""labelImg's window without the defects that crash it or lose boxes; everything else works as before."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QPointF, QProcess
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMessageBox

from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.patched.annotation_window import AnnotationWindow, Colour, LabelImgBox, Points
from boxwright_labelimg.window.patched.patches import import_labelimg

labelimg = import_labelimg()


class PatchedMainWindow(AnnotationWindow):
    """labelImg's main window with its crashes fixed."""

    dialog_classes: Sequence[str] = ()  # the classes of the label dialog, in its order
    _next_label = ""  # of the box that is being drawn; "" to ask

    # no image is open, or its file was deleted
    def adjust_scale(self, initial: bool = False) -> None:
        """Scale the image to the window, if there is one."""
        if self.canvas.pixmap:
            super().adjust_scale(initial and self.zoom_mode == self.MANUAL_ZOOM)  # the chosen way of fitting stays

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


def _edges(corners: Iterable[tuple[float, float]]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom in whole pixels, as they are saved."""
    xs, ys = zip(*corners, strict=True)
    return int(min(xs)), int(min(ys)), int(max(xs)), int(max(ys))
