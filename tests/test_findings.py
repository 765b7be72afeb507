"""Findings and the file through which other processes read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.findings import Finding, FindingError, FindingsFile, Severity

_text = st.text(max_size=20)
_findings = st.builds(
    Finding,
    file=_text,
    rule=_text,
    object_number=st.none() | st.integers(1, 99),
    label=_text,
    value=_text,
    message=_text,
    advice=_text,
    severity=st.sampled_from(Severity),
)


@given(st.lists(_findings, max_size=4))
def test_what_is_written_is_read(findings: list[Finding]) -> None:
    content = json.loads(json.dumps(FindingsFile(tuple(findings)).to_json()))
    assert content["version"] == 1
    assert FindingsFile.from_json(content).findings == tuple(findings)


def test_the_file_is_replaced_and_read(tmp_path: Path) -> None:
    finding = Finding(file="images/é.xml", rule="box-zero", object_number=2, label="dog", message="m", advice="a")
    FindingsFile((finding,)).write(tmp_path / FindingsFile.NAME)
    assert FindingsFile.read(tmp_path / "findings.json").findings == (finding,)


def test_the_file_of_the_version_before_is_read() -> None:
    row = {"file": "images/a.xml", "rule": "box-zero", "object": "object 2 (dog)", "value": "v", "message": "It is bad"}
    (finding,) = FindingsFile.from_json([{**row, "advice": "Fix it.", "severity": "warning"}]).findings
    assert str(finding) == "images/a.xml: object 2 (dog): It is bad (got v). Fix it. [box-zero]"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("content", [{}, {"findings": [{}]}, {"findings": 1}, "x", None, [1], [{"severity": "x"}]])
def test_what_is_no_findings_file_is_refused(content: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        FindingsFile.from_json(content)


def test_objects_sort_by_number() -> None:
    rows = [Finding(file="a", rule="r", object_number=n, message="m", advice="a") for n in (10, 2, None)]
    assert [finding.object_number for finding in sorted(rows)] == [None, 2, 10]


@pytest.mark.parametrize(
    ("number", "label", "subject"), [(2, "dog", "object 2 (dog)"), (2, "", "object 2"), (None, "dog", "dog")]
)
def test_the_subject_names_object_and_label(number: int | None, label: str, subject: str) -> None:
    finding = Finding(rule="r", object_number=number, label=label, message="m", advice="a")
    assert finding.subject == subject
    assert str(finding.in_file("x.xml")).startswith(f"x.xml: {subject}: m")


def test_an_error_carries_its_finding() -> None:
    error = FindingError(rule="r", value="v", message="It is bad", advice="Fix it.")
    assert str(error) == str(error.finding) == "It is bad (got v). Fix it. [r]"
