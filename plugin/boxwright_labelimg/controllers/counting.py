"""Counting what a person did with suggested boxes: accepted, moved, relabelled, deleted, drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial

from boxwright.suggestions.review import ReviewCounts
from boxwright.suggestions.store import SuggestionStore
from boxwright_labelimg.client.stored_suggestions import add_review
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.controllers.suggesting import SuggestionController
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Box, Host, HostListener


class CountingController(HostListener):
    """Adds to the store's counts when boxes are saved; must listen to the host after the SuggestionController."""

    def __init__(self, host: Host, session: Session, docks: Docks, suggestions: SuggestionController) -> None:
        """Count nothing yet."""
        self._host = host
        self._session = session
        self._docks = docks
        self._suggestions = suggestions
        self._opened: Sequence[Box] = ()  # the boxes that the image was opened with
        self._added = ReviewCounts()  # to the store, since the image was opened
        host.add_listener(self)
        session.workspace_changed.connect(self._show_workspace)

    def image_opened(self) -> None:
        """Begin to count: the boxes that are there are nobody's."""
        self._opened, self._added = tuple(self._host.boxes()), ReviewCounts()

    def boxes_saved(self) -> None:
        """Add what was saved, from the first model on."""
        workspace, image, status = self._session.workspace, self._host.image, self._session.status
        if workspace is None or image is None or status is None or not status.export:
            return
        opened = {id(box.key) for box in self._opened}
        counts = counts_of(self._suggestions.fates(), self._host.boxes(), opened)
        change, self._added = counts - self._added, counts
        if change != ReviewCounts():
            self._session.do(partial(add_review, workspace, image, change), self._show)

    def _show_workspace(self) -> None:
        self._docks.training.show_review(ReviewCounts())
        if self._session.workspace is not None:
            self._session.do(SuggestionStore(self._session.workspace).review, self._show)

    def _show(self, total: ReviewCounts | None) -> None:
        if total is not None:
            self._docks.training.show_review(total)


def counts_of(
    fates: Sequence[tuple[Sequence[Box], bool]], present: Sequence[Box], opened: Collection[int]
) -> ReviewCounts:
    """Return what became of suggested boxes, and what was drawn.

    Args:
        fates: For each suggestion its boxes as they were shown, one after the other, and whether a person accepted or
            deleted it.
        present: The boxes that are saved.
        opened: Identities of the keys of boxes that the image was opened with.
    """
    now = {id(box.key): box for box in present}
    counts: Counter[str] = Counter()
    suggested: set[int] = set()
    for shown, is_decided in fates:
        suggested |= {id(box.key) for box in shown}
        saved = next((box for box in shown if id(box.key) in now), None)
        if saved is not None:
            counts[_fate(saved, now[id(saved.key)])] += 1
        elif is_decided:
            counts["deleted"] += 1
    counts["drawn"] = len(now.keys() - suggested - set(opened))
    return ReviewCounts(**counts)


def _fate(shown: Box, saved: Box) -> str:
    if saved.label != shown.label:
        return "relabelled"
    return "accepted" if saved.edges == shown.edges else "moved"
