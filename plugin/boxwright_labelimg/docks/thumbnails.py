"""Thumbnails of boxes in photos, made in a thread of their own: drawing never waits for a photo to be read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject, QRectF, QRunnable, Qt, QThreadPool, pyqtSignal
from PyQt5.QtGui import QColor, QImage, QImageReader, QPainter, QPen, QPixmap

from boxwright.annotations.overlap import Edges

SIZE = 72  # in pixels
AROUND = 0.4  # of the box's size, on each side of it
KEPT = 500  # thumbnails; 20 kB each
LINE = QColor(230, 0, 160)

Key = tuple[Path, Edges]


class Thumbnails(QObject):
    """Gives those that are made already, and makes the others one after the other, the last wanted one first.

    Attributes:
        made: Another one can be given now.
    """

    made = pyqtSignal()
    _done = pyqtSignal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._kept: dict[Key, QPixmap] = {}
        self._waiting: set[Key] = set()
        self._wanted = 0
        self._done.connect(self._take)

    def of(self, photo: Path, edges: Edges) -> QPixmap | None:
        """Return the thumbnail of a box; None as long as it is being made."""
        key = photo, edges
        if key not in self._kept and key not in self._waiting:
            self._waiting.add(key)
            self._wanted += 1
            self._pool.start(_Task(key, self._done.emit), self._wanted)  # the rows that are seen now come first
        return self._kept.get(key)

    def close(self) -> None:
        """Make no more."""
        self._pool.clear()
        self._pool.waitForDone(5000)

    def _take(self, key: Key, image: QImage) -> None:
        self._waiting.discard(key)
        self._kept[key] = QPixmap.fromImage(image)
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        self.made.emit()


class _Task(QRunnable):
    def __init__(self, key: Key, done: Callable[[Key, QImage], None]) -> None:
        super().__init__()
        self._key, self._done = key, done

    def run(self) -> None:
        image = thumbnail(*self._key)
        with contextlib.suppress(RuntimeError):  # the window was closed meanwhile
            self._done(self._key, image)


def thumbnail(photo: Path, edges: Edges) -> QImage:
    """Return a box with what is around it, SIZE x SIZE; grey where the photo cannot be read."""
    made = QImage(SIZE, SIZE, QImage.Format_RGB32)
    made.fill(QColor("#d0d0d0"))
    reader = QImageReader(str(photo))
    reader.setAutoTransform(True)
    image = reader.read()
    if image.isNull():
        return made
    left, top, right, bottom = edges
    box = QRectF(left, top, max(right - left, 1), max(bottom - top, 1))
    margin = AROUND * max(box.width(), box.height())
    shown = box.adjusted(-margin, -margin, margin, margin).intersected(QRectF(image.rect()))
    if shown.isEmpty():
        return made
    scale = SIZE / max(shown.width(), shown.height())
    target = QRectF(0, 0, shown.width() * scale, shown.height() * scale)
    target.moveCenter(QRectF(made.rect()).center())
    painter = QPainter(made)
    painter.setRenderHint(QPainter.SmoothPixmapTransform)
    painter.drawImage(target, image, shown)
    painter.setPen(QPen(LINE, 2))
    painter.setBrush(Qt.NoBrush)
    corner = target.topLeft() + (box.topLeft() - shown.topLeft()) * scale
    painter.drawRect(QRectF(corner.x(), corner.y(), box.width() * scale, box.height() * scale))
    painter.end()
    return made
