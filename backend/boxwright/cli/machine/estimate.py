"""`boxwright estimate`: what a training here would be. labelImg's dialog asks; nobody types it."""

from __future__ import annotations

from pathlib import Path

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo
from boxwright.workflow.estimate import EstimateOptions
from boxwright.workflow.estimate import estimate as find_out
from boxwright.workspace import Workspace


@takes_options
def estimate(options: EstimateOptions, folder: Folder = Path()) -> None:
    """Print what a training here would be, as JSON lines: first what is quickly known, then device or step time.

    Example:
      boxwright estimate training_demo
      boxwright estimate training_demo --preset small --batch-size 8
    """
    find_out(Workspace.find(folder), options, on_part=lambda part: echo(part.to_json()))
