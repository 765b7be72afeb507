"""`boxwright runs`: which trainings there are, and what differs between two of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boxwright.cli.command import takes_options
from boxwright.cli.console import duration, echo, print_table
from boxwright.findings import printable
from boxwright.workflow.runs import RunsOptions, list_runs
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.runs.find import RecordedRun

FINGERPRINT_SHOWN = 12  # hexadecimal digits


@takes_options
def runs(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="The workspace, or any folder with runs below it.", show_default="the current directory"
        ),
    ] = Path(),
    *,
    options: RunsOptions,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with nothing left out.")] = False,
) -> None:
    """List the trainings in a folder and compare two: configuration, labels, precision, time.

    A run is a folder with a run.json, which boxwright train writes: training/, or what --train-dir named. What changed
    in the labels is listed image by image, from the labels.csv of each run. Two runs are compared without being named
    when there are no others.

    Example:
      boxwright runs training_demo
      boxwright runs training_demo training training.backup-1
      boxwright runs training_demo --json
    """
    result = list_runs(Workspace.at(folder), options)
    comparison = result.comparison
    if as_json:
        content = {
            "runs": [run.as_dict() for run in result.runs],
            "comparison": comparison.as_dict() if comparison else None,
        }
        echo(json.dumps(content, ensure_ascii=False))
        return
    _print_list(result.runs)
    if comparison:
        from boxwright.cli.model.comparison import print_comparison

        echo()
        print_comparison(comparison)
    elif len(result.runs) > 1:
        echo(f"To compare two: boxwright runs {as_argument(folder)} RUN RUN")


def _print_list(found: Sequence[RecordedRun]) -> None:
    rows = []
    for run in found:
        seconds, measured = run.record.seconds_trained, run.evaluated
        rows.append(
            (
                printable(run.name),
                _local(run.record.started),
                run.record.model,
                run.images,
                (run.fingerprint or "-")[:FINGERPRINT_SHOWN],
                run.record.step,
                None if seconds is None else duration(seconds),
                measured.ap50 if measured else None,
                measured.ap if measured else None,
                measured.at_step if measured else None,
                run.last_loss,
                run.outcome,
            )
        )
    columns = ("run", "started", "model", "images", "dataset", "steps", "time")
    print_table((*columns, "AP@.50", "AP@[.50:.95]", "at step", "last loss", "outcome"), rows)


def _local(started: str | None) -> str | None:
    """Return when a run started by this machine's clock."""
    try:
        return datetime.fromisoformat(started or "").astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return None
