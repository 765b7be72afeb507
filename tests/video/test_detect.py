"""Detection in a clip: each frame with its time, in JSON, CSV and a drawn clip."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from boxwright.errors import UsageError
from boxwright.inference.detector import Detector
from boxwright.progress import Progress
from boxwright.stop_signal import StopRequested, StopSignal
from boxwright.video.clip import CLIP_SUFFIXES, Clip
from boxwright.video.writer import NOT_WRITTEN
from boxwright.workflow.detect import DetectOptions, detect
from boxwright.workspace import Workspace
from command_line import run_here
from drawn_clips import turn, write_clip
from fake_detector import FakeDetector

pytestmark = pytest.mark.tensor

FRAMES = 20
TIMES = [0.04 * number if number < 10 else 1 + 0.2 * number for number in range(FRAMES)]


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> FakeDetector:
    fake = FakeDetector()
    monkeypatch.setattr(Detector, "open", lambda *_, **__: fake)
    return fake


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Write a clip of a bright square that moves to the right, with nothing in the first frame."""
    frames = []
    for number, time in enumerate(TIMES):
        image = np.zeros((48, 65, 3), np.uint8)[:, :64]
        image[16:32, 2 * number : 2 * number + 16] = 255 if number else 0
        frames.append((time, np.ascontiguousarray(image)))
    return write_clip(tmp_path / "my clip.mp4", frames)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.pb"
    path.write_bytes(b"one")
    return path


def test_each_frame_has_its_time_and_its_boxes(clip: Path, model: Path, tmp_path: Path, detector: FakeDetector) -> None:
    out = tmp_path / "out" / "drawn.mp4"
    ended = run_here("detect", model, clip, "--draw", out)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Clip with boxes" in ended.stdout
    images = json.loads((out.parent / "detections.json").read_text("utf-8"))["images"]
    assert [image["file"] for image in images] == [f"my clip.mp4#{number}" for number in range(FRAMES)]
    assert [image["time"] for image in images] == pytest.approx(TIMES, abs=0.002)
    assert images[0]["detections"] == []
    for number, image in enumerate(images[1:], start=1):
        assert image["detections"][0]["box"]["xmin"] == pytest.approx(2 * number, abs=3)
    with (out.parent / "detections.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == FRAMES - 1
    assert float(rows[-1]["time"]) == pytest.approx(TIMES[-1], abs=0.002)
    assert [batch[0] for batch in detector.batches] == [8, 8, 4]

    drawn = list(Clip(out).frames())
    assert [frame.time for frame in drawn] == pytest.approx(TIMES, abs=0.003)
    assert drawn[5].pixels().shape == (48, 64, 3)
    assert drawn[5].pixels()[..., 0].max() > 100
    assert run_here("detect", model, clip, "--draw", out).returncode == 2, "a file that is there is not replaced"


def test_a_turned_clip_is_drawn_upright_into_a_folder(clip: Path, model: Path, tmp_path: Path) -> None:
    turn(clip)
    options = DetectOptions(model=model, images=(clip,), draw=tmp_path / "drawn", output=tmp_path)
    result = detect(Workspace.at(tmp_path), options)
    assert result.clip == tmp_path / "drawn" / "my clip.mp4.detections.mp4"
    assert next(iter(Clip(result.clip).frames())).pixels().shape == (64, 48, 3)
    assert (result.found[3][1].height, result.found[3][1].width) == (64, 48)


def test_what_was_interrupted_leaves_no_half_clip(clip: Path, model: Path, tmp_path: Path) -> None:
    stop, seen = StopSignal(), list[Progress]()

    def report(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 5:
            stop.request("Ctrl+C")

    out = tmp_path / "out"
    options = DetectOptions(model=model, images=(clip,), draw=out, output=out)
    with pytest.raises(StopRequested):
        detect(Workspace.at(tmp_path), options, report, stop=stop)
    assert list(out.iterdir()) == []
    assert [(progress.done, progress.total) for progress in seen] == [(number, FRAMES) for number in range(1, 6)]


def test_options_for_photos_are_refused(clip: Path, model: Path, tmp_path: Path) -> None:
    for arguments in ((clip, clip), (clip, "--voc", tmp_path / "xml"), (clip, "--resume"), (tmp_path / "no.mp4",)):
        assert run_here("detect", model, *arguments).returncode == 2, arguments


@pytest.mark.parametrize("suffix", sorted(CLIP_SUFFIXES))
def test_a_clip_of_each_suffix_is_written_or_refused_at_the_start(
    suffix: str, clip: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / f"drawn{suffix.upper()}"
    options = DetectOptions(model=model, images=(clip,), draw=out, output=out.parent)
    if suffix in NOT_WRITTEN:
        with pytest.raises(UsageError, match=r"in \.mp4"):
            detect(Workspace.at(tmp_path), options)
    else:
        detect(Workspace.at(tmp_path), options)
    assert out.exists() == (suffix not in NOT_WRITTEN)
