"""Photos from clips: the sharpest of each window, none twice, one clip in one split."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.dataset.sync import sync
from boxwright.errors import UsageError
from boxwright.video.interval import parse_interval
from boxwright.workflow.init import InitOptions, init
from boxwright.workspace import Workspace
from command_line import run_here
from drawn_clips import scene, write_clip

STEP = 0.25  # seconds between frames


def changing_clip(path: Path, seeds: list[int]) -> Path:
    """Write four frames a scene, a second in all, of which the third alone is sharp."""
    frames = []
    for second, seed in enumerate(seeds):
        frames += [(second + STEP * part, scene(seed, is_blurred=part != 2)) for part in range(4)]
    return write_clip(path, frames)


def photos(workspace: Workspace) -> list[str]:
    return sorted(path.relative_to(workspace.images).as_posix() for path in workspace.images.rglob("*.jpg"))


def test_the_sharpest_frame_of_each_window_is_taken_and_none_twice(tmp_path: Path) -> None:
    clip = changing_clip(tmp_path / "my clip.mp4", [1, 2, 1, 3])
    workspace = Workspace.at(tmp_path / "work")
    report = init(workspace, InitOptions(video=(clip,), every="1s"))
    assert photos(workspace) == [f"train/my clip/my clip_{time:09d}ms.jpg" for time in (500, 1500, 3500)]
    (imported,) = report.clips
    assert (imported.frames, imported.near_identical, imported.present) == (3, 1, 0)
    again = init(workspace, InitOptions(video=(clip,), every="1s"))
    assert (again.clips[0].frames, again.clips[0].present) == (0, 3)


def test_a_clip_is_in_one_split_as_a_whole(tmp_path: Path) -> None:
    clips = tuple(
        changing_clip(tmp_path / f"{name}.mp4", [seed, seed + 1])
        for name, seed in (("first", 10), ("second", 20), ("third", 30))
    )
    workspace = Workspace.at(tmp_path / "work")
    report = init(workspace, InitOptions(video=clips, every="1s"))
    assert [clip.folder for clip in report.clips] == ["images/train/first", "images/test/second", "images/train/third"]
    for photo in workspace.images.rglob("*.jpg"):
        photo.with_suffix(".xml").write_text(
            "<annotation><size><width>128</width><height>96</height><depth>3</depth></size><object>"
            "<name>dog</name><bndbox><xmin>10</xmin><ymin>10</ymin><xmax>60</xmax><ymax>60</ymax></bndbox></object>"
            "</annotation>"
        )
    assert sync(workspace).images == {"train": 4, "test": 2}


def test_the_command_says_what_became_of_a_damaged_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", [(number / 25, scene(number)) for number in range(50)], movflags="faststart")
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    ended = run_here("init", tmp_path / "work", "--video", clip, "--every", "200ms")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "frames into images/train/a" in ended.stdout
    assert "clip-damaged" in ended.stdout


def test_a_clip_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "work")
    with pytest.raises(UsageError, match="there is no such clip"):
        init(workspace, InitOptions(video=(tmp_path / "a.mp4",)))
    assert not workspace.root.exists()


def test_times_are_read() -> None:
    assert [parse_interval(text) for text in ("2s", "500ms", "1min", "2", "0.5s")] == [2.0, 0.5, 60.0, 2.0, 0.5]
    for text in ("", "s", "0s", "-1s", "two", "nan", "infs"):
        with pytest.raises(UsageError, match="--every"):
            parse_interval(text)
