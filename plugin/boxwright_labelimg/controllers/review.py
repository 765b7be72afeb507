"""Walking through the photos that have no labels yet, and what the list of photos shows of each."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from boxwright_labelimg.client.photo_marks import PhotoMarks, read_marks, with_findings
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.controllers.suggesting import SuggestionController
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Host, HostListener
from boxwright_labelimg.i18n import tr


class ReviewController(HostListener):
    """Opens the next photo to label; must listen to the host after the SuggestionController."""

    def __init__(self, host: Host, session: Session, docks: Docks, suggestions: SuggestionController) -> None:
        """Know of no photos."""
        self._host = host
        self._session = session
        self._photos = docks.photos
        self._suggestions = suggestions
        self._marks = PhotoMarks()
        self._images: list[str] = []  # by name
        self._read: object = None  # what the marks depend on, as it was when they were read
        self._with_finding: frozenset[str] = frozenset()
        host.add_listener(self)
        session.status_changed.connect(self._follow)
        session.workspace_changed.connect(self._forget)
        docks.photos.sorted_by_rank.connect(self._sort)

    # actions
    def next_to_label(self) -> None:
        """Open the next photo without labels, in the order in which they are worth labelling."""
        images, current = self._images, str(self._host.image)
        following = self._marks.next_to_label(images, current)
        while following is not None and not Path(following).exists():  # it was deleted meanwhile
            images = [image for image in images if image != following]
            following = self._marks.next_to_label(images, current)
        if following is None:
            self._host.show_message(tr("No other photo is without labels."))
        else:
            self._host.open_image(Path(following))

    def accept_and_next(self) -> None:
        """Accept all suggested boxes, save, and open the next photo without labels."""
        self._suggestions.accept()
        if self._host.image is None or (self._host.is_edited and not self._host.save()):
            return
        if str(self._host.image) in self._marks.labelled:
            self.next_to_label()
        else:
            self._host.show_message(tr("There is no box to save. Press 0 if the photo shows no object."))

    def no_objects(self) -> None:
        """Save that the photo shows no object, and open the next one without labels."""
        if self._host.image is None:
            return
        if any(not box.is_suggested for box in self._host.boxes()):
            self._host.show_message(tr("The photo has boxes. Delete them first, if it shows no object."))
            return
        self._suggestions.reject()
        if self._host.save():
            self.next_to_label()

    # the host's events
    def folder_opened(self) -> None:
        """List the photos, and look at them."""
        self._images, self._marks = [str(image) for image in self._host.images], PhotoMarks()
        self._forget()

    def boxes_saved(self) -> None:
        """Mark the photo at once."""
        if self._host.image is not None:
            self._marks = self._marks.saved(str(self._host.image), is_empty=not self._host.boxes())
            self._show()

    def _follow(self, status: WorkspaceStatus) -> None:
        """Look again after the model was run on the photos, or there is a newer one; show new findings."""
        ended = tuple(job.id for job in status.jobs if job.kind == "suggest" and job.state.is_end)
        if (status.export, status.best_scores, ended) != self._read:
            self._read = status.export, status.best_scores, ended
            self._refresh()
        with_finding = with_findings(status.findings, self._images)
        if with_finding != self._with_finding:
            self._with_finding = with_finding
            self._show()

    def _forget(self) -> None:
        """Forget what is known of the photos, and look at them."""
        self._read, self._with_finding = None, frozenset()
        self._show()
        self._refresh()

    def _refresh(self) -> None:
        images, status = tuple(self._images), self._session.status
        if images:
            model, scores = (status.export, status.best_scores) if status else ("", {})
            read = partial(read_marks, images, self._host.save_folder, self._session.workspace, model, scores)
            self._session.do(read, partial(self._take, images))

    def _take(self, images: tuple[str, ...], marks: PhotoMarks) -> None:
        if images != tuple(self._images):
            return  # another folder is open by now
        is_other_order, self._marks = marks.ranked != self._marks.ranked, marks
        if is_other_order and self._photos.is_by_rank:
            self._sort(True)
        else:
            self._show()

    def _show(self) -> None:
        self._photos.show_marks(self._marks, self._with_finding)

    def _listed(self) -> list[str]:
        """Return the photos by name, without those that were deleted."""
        listed = {str(image) for image in self._host.images}
        return [image for image in self._images if image in listed]

    def _sort(self, by_rank: bool) -> None:
        images = self._listed()
        self._host.sort_images([Path(image) for image in (self._marks.order(images) if by_rank else images)])
        self._show()
