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
BLOCK = 16  # images compared with all others at a time, so that what is compared stays in the cache

_FREQUENCIES = 8
_COSINES = np.cos(np.pi * (2 * np.arange(SIZE)[None] + 1) * np.arange(_FREQUENCIES)[:, None] / (2 * SIZE))

Float = npt.NDArray[np.float32]


class NearIdentical:
    """The near-identical pairs of a set of images that grows and shrinks; what was compared is not compared again."""

    def __init__(self) -> None:
        self._appearance: dict[str, bytes] = {}
        self._pairs: dict[str, set[str]] = {}  # both ways

    def update(self, appearances: Mapping[str, bytes | None]) -> None:
        """Take the images as they are now.

        Args:
            appearances: Key to sources.appearance.appearance_of; images without one are left out.
        """
        now = {key: grey for key, grey in appearances.items() if grey}
        for key in [key for key, grey in self._appearance.items() if now.get(key) != grey]:
            del self._appearance[key]
            for other in self._pairs.pop(key, ()):
                self._pairs[other].discard(key)
        new = [key for key in now if key not in self._appearance]
        if not new:
            return
        before = list(self._appearance)
        self._appearance |= {key: now[key] for key in new}
        keys = [*new, *before]
        for i, j in near_identical_pairs([now[key] for key in new], [now[key] for key in before]):
            a, b = keys[i], keys[j]
            self._pairs.setdefault(a, set()).add(b)
            self._pairs.setdefault(b, set()).add(a)

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of two or more images that are near-identical in a chain, each sorted."""
        seen: set[str] = set()
        groups = []
        for start in sorted(self._pairs):
            if start in seen or not self._pairs[start]:
                continue
            group, waiting = {start}, [start]
            while waiting:
                new = self._pairs[waiting.pop()] - group
                group |= new
                waiting += new
            seen |= group
            groups.append(tuple(sorted(group)))
        return tuple(groups)


def near_identical_pairs(new: Sequence[bytes], before: Sequence[bytes] = ()) -> list[tuple[int, int]]:
    """Return the near-identical pairs among `new`, and between `new` and `before`.

    Args:
        new: Appearances.
        before: Appearances that were compared among themselves already.

    Returns:
        Pairs (i, j) with i < j: i an index into `new`, j into `new` followed by `before`.
    """
    grey = _grey_values([*new, *before])
    signs = _signs(grey)
    pairs = []
    for start in range(0, len(new), BLOCK):
        stop = min(start + BLOCK, len(new))
        different = _different_bits(signs[start:stop, None], signs[None, start:])
        for row, column in np.argwhere(different <= MAX_DIFFERENT_BITS).tolist():
            i, j = start + row, start + column
            if i < j and correlation(grey[i], grey[j]) >= MIN_CORRELATION:
                pairs.append((i, j))
    return pairs


def correlation(one: Float, other: Float) -> float:
    """Return the best correlation of two images' grey values, [SIZE, SIZE], over moves by up to MAX_SHIFT each way."""
    moves = range(-MAX_SHIFT, MAX_SHIFT + 1)
    return max(_correlation(_moved(one, -y, -x), _moved(other, y, x)) for y in moves for x in moves)


def _grey_values(appearances: Sequence[bytes]) -> Float:
    grey = np.frombuffer(b"".join(appearances), np.uint8).reshape(-1, SIZE, SIZE).astype(np.float32)
    centred: Float = grey - grey.mean(axis=(1, 2), keepdims=True)
    return centred


def _signs(grey: Float) -> npt.NDArray[np.uint64]:
    """Return 64 signs an image: which of the lowest frequencies lie above their median."""
    frequencies = (_COSINES @ grey @ _COSINES.T).reshape(len(grey), -1)
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


def _moved(grey: Float, y: int, x: int) -> Float:
    """Return the part that is left when the image is moved by (y, x) grey values and cut to the frame."""
    return grey[max(0, y) : SIZE + min(0, y), max(0, x) : SIZE + min(0, x)]


def _correlation(one: Float, other: Float) -> float:
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / scale if scale else 0.0
