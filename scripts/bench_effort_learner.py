"""The detector as the simulated person's learner: fine-tuned round by round on the photos that are labelled so far."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_effort_person import Suggestions

from boxwright.dataset.plan.label_map import read_label_map
from boxwright.dataset.sources.appearance import appearance_of
from boxwright.dataset.store.records import resolve_records
from boxwright.dataset.store.tfrecord import frame, read_records
from boxwright.evaluation.evaluate import EvaluationResult, evaluate
from boxwright.evaluation.verdicts import advised_scores
from boxwright.inference.restore import restore_model
from boxwright.pipeline.load import load_pipeline
from boxwright.runs.verdicts import VerdictsRecord
from boxwright.suggestions.model import SuggestedBox
from boxwright.suggestions.ranking import RankInput, rank_photos
from boxwright.training.loop import train
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace

DEFAULT_SCORE = 0.5  # as of boxwright suggest, where the best score of a class is not known


class DetectorLearner:
    """Trains in a workspace whose records hold all photos with their true labels, on those that are labelled.

    Attributes:
        seconds: Wall time of all trainings.
    """

    def __init__(self, workspace: Workspace, *, steps: int, seed: int) -> None:
        """Read the records.

        Args:
            workspace: With records, weights and pipeline.config.
            steps: Of each round.
            seed: Of the trainings.
        """
        import tensorflow as tf

        self.seconds = 0.0
        self._workspace, self._steps, self._seed = workspace, steps, seed
        self._config = load_pipeline(workspace.pipeline_config)
        self._label_map = read_label_map(workspace.label_map)
        self._examples: dict[str, bytes] = {}
        self._appearance: dict[str, bytes] = {}
        for path in resolve_records([str(workspace.record("train"))], workspace.root):
            for example in read_records(path):
                feature = tf.train.Example.FromString(example).features.feature
                name = feature["image/filename"].bytes_list.value[0].decode()
                self._examples[name] = example
                self._appearance[name] = appearance_of(feature["image/encoded"].bytes_list.value[0])
        self._folder = Path(tempfile.mkdtemp(prefix="effort-", dir=workspace.root))
        self._round = 0
        self._checkpoint: Path | None = None
        self._on_test: EvaluationResult | None = None
        self._on_pool: dict[str, tuple[SuggestedBox, ...]] = {}

    def train(self, labelled: Sequence[str]) -> None:
        """Fine-tune on these photos, from the detector of the round before."""
        started = time.monotonic()
        self._round += 1
        folder = self._folder / f"round-{self._round}"
        reader = self._config.train_input_reader.tf_record_input_reader
        del reader.input_path[:]
        reader.input_path.append(self._write(labelled, "labelled").as_posix())
        if self._checkpoint is not None:
            self._config.train_config.fine_tune_checkpoint = self._checkpoint.as_posix()
            self._config.train_config.load_all_detection_checkpoint_vars = True
        settings = Settings(num_steps=self._steps, seed=self._seed, eval_every=0)
        self._checkpoint = train(self._workspace, self._config, train_dir=folder, settings=settings).checkpoint
        self.seconds += time.monotonic() - started
        assert self._checkpoint is not None
        unlabelled = [name for name in self._examples if name not in set(labelled)]
        model, _ = restore_model(self._config, self._checkpoint)
        self._on_test = evaluate(model, [self._workspace.record("test")], self._label_map)
        pool = evaluate(model, [self._write(unlabelled, "unlabelled")], self._label_map).verdicts("", 0)
        self._on_pool = _boxes_of(pool)

    def precision(self) -> float:
        """Return AP@.50 on the test photos."""
        assert self._on_test is not None
        return float(self._on_test.metrics.ap50)

    def suggestions(self, photos: Sequence[str]) -> Suggestions:
        """Return the boxes that score as much as gives the best F1 on the test photos, as boxwright suggest does."""
        best = self._best_scores()
        return {
            name: tuple(box for box in self._on_pool.get(name, ()) if box.score >= best.get(box.label, DEFAULT_SCORE))
            for name in photos
        }

    def ranked(self, labelled: Sequence[str], unlabelled: Sequence[str]) -> list[str]:
        """Return the order of boxwright rank."""
        inputs = [RankInput(name, self._appearance[name], self._on_pool.get(name)) for name in unlabelled]
        hardness = {}
        if self._on_test is not None:
            rows = self._on_test.metrics.classes
            hardness = {row.label: 1 - float(row.ap50) for row in rows if row.ap50 == row.ap50}  # nan is unknown
        order = rank_photos(inputs, [self._appearance[name] for name in labelled], hardness)
        return [one.photo for one in order]

    def _best_scores(self) -> Mapping[str, float]:
        assert self._on_test is not None
        return {label: score for label, (score, _) in advised_scores(self._on_test.verdicts("", 0)).items()}

    def _write(self, names: Sequence[str], what: str) -> Path:
        path = self._folder / f"{what}-{self._round}.record"
        with path.open("wb") as stream:
            for name in names:
                stream.writelines(frame(self._examples[name]))
        return path


def _boxes_of(pool: VerdictsRecord) -> dict[str, tuple[SuggestedBox, ...]]:
    return {
        image.name: tuple(
            SuggestedBox(one.label, one.score, xmin=one.xmin, ymin=one.ymin, xmax=one.xmax, ymax=one.ymax)
            for one in image.detections
        )
        for image in pool.images
    }
