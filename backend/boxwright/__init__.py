"""Boxwright: from labelImg's XML to a trained, exported TensorFlow detector.

The verbs of the command line as functions, each `verb(workspace, options, reporter) -> result`:

    import boxwright

    workspace = boxwright.Workspace.find("training_demo")
    boxwright.train(workspace, boxwright.TrainOptions(num_steps=500))

Importing this package loads neither TensorFlow nor Qt nor pandas; a verb imports what it needs when it is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # "as" makes them part of this module for type checkers
    from boxwright.errors import BoxwrightError as BoxwrightError
    from boxwright.errors import UsageError as UsageError
    from boxwright.findings import Finding as Finding
    from boxwright.findings import Severity as Severity
    from boxwright.progress import Progress as Progress
    from boxwright.progress import Reporter as Reporter
    from boxwright.progress import silent as silent
    from boxwright.stop_signal import StopSignal as StopSignal
    from boxwright.workflow.benchmark import BenchmarkOptions as BenchmarkOptions
    from boxwright.workflow.benchmark import BenchmarkResult as BenchmarkResult
    from boxwright.workflow.benchmark import benchmark as benchmark
    from boxwright.workflow.check import CheckOptions as CheckOptions
    from boxwright.workflow.check import check as check
    from boxwright.workflow.dataset import DatasetOptions as DatasetOptions
    from boxwright.workflow.dataset import make_dataset as make_dataset
    from boxwright.workflow.demo import DemoOptions as DemoOptions
    from boxwright.workflow.demo import DemoResult as DemoResult
    from boxwright.workflow.demo import run_demo as run_demo
    from boxwright.workflow.detect import DetectOptions as DetectOptions
    from boxwright.workflow.detect import DetectResult as DetectResult
    from boxwright.workflow.detect import detect as detect
    from boxwright.workflow.doubtful import DoubtfulOptions as DoubtfulOptions
    from boxwright.workflow.doubtful import DoubtfulResult as DoubtfulResult
    from boxwright.workflow.doubtful import find_doubtful_labels as find_doubtful_labels
    from boxwright.workflow.estimate import Estimate as Estimate
    from boxwright.workflow.estimate import EstimateOptions as EstimateOptions
    from boxwright.workflow.estimate import estimate as estimate
    from boxwright.workflow.evaluate import EvaluateOptions as EvaluateOptions
    from boxwright.workflow.evaluate import Evaluation as Evaluation
    from boxwright.workflow.evaluate import evaluate as evaluate
    from boxwright.workflow.export import ExportOptions as ExportOptions
    from boxwright.workflow.export import export_model as export_model
    from boxwright.workflow.init import InitOptions as InitOptions
    from boxwright.workflow.init import init as init
    from boxwright.workflow.mistakes import MistakesOptions as MistakesOptions
    from boxwright.workflow.mistakes import MistakesResult as MistakesResult
    from boxwright.workflow.mistakes import list_mistakes as list_mistakes
    from boxwright.workflow.models import GetModelOptions as GetModelOptions
    from boxwright.workflow.models import ModelResult as ModelResult
    from boxwright.workflow.models import get_model as get_model
    from boxwright.workflow.models import list_models as list_models
    from boxwright.workflow.rank import RankOptions as RankOptions
    from boxwright.workflow.rank import RankResult as RankResult
    from boxwright.workflow.rank import rank as rank
    from boxwright.workflow.report import ReportOptions as ReportOptions
    from boxwright.workflow.report import ReportResult as ReportResult
    from boxwright.workflow.report import make_report as make_report
    from boxwright.workflow.runs import RunsOptions as RunsOptions
    from boxwright.workflow.runs import RunsResult as RunsResult
    from boxwright.workflow.runs import list_runs as list_runs
    from boxwright.workflow.suggest import SuggestOptions as SuggestOptions
    from boxwright.workflow.suggest import SuggestResult as SuggestResult
    from boxwright.workflow.suggest import suggest as suggest
    from boxwright.workflow.train import TrainOptions as TrainOptions
    from boxwright.workflow.train import train as train
    from boxwright.workspace import Workspace as Workspace

_MODULES = {
    "errors": ("BoxwrightError", "UsageError"),
    "findings": ("Finding", "Severity"),
    "progress": ("Progress", "Reporter", "silent"),
    "stop_signal": ("StopSignal",),
    "workflow.benchmark": ("BenchmarkOptions", "BenchmarkResult", "benchmark"),
    "workflow.check": ("CheckOptions", "check"),
    "workflow.dataset": ("DatasetOptions", "make_dataset"),
    "workflow.demo": ("DemoOptions", "DemoResult", "run_demo"),
    "workflow.detect": ("DetectOptions", "DetectResult", "detect"),
    "workflow.doubtful": ("DoubtfulOptions", "DoubtfulResult", "find_doubtful_labels"),
    "workflow.estimate": ("Estimate", "EstimateOptions", "estimate"),
    "workflow.evaluate": ("EvaluateOptions", "Evaluation", "evaluate"),
    "workflow.export": ("ExportOptions", "export_model"),
    "workflow.init": ("InitOptions", "init"),
    "workflow.mistakes": ("MistakesOptions", "MistakesResult", "list_mistakes"),
    "workflow.models": ("GetModelOptions", "ModelResult", "get_model", "list_models"),
    "workflow.rank": ("RankOptions", "RankResult", "rank"),
    "workflow.report": ("ReportOptions", "ReportResult", "make_report"),
    "workflow.runs": ("RunsOptions", "RunsResult", "list_runs"),
    "workflow.suggest": ("SuggestOptions", "SuggestResult", "suggest"),
    "workflow.train": ("TrainOptions", "train"),
    "workspace": ("Workspace",),
}
"""Module to what it gives to this package, when it is asked for: an import of all would cost the help its speed."""

_PLACES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for; look `__version__` up, which takes a third of the time of `boxwright --help`."""
    if name in _PLACES:
        return getattr(import_module(f"boxwright.{_PLACES[name]}"), name)
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("boxwright")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+unknown"


def __dir__() -> list[str]:
    return [*sorted(_PLACES), "__version__"]
