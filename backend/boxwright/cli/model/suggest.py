"""`boxwright suggest`: boxes for every photo that has no labels yet."""

from __future__ import annotations

from pathlib import Path

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import duration, echo, print_findings, reporting
from boxwright.cli.signals import stop_on_signals
from boxwright.findings import printable
from boxwright.workflow.suggest import SuggestOptions, SuggestResult
from boxwright.workflow.suggest import suggest as make_suggestions
from boxwright.workspace import Workspace


@takes_options
def suggest(options: SuggestOptions, folder: Folder = Path()) -> None:
    """Suggest boxes for every photo without labels, with the newest export.

    The boxes go into .boxwright/suggestions.sqlite, by the content of the photo. Work that was interrupted continues:
    photos that have suggestions of this model are not run again. Photos and labels are never changed.

    Example:
      boxwright suggest training_demo
      boxwright suggest training_demo --voc to_review
    """
    workspace = Workspace.find(folder)
    with stop_on_signals() as stop, reporting() as reporter:
        result = make_suggestions(workspace, options, reporter, stop=stop)
    show_suggestions(workspace, result, options)
    if result.findings:
        raise typer.Exit(1)


def show_suggestions(workspace: Workspace, result: SuggestResult, options: SuggestOptions) -> None:
    """Print what is in the store."""
    if not result.photos:
        echo("Every photo has labels, so there is nothing to suggest.")
    else:
        echo(
            f"{result.photos:,} photos without labels: {result.suggested:,} run now in {duration(result.seconds)}; "
            f"{result.boxes:,} boxes in {result.with_boxes:,} of them score enough."
        )
        enough = ", ".join(f"{printable(label)} {score:g}" for label, score in result.min_scores.items())
        if enough:
            echo(f"Enough is: {enough}.")
        echo(f"Model: {workspace.relative(result.model)}")
    if options.voc is not None:
        stays = f"; {result.present_xml:,} were there already and are not overwritten" if result.present_xml else ""
        echo(f"XML: {result.xml:,} in {options.voc}{stays}")
    if result.findings:
        print_findings(result.findings)
