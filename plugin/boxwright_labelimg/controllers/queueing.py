"""What the controllers share that prepare the workspace and queue a job."""

from __future__ import annotations

from dataclasses import dataclass

from boxwright_labelimg.controllers.jobs import JobController
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.controllers.workspace import WorkspaceController
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Host


@dataclass(eq=False)
class QueueingController:
    """Prepares the workspace through one controller, and queues jobs through another."""

    _host: Host
    _session: Session
    _docks: Docks
    _workspaces: WorkspaceController
    _jobs: JobController

    def __post_init__(self) -> None:
        """Set up what a subclass needs besides."""
