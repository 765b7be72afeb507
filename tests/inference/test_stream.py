"""Many photographs: order, batches of one size, bounded memory, findings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from boxwright.inference.image_files import ImageFile
from boxwright.inference.stream import BATCH, detect_files, in_threads
from boxwright.progress import Progress, silent
from fake_detector import FakeDetector

SMALL, WIDE, TALL = (24, 32), (30, 40), (40, 30)


class Photos:
    """Files that exist in memory only; counts those that are read and not yet given back."""

    def __init__(self, sizes: list[tuple[int, int]], broken: frozenset[int] = frozenset()) -> None:
        self.files = [ImageFile(Path(f"{number}.png"), f"{number}.png") for number in range(len(sizes))]
        self._sizes, self._broken = sizes, broken
        self._lock = threading.Lock()
        self.read_count = 0

    def read(self, path: Path) -> np.ndarray:
        number = int(path.stem)
        with self._lock:
            self.read_count += 1
        if number in self._broken:
            raise PermissionError(13, "Permission denied")
        image = np.zeros((*self._sizes[number], 3), np.uint8)
        image[number % 7, number % 11] = 255
        return image


def names(photos: Photos, detector: FakeDetector, threads: int = 2) -> list[str]:
    results = list(detect_files(detector, photos.files, min_score=0.5, threads=threads, read=photos.read))
    for number, result in enumerate(results):
        if result.detections is not None:
            box = result.detections.pixel_boxes()[0]
            assert (round(float(box[0])), round(float(box[1]))) == (number % 7, number % 11), "another photo's box"
    return [result.file.name for result in results]


def test_photos_of_one_size_share_calls() -> None:
    photos, detector = Photos([SMALL] * 20), FakeDetector()
    assert names(photos, detector) == [file.name for file in photos.files]
    assert sum(batch[0] for batch in detector.batches) == 20
    assert len(detector.batches) == 4, "3 of an unknown size, then as many as fit"


def test_mixed_sizes_are_batched_by_size_and_come_out_in_order() -> None:
    photos, detector = Photos([(SMALL, WIDE, TALL)[number % 3] for number in range(60)]), FakeDetector()
    assert names(photos, detector) == [file.name for file in photos.files]
    assert len({batch[1:] for batch in detector.batches}) == 3
    assert max(batch[0] for batch in detector.batches) > 1
    assert max(batch[0] for batch in detector.batches) <= BATCH


def test_a_file_that_cannot_be_read_is_a_finding_in_its_place() -> None:
    photos, seen = Photos([SMALL] * 12, broken=frozenset({0, 5, 11})), list[Progress]()
    results = list(
        detect_files(FakeDetector(), photos.files, min_score=0.5, threads=2, read=photos.read, reporter=seen.append)
    )
    assert [result.file.name for result in results if result.finding] == ["0.png", "5.png", "11.png"]
    assert [progress.done for progress in seen] == list(range(1, 13))


def test_few_photos_are_read_ahead() -> None:
    photos = Photos([SMALL] * 1000)
    for taken, _ in enumerate(detect_files(FakeDetector(), photos.files, min_score=0, threads=2, read=photos.read)):
        assert photos.read_count <= taken + 3 * BATCH
        if taken == 200:
            break


def test_large_photos_wait_in_small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boxwright.inference.stream.WINDOW_BYTES", 3 * 24 * 32 * 3)
    photos, detector = Photos([SMALL] * 40), FakeDetector()
    assert len(names(photos, detector)) == 40
    assert max(batch[0] for batch in detector.batches) <= 3


def test_results_of_threads_come_in_order_and_few_wait() -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    for done, (number, square) in enumerate(in_threads(lambda number: number**2, numbers(), threads=3)):
        assert (number, square) == (done, done**2)
        assert taken <= done + 8


def test_an_error_of_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda number: 1 // number, [1, 0], threads=2))
    assert not list(detect_files(FakeDetector(), [], min_score=0, threads=1, reporter=silent))
