"""`boxwright check`: what is wrong with the images and annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.console import echo, print_findings, reporting
from boxwright.cli.options import Folder
from boxwright.workspace import Workspace


def check(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as a JSON list.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Decode every image whole, to its last pixel.")] = False,
    closed: Annotated[
        bool,
        typer.Option("--closed", help="A label that label_map.pbtxt lacks is an error, not a new class."),
    ] = False,
) -> None:
    """Say what is wrong with the images and annotations, and how to mend it; nothing is written.

    Ends with 1 when there is any finding.

    Example:
      boxwright check training_demo
      boxwright check training_demo --json --deep
    """
    from boxwright.dataset.sync import assess
    from boxwright.findings import findings_to_json

    workspace = Workspace.find(folder)
    with reporting() as reporter:
        report = assess(workspace, closed_label_map=closed, deep=deep, reporter=reporter)
    if as_json:
        echo(json.dumps(findings_to_json(report.findings), indent=2))
    elif report.findings:
        print_findings(report.findings)
    else:
        images = sum(report.images.values())
        echo(f"No findings in {images:,} labelled images.")
    if report.unlabelled and not as_json:
        echo(f"{report.unlabelled:,} images have no XML yet and are left out.")
    if report.findings:
        raise typer.Exit(1)
