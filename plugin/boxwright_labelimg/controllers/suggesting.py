"""Boxes that the newest model suggests: shown in a colour of their own until the user accepts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.annotations.readers import FORMATS
from boxwright.runs.verdicts import threshold_of
from boxwright_labelimg.client.stored_suggestions import stored_suggestions
from boxwright_labelimg.client.suggestion_process import Answer
from boxwright_labelimg.client.suggestions import Labelled, edges_of, worth_showing
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
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
        self._looked_up: tuple[Path, str, int] | None = None  # an image, the model, and how often that had been run
        host.add_listener(self)
        session.tasks.answer_came.connect(self._take)
        session.workspace_changed.connect(self.image_closed)
        session.status_changed.connect(self._look_up)
        docks.training.score_changed.connect(self._follow_score)

    @property
    def are_shown(self) -> bool:
        """Whether suggested boxes are shown."""
        return bool(self._shown)

    def fates(self) -> list[tuple[Sequence[Box], bool]]:
        """Return for each suggestion of this image its boxes as they were shown, and whether it was decided about."""
        boxes: dict[SuggestedBox, list[Box]] = {}
        for shown in self._ever_shown:
            boxes.setdefault(shown.suggestion, []).append(shown.box)
        return [(shown, suggestion in self._taken) for suggestion, shown in boxes.items()]

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

    def accept_selected(self) -> None:
        """Accept the suggested box that is selected."""
        box = self._host.selected_box()
        accepted = [shown for shown in self._shown if box is not None and shown.box.key is box.key]
        if accepted:
            self._accept(accepted)
            self._host.mark_edited()

    def reject(self) -> None:
        """Delete all that are shown: a person says that they are wrong."""
        boxes = self._boxes()
        self._taken |= {shown.suggestion for shown in self._shown}
        for shown in self._shown:
            if id(shown.box.key) in boxes:
                self._host.remove_box(shown.box)
        self._shown = []
        self._session.situation_changed.emit()

    # the host's events
    def image_opening(self, image: Path) -> None:
        """Forget the suggestions of the last image."""
        self.image_closed()

    def image_opened(self) -> None:
        """Show what is stored for an image without labels, or ask, if that is wanted."""
        self._looked_up = None
        if self._session.status is not None:
            self._look_up(self._session.status)

    def image_closed(self) -> None:
        """Forget the suggestions."""
        self._awaited = self._looked_up = None
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

    # what is stored
    def _look_up(self, status: WorkspaceStatus) -> None:
        """Look for stored suggestions, in a thread; again when there is a newer model, or one was run on the photos."""
        image = self._host.image
        if image is None or not status.export or self._suggestions or self._awaited or self._is_labelled(image):
            return
        runs = sum(job.kind == "suggest" and job.state.is_end for job in status.jobs)
        if self._looked_up != (image, status.export, runs):
            self._looked_up = image, status.export, runs
            found = partial(stored_suggestions, status.workspace, image, status.export)
            self._session.do(found, partial(self._take_stored, self._looked_up))

    def _take_stored(self, looked_up: tuple[Path, str, int], answer: Answer | None) -> None:
        if looked_up != self._looked_up or self._suggestions or self._awaited is not None:
            return  # another image is open by now, or the model was asked
        if answer is not None:
            self._show_answer(answer)
        elif self._asks_when_opening:
            self.suggest()

    def _is_labelled(self, image: Path) -> bool:
        """Return whether an image has an annotation file; one without boxes says that there is nothing to find."""
        folder = self._host.save_folder or image.parent
        return any((folder / f"{image.stem}{suffix}").exists() for suffix in FORMATS)

    # what is shown
    def show_enough(self) -> None:
        """Show the suggestions that score enough, except those that were accepted or deleted."""
        boxes, min_score = self._boxes(), self._docks.training.min_score()
        for shown in list(self._shown):
            if id(shown.box.key) not in boxes:
                self._taken.add(shown.suggestion)  # deleted by the user
                self._shown.remove(shown)
            elif shown.suggestion.score < threshold_of(shown.suggestion.label, min_score):
                self._host.remove_box(shown.box)
                self._shown.remove(shown)
        known = {shown.suggestion for shown in self._shown} | self._taken
        for suggestion in worth_showing(self._suggestions, self._present(), min_score):
            if suggestion not in known:
                self._show(suggestion)
        self._session.situation_changed.emit()

    def _follow_score(self) -> None:
        """Show what scores enough; the status bar follows when that changes what is shown."""
        before = list(self._shown)
        self.show_enough()
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
        self._show_answer(answer)

    def _show_answer(self, answer: Answer) -> None:
        boxes = self._boxes()
        for shown in self._shown:
            if id(shown.box.key) in boxes:
                self._host.remove_box(shown.box)
        self._shown = []
        self._suggestions, self._model = answer.suggestions, answer.model
        self.show_enough()
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
        box = self._host.add_suggested_box(suggestion.label, edges_of(suggestion), suggestion.score)
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
