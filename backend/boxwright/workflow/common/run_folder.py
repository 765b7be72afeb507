"""The folder of a run, by what a user calls it."""

from __future__ import annotations

from pathlib import Path

from boxwright.errors import UsageError
from boxwright.workspace import Workspace, as_argument


def run_folder(workspace: Workspace, run: str) -> Path:
    """Return the folder of a run.

    Args:
        workspace: Whose run.
        run: Its name below the workspace, or its folder.

    Raises:
        UsageError: There is no such run.
    """
    for folder in (workspace.root / run, Path(run)):
        if folder.is_dir():
            return folder
    raise UsageError(
        f"{run}: there is no such run in {workspace.root}. They are listed by: "
        f"boxwright runs {as_argument(workspace.root)}"
    )
