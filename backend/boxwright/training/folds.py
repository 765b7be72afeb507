"""Verdicts on training photos by models that did not see them: k trainings, each without a k-th of the photos."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.store.tfrecord import frame, read_records
from boxwright.errors import BoxwrightError
from boxwright.evaluation.evaluate import evaluate
from boxwright.inference.restore import restore_model
from boxwright.pipeline import messages
from boxwright.progress import Reporter, log
from boxwright.runs.verdicts import VerdictsRecord
from boxwright.stop_signal import StopSignal
from boxwright.training.loop import train
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace


def judge_by_folds(
    workspace: Workspace,
    config: messages.TrainEvalPipelineConfig,
    records: Sequence[Path],
    label_map: LabelMap,
    *,
    folds: int,
    num_steps: int | None = None,
    reporter: Reporter,
    stop: StopSignal | None = None,
) -> VerdictsRecord:
    """Train a model for each fold on the photos of the others, and judge the photos of the fold.

    Photo i of the records is in fold i modulo `folds`, so that photos which are sorted by class are in all of them.
    Each training starts from the weights that the configuration names, and is thrown away.

    Args:
        workspace: Relative paths of the configuration start here; temporary files are made in its .boxwright/.
        config: How to train.
        records: Of the training photos.
        label_map: Which classes count.
        folds: Two or more; each costs a training.
        num_steps: Of each training; None for the configuration's.
        reporter: Told of every step.
        stop: Ends the work.

    Returns:
        All photos in the records' order.

    Raises:
        BoxwrightError: There are fewer photos than folds, a training failed, or it was stopped.
    """
    photos = sum(1 for _ in _examples(records))
    if photos < folds:
        raise BoxwrightError(f"{photos} training photos are too few for {folds} folds. Give fewer folds.")
    judged: list[VerdictsRecord] = []
    for fold in range(folds):
        log(reporter, f"fold {fold + 1} of {folds}")
        workspace.state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=workspace.state, prefix="fold-") as folder:
            seen, held_out = _write_fold(records, fold, folds, Path(folder))
            settings = Settings(num_steps=num_steps, eval_every=0)
            trained = train(
                workspace,
                _config_of(config, seen),
                train_dir=Path(folder, "training"),
                settings=settings,
                reporter=reporter,
                stop=stop,
            )
            if trained.interrupted or trained.checkpoint is None:
                raise BoxwrightError(f"The training of fold {fold + 1} was stopped, so there is no result.")
            model, _ = restore_model(config, trained.checkpoint)
            result = evaluate(model, [held_out], label_map, reporter=reporter)
            judged.append(result.verdicts(trained.checkpoint.name, trained.step))
    images = tuple(judged[number % folds].images[number // folds] for number in range(photos))
    return replace(judged[-1], images=images)


def _config_of(config: messages.TrainEvalPipelineConfig, records: Path) -> messages.TrainEvalPipelineConfig:
    """Return the configuration with other training records."""
    changed = messages.TrainEvalPipelineConfig()
    changed.CopyFrom(config)
    reader = changed.train_input_reader.tf_record_input_reader
    del reader.input_path[:]
    reader.input_path.append(records.as_posix())
    return changed


def _write_fold(records: Sequence[Path], fold: int, folds: int, folder: Path) -> tuple[Path, Path]:
    """Write the photos of the other folds into one record, and those of the fold into another."""
    seen, held_out = folder / "seen.record", folder / "held_out.record"
    with seen.open("wb") as others, held_out.open("wb") as own:
        for number, example in enumerate(_examples(records)):
            (own if number % folds == fold else others).writelines(frame(example))
    return seen, held_out


def _examples(records: Sequence[Path]) -> Iterator[bytes]:
    for path in records:
        yield from read_records(path)
