"""The report that one sync caches is the report that the next one gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sync import sync
from tiny_workspaces import make_workspace


def test_a_real_report_comes_back(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog", "cat"] for i in range(4)})
    report = sync(workspace)
    assert report.findings and report.changed and report.new_labels
    content = json.loads(json.dumps(report.to_json()))
    assert content["version"] == 1
    again = DatasetReport.from_json(content, folder=workspace.annotations, label_map=report.label_map)
    assert again == replace(report, changed=False, new_labels=())


def test_the_report_of_the_version_before_is_read(tmp_path: Path) -> None:
    finding = {"file": "a.xml", "rule": "box-zero", "object": "object 1 (dog)", "value": "", "message": "m"}
    content = {
        "images": {"train": 1, "test": 0},
        "objects": {"dog": {"train": 1, "test": 0}},
        "findings": [{**finding, "advice": "a", "severity": "error"}],
        "records": {"train": ["train.record"], "test": []},
        "fingerprint": "f",
        "unlabelled": 2,
    }
    report = DatasetReport.from_json(content, folder=tmp_path, label_map={})  # type: ignore[arg-type]
    assert report.records["train"] == (tmp_path / "train.record",)
    assert report.has_errors()
    assert report.unlabelled == 2


@pytest.mark.parametrize("content", [{}, [], {"images": {}}])
def test_what_is_no_report_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        DatasetReport.from_json(content, folder=tmp_path, label_map={})  # type: ignore[arg-type]
