"""`boxwright rank`: which photo to label next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import duration, echo, print_findings, print_table, reporting
from boxwright.findings import printable
from boxwright.workflow.rank import RankOptions, RankResult
from boxwright.workflow.rank import rank as rank_photos
from boxwright.workspace import Workspace, as_argument

SHOWN_ROWS = 20


@takes_options
def rank(
    folder: Folder = Path(),
    *,
    options: RankOptions,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with all photos.")] = False,
) -> None:
    """Order the photos without labels by what labelling them is worth.

    A photo counts more the less sure the model is of it (after boxwright suggest) and the less it looks like photos
    that have labels or come before it. Every tenth photo probably has no object; photos that look like labelled ones
    come last. Before a first model only what they look like counts.

    Example:
      boxwright rank training_demo
      boxwright rank training_demo --output next.csv
    """
    workspace = Workspace.find(folder)
    if as_json:
        echo(rank_photos(workspace, options).ranking.to_json().rstrip())
        return
    with reporting() as reporter:
        result = rank_photos(workspace, options, reporter)
    _show_ranking(workspace, result, options)
    if result.findings:
        raise typer.Exit(1)


def _show_ranking(workspace: Workspace, result: RankResult, options: RankOptions) -> None:
    ranking = result.ranking
    if not ranking.photos:
        echo("Every photo has labels.")
    else:
        rows = [
            (number, printable(photo.path), photo.reason, photo.uncertainty, photo.difference, photo.best_score)
            for number, photo in enumerate(ranking.photos[:SHOWN_ROWS], start=1)
        ]
        print_table(("rank", "image", "why", "uncertainty", "difference", "best score"), rows)
        if len(ranking.photos) > SHOWN_ROWS:
            echo(f"  ... and {len(ranking.photos) - SHOWN_ROWS:,} more; --output FILE and --json have all.")
        echo(
            f"{len(ranking.photos):,} photos without labels, {ranking.labelled:,} with, in {duration(result.seconds)}."
        )
        if not ranking.model:
            echo(
                "No model has looked at them yet, so only what they look like counts. After a training: "
                f"boxwright suggest {as_argument(workspace.root)}"
            )
    if options.output is not None:
        echo(f"CSV: {options.output}")
    if result.findings:
        print_findings(result.findings)
