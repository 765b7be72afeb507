"""A run as a run of MLflow: parameters, curves, precision, the page about it and its export."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from boxwright.runs.find import RecordedRun
from boxwright.runs.metrics import read_metrics

EXPORT = "export"
"""Folder of the export among the artifacts."""

_AT_ONCE = 1000  # values that one request to MLflow may hold
_MARKS = "_-. /"  # allowed in names beside letters and digits
_LONGEST = 250  # of a name
_TEXT_LIMIT = 500  # of a parameter's value
_FILES = ("run.json", "metrics.csv", "labels.csv", "evaluation.json", "pipeline.config")


def load_mlflow() -> Any | None:
    """Return the package; None where it is not installed."""
    try:
        return importlib.import_module("mlflow")
    except ImportError:
        return None


def log_to_mlflow(mlflow: Any, experiment: str, run: RecordedRun, page: Path, export: Path | None) -> str:
    """Log a run where MLflow is set to log (MLFLOW_TRACKING_URI), as a new run of it.

    Args:
        mlflow: The package.
        experiment: Name of the experiment.
        run: The run.
        page: The page about it.
        export: Folder of its export; None when there is none.

    Returns:
        MLflow's id of the run.
    """
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=run.name) as active:
        mlflow.log_params(parameters(run))
        client, now = mlflow.MlflowClient(), int(time.time() * 1000)
        values = [mlflow.entities.Metric(name, value, now, step) for name, value, step in measured(run)]
        for first in range(0, len(values), _AT_ONCE):
            client.log_batch(active.info.run_id, metrics=values[first : first + _AT_ONCE])
        for path in (*(run.folder / name for name in _FILES), page):
            if path.is_file():
                mlflow.log_artifact(str(path))
        if export is not None:
            mlflow.log_artifacts(str(export), EXPORT)
        return str(active.info.run_id)


def parameters(run: RecordedRun) -> Mapping[str, str]:
    """Return what a run was made with; what its record does not say is left out."""
    record = run.record
    found: dict[str, object] = {
        name: getattr(record, name)
        for name in ("model", "seed", "deterministic", "precision", "xla", "batch_size", "micro_batches", "device")
    }
    found |= {"started_from": record.started_from, "dataset": run.fingerprint, "images": run.images}
    found["config_sha256"] = record.config.sha256 if record.config else None
    if record.versions is not None:
        found |= {f"version/{one.name}": getattr(record.versions, one.name) for one in fields(record.versions)}
    return {name: str(value)[:_TEXT_LIMIT] for name, value in found.items() if value is not None}


def measured(run: RecordedRun) -> Iterator[tuple[str, float, int]]:
    """Yield name, value and step of what was measured: the rows of metrics.csv, then the last evaluation."""
    for row in read_metrics(run.folder):
        for one in fields(row):
            value = getattr(row, one.name)
            if one.name != "step" and value is not None:
                yield one.name, float(value), row.step
    evaluation = run.record.evaluation
    if evaluation is None:
        return
    step = evaluation.step or 0
    for name, value in evaluation.coco.items():
        if value is not None:
            yield allowed(name), value, step
    for record in evaluation.classes:
        if record.ap50 is not None:
            yield allowed(f"AP50 of class/{record.label}"), record.ap50, step


def allowed(name: str) -> str:
    """Return a name of a metric with nothing in it that MLflow refuses."""
    kept = "".join(letter if letter.isalnum() or letter in _MARKS else "_" for letter in name)
    return kept.replace("..", "__").replace("//", "/_").strip("/ ")[:_LONGEST] or "_"
