"""Opening the photo of a mistake, with the annotated boxes and the model's over it."""

from __future__ import annotations

from boxwright.runs.verdicts import Mistake
from boxwright_labelimg.client.mistake_list import min_scores, overlay_of
from boxwright_labelimg.controllers.findings import FindingsController
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Host, HostListener
from boxwright_labelimg.i18n import tr


class MistakesController(HostListener):
    """Opens what is chosen in the dock Mistakes; the user's boxes stay as they are."""

    def __init__(self, host: Host, session: Session, docks: Docks, findings: FindingsController) -> None:
        """Connect the dock."""
        self._host = host
        self._session = session
        self._findings = findings
        docks.mistakes.opened.connect(self.open)
        host.add_listener(self)

    def open(self, mistake: Mistake) -> None:
        """Open the photo, and show both sets of boxes over it until the photo is left or a box is edited."""
        image, status = self._findings.image_of(f"images/{mistake.image}"), self._session.status
        if image is None or status is None or status.verdicts is None:
            self._host.show_message(tr("{file} is not an image of this folder.", file=mistake.image))
            return
        if image != self._host.image and not self._host.open_image(image):
            return
        best = status.evaluation.best_scores if status.evaluation is not None else {}
        self._host.show_overlay(overlay_of(status.verdicts, min_scores(status.verdicts, best), mistake))
        self._host.show_message(tr("Dashed: the annotated boxes. Solid: the model's, green where they are right."), 0)

    def image_closed(self) -> None:
        """Show no boxes over another photo."""
        self._host.show_overlay(())

    def boxes_edited(self) -> None:
        """Let the user see what is edited."""
        self._host.show_overlay(())
