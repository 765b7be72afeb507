"""Detection in a clip, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.inference.detections import BatchDetector, Detections
from boxwright.inference.drawing import draw_detections
from boxwright.inference.image_files import ImageFile
from boxwright.inference.stream import BATCH, BATCH_PIXELS
from boxwright.progress import Progress, Reporter, silent
from boxwright.video.clip import Clip, Frame
from boxwright.video.writer import ClipWriter

Batch = list[tuple[Frame, npt.NDArray[np.uint8]]]


def detect_clip(
    detector: BatchDetector,
    clip: Clip,
    *,
    min_score: float = 0.0,
    draw: Path | None = None,
    reporter: Reporter = silent,
) -> Iterator[tuple[ImageFile, Detections]]:
    """Detect in each frame, and yield the frame's name and time with what was found.

    The next frames are decoded while the model runs.

    Args:
        detector: The model.
        clip: Is gone through to its end.
        min_score: Detections below it are left out.
        draw: The clip with boxes drawn into it is written there, when the last frame is done; None for none.
        reporter: Told after each frame.
    """
    expected = clip.expected_frames
    with ExitStack() as stack:
        writer = stack.enter_context(ClipWriter(draw)) if draw is not None else None
        pool = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="decode-clip"))
        batches = _batches(clip.frames())
        upcoming = pool.submit(next, batches, None)
        while (batch := upcoming.result()) is not None:
            upcoming = pool.submit(next, batches, None)
            found = detector.detect_batch(np.stack([pixels for _, pixels in batch]), min_score=min_score)
            for (frame, pixels), detections in zip(batch, found, strict=True):
                if writer is not None:
                    writer.add(np.asarray(draw_detections(pixels, detections)), frame.time)
                yield ImageFile(clip.path, f"{clip.path.name}#{frame.number}", frame.time), detections
                done = frame.number + 1
                reporter(Progress("detecting", done, max(done, expected) if expected else None))


def _batches(frames: Iterable[Frame]) -> Iterator[Batch]:
    """Yield neighbouring frames of one size, as many as share a call."""
    batch: Batch = []
    for frame in frames:
        pixels = frame.pixels()
        is_full = len(batch) == BATCH or (len(batch) + 1) * pixels.shape[0] * pixels.shape[1] > BATCH_PIXELS
        if batch and (is_full or batch[0][1].shape != pixels.shape):
            yield batch
            batch = []
        batch.append((frame, pixels))
    if batch:
        yield batch
