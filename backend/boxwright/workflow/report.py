"""One page about a run, to be read in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.run_folder import run_folder
from boxwright.workspace import Workspace, as_argument

REPORT_FILE = "report.html"


@dataclass(frozen=True)
class ReportOptions(Options):
    """Options of `make_report`.

    Attributes:
        run: A run of the workspace by its name, or its folder; "training" for the newest.
        output: The file; None for report.html in the run's folder.
    """

    run: str = option(
        "training",
        "Run, by its name below DIR or its folder.",
        metavar="RUN",
        is_argument=True,
        show_default="training",
    )
    output: Path | None = option(None, "File to write.", metavar="FILE", show_default="report.html in the run's folder")


@dataclass(frozen=True)
class ReportResult:
    """A page that was written.

    Attributes:
        file: Where.
        size: In bytes.
        is_evaluated: Whether it has the precision of the model.
    """

    file: Path
    size: int
    is_evaluated: bool


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
        reporter, stop: Are not needed: it takes some seconds.

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
    return ReportResult(output, len(page), content.precision is not None)
