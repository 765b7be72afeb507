"""Results of jobs as they are stored and read."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from boxwright.jobs.result import DatasetSummary, EvaluationSummary, JobResult

COUNTS = st.dictionaries(st.sampled_from(["train", "test"]), st.integers(0, 10**6))
DATASETS = st.builds(
    DatasetSummary,
    images=COUNTS,
    objects=st.dictionaries(st.text(), COUNTS),
    unlabelled=st.integers(0, 10**6),
    findings=st.integers(0, 10**6),
    fingerprint=st.text(),
    records=st.lists(st.text()).map(tuple),
)
SCORES = st.none() | st.floats(0, 1)
EVALUATIONS = st.builds(
    EvaluationSummary,
    checkpoint=st.text(),
    step=st.none() | st.integers(),
    images=st.none() | st.integers(),
    coco=st.dictionaries(st.text(), SCORES),
    pascal_voc_map=SCORES,
)
RESULTS = st.builds(
    JobResult,
    dataset=st.none() | DATASETS,
    training=st.text(),
    evaluation=EVALUATIONS,
    export=st.text(),
    detections=st.text(),
    note=st.text(),
) | st.builds(JobResult, no_evaluation=st.text())


@given(RESULTS)
def test_what_is_written_is_what_is_read(result: JobResult) -> None:
    assert JobResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_later_stages_add_their_parts() -> None:
    first = JobResult(dataset=DatasetSummary({}, {}, 0, 0, "", ()))
    merged = first.merged(JobResult(training="training")).merged(JobResult(export="v1"))
    assert merged == JobResult(dataset=first.dataset, training="training", export="v1")
