"""A debouncer is over after a quiet time, or after the longest wait."""

from __future__ import annotations

import pytest

from boxwright.daemon.debounce import Debouncer
from boxwright.daemon.watch import matters


class Clock:
    """Seconds that a test moves on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_quiet_and_longest() -> None:
    clock = Clock()
    debouncer = Debouncer(quiet=0.1, longest=1.0, clock=clock)
    assert debouncer.due_in() is None
    debouncer.touch()
    assert debouncer.due_in() == pytest.approx(0.1)
    clock.now += 0.08
    debouncer.touch()
    assert debouncer.due_in() == pytest.approx(0.1), "another event makes the quiet time begin again"
    for _ in range(20):
        clock.now += 0.05
        debouncer.touch()
    assert debouncer.due_in() == pytest.approx(-0.08), "a stream without a pause is looked at all the same"
    debouncer.take()
    assert debouncer.due_in() is None


@pytest.mark.parametrize("path", ["a/x.xml", "a/X.JPG", "b/label_map.pbtxt", "b/split.csv", "a/photo.tiff"])
def test_files_that_matter(path: str) -> None:
    assert matters(path)


@pytest.mark.parametrize("path", ["a/x.txt", "a/x.json", "a/classes.txt", "a/obj.names", "a/data.yaml"])
def test_files_of_other_formats_matter_too(path: str) -> None:
    assert matters(path)


@pytest.mark.parametrize("path", ["", "a/train.record", "a/train_labels.csv", "a/.x.xml.tmp", "a/notes.md", "a/xml"])
def test_files_that_do_not(path: str) -> None:
    assert not matters(path)
