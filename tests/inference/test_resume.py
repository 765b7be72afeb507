"""A detection that is interrupted, and resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boxwright import failpoints
from boxwright.errors import UsageError
from boxwright.inference.detections import Detections
from boxwright.inference.detector import Detector
from boxwright.inference.image_files import ImageFile
from boxwright.inference.unfinished import UNFINISHED, Conditions, DonePhoto, UnfinishedFile
from boxwright.progress import Progress
from boxwright.stop_signal import StopRequested, StopSignal
from boxwright.workflow.detect import DetectOptions, detect
from boxwright.workspace import Workspace
from fake_detector import FakeDetector

PHOTOS = 20


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> FakeDetector:
    fake = FakeDetector()
    monkeypatch.setattr(Detector, "open", lambda *_, **__: fake)
    return fake


@pytest.fixture
def options(tmp_path: Path) -> DetectOptions:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(PHOTOS):
        image = np.zeros((24, 32, 3), np.uint8)
        image[number % 7 : 20, number % 11 : 31] = 255
        Image.fromarray(image).save(photos / f"{number:02}.png")
    model = tmp_path / "model.pb"
    model.write_bytes(b"one")
    return DetectOptions(model=model, images=(photos,), output=tmp_path / "out", voc=tmp_path / "xml")


def run(options: DetectOptions, tmp_path: Path, **more: Any) -> list[str]:
    """Detect, and return the files' contents."""
    result = detect(Workspace.at(tmp_path), DetectOptions(**{**vars(options), **more}))
    return [(result.folder / f"detections.{suffix}").read_text("utf-8") for suffix in ("json", "csv")]


def images_run(detector: FakeDetector) -> int:
    return sum(batch[0] for batch in detector.batches)


def interrupt(options: DetectOptions, tmp_path: Path, after: int = 12) -> list[str]:
    """Ask for the end after some images, and return the messages."""
    stop, messages = StopSignal(), list[str]()

    def report(progress: Progress) -> None:
        messages.extend([progress.message] if progress.message else [])
        if progress.stage == "detecting" and progress.done == after:
            stop.request("Ctrl+C")

    with pytest.raises(StopRequested):
        detect(Workspace.at(tmp_path), options, report, stop=stop)
    return messages


def test_what_was_done_is_not_run_again_and_the_result_is_the_same(
    options: DetectOptions, tmp_path: Path, detector: FakeDetector
) -> None:
    whole = run(options, tmp_path, voc=tmp_path / "xml of the whole")
    assert not (tmp_path / "out" / UNFINISHED).exists()
    assert "--resume" in interrupt(options, tmp_path)[-1]
    done = len((tmp_path / "out" / UNFINISHED).read_bytes().splitlines()) - 1
    assert 0 < done <= 13
    detector.batches.clear()
    assert run(options, tmp_path, resume=True) == whole
    assert images_run(detector) == PHOTOS - done
    assert len(list((tmp_path / "xml").glob("*.xml"))) == PHOTOS
    assert not (tmp_path / "out" / UNFINISHED).exists()


def test_a_photo_that_changed_is_run_again(options: DetectOptions, tmp_path: Path, detector: FakeDetector) -> None:
    interrupt(options, tmp_path)
    done = len((tmp_path / "out" / UNFINISHED).read_bytes().splitlines()) - 1
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(tmp_path / "photos" / "00.png")
    (tmp_path / "photos" / "01.png").unlink()
    detector.batches.clear()
    images = json.loads(run(options, tmp_path, resume=True)[0])["images"]
    assert (images[0]["file"], images[0]["detections"]) == ("00.png", [])
    assert images[1]["file"] == "02.png"
    assert images_run(detector) == PHOTOS - done + 1


def test_without_the_option_everything_is_run_again(
    options: DetectOptions, tmp_path: Path, detector: FakeDetector
) -> None:
    interrupt(options, tmp_path)
    detector.batches.clear()
    run(options, tmp_path)
    assert images_run(detector) == PHOTOS


def test_other_conditions_are_refused(options: DetectOptions, tmp_path: Path) -> None:
    interrupt(options, tmp_path)
    with pytest.raises(UsageError, match="had other options"):
        run(options, tmp_path, resume=True, min_score=0.25)
    (tmp_path / "model.pb").write_bytes(b"two")
    with pytest.raises(UsageError, match="had another model"):
        run(options, tmp_path, resume=True)
    run(options, tmp_path)


def test_resume_without_an_interrupted_detection_starts_one(options: DetectOptions, tmp_path: Path) -> None:
    whole = run(options, tmp_path)
    assert run(options, tmp_path, resume=True) == whole
    (tmp_path / "out" / UNFINISHED).write_bytes(b'{"model"')
    assert run(options, tmp_path, resume=True) == whole


def test_a_torn_line_is_cut_off_and_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = Detections(
        np.array([[0.1, 0.2, 1 / 3, 1]], np.float32), np.array([0.7], np.float32), np.array([3], np.int32), ("ä",), 5, 7
    )
    conditions, file = Conditions("a", "b"), ImageFile(tmp_path / "\udcff.png", "\udcff.png")
    lines = [DonePhoto.of(file, (1, number), found, present_xml=True) for number in range(3)]
    with UnfinishedFile(tmp_path, conditions, resume=False) as unfinished:
        unfinished.add(lines)
    path = tmp_path / UNFINISHED
    path.write_bytes(path.read_bytes()[:-9])
    with UnfinishedFile(tmp_path, conditions, resume=True) as unfinished:
        assert unfinished.done({file.name: (1, 1)}) == {file.name: lines[1]}
        assert unfinished.done({file.name: (1, 2)}) == {}
        unfinished.add(lines[2:])
    with UnfinishedFile(tmp_path, conditions, resume=True) as unfinished:
        read = unfinished.done({file.name: (1, 2)})[file.name]
    assert read == lines[2]
    assert read.detections().boxes.tobytes() == found.boxes.tobytes()
    assert read.detections().scores.tobytes() == found.scores.tobytes()


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from boxwright.inference.detector import Detector
from fake_detector import FakeDetector
Detector.open = lambda *_, **__: FakeDetector()
from boxwright.cli.app import main
main()
"""


@pytest.mark.process
def test_a_kill_loses_little(options: DetectOptions, tmp_path: Path, detector: FakeDetector) -> None:
    code = PROGRAM.format(tests=str(Path(__file__).parent.parent))
    arguments = ["detect", str(options.model), str(tmp_path / "photos"), "--output", str(tmp_path / "out")]
    environment = {**os.environ, failpoints.VARIABLE: "detection-saved"}
    killed = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert killed.returncode == 137, killed.stderr
    whole = run(options, tmp_path, voc=None, resume=True)
    assert images_run(detector) == PHOTOS - 1
    assert run(options, tmp_path, voc=None) == whole
