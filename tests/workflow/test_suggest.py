"""Suggestions for all photos: what is run, what is kept, and what a kill leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from boxwright import failpoints
from boxwright.annotations.readers import read_annotation
from boxwright.errors import BoxwrightError, UsageError
from boxwright.inference.detections import Detections
from boxwright.inference.detector import Detector
from boxwright.progress import Progress, silent
from boxwright.runs.model_file import ModelClass, ModelFile, ModelInput, ModelTraining
from boxwright.stop_signal import StopRequested, StopSignal
from boxwright.suggestions.store import SuggestionStore
from boxwright.workflow.suggest import BATCH, SuggestOptions, SuggestResult, suggest
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, make_workspace

PHOTOS = 2 * BATCH + 3


class FakeDetector:
    """Finds a dog in the left half of each image, and remembers the sizes of its batches."""

    batches: ClassVar[list[tuple[int, ...]]] = []

    @classmethod
    def open(cls, *_: object, **__: object) -> FakeDetector:
        return cls()

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float) -> list[Detections]:
        self.batches.append(images.shape[:3])
        boxes = np.array([[0, 0, 1, 0.5], [0, 0, 0.5, 0.5]], np.float32)
        scores, classes = np.array([0.75, 0.25], np.float32), np.array([1, 1], np.int32)
        return [Detections(boxes, scores, classes, ("dog", "dog"), *images.shape[1:3]) for _ in images]


@pytest.fixture(autouse=True)
def batches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    monkeypatch.setattr(FakeDetector, "batches", [])
    monkeypatch.setattr(Detector, "open", FakeDetector.open)
    return FakeDetector.batches


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "work", {"labelled.jpg": ["dog"]})
    for number in range(PHOTOS):
        add_image(workspace, f"new/{number:02}.png", None, seed=number + 100)
    make_export(workspace, b"one")
    return workspace


def make_export(workspace: Workspace, graph: bytes, name: str = "output_inference_graph_v1") -> None:
    folder = workspace.exports / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "frozen_inference_graph.pb").write_bytes(graph)


def images_run(batches: list[tuple[int, ...]]) -> int:
    return sum(batch[0] for batch in batches)


def test_every_unlabelled_photo_gets_suggestions_once(workspace: Workspace, batches: list[tuple[int, ...]]) -> None:
    seen: list[Progress] = []
    result = suggest(workspace, SuggestOptions(), seen.append)
    assert (result.photos, result.suggested, result.with_boxes, result.boxes) == (PHOTOS, PHOTOS, PHOTOS, PHOTOS)
    assert images_run(batches) == PHOTOS
    assert max(batch[0] for batch in batches) == BATCH
    progress = [(report.done, report.total) for report in seen if report.stage == "suggesting"]
    assert progress[0] == (0, PHOTOS)
    assert progress[-1] == (PHOTOS, PHOTOS)
    found = list(SuggestionStore(workspace).all().values())
    assert [box.score for box in found[0].boxes] == [0.75, 0.25], "the store has what scores less, too"
    assert (found[0].boxes[0].xmax, found[0].boxes[0].ymax) == (8.0, 12.0), "pixels of the photo"

    batches.clear()
    (workspace.images / "new" / "00.png").rename(workspace.images / "moved.png")
    again = suggest(workspace)
    assert (again.photos, again.suggested, batches) == (PHOTOS, 0, [])
    assert {file.name for file in workspace.images.rglob("*.xml")} == {"labelled.xml"}

    make_export(workspace, b"two", "output_inference_graph_v2")
    newer = suggest(workspace)
    assert (newer.suggested, len(SuggestionStore(workspace).all())) == (PHOTOS, PHOTOS)


def test_tiles_are_looked_at_and_make_other_suggestions(workspace: Workspace, batches: list[tuple[int, ...]]) -> None:
    add_image(workspace, "large.png", None, seed=7, size=(96, 64))
    suggest(workspace)
    batches.clear()
    result = suggest(workspace, SuggestOptions(tiles="64x64"))
    assert result.suggested == PHOTOS + 1
    assert (2, 64, 64) in batches
    assert suggest(workspace, SuggestOptions(tiles="64x64")).suggested == 0
    with pytest.raises(UsageError, match="--tiles 64"):
        suggest(workspace, SuggestOptions(tiles="64"))


def test_photos_of_one_size_share_a_batch_and_equal_photos_are_run_once(
    workspace: Workspace, batches: list[tuple[int, ...]]
) -> None:
    for number in range(3):
        add_image(workspace, f"large/{number}.png", None, seed=7 if number else 8, size=(32, 24))
    result = suggest(workspace)
    assert (result.photos, result.with_boxes) == (PHOTOS + 3, PHOTOS + 3)
    assert [batch for batch in batches if batch[1:] == (24, 32)] == [(2, 24, 32)]


def test_a_photo_that_cannot_be_read_is_a_finding_and_the_others_are_run(workspace: Workspace) -> None:
    (workspace.images / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    result = suggest(workspace)
    assert [finding.file for finding in result.findings] == ["images/broken.jpg"]
    assert result.suggested == PHOTOS


def test_xml_goes_where_it_was_asked_for_and_never_among_the_photos(workspace: Workspace, tmp_path: Path) -> None:
    for folder in (workspace.images, workspace.images / "new", workspace.annotations):
        with pytest.raises(UsageError, match="counts as labels"):
            suggest(workspace, SuggestOptions(voc=folder))
    review = tmp_path / "review"
    (review / "new").mkdir(parents=True)
    (review / "new" / "00.xml").write_text("mine")
    result = suggest(workspace, SuggestOptions(voc=review, min_score=0.5))
    assert (result.xml, result.present_xml) == (PHOTOS - 1, 1)
    assert (review / "new" / "00.xml").read_text() == "mine"
    annotation = read_annotation(review / "new" / "01.xml")
    assert [(box.label, box.xmin, box.xmax) for box in annotation.boxes] == [("dog", 1.0, 8.0)]
    assert annotation.filename == "01.png"


def test_the_best_score_of_each_class_in_model_json_is_enough(workspace: Workspace) -> None:
    classes = (ModelClass(1, "dog", best_score=0.8), ModelClass(2, "cat", best_score=0.1))
    described = ModelFile("ssd", classes, ModelInput(300, 300, "stretch"), ModelTraining(5))
    (workspace.exports / "output_inference_graph_v1" / "model.json").write_text(described.to_json(), "utf-8")
    result = suggest(workspace)
    assert (result.boxes, result.min_scores) == (0, {"dog": 0.8})
    assert suggest(workspace, SuggestOptions(min_score=0.2)).boxes == 2 * PHOTOS


def test_what_was_found_before_a_stop_is_kept(workspace: Workspace, batches: list[tuple[int, ...]]) -> None:
    stop = StopSignal()

    def stop_after_a_batch(progress: Progress) -> None:
        if progress.stage == "suggesting" and progress.done:
            stop.request("enough")

    with pytest.raises(StopRequested):
        suggest(workspace, SuggestOptions(), stop_after_a_batch, stop=stop)
    done = len(SuggestionStore(workspace).all())
    assert 0 < done < PHOTOS
    batches.clear()
    assert suggest(workspace).suggested == images_run(batches) == PHOTOS - done


def test_one_process_at_a_time_makes_suggestions(workspace: Workspace) -> None:
    def another(progress: Progress) -> None:
        if progress.stage == "suggesting" and progress.done == 0:
            with pytest.raises(BoxwrightError, match="another process"):
                suggest(workspace, SuggestOptions(), silent)

    suggest(workspace, SuggestOptions(), another)


def test_without_an_export_or_with_a_wrong_one_the_message_says_what_to_do(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "work", {})
    with pytest.raises(BoxwrightError, match="no exported model"):
        suggest(workspace)
    with pytest.raises(UsageError, match="no such file or folder"):
        suggest(workspace, SuggestOptions(model=tmp_path / "nowhere"))


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from boxwright.inference.detector import Detector
from boxwright.workflow.suggest import suggest
from boxwright.workspace import Workspace
from workflow.test_suggest import FakeDetector
Detector.open = FakeDetector.open
suggest(Workspace.at({root!r}))
"""


@pytest.mark.process
@pytest.mark.parametrize(("failpoint", "saved"), [("suggestions-unsaved", 0), ("suggestions-saved", BATCH)])
def test_a_kill_loses_a_batch_at_most_and_nothing_is_run_twice(
    workspace: Workspace, batches: list[tuple[int, ...]], failpoint: str, saved: int
) -> None:
    code = PROGRAM.format(tests=str(Path(__file__).parent.parent), root=str(workspace.root))
    environment = {**os.environ, failpoints.VARIABLE: failpoint}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == 137, killed.stderr
    before: dict[str, Any] = SuggestionStore(workspace).all()
    assert len(before) == saved
    result: SuggestResult = suggest(workspace)
    assert result.suggested == images_run(batches) == PHOTOS - saved
    after = SuggestionStore(workspace).all()
    assert len(after) == PHOTOS
    assert before.items() <= after.items()
