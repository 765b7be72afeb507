"""Models of folds judge only photos that they did not see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.store.tfrecord import frame, read_records
from boxwright.errors import BoxwrightError
from boxwright.pipeline.presets import build_preset
from boxwright.progress import silent
from boxwright.runs.verdicts import JudgedImage, VerdictsRecord
from boxwright.training import folds
from boxwright.workspace import Workspace

PHOTOS = [f"photo{number}".encode() for number in range(7)]


@pytest.fixture
def records(tmp_path: Path) -> list[Path]:
    made = []
    for number, part in enumerate((PHOTOS[:4], PHOTOS[4:])):
        made.append(tmp_path / f"train.record-0000{number}-of-00002")
        made[-1].write_bytes(b"".join(piece for photo in part for piece in frame(photo)))
    return made


@pytest.fixture
def trained_on(monkeypatch: pytest.MonkeyPatch) -> list[set[bytes]]:
    """Return the photos of each training; a model "detects" by telling which photos it saw."""
    seen: list[set[bytes]] = []

    def train(workspace: Workspace, config: Any, *, train_dir: Path, settings: Any, **_: object) -> SimpleNamespace:
        assert settings.eval_every == 0
        (path,) = config.train_input_reader.tf_record_input_reader.input_path
        seen.append(set(read_records(Path(path))))
        return SimpleNamespace(step=settings.num_steps, checkpoint=train_dir / "model.ckpt-5", interrupted="")

    def evaluate(model: set[bytes], records: Sequence[Path], label_map: LabelMap, **_: object) -> SimpleNamespace:
        photos = [photo for path in records for photo in read_records(path)]
        assert not model & set(photos)
        images = tuple(JudgedImage(photo.decode(), 1, 1) for photo in photos)
        return SimpleNamespace(verdicts=lambda name, step: VerdictsRecord(name, step, 0.5, 0.05, images))

    monkeypatch.setattr(folds, "train", train)
    monkeypatch.setattr(folds, "restore_model", lambda config, prefix: (seen[-1], 5))
    monkeypatch.setattr(folds, "evaluate", evaluate)
    return seen


def judge(workspace: Workspace, records: list[Path], number: int) -> VerdictsRecord:
    config = build_preset("small", num_classes=1)
    return folds.judge_by_folds(
        workspace, config, records, LabelMap({"dog": 1}), folds=number, num_steps=5, reporter=silent
    )


def test_each_photo_is_judged_once_by_a_model_that_did_not_see_it(
    tmp_path: Path, records: list[Path], trained_on: list[set[bytes]]
) -> None:
    workspace = Workspace.at(tmp_path)
    judged = judge(workspace, records, 3)
    assert [image.name.encode() for image in judged.images] == PHOTOS
    assert (judged.checkpoint, judged.step) == ("model.ckpt-5", 5)
    assert [len(photos) for photos in trained_on] == [4, 5, 5]
    assert list(workspace.state.iterdir()) == []


def test_more_folds_than_photos_are_refused(tmp_path: Path, records: list[Path], trained_on: list[set[bytes]]) -> None:
    with pytest.raises(BoxwrightError, match="7 training photos are too few for 8 folds"):
        judge(Workspace.at(tmp_path), records, 8)
    assert trained_on == []
