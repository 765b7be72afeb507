"""Photos for labelling from clips: the sharpest frame of each window, and none twice."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from boxwright.dataset.layout import ImportedClip
from boxwright.dataset.plan.near_identical import near_identical_groups
from boxwright.dataset.sources.appearance import appearance_of
from boxwright.dataset.sources.scan import SCANNED_SUFFIXES
from boxwright.files import atomic_write
from boxwright.progress import Progress, Reporter, silent
from boxwright.video.clip import Clip, Frame
from boxwright.workspace import Workspace

JPEG_QUALITY = 95
TEST_SHARE = 0.2  # of the photos, as in a split by chance


def import_clip(workspace: Workspace, path: Path, every: float, reporter: Reporter = silent) -> ImportedClip:
    """Write photos of a clip to images/train/NAME or images/test/NAME; what is there is not overwritten.

    Args:
        workspace: With images/.
        path: The clip.
        every: Seconds of a window.
        reporter: Told how many frames were looked at.

    Raises:
        UsageError, BoxwrightError: As for Clip.
    """
    clip = Clip(path)
    expected = clip.expected_frames

    def counted() -> Iterator[Frame]:
        for frame in clip.frames():
            yield frame
            reporter(
                Progress(
                    f"reading {path.name}", frame.number + 1, max(expected, frame.number + 1) if expected else None
                )
            )

    folder = _folder_for(workspace, path.stem)
    written = present = left_out = 0
    appearances: list[bytes] = []
    for frame in sharpest_of_windows(counted(), every):
        data = _as_jpeg(frame.pixels())
        appearance = appearance_of(data)
        if appearance and _is_known(appearance, appearances):
            left_out += 1
            continue
        appearances += [appearance] if appearance else []
        target = folder / f"{path.stem}_{round(1000 * frame.time):09d}ms.jpg"
        if target.exists() or target.is_symlink():
            present += 1
            continue
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as stream:
            stream.write(data)
        written += 1
    return ImportedClip(path, workspace.relative(folder), written, present, left_out, clip.finding)


def sharpest_of_windows(frames: Iterable[Frame], every: float) -> Iterator[Frame]:
    """Yield the sharpest frame of each window of time.

    Args:
        frames: In the order of their times.
        every: Seconds of a window; the first one begins at 0.
    """
    best: Frame | None = None
    window, sharpness = -1, -1.0
    for frame in frames:
        place = int(frame.time / every + 1e-9)
        if best is not None and place != window:
            yield best
            best, sharpness = None, -1.0
        window = place
        if (value := sharpness_of(frame.brightness())) > sharpness:
            best, sharpness = frame, value
    if best is not None:
        yield best


def sharpness_of(grey: npt.NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian of grey values [H, W] (Pech-Pacheco 2000): blur makes it small."""
    values = grey.astype(np.int16)
    laplacian = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * values[1:-1, 1:-1]
    return float(laplacian.astype(np.float32).var()) if laplacian.size else 0.0


def _is_known(appearance: bytes, others: list[bytes]) -> bool:
    """Return whether an image is near-identical to one of others."""
    if not others:
        return False
    first, *rest = near_identical_groups([appearance], others, range(len(others)))
    return first in rest


def _folder_for(workspace: Workspace, name: str) -> Path:
    """Return where a clip's photos go: where they are, else to the split that lacks photos."""
    train, test = workspace.images / "train", workspace.images / "test"
    for split in (train, test):
        if (split / name).is_dir():
            return split / name
    in_train, in_test = _count(train), _count(test)
    total = _count(workspace.images)
    is_for_test = in_train > 0 and in_test < TEST_SHARE * total
    return (test if is_for_test else train) / name


def _count(folder: Path) -> int:
    return sum(path.suffix.lower() in SCANNED_SUFFIXES for path in folder.rglob("*")) if folder.is_dir() else 0


def _as_jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()
