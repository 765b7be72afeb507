"""Groups of images that show nearly the same: re-encoded, resized, brightened copies, and neighbouring video frames.

Two images are near-identical when 64 signs of the discrete cosine transform of their appearance differ in at most
MAX_DIFFERENT_BITS (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions") and their grey
values correlate by MIN_CORRELATION or more, one of them moved by up to MAX_SHIFT. The first is quick and finds
pairs that may be, the second decides. Thresholds: docs/decisions/0060.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from boxwright.dataset.sources.appearance import SIZE

MAX_DIFFERENT_BITS = 12  # of 64
MIN_CORRELATION = 0.85
MAX_SHIFT = 1  # grey values, a sixteenth of the image
BLOCK = 16  # images whose signs are compared with all others at a time, so that what is compared stays in the cache
BATCH = 1024  # images whose grey values are compared at a time

_FREQUENCIES = 8
_COSINES = np.cos(np.pi * (2 * np.arange(SIZE)[None] + 1) * np.arange(_FREQUENCIES)[:, None] / (2 * SIZE))

Bytes = npt.NDArray[np.uint8]
Float = npt.NDArray[np.float32]


class NearIdentical:
    """The near-identical groups of a set of images that grows and shrinks; what was compared is not compared again."""

    def __init__(self) -> None:
        self._keys: dict[bytes, list[str]] = {}  # by appearance: images of equal appearance are compared once
        self._group_of: dict[bytes, int] = {}

    def update(self, appearances: Mapping[str, bytes | None]) -> None:
        """Take the images as they are now.

        Args:
            appearances: Key to sources.appearance.appearance_of; images without one are left out.
        """
        self._keys = {}
        for key, grey in appearances.items():
            if grey:
                self._keys.setdefault(grey, []).append(key)
        gone = {number for grey, number in self._group_of.items() if grey not in self._keys}
        # a group may have hung together by an image that is gone
        before = {grey: number for grey, number in self._group_of.items() if number not in gone}
        new = [grey for grey in self._keys if grey not in before]
        if new or gone:
            numbers = near_identical_groups(new, list(before), list(before.values()))
            self._group_of = dict(zip([*new, *before], numbers, strict=True))

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of two or more images that are near-identical in a chain, each sorted."""
        groups: dict[int, list[str]] = {}
        for grey, number in self._group_of.items():
            groups.setdefault(number, []).extend(self._keys[grey])
        return tuple(sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1))


def near_identical_groups(
    new: Sequence[bytes], before: Sequence[bytes] = (), groups_before: Sequence[int] = ()
) -> list[int]:
    """Return the group of each appearance: those that are near-identical in a chain have one number.

    Args:
        new: Appearances.
        before: Appearances that were compared among themselves already.
        groups_before: Their groups, by any numbers.

    Returns:
        A number for each of `new` and then for each of `before`.
    """
    grey = np.frombuffer(b"".join([*new, *before]), np.uint8).reshape(-1, SIZE, SIZE)
    signs = _signs(grey)
    groups = _Groups(len(new), groups_before)
    for start in range(0, len(new), BLOCK):
        stop = min(start + BLOCK, len(new))
        similar = _different_bits(signs[start:stop, None], signs[None, start:]) <= MAX_DIFFERENT_BITS
        for row in np.flatnonzero(similar.sum(axis=1) > 1).tolist():  # one is the image itself
            i = start + row
            others = np.flatnonzero(similar[row, row + 1 :]) + i + 1
            others = others[groups.number[others] != groups.number[i]]
            for first in range(0, len(others), BATCH):
                some = others[first : first + BATCH]
                groups.unite(i, some[correlations(grey[i], grey[some]) >= MIN_CORRELATION])
    return [int(number) for number in groups.number]


class _Groups:
    """Disjoint groups of indices.

    Attributes:
        number: Of each index its group, int64 [n].
    """

    def __init__(self, alone: int, numbers: Sequence[int]) -> None:
        """Begin with `alone` groups of one, then the groups that `numbers` say."""
        names: dict[int, int] = {}
        later = [names.setdefault(number, alone + len(names)) for number in numbers]
        self.number = np.array([*range(alone), *later], np.int64)
        self._members: dict[int, list[int]] = {}
        for index, number in enumerate(self.number.tolist()):
            self._members.setdefault(number, []).append(index)

    def unite(self, index: int, others: npt.NDArray[np.int64]) -> None:
        """Make one group of that of `index` and those of others; the smaller ones take the number of the largest."""
        numbers = {int(self.number[index]), *self.number[others].tolist()}
        largest = max(numbers, key=lambda number: len(self._members[number]))
        for number in numbers - {largest}:
            members = self._members.pop(number)
            self.number[members] = largest
            self._members[largest] += members


def correlations(one: Bytes, others: Bytes) -> Float:
    """Return the best correlation of an image with each of others, over moves by up to MAX_SHIFT each way.

    Args:
        one: Grey values, [SIZE, SIZE].
        others: Grey values, [n, SIZE, SIZE].

    Returns:
        float32 [n].
    """
    moves = range(-MAX_SHIFT, MAX_SHIFT + 1)
    found = [_correlations(_moved(one, -y, -x), _moved(others, y, x)) for y in moves for x in moves]
    best: Float = np.max(found, axis=0)
    return best


def _signs(grey: Bytes) -> npt.NDArray[np.uint64]:
    """Return 64 signs an image: which of the lowest frequencies lie above their median."""
    batches = [_signs_of_batch(grey[first : first + BATCH]) for first in range(0, len(grey), BATCH)]
    return np.concatenate(batches) if batches else np.zeros(0, np.uint64)


def _signs_of_batch(grey: Bytes) -> npt.NDArray[np.uint64]:
    values = grey.astype(np.float32)
    values -= values.mean(axis=(1, 2), keepdims=True)
    frequencies = (_COSINES @ values @ _COSINES.T).reshape(len(grey), -1)
    frequencies[:, 0] = 0.0  # the mean says how bright the image is
    above = frequencies > np.median(frequencies, axis=1, keepdims=True)
    signs: npt.NDArray[np.uint64] = np.packbits(above, axis=1).view(np.uint64)[:, 0]
    return signs


def _different_bits(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    different = one ^ other
    if hasattr(np, "bitwise_count"):  # NumPy 2
        counted: npt.NDArray[np.uint8] = np.bitwise_count(different)
        return counted
    looked_up: npt.NDArray[np.uint8] = _BITS[different[..., None].view(np.uint8)].sum(axis=-1, dtype=np.uint8)
    return looked_up


_BITS = np.array([value.bit_count() for value in range(256)], np.uint8)


def _moved(grey: Bytes, y: int, x: int) -> Bytes:
    """Return the part that is left when the image is moved by (y, x) grey values and cut to the frame."""
    return grey[..., max(0, y) : SIZE + min(0, y), max(0, x) : SIZE + min(0, x)]


def _correlations(one: Bytes, others: Bytes) -> Float:
    a = one.reshape(-1).astype(np.float32)
    b = others.reshape(len(others), -1).astype(np.float32)
    a -= a.mean()
    b -= b.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(a) * np.linalg.norm(b, axis=1)
    found: Float = np.divide(b @ a, scale, out=np.zeros_like(scale), where=scale > 0)
    return found
