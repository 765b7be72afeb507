"""Clips as phones and cameras leave them: turned, of varying rate, cut off, no clips at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from boxwright.errors import BoxwrightError, UsageError
from boxwright.inference.runtimes import packages
from boxwright.video.clip import Clip, is_clip
from drawn_clips import scene, turn, write_clip


def test_frames_have_the_times_that_the_clip_says(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.52, 2.0, 2.25]
    path = write_clip(tmp_path / "a.mp4", [(3.0 + time, scene(7)) for time in times])
    clip = Clip(path)
    frames = list(clip.frames())
    assert [frame.number for frame in frames] == list(range(6))
    assert [frame.time for frame in frames] == pytest.approx(times, abs=0.002)
    assert (clip.expected_frames, clip.finding) == (6, None)


@pytest.mark.parametrize("is_turned", [False, True])
def test_frames_are_upright(tmp_path: Path, is_turned: bool) -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, :16] = (250, 20, 20)  # red on the left; on top once turned clockwise
    path = write_clip(tmp_path / "a.mp4", [(0.0, image)])
    if is_turned:
        turn(path)
    (frame,) = Clip(path).frames()
    pixels, grey = frame.pixels(), frame.brightness()
    assert pixels.shape == ((64, 48, 3) if is_turned else (48, 64, 3))
    assert grey.shape == pixels.shape[:2]
    expected = np.rot90(image, -1) if is_turned else image
    assert np.abs(pixels.astype(int) - expected).mean() < 8


def test_a_broken_tail_costs_the_tail_only(tmp_path: Path) -> None:
    frames = [(number / 25, scene(number)) for number in range(50)]
    path = write_clip(tmp_path / "a.mp4", frames, movflags="faststart")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    clip = Clip(path)
    found = list(clip.frames())
    assert 10 < len(found) < 40
    assert np.abs(found[5].pixels().astype(int) - scene(5)).mean() < 12
    assert clip.finding is not None
    assert (clip.finding.rule, clip.finding.file) == ("clip-damaged", "a.mp4")


def test_what_is_no_clip_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    with pytest.raises(UsageError, match="there is no such clip"):
        Clip(tmp_path / "a.mp4")
    text = tmp_path / "text.mp4"
    text.write_text("no clip")
    with pytest.raises(BoxwrightError, match="cannot be read as a clip"):
        Clip(text)
    cut = write_clip(tmp_path / "cut.mp4", [(0.0, scene(1))])
    cut.write_bytes(cut.read_bytes()[:-300])  # its table of contents was at the end
    with pytest.raises(BoxwrightError, match="table of contents"):
        Clip(cut)

    def fail(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(packages.importlib, "import_module", fail)
    with pytest.raises(UsageError, match=r"pip install av.*boxwright\[video\]"):
        Clip(text)


def test_a_playlist_that_is_called_as_a_clip_reads_no_other_file(tmp_path: Path) -> None:
    write_clip(tmp_path / "private.mp4", [(0.0, scene(1))])
    (tmp_path / "a.mp4").write_text("ffconcat version 1.0\nfile 'private.mp4'\n")
    with pytest.raises(BoxwrightError, match="cannot be read as a clip"):
        Clip(tmp_path / "a.mp4")


@pytest.mark.skipif(os.name == "nt", reason="no file's name may hold a colon there")
def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clip = write_clip(tmp_path / "a.mp4", [(0.0, scene(1))]).rename(tmp_path / "concat:b.mp4")
    assert len(list(Clip(Path(clip.name)).frames())) == 1


@pytest.mark.parametrize("suffix", ["avi", "m4v", "mkv", "mov", "mpg", "ts", "wmv"])
def test_the_formats_of_the_suffixes_are_read(tmp_path: Path, suffix: str) -> None:
    path = write_clip(tmp_path / f"a.{suffix}", [(number / 25, scene(number)) for number in range(4)])
    assert list(Clip(path).frames())


def test_clips_are_known_by_their_suffix() -> None:
    assert is_clip(Path("A.MOV"))
    assert not is_clip(Path("a.gif"))
