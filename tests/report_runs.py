"""A workspace with an evaluated run, made by hand, for the page about it."""

from __future__ import annotations

from pathlib import Path

from boxwright.findings import Finding, FindingsFile
from boxwright.runs.evaluation_record import AP50_TAG, AP_TAG, ClassRecord, EvaluationRecord, IntervalRecord
from boxwright.runs.labels import Labels
from boxwright.runs.metrics import MetricsRow, MetricsWriter
from boxwright.runs.record import Results
from boxwright.runs.verdicts import (
    JudgedDetection,
    JudgedImage,
    JudgedObject,
    Verdict,
    VerdictsRecord,
    write_verdicts,
)
from boxwright.workspace import Workspace
from run_folders import box, make_run
from tiny_workspaces import add_image, make_workspace

HOSTILE = "<script>alert(1)</script>$\\frac{"
"""A class name that HTML would run, and that a plotting library would read as mathematics."""


def evaluated_workspace(root: Path, *, label: str = "dog", images: int = 8) -> Workspace:
    """Return a workspace with two runs: "before", and "training", which was evaluated on some test images."""
    workspace = make_workspace(root, {})
    workspace.state.mkdir()
    finding = Finding(file="images/a.xml", rule="box-outside", label=label, value=label, message="It is", advice="Do.")
    FindingsFile((finding,)).write(workspace.state / FindingsFile.NAME)
    make_run(workspace.root / "before", started="2025-01-01T10:00:00+00:00", seed=7)
    names = [f"test{number}.jpg" for number in range(images)]
    for name in names:
        add_image(workspace, name, [label], size=(64, 48))
    labels: Labels = {
        ("train", "a.png"): [box(label)],
        ("train", "b.png"): [],
        **{("test", name): [box(label)] for name in names},
    }
    rows = (ClassRecord(label, 1, images, ap=0.4, ap50=0.8, best_score=0.5, best_f1=0.9),)
    interval = IntervalRecord((0.2, 0.6), (0.55, 0.9))
    coco = {AP_TAG: 0.4, AP50_TAG: 0.8}
    record = EvaluationRecord("model.ckpt-600", 600, (), images, images, coco, interval, 0.8, rows)
    make_run(workspace.training, labels=labels, results=Results(record))
    writer = MetricsWriter(workspace.training, 600)
    for step in range(1, 601, 10):
        writer.append(MetricsRow(step, step / 10, 9.0 / step, 5.0 / step, 4.0 / step, 0.1, 0.004, 8.0))
    writer.append(MetricsRow(600, 60.0, ap=0.4, ap50=0.8))
    write_verdicts(workspace.training, _verdicts(label, names))
    return workspace


def _verdicts(label: str, names: list[str]) -> VerdictsRecord:
    edges = (6.0, 12.0, 19.0, 36.0)
    missed = JudgedImage(names[0], 64, 48, (JudgedObject(label, *edges),))
    found = tuple(
        JudgedImage(
            name,
            64,
            48,
            (JudgedObject(label, *edges, found_score=0.9),),
            (JudgedDetection(label, 0.9, *edges, Verdict.CORRECT.value, 0.8, label),),
        )
        for name in names[1:]
    )
    return VerdictsRecord("model.ckpt-600", 600, 0.5, 0.05, (missed, *found))
