"""All controllers of a window."""

from __future__ import annotations

from dataclasses import dataclass

from boxwright_labelimg.controllers.classes import ClassController
from boxwright_labelimg.controllers.counting import CountingController
from boxwright_labelimg.controllers.dataset import DatasetController
from boxwright_labelimg.controllers.findings import FindingsController
from boxwright_labelimg.controllers.jobs import JobController
from boxwright_labelimg.controllers.mistakes import MistakesController
from boxwright_labelimg.controllers.review import ReviewController
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.controllers.suggesting import SuggestionController
from boxwright_labelimg.controllers.training import TrainingController
from boxwright_labelimg.controllers.workspace import WorkspaceController
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Host
from boxwright_labelimg.i18n import plain


@dataclass(frozen=True)
class Controllers:
    """What the handlers of the actions call."""

    docks: Docks
    workspaces: WorkspaceController
    jobs: JobController
    dataset: DatasetController
    training: TrainingController
    suggestions: SuggestionController
    counting: CountingController
    review: ReviewController
    findings: FindingsController
    mistakes: MistakesController
    classes: ClassController

    @classmethod
    def of(cls, host: Host, session: Session, docks: Docks) -> Controllers:
        """Make all controllers of a window, and let the docks follow the session."""
        session.workspace_changed.connect(lambda: docks.show_nothing(has_folder=host.images_folder is not None))
        session.status_changed.connect(docks.show_status)
        session.failed.connect(docks.show_failure)
        session.failed.connect(lambda message: host.show_message(plain(message.partition("\n")[0]), 0))
        workspaces = WorkspaceController(host, session)
        docks.training.help_wanted.connect(workspaces.help)
        jobs = JobController(host, session, docks)
        suggestions = SuggestionController(host, session, docks)
        findings = FindingsController(host, session, docks)
        return cls(
            docks=docks,
            workspaces=workspaces,
            jobs=jobs,
            dataset=DatasetController(host, session, docks, workspaces, jobs),
            training=TrainingController(host, session, docks, workspaces, jobs),
            suggestions=suggestions,
            counting=CountingController(host, session, docks, suggestions),
            review=ReviewController(host, session, docks, suggestions),
            findings=findings,
            mistakes=MistakesController(host, session, docks, findings),
            classes=ClassController(host, session),
        )

    def close(self) -> None:
        """Close what does not outlive the window; jobs continue."""
        self.dataset.close()
        self.training.close()
        self.docks.mistakes.thumbnails.close()
