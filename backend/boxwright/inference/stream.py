"""Detecting in any number of photographs: files are read ahead in threads, and photographs of one size share a call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from boxwright.dataset.sources.images import ImageError
from boxwright.findings import Finding
from boxwright.inference.detections import BatchDetector
from boxwright.inference.image_files import ImageFile, ImageResult, read_image
from boxwright.progress import Progress, Reporter, silent

BATCH = 8  # photographs that share a call at most; more gained nothing on 2 to 16 cores
BATCH_PIXELS = 1 << 24  # in a call at most, but for one larger photograph: 200 MB as float32
WINDOW_BYTES = 1 << 28  # of decoded photographs that wait, about

Pixels = npt.NDArray[np.uint8]
Item = TypeVar("Item")
Value = TypeVar("Value")


def detect_files(
    detector: BatchDetector,
    files: Sequence[ImageFile],
    *,
    min_score: float = 0.0,
    threads: int,
    reporter: Reporter = silent,
    read: Callable[[Path], Pixels] = read_image,
) -> Iterator[ImageResult]:
    """Detect in each file; one that cannot be read becomes a finding, and the rest continues.

    Memory is bounded: about WINDOW_BYTES of decoded photographs wait at any time.

    Args:
        detector: The model.
        files: From find_images.
        min_score: Detections below it are left out.
        threads: How many files are read at a time.
        reporter: Told after each image.
        read: Returns the pixels of a file, uint8 [H, W, 3].

    Returns:
        One result for each file, in their order.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="read-photos")
    try:
        results = _detect(detector, files, min_score, lambda file: pool.submit(_read, file, read), threads)
        for done, result in enumerate(results, start=1):
            yield result
            reporter(Progress("detecting", done, len(files)))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_threads(
    function: Callable[[Item], Value], items: Iterable[Item], *, threads: int
) -> Iterator[tuple[Item, Value]]:
    """Call a function for each item in threads, and yield item and result in the items' order.

    Few results wait at any time, so that items may be large.

    Raises:
        Exception: What the function raised, at the place of its item.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="save-results")
    pending: deque[tuple[Item, Future[Value]]] = deque()
    try:
        for item in items:
            pending.append((item, pool.submit(function, item)))
            while len(pending) > 2 * threads or (pending and pending[0][1].done()):
                first, future = pending.popleft()
                yield first, future.result()
        for first, future in pending:
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Slot:
    """A file on its way: being read, read, or detected in."""

    def __init__(self, file: ImageFile, reading: Future[Pixels | Finding]) -> None:
        self.file = file
        self.reading = reading
        self.result: ImageResult | None = None


def _detect(
    detector: BatchDetector,
    files: Sequence[ImageFile],
    min_score: float,
    submit: Callable[[ImageFile], Future[Pixels | Finding]],
    threads: int,
) -> Iterator[ImageResult]:
    window: deque[_Slot] = deque()
    waiting = iter(files)
    largest = 0  # bytes of a decoded photograph; 0 until one is known
    while True:
        room = max(threads + 1, min(2 * BATCH, WINDOW_BYTES // largest) if largest else 0)
        while len(window) < room and (file := next(waiting, None)) is not None:
            window.append(_Slot(file, submit(file)))
        if not window:
            return
        batch = _next_batch(window)
        if batch:
            images = [image for _, image in batch]
            largest = max(largest, images[0].nbytes)
            found = detector.detect_batch(np.stack(images), min_score=min_score)
            for (slot, image), detections in zip(batch, found, strict=True):
                slot.result = ImageResult(slot.file, image, detections, None)
        while window and (result := window[0].result) is not None:
            window.popleft()
            yield result


def _next_batch(window: deque[_Slot]) -> list[tuple[_Slot, Pixels]]:
    """Return the first photograph that was not detected in, and others of its size that are read or nearly so."""
    batch: list[tuple[_Slot, Pixels]] = []
    for place, slot in enumerate(window):
        if slot.result is not None or (place >= BATCH and not slot.reading.done()):
            continue
        image = slot.reading.result()
        if isinstance(image, Finding):
            slot.result = ImageResult(slot.file, None, None, image)
            continue
        if batch and batch[0][1].shape != image.shape:
            continue
        pixels = image.shape[0] * image.shape[1]
        if batch and (len(batch) == BATCH or (len(batch) + 1) * pixels > BATCH_PIXELS):
            break
        batch.append((slot, image))
    return batch


def _read(file: ImageFile, read: Callable[[Path], Pixels]) -> Pixels | Finding:
    try:
        return read(file.path)
    except ImageError as error:
        return error.finding.in_file(file.name)
    except OSError as error:
        return Finding(
            file=file.name,
            rule="unreadable-file",
            value=error.strerror or str(error),
            message="The file cannot be read",
            advice="Check the file and its permissions.",
        )
