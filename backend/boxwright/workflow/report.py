"""One page about a run, to be read in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import Reporter, log, silent
from boxwright.stop_signal import StopSignal
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.run_folder import run_folder
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.runs.find import RecordedRun

REPORT_FILE = "report.html"


@dataclass(frozen=True)
class ReportOptions(Options):
    """Options of `make_report`.

    Attributes:
        run: A run of the workspace by its name, or its folder; "training" for the newest.
        output: The file; None for report.html in the run's folder.
        mlflow: Whether to log the run to MLflow too.
    """

    run: str = option(
        "training",
        "Run, by its name below DIR or its folder.",
        metavar="RUN",
        is_argument=True,
        show_default="training",
    )
    output: Path | None = option(None, "File to write.", metavar="FILE", show_default="report.html in the run's folder")
    mlflow: bool = option(
        False,
        "Log parameters, curves, precision, page and export to MLflow too, where it is installed.",
        flag="--mlflow",
    )


@dataclass(frozen=True)
class ReportResult:
    """A page that was written.

    Attributes:
        file: Where.
        size: In bytes.
        is_evaluated: Whether it has the precision of the model.
        mlflow_run: MLflow's id of the run that was logged; None when none was.
    """

    file: Path
    size: int
    is_evaluated: bool
    mlflow_run: str | None = None


def make_report(
    workspace: Workspace,
    options: ReportOptions = ReportOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> ReportResult:
    """Write one self-contained HTML file about a run.

    It has the dataset, the curves of the training, precision with its interval, the best and the worst test photos, the
    differences to the run before, and how to use the export. Nothing in it is fetched from elsewhere, and it runs no
    script.

    Args:
        workspace: Whose run.
        options: Which run, and where the page goes.
        reporter: Told when MLflow is wanted and not installed.
        stop: Is not needed: it takes some seconds.

    Raises:
        UsageError: There is no such run, or `output` is a folder.
        BoxwrightError: The folder has no record of a run.
        OSError: The page cannot be written.
    """
    import importlib.metadata

    from boxwright.files import atomic_write
    from boxwright.report.collect import collect
    from boxwright.report.page import render
    from boxwright.runs.find import RecordedRun
    from boxwright.runs.record import now, read_run

    folder = run_folder(workspace, options.run)
    output = options.output or folder / REPORT_FILE
    if output.is_dir():
        raise UsageError(f"{output}: this is a folder; give a file.")
    record = read_run(folder)
    if record is None:
        raise BoxwrightError(
            f"{folder}: there is no run.json that can be read, so nothing was trained there. A training makes one: "
            f"boxwright train {as_argument(workspace.root)}"
        )
    run = RecordedRun(workspace.relative(folder), folder, record)
    content = collect(workspace, run, made=now(), made_by=f"Boxwright {importlib.metadata.version('boxwright')}")
    # names of files need not be Unicode
    page = render(content).encode("utf-8", "backslashreplace")
    output.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(output) as stream:
        stream.write(page)
    logged = _log_to_mlflow(workspace, run, output, reporter) if options.mlflow else None
    return ReportResult(output, len(page), content.precision is not None, logged)


def _log_to_mlflow(workspace: Workspace, run: RecordedRun, page: Path, reporter: Reporter) -> str | None:
    from boxwright.report.collect import newest_export
    from boxwright.report.mlflow_log import load_mlflow, log_to_mlflow

    mlflow = load_mlflow()
    if mlflow is None:
        log(reporter, 'MLflow is not installed here, so nothing is logged to it: pip install "boxwright[mlflow]"')
        return None
    newest = newest_export(workspace, run.record)
    try:
        return log_to_mlflow(mlflow, workspace.root.resolve().name, run, page, newest[0] if newest else None)
    except Exception as error:  # MLflow and its stores raise whatever they raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BoxwrightError(f"{page} is written, but MLflow did not take the run: {first}") from error
