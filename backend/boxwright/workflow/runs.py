"""Which trainings there are, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal
from boxwright.workflow.common.option import Options, option
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.runs.compare import Comparison
    from boxwright.runs.find import RecordedRun


@dataclass(frozen=True)
class RunsOptions(Options):
    """Options of `list_runs`.

    Attributes:
        names: Two runs to compare, by name or path; none for all runs.
    """

    names: tuple[str, ...] = option((), "Two runs to compare.", metavar="RUN", is_argument=True)


@dataclass(frozen=True)
class RunsResult:
    """The runs of a folder.

    Attributes:
        runs: All of them in the order in which they started, or the two that were asked for.
        comparison: What differs between the two; None when there are not two.
    """

    runs: tuple[RecordedRun, ...]
    comparison: Comparison | None


def list_runs(
    workspace: Workspace,
    options: RunsOptions = RunsOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> RunsResult:
    """List the trainings in a folder, and compare two: configuration, labels, precision, time.

    Args:
        workspace: A workspace, or any folder with runs below it.
        options: Which two to compare; where a folder has only two, these are compared anyway.
        reporter, stop: Are not needed: it takes a moment.

    Raises:
        UsageError: There is no such folder or run.
        BoxwrightError: There is no run.
    """
    from boxwright.runs.compare import compare_runs
    from boxwright.runs.find import find_runs

    folder = workspace.root
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder. Give a workspace, or a folder with runs below it.")
    found = find_runs(folder)
    if not found:
        raise BoxwrightError(
            f"{folder}: there is no run below it (no run.json). A training makes one: "
            f"boxwright train {as_argument(folder)}"
        )
    chosen = _chosen(found, options.names, folder) if options.names else found
    return RunsResult(tuple(chosen), compare_runs(*chosen) if len(chosen) == 2 else None)


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
            known = ", ".join(run.name for run in found)
            raise UsageError(f"{name}: there is no such run in {folder}. Runs there: {known}.")
        chosen.append(fits[0])
    return chosen
