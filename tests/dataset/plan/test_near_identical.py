"""Copies and neighbouring frames are near-identical, different pictures are not, and updates equal a fresh look."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from boxwright.dataset.plan import near_identical
from boxwright.dataset.plan.near_identical import NearIdentical, near_identical_groups
from boxwright.dataset.sources.appearance import BYTES, NO_APPEARANCE, appearance_of


@cache
def picture(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Draw something with the spectrum of a photo: large shapes strong, small ones weak."""
    rng = np.random.default_rng(seed)
    layers = np.zeros((size[1], size[0], 3))
    for cells in (3, 6, 12, 24, 48):
        noise = rng.integers(0, 256, (cells, cells, 3), np.uint8)
        layers += np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC), float) / cells**0.7
    return Image.fromarray(np.uint8(255 * (layers - layers.min()) / np.ptp(layers)))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def is_pair(one: bytes, other: bytes) -> bool:
    return len(groups([appearance_of(one), appearance_of(other)])) == 1


def groups(appearances: list[bytes]) -> list[set[int]]:
    """Return the groups of two or more, by index, of appearances that are compared at once."""
    numbers = near_identical_groups(appearances)
    members = [{i for i, other in enumerate(numbers) if other == number} for number in sorted(set(numbers))]
    return [group for group in members if len(group) > 1]


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "re-encoded": lambda image: jpeg(image, 30),
    "half the size": lambda image: jpeg(image.resize((240, 180))),
    "twice the size": lambda image: jpeg(image.resize((960, 720))),
    "brighter": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.3)),
    "darker": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(0.6)),
    "more contrast": lambda image: jpeg(ImageEnhance.Contrast(image).enhance(1.3)),
    "grey": lambda image: jpeg(image.convert("L")),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_near_identical(name: str) -> None:
    for seed in range(4):
        assert is_pair(jpeg(picture(seed), 95), COPIES[name](picture(seed))), f"{name}, picture {seed}"


def test_different_pictures_are_not() -> None:
    assert groups([appearance_of(jpeg(picture(seed))) for seed in range(60)]) == []


def appearance_with(signs: np.ndarray, seed: int) -> bytes:
    """Return grey values whose lowest frequencies, [8, 8], have these signs, each as strong as chance will have it."""
    strength = np.random.default_rng(seed).lognormal(0, 1.5, signs.shape)
    waves = np.cos(np.pi * (2 * np.arange(16)[None] + 1) * np.arange(8)[:, None] / 32)
    grey = waves.T @ (signs * strength) @ waves
    return np.uint8(255 * (grey - grey.min()) / np.ptp(grey)).tobytes()


def test_the_same_signs_alone_make_no_pair() -> None:
    rng = np.random.default_rng(0)
    signs = rng.permutation(np.repeat([-1.0, 1.0], 32)).reshape(8, 8)
    pictures = [appearance_with(signs, seed) for seed in range(6)]
    bits = near_identical._signs(np.frombuffer(b"".join(pictures), np.uint8).reshape(-1, 16, 16))
    assert max(int(bits[0] ^ other).bit_count() for other in bits) <= near_identical.MAX_DIFFERENT_BITS
    assert groups(pictures) == []


def test_a_pan_of_30_frames_is_one_group() -> None:
    wide = picture(7, (900, 360))
    frames = {f"frame_{i:02d}.jpg": appearance_of(jpeg(wide.crop((6 * i, 0, 6 * i + 480, 360)))) for i in range(30)}
    others = {f"other_{i}.jpg": appearance_of(jpeg(picture(100 + i))) for i in range(10)}
    known = NearIdentical()
    known.update({**frames, **others})
    assert known.groups() == (tuple(sorted(frames)),)


def test_a_turned_photo_is_compared_upright() -> None:
    image = picture(3)
    stored = jpeg(image.transpose(Image.Transpose.ROTATE_90))
    turned = appearance_of(stored, Image.Transpose.ROTATE_270)
    assert groups([appearance_of(jpeg(image)), turned]) == [{0, 1}]
    assert groups([appearance_of(jpeg(image)), appearance_of(stored)]) == []


def test_an_image_of_one_grey_and_what_is_no_image_are_like_no_other() -> None:
    assert appearance_of(jpeg(Image.new("RGB", (320, 240), (90, 120, 90)))) == NO_APPEARANCE
    assert appearance_of(b"no image") == NO_APPEARANCE
    assert len(appearance_of(jpeg(picture(1)))) == BYTES
    known = NearIdentical()
    known.update({"a": NO_APPEARANCE, "b": NO_APPEARANCE})
    assert known.groups() == ()


APPEARANCES = [appearance_of(jpeg(picture(seed // 3, (160 + 40 * (seed % 3), 150)))) for seed in range(15)]


@given(st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(APPEARANCES), max_size=8), max_size=5))
def test_an_update_equals_a_fresh_look(states: list[dict[str, bytes]]) -> None:
    known = NearIdentical()
    for state in states:
        known.update(state)
        fresh = NearIdentical()
        fresh.update(state)
        assert known.groups() == fresh.groups()


def test_blocks_and_old_numpy_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = groups(APPEARANCES)
    assert len(expected) == 5
    monkeypatch.setattr(near_identical, "BLOCK", 2)
    monkeypatch.setattr(near_identical, "BATCH", 3)
    assert groups(APPEARANCES) == expected
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert groups(APPEARANCES) == expected


def test_the_groups_are_those_of_all_pairs() -> None:
    """Compare each image with each, in plain Python, and follow the chains."""
    wide = picture(7, (900, 360))
    frames = [appearance_of(jpeg(wide.crop((12 * i, 0, 12 * i + 480, 360)))) for i in range(20)]
    images = [*APPEARANCES, *frames, *APPEARANCES[:3]]
    values = [np.frombuffer(image, np.uint8).reshape(16, 16).astype(float) for image in images]
    bits = [int(bits) for bits in near_identical._signs(np.frombuffer(b"".join(images), np.uint8).reshape(-1, 16, 16))]
    group = list(range(len(images)))
    for i in range(len(images)):
        for j in range(i):
            if (bits[i] ^ bits[j]).bit_count() <= 12 and group[i] != group[j] and correlate(values[i], values[j]):
                group = [group[i] if number == group[j] else number for number in group]
    expected = [{i for i, number in enumerate(group) if number == name} for name in set(group)]
    assert sorted(map(sorted, groups(images))) == sorted(sorted(members) for members in expected if len(members) > 1)


def correlate(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two images correlate by 0.85, one of them moved by up to one value."""
    moved = ((slice(0, 15), slice(1, 16)), (slice(0, 16), slice(0, 16)), (slice(1, 16), slice(0, 15)))
    return any(np.corrcoef(one[a, c].ravel(), other[b, d].ravel())[0, 1] >= 0.85 for a, b in moved for c, d in moved)


def test_copies_and_a_camera_that_stands_still_are_not_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    compare = near_identical.correlations
    monkeypatch.setattr(
        near_identical, "correlations", lambda one, some: compared.append(len(some)) or compare(one, some)
    )
    rng = np.random.default_rng(0)
    still = np.frombuffer(APPEARANCES[0], np.uint8).astype(int)
    frames = [np.clip(still + rng.integers(-2, 3, still.shape), 0, 255).astype(np.uint8).tobytes() for _ in range(400)]
    known = NearIdentical()
    known.update({f"{i:03d}": grey for i, grey in enumerate([*frames, *APPEARANCES[3:6] * 100])})
    assert sorted(map(len, known.groups())) == [300, 400]
    assert sum(compared) < 500
