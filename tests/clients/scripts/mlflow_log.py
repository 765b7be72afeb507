"""python mlflow_log.py RUN PAGE EXPORT STORE: logs a run with the real MLflow and prints what its store then holds."""

import json
import os
import sys
from pathlib import Path

run, page, export, store = map(Path, sys.argv[1:])
os.environ |= {
    "MLFLOW_TRACKING_URI": store.as_uri(),
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}

import mlflow  # noqa: E402

from boxwright.report.mlflow_log import log_to_mlflow  # noqa: E402
from boxwright.runs.find import RecordedRun  # noqa: E402
from boxwright.runs.record import read_run  # noqa: E402

record = read_run(run)
assert record is not None
number = log_to_mlflow(mlflow, "clients", RecordedRun("training", run, record), page, export)
client = mlflow.MlflowClient()
logged = client.get_run(number)
files = [one.path for folder in (None, "export") for one in client.list_artifacts(number, folder)]
print(json.dumps({"params": logged.data.params, "metrics": logged.data.metrics, "files": files}))
