"""labelImg's window without the defects that lose boxes while annotation files are read and written."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from PyQt5.QtCore import QPointF, QTimer

from boxwright.annotations.model import Box
from boxwright.files import backup
from boxwright.workflow.shown_boxes import ShownBoxes, saved_frame, shown_boxes
from boxwright_labelimg.client.folders import known_workspace
from boxwright_labelimg.dialogs.changed_file import Choice, ask_about_changed_file
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.patched.patches import import_labelimg
from boxwright_labelimg.window.patched.seen_files import SeenFiles

labelimg = import_labelimg()
XML = ".xml"
SUFFIXES = (XML, ".txt", ".json")  # of labelImg's three formats
Points = list[tuple[float, float]]
Colour = tuple[int, ...] | None
LabelImgBox = tuple[str, Points, Colour, Colour, bool]
"""What labelImg's readers return: label, corners, two colours or None, whether it is difficult."""


class AnnotationWindow(labelimg.MainWindow):  # type: ignore[name-defined]
    """labelImg's main window that reads annotation files with care, and writes them whole."""

    default_save_dir: str | None
    _is_reloaded = False  # the boxes of the image were loaded again: it stays open
    _annotation: Path | None = None  # of the open image: was read, or written
    _read_boxes: list[LabelImgBox] | None = None  # collects the boxes that are read; None to show them
    _boxes_image: str | None = None  # whose boxes are being read
    _placed: ShownBoxes | None = None  # what is read, in the photo's frame; None to take it as labelImg reads it

    def __init__(self, *arguments: Any) -> None:
        """Build labelImg's window."""
        self._seen = SeenFiles()  # labelImg closes an image while it builds its window
        super().__init__(*arguments)

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

    def load_labels(self, shapes: Iterable[LabelImgBox]) -> None:
        """Show boxes that were read, or collect them where another image's are wanted."""
        boxes = self._in_the_photo(list(shapes))
        if self._read_boxes is None:
            super().load_labels(boxes)
        else:
            self._read_boxes += boxes

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
        if image and Path(xml_path).is_file():
            self._placed = shown_boxes(Path(image), Path(xml_path), known_workspace(Path(image).parent))
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
                    with self._boxes_in_the_saved_frame():
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

    @contextlib.contextmanager
    def _boxes_in_the_saved_frame(self) -> Iterator[None]:
        """Hold the boxes of the open image where a dataset will read them, for as long as they are written."""
        image = Path(self.file_path)
        frame = saved_frame(image, known_workspace(image.parent))
        upright = [(shape, shape.points) for shape in self.canvas.shapes]
        try:
            if frame is not None:
                for shape, points in upright:
                    shape.points = [QPointF(*frame.point(point.x(), point.y())) for point in points]
            yield
        finally:
            for shape, points in upright:
                shape.points = points

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

    def load_what_changed(self) -> None:
        """Load the boxes of the open image again, if nothing is unsaved and another program has changed their file."""
        if self.file_path and not self.dirty and self._seen.any_changed():
            self.load_file(self.file_path)
            self.status(tr("Another program has changed the boxes of this image: they are loaded again."), 0)

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


def _corners(box: Box) -> Points:
    left, top, right, bottom = (float(round(edge)) for edge in (box.xmin, box.ymin, box.xmax, box.ymax))
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _is_whole_xml(path: Path) -> bool:
    try:
        expat.ParserCreate().Parse(path.read_bytes(), True)
    except (expat.ExpatError, OSError):
        return False
    return True


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
