"""`boxwright runs`: which trainings there are, and what differs between two of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boxwright.cli.console import duration, echo, print_table
from boxwright.errors import BoxwrightError, UsageError
from boxwright.findings import printable
from boxwright.workspace import as_argument

if TYPE_CHECKING:
    from boxwright.runs.find import RecordedRun

FINGERPRINT_SHOWN = 12  # hexadecimal digits


def runs(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="The workspace, or any folder with runs below it.", show_default="the current directory"
        ),
    ] = Path(),
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN RUN]", help="Two runs to compare.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with nothing left out.")] = False,
) -> None:
    """List the trainings in a folder and compare two: configuration, labels, precision, time.

    A run is a folder with a run.json, which boxwright train writes: training/, or what --train-dir named. What changed
    in the labels is told image by image, from the labels.csv that each run keeps. Two runs are compared unasked when
    there are no others.

    Example:
      boxwright runs training_demo
      boxwright runs training_demo training training-before-1
      boxwright runs training_demo --json
    """
    from boxwright.runs.compare import compare_runs
    from boxwright.runs.find import find_runs

    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder. Give a workspace, or a folder with runs below it.")
    found = find_runs(folder)
    if not found:
        raise BoxwrightError(
            f"{folder.absolute()}: there is no run below it (no run.json). A training makes one: "
            f"boxwright train {as_argument(folder)}"
        )
    chosen = _chosen(found, names, folder) if names else found
    comparison = compare_runs(*chosen) if len(chosen) == 2 else None
    if as_json:
        said = {"runs": [run.as_dict() for run in chosen], "comparison": comparison.as_dict() if comparison else None}
        echo(json.dumps(said, ensure_ascii=False))
        return
    _say_list(chosen)
    if comparison:
        from boxwright.cli.comparison import say_comparison

        echo()
        say_comparison(comparison)
    elif len(found) > 1:
        echo(f"To compare two: boxwright runs {as_argument(folder)} RUN RUN")


def _chosen(found: Sequence[RecordedRun], names: Sequence[str], folder: Path) -> list[RecordedRun]:
    """Return the two runs of these names, or paths."""
    from boxwright.runs.find import RecordedRun
    from boxwright.runs.record import read_run

    if len(names) != 2:
        raise UsageError(
            f"{' '.join(names)}: give the folder and two runs in it, for example: "
            f"boxwright runs {as_argument(folder)} training other"
        )
    chosen = []
    for name in names:
        path = Path(name)
        fits = [run for run in found if run.name == path.as_posix() or run.folder.resolve() == path.resolve()]
        if not fits and (record := read_run(path)):  # one that --train-dir put elsewhere
            fits = [RecordedRun(path.as_posix(), path, record)]
        if not fits:
            there = ", ".join(run.name for run in found)
            raise UsageError(f"{name}: there is no such run in {folder.absolute()}. There: {there}.")
        chosen.append(fits[0])
    return chosen


def _say_list(found: Sequence[RecordedRun]) -> None:
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
