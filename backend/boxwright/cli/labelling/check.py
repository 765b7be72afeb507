"""`boxwright check`: what is wrong with the images and annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import EXAMPLES, echo, print_findings, reporting
from boxwright.workflow.check import CheckOptions
from boxwright.workflow.check import check as find_problems
from boxwright.workspace import Workspace, as_argument


@takes_options
def check(
    options: CheckOptions,
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as a JSON list.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Print every finding, not three of each rule.")] = False,
) -> None:
    """Say what is wrong with the images and annotations, and how to fix it; nothing is written.

    Ends with 1 when there is any finding.

    Example:
      boxwright check training_demo
      boxwright check training_demo --all
      boxwright check training_demo --json --deep
    """
    from boxwright.findings import findings_to_json

    with reporting() as reporter:
        report = find_problems(Workspace.find(folder), options, reporter)
    if as_json:
        echo(json.dumps(findings_to_json(report.findings), indent=2))
    elif report.findings:
        place = "" if folder == Path() else f" {as_argument(folder)}"
        print_findings(
            report.findings, examples=None if show_all else EXAMPLES, all_are_in=f"boxwright check{place} --all"
        )
    else:
        images = sum(report.images.values())
        echo(f"No findings in {images:,} labelled images.")
    if report.unlabelled and not as_json:
        echo(f"{report.unlabelled:,} images have no annotation yet and are left out.")
    if report.findings:
        raise typer.Exit(1)
