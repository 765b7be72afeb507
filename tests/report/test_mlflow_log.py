"""A run goes to MLflow on request; without MLflow there is the page alone."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boxwright.report.mlflow_log import allowed
from boxwright.workflow.report import ReportOptions, make_report
from report_runs import evaluated_workspace


class FakeMlflow:
    """The functions that Boxwright calls, which remember what they were given."""

    def __init__(self) -> None:
        self.params: dict[str, str] = {}
        self.metrics: list[Any] = []
        self.artifacts: list[str] = []
        self.experiment = ""
        self.entities = SimpleNamespace(Metric=lambda *values: values)

    def set_experiment(self, name: str) -> None:
        self.experiment = name

    @contextmanager
    def start_run(self, run_name: str) -> Any:
        yield SimpleNamespace(info=SimpleNamespace(run_id=f"id of {run_name}"))

    def log_params(self, params: dict[str, str]) -> None:
        self.params |= params

    def MlflowClient(self) -> Any:
        return SimpleNamespace(log_batch=lambda run_id, metrics: self.metrics.extend(metrics))

    def log_artifact(self, path: str) -> None:
        self.artifacts.append(Path(path).name)

    def log_artifacts(self, path: str, place: str) -> None:
        self.artifacts.append(place)


def test_parameters_precision_and_page_go_to_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeMlflow()
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    workspace = evaluated_workspace(tmp_path / "work")
    result = make_report(workspace, ReportOptions(mlflow=True))
    assert result.mlflow_run == "id of training"
    assert fake.experiment == "work"
    assert fake.params["model"] == "ssd_inception_v2" and fake.params["batch_size"] == "16"
    assert {"run.json", "report.html"} <= set(fake.artifacts)
    names = {name for name, *_ in fake.metrics}
    assert "DetectionBoxes_Precision/mAP_.50IOU" in names and any(name.startswith("AP50 of class/") for name in names)


def test_without_mlflow_there_is_the_page_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    said: list[str] = []
    workspace = evaluated_workspace(tmp_path / "work")
    result = make_report(workspace, ReportOptions(mlflow=True), lambda progress: said.append(progress.message))
    assert result.mlflow_run is None and result.file.exists()
    assert any("nothing is logged" in text for text in said)


@pytest.mark.parametrize(
    ("name", "kept"), [("mAP@.50IOU", "mAP_.50IOU"), ("a/../b", "a/__/b"), ("/x", "x"), ("Hündin", "Hündin")]
)
def test_names_are_as_mlflow_allows(name: str, kept: str) -> None:
    assert allowed(name) == kept
