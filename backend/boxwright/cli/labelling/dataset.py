"""`boxwright dataset`: from labelImg's annotation files to split, label map, tables and records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, print_findings, print_table, reporting
from boxwright.workflow.dataset import DatasetOptions, make_dataset
from boxwright.workspace import SPLITS, Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.dataset.report import DatasetReport


@takes_options
def dataset(options: DatasetOptions, folder: Folder = Path()) -> None:
    """Turn labelImg's annotation files into split, label map, CSV tables and TFRecords.

    Writes annotations/: label_map.pbtxt, split.csv, train_labels.csv, test_labels.csv, train.record, test.record
    (in shards when they are large). What has not changed is not written again. Ends with 1 when something was left
    out; the rest is written all the same.

    Example:
      boxwright dataset training_demo
    """
    workspace = Workspace.find(folder)
    with reporting() as reporter:
        report = make_dataset(workspace, options, reporter)
    show_dataset(workspace, report)
    if any(report.images.values()):
        place = "" if folder == Path() else f" {as_argument(folder)}"
        echo(f"\nNext: boxwright train{place}")
    if report.has_errors():
        raise typer.Exit(1)


def show_dataset(workspace: Workspace, report: DatasetReport) -> None:
    """Print counts, findings and what was written."""
    print_dataset(report)
    print_findings(report.findings, all_are_in=f"boxwright check {as_argument(workspace.root)} --all")
    for path in report.backups:
        shown = workspace.relative(path)
        echo(f"Backup: {shown} has this name now. It had the name of a record, and is not known to be Boxwright's.")
    if report.changed:
        echo(f"Wrote {_records(report, workspace)}")
    else:
        echo(f"Nothing has changed: {_records(report, workspace)}")


def print_dataset(report: DatasetReport) -> None:
    """Print images and objects per split."""
    rows: list[tuple[object, ...]] = [("images", None, *(report.images[split] for split in SPLITS))]
    rows += [
        (f"objects: {label}", report.label_map.get(label), *(counts[split] for split in SPLITS))
        for label, counts in report.objects.items()
    ]
    print_table(("", "id", *SPLITS), rows)
    if report.unlabelled:
        echo(f"  {report.unlabelled:,} images have no annotation yet and are left out.")
    if report.new_labels:
        echo(f"  New in label_map.pbtxt: {', '.join(report.new_labels)}")


def _records(report: DatasetReport, workspace: Workspace) -> str:
    shown = []
    for split in SPLITS:
        paths = report.records[split]
        if len(paths) == 1:
            shown.append(workspace.relative(paths[0]))
        elif paths:
            shown.append(f"{workspace.relative(paths[0])} ... ({len(paths)} shards)")
    return ", ".join(shown) or "no records"
