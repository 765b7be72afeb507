"""Which checkpoint an evaluation or an export is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.checkpoints.best import keep_best
from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.progress import Progress, silent
from boxwright.runs.evaluation_record import BestEvaluation
from boxwright.workflow.common.checkpoint import choose_checkpoint
from boxwright.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.at(tmp_path)
    workspace.training.mkdir()
    for step in (5, 10):
        save_bundle(workspace.checkpoint_prefix(step), {"global_step": step})
    return workspace


def test_the_best_by_default_and_it_is_said(workspace: Workspace) -> None:
    keep_best(workspace.training, BestEvaluation("model.ckpt-5", 5, 0.5))
    lines: list[str] = []

    def report(progress: Progress) -> None:
        lines.append(progress.message)

    best = workspace.training / "best" / "model.ckpt-5"
    assert choose_checkpoint(workspace.training, "best", report) == best
    assert lines == ["the best checkpoint is taken, model.ckpt-5 (AP 0.500); --checkpoint last is the newest"]
    assert choose_checkpoint(workspace.training, workspace.training, silent) == best


def test_the_last_a_step_and_a_prefix(workspace: Workspace) -> None:
    keep_best(workspace.training, BestEvaluation("model.ckpt-5", 5, 0.5))
    newest = workspace.checkpoint_prefix(10)
    assert choose_checkpoint(workspace.training, "last", silent) == newest
    assert choose_checkpoint(workspace.training, Path("5"), silent) == workspace.checkpoint_prefix(5)
    assert choose_checkpoint(workspace.training, newest, silent) == newest
    with pytest.raises(CheckpointError, match="The folder holds"):
        choose_checkpoint(workspace.training, Path("7"), silent)


def test_without_an_evaluation_the_best_is_the_newest(workspace: Workspace) -> None:
    assert choose_checkpoint(workspace.training, "best", silent) == workspace.checkpoint_prefix(10)
