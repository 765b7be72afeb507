"""Boxes that the newest model suggests: shown in a colour of their own until the user accepts them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.annotations.readers import FORMATS
from boxwright_labelimg.client.suggestion_process import Answer
from boxwright_labelimg.client.suggestions import Labelled, edges_of, worth_showing
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Box, Host, HostListener
from boxwright_labelimg.i18n import tr

if TYPE_CHECKING:
    from boxwright.workflow.suggestions import SuggestedBox


@dataclass(frozen=True)
class _Shown:
    """A suggestion, and its box as it was when it was shown."""

    suggestion: SuggestedBox
    box: Box


class SuggestionController(HostListener):
    """Asks for suggestions, shows those that score enough, and accepts those that the user edits or saves."""

    def __init__(self, host: Host, session: Session, docks: Docks) -> None:
        """Listen to the host; ask nothing yet."""
        self._host = host
        self._session = session
        self._docks = docks
        self._awaited: Path | None = None  # the image that the model is asked about
        self._asks_when_opening = False
        self._suggestions: tuple[SuggestedBox, ...] = ()
        self._model = ""  # which made them
        self._taken: set[SuggestedBox] = set()  # accepted or deleted: not shown again
        self._shown: list[_Shown] = []
        self._ever_shown: list[_Shown] = []  # in this image
        host.add_listener(self)
        session.tasks.answer_came.connect(self._take)
        session.workspace_changed.connect(self.image_closed)
        docks.training.score_changed.connect(self._follow_score)

    @property
    def are_shown(self) -> bool:
        """Whether suggested boxes are shown."""
        return bool(self._shown)

    # actions
    def suggest(self) -> None:
        """Ask the newest model about this image."""
        workspace, image = self._session.workspace, self._host.image
        if workspace is None or image is None:
            return
        self._awaited = image
        self._taken = set()
        self._host.show_message(tr("The model is looking at the image …"), 0)
        self._session.tasks.ask(workspace, image)

    def suggest_when_opening(self, wanted: bool) -> None:
        """Ask in each image that is opened and has no annotation file."""
        self._asks_when_opening = wanted
        if wanted:
            self.image_opened()

    def accept(self) -> None:
        """Accept all that are shown."""
        if self._shown:
            self._accept(list(self._shown))
            self._host.mark_edited()

    # the host's events
    def image_opening(self, image: Path) -> None:
        """Forget the suggestions of the last image."""
        self.image_closed()

    def image_opened(self) -> None:
        """Ask, if that is wanted for each image."""
        image, status = self._host.image, self._session.status
        if self._asks_when_opening and image is not None and status is not None and status.export:
            folder = self._host.save_folder or image.parent
            if not any((folder / f"{image.stem}{suffix}").exists() for suffix in FORMATS):
                self.suggest()  # a file without boxes means that there is nothing to find

    def image_closed(self) -> None:
        """Forget the suggestions."""
        self._awaited = None
        self._suggestions, self._taken, self._shown, self._ever_shown = (), set(), [], []

    def boxes_edited(self) -> None:
        """Accept the suggestions that the user has changed."""
        boxes = self._boxes()
        self._accept([shown for shown in self._shown if boxes.get(id(shown.box.key), shown.box) != shown.box])

    def boxes_restored(self) -> None:
        """Follow an undone or redone edit: suggestions are back, or are accepted or deleted again."""
        before, boxes = self._shown, self._boxes()
        suggested = {number for number, box in boxes.items() if box.is_suggested}
        self._shown = [shown for shown in self._ever_shown if id(shown.box.key) in suggested]
        self._taken |= {shown.suggestion for shown in before if shown not in self._shown}
        self._taken -= {shown.suggestion for shown in self._shown}
        self._session.situation_changed.emit()

    def boxes_saved(self) -> None:
        """Accept all suggestions: they are in the file."""
        self._accept(list(self._shown))

    # what is shown
    def show_from(self, min_score: float) -> None:
        """Show the suggestions that score so much, except those that were accepted or deleted."""
        boxes = self._boxes()
        for shown in list(self._shown):
            if id(shown.box.key) not in boxes:
                self._taken.add(shown.suggestion)  # deleted by the user
                self._shown.remove(shown)
            elif shown.suggestion.score < min_score:
                self._host.remove_box(shown.box)
                self._shown.remove(shown)
        known = {shown.suggestion for shown in self._shown} | self._taken
        for suggestion in worth_showing(self._suggestions, self._present(), min_score):
            if suggestion not in known:
                self._show(suggestion)
        self._session.situation_changed.emit()

    def _follow_score(self, min_score: float) -> None:
        """Show what scores so much; the status bar follows when that changes what is shown."""
        before = list(self._shown)
        self.show_from(min_score)
        if self._shown != before:
            self._host.show_message(self._news(), 0)

    def _take(self, answer: Answer) -> None:
        if answer.image != self._awaited or self._host.image != answer.image:
            return  # another image is open by now
        self._awaited = None
        if answer.error:
            self._host.show_message(answer.error, 0)
            self._docks.training.show_notice(answer.error)
            return
        boxes = self._boxes()
        for shown in self._shown:
            if id(shown.box.key) in boxes:
                self._host.remove_box(shown.box)
        self._shown = []
        self._suggestions, self._model = answer.suggestions, answer.model
        self.show_from(self._docks.training.min_score())
        self._host.show_message(self._news(), 0)

    def _news(self) -> str:
        """Return the line of the status bar about what is shown."""
        count = len(self._shown)
        if count > 1:
            return tr(
                "{model} suggests {count} boxes: edit or delete, then accept or save.", model=self._model, count=count
            )
        if count:
            return tr("{model} suggests a box: edit or delete it, then accept or save.", model=self._model)
        if self._suggestions:
            return tr(
                "{model} suggests nothing new at this score; the slider in the dock Training shows more.",
                model=self._model,
            )
        return tr("{model} sees nothing in this image.", model=self._model)

    def _boxes(self) -> dict[int, Box]:
        """Return the boxes of the image by the identity of their keys."""
        return {id(box.key): box for box in self._host.boxes()}

    def _present(self) -> list[Labelled]:
        suggested = {id(shown.box.key) for shown in self._shown}
        return [(box.label, box.edges) for number, box in self._boxes().items() if number not in suggested]

    def _show(self, suggestion: SuggestedBox) -> None:
        tip = tr("Suggested, score {score:.2f}", score=suggestion.score)
        box = self._host.add_suggested_box(suggestion.label, edges_of(suggestion), tip)
        self._shown.append(_Shown(suggestion, box))
        self._ever_shown.append(self._shown[-1])

    def _accept(self, accepted: list[_Shown]) -> None:
        boxes = self._boxes()
        for shown in accepted:
            self._shown.remove(shown)
            self._taken.add(shown.suggestion)
            if id(shown.box.key) in boxes:
                self._host.accept_box(shown.box)
        if accepted:
            self._session.situation_changed.emit()
