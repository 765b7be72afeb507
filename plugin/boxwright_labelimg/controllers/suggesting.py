"""Boxes that the newest model suggests: ordinary shapes in a colour of their own, until they are the user's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QColor

from boxwright_labelimg.client.suggestion_process import Answer
from boxwright_labelimg.client.suggestions import Labelled, Suggestion, worth_showing
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.patched_window import labelimg

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow

LINE = QColor(255, 140, 0, 230)
FILL = QColor(255, 140, 0, 90)


@dataclass
class _Shown:
    """A suggestion as a shape, and what it was like when it was shown."""

    suggestion: Suggestion
    shape: Any
    corners: tuple[tuple[float, float], ...]

    def is_edited(self) -> bool:
        shape = self.shape
        return (_corners(shape), shape.label, bool(shape.difficult)) != (self.corners, self.suggestion.label, False)


class SuggestionController:
    """Asks for suggestions and holds those that are shown."""

    def __init__(self, window: TrainingWindow) -> None:
        self._window = window
        self._asked: Path | None = None
        self._by_itself = False
        self._suggestions: tuple[Suggestion, ...] = ()
        self._taken: set[Suggestion] = set()
        self._shown: list[_Shown] = []
        window.tasks.answer_came.connect(self._take)
        window.image_opened.connect(self._opened)
        window.labels_saved.connect(self._saved)
        window.edited.connect(self._edited)

    # actions
    def suggest_boxes(self) -> None:
        """Ask the newest model about this image."""
        window = self._window
        if window.workspace is None or not window.file_path:
            return
        self._asked = Path(window.file_path)
        self._taken = set()
        window.status(tr("The model is looking at the image …"), 0)
        window.tasks.ask(window.workspace, self._asked)

    def suggest_when_opening(self, wanted: bool) -> None:
        """Ask in each image that is opened and has no boxes."""
        self._by_itself = wanted
        if wanted:
            self._opened(self._window.file_path or "")

    def accept_suggestions(self) -> None:
        """Take all that are shown."""
        if self._shown:
            self._accept(list(self._shown))
            self._window.set_dirty()

    def able(self) -> dict[str, bool]:
        """Return which actions can be done now."""
        status = self._window.workspace_status
        has_model = status is not None and bool(status.export)
        return {
            "suggest_boxes": has_model and bool(self._window.file_path),
            "accept_suggestions": bool(self._shown),
            "suggest_when_opening": True,
        }

    # what is shown
    def show_from(self, min_score: float) -> None:
        """Show the suggestions that score so much, besides those that were accepted or thrown away."""
        for shown in list(self._shown):
            if shown.shape not in self._window.canvas.shapes:
                self._taken.add(shown.suggestion)  # deleted by the user: it does not come again
                self._shown.remove(shown)
        self._remove([shown for shown in self._shown if shown.suggestion.score < min_score])
        there = {shown.suggestion for shown in self._shown} | self._taken
        wanted = worth_showing(self._suggestions, self._present(), min_score)
        for suggestion in wanted:
            if suggestion not in there:
                self._add(suggestion)
        self._window.canvas.update()
        self._window.refresh_actions()

    def forget(self) -> None:
        """The image is left: what was only suggested is gone."""
        self._asked = None
        self._suggestions, self._taken, self._shown = (), set(), []

    def check_copy(self, shape: Any) -> None:
        """Give a copy of a suggestion the colour of its class: it was made by the user."""
        if shape.line_color == LINE and all(shown.shape is not shape for shown in self._shown):
            _colour(shape)

    def _opened(self, image: str) -> None:
        window = self._window
        if self._by_itself and image and window.workspace_status is not None and window.workspace_status.export:
            place = Path(window.default_save_dir or Path(image).parent)
            if not (place / f"{Path(image).stem}.xml").exists():  # one without boxes says that nothing is there
                self.suggest_boxes()

    def _take(self, answer: Answer) -> None:
        window = self._window
        if answer.image != self._asked or window.file_path != str(answer.image):
            return  # another image is open by now
        self._asked = None
        if answer.error:
            window.status(answer.error, 0)
            window.training_dock.show_notice(answer.error)
            return
        self._remove(list(self._shown))
        self._suggestions = answer.suggestions
        self.show_from(window.training_dock.min_score())
        if self._shown:
            window.actions.save.setEnabled(True)  # to save is to accept
            count = len(self._shown)
            text = tr("{model} suggests a box: edit or delete it, then accept or save.", model=answer.model)
            if count > 1:
                text = tr("{model} suggests {count} boxes: edit or delete, then accept or save.",
                           model=answer.model, count=count)  # fmt: skip
        elif answer.suggestions:
            text = tr("{model} suggests nothing new at this score; the slider in the dock Training shows more.",
                       model=answer.model)  # fmt: skip
        else:
            text = tr("{model} sees nothing in this image.", model=answer.model)
        window.status(text, 0)

    def _present(self) -> list[Labelled]:
        suggested = [shown.shape for shown in self._shown]
        return [
            (shape.label, _edges(shape))
            for shape in self._window.canvas.shapes
            if all(shape is not other for other in suggested)
        ]

    def _add(self, suggestion: Suggestion) -> None:
        window = self._window
        shape = labelimg.Shape(label=suggestion.label)
        width, height = window.canvas.pixmap.width(), window.canvas.pixmap.height()
        xmin, xmax = (min(max(x, 0.0), width) for x in (suggestion.xmin, suggestion.xmax))
        ymin, ymax = (min(max(y, 0.0), height) for y in (suggestion.ymin, suggestion.ymax))
        for x, y in ((xmin, ymin), (xmax, ymin), (xmax, ymax), (xmin, ymax)):
            shape.add_point(QPointF(x, y))
        shape.close()
        shape.line_color, shape.fill_color = LINE, FILL
        self._shown.append(_Shown(suggestion, shape, _corners(shape)))
        window.canvas.shapes.append(shape)
        window.add_label(shape)
        item = window.shapes_to_items[shape]
        item.setBackground(FILL)
        item.setToolTip(tr("Suggested, score {score:.2f}", score=suggestion.score))

    def _remove(self, gone: list[_Shown]) -> None:
        window = self._window
        for shown in gone:
            self._shown.remove(shown)
            if shown.shape in window.canvas.shapes:
                if window.canvas.selected_shape is shown.shape:
                    window.canvas.de_select_shape()
                if window.canvas.h_shape is shown.shape:
                    window.canvas.h_shape = window.canvas.h_vertex = None
                window.canvas.shapes.remove(shown.shape)
                window.remove_label(shown.shape)

    # what makes them the user's
    def _edited(self) -> None:
        self._accept([shown for shown in self._shown if shown.is_edited()])

    def _saved(self) -> None:
        self._accept(list(self._shown))

    def _accept(self, accepted: list[_Shown]) -> None:
        window = self._window
        for shown in accepted:
            self._shown.remove(shown)
            self._taken.add(shown.suggestion)
            if shown.shape not in window.canvas.shapes:
                continue
            _colour(shown.shape)
            item = window.shapes_to_items[shown.shape]
            item.setBackground(labelimg.generate_color_by_text(shown.shape.label))
            item.setToolTip("")
            if shown.shape.label not in window.label_hist:
                window.label_hist.append(shown.shape.label)
        if accepted:
            window.canvas.update()
            window.refresh_actions()


def _colour(shape: Any) -> None:
    shape.line_color = shape.fill_color = labelimg.generate_color_by_text(shape.label)


def _corners(shape: Any) -> tuple[tuple[float, float], ...]:
    return tuple((point.x(), point.y()) for point in shape.points)


def _edges(shape: Any) -> tuple[float, float, float, float]:
    xs, ys = zip(*_corners(shape), strict=True)
    return min(xs), min(ys), max(xs), max(ys)
